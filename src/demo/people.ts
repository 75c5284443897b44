import { type Chance, chanceFrom } from './chance.ts'

export type DemoCompany = {
  name: string
  domain: string
  industry: string
  employees: number
  country: string
}
export type DemoPerson = {
  email: string
  firstName: string
  lastName: string
  jobTitle: string
  phone: string | null
  country: string
  language: string
  timeZone: string
  stage: 'lead' | 'prospect' | 'customer'
  company: DemoCompany
  /** Which of the sales people looks after him; null for nobody yet. */
  owner: number | null
  plan: 'free' | 'team' | 'enterprise' | null
  consent: 'granted' | 'withdrawn' | 'none'
  /** How eagerly he looks around, from 0 to 1. */
  interest: number
  daysKnown: number
}

const firstNames =
  'Anna Ben Clara David Elena Felix Greta Hugo Ines Jonas Kaja Lukas Mara Nils Olga Paul Rosa Simon Tara Vera Amir Bea Carlos Dina Emil Freya Georg Hanna Ivan Julia Kim Leo Mia Noah Oscar Petra Quinn Rita Sven Tom Uma Victor Wanda Yara Zoe Aisha Bruno Chloe Diego Eva'.split(
    ' ',
  )
const lastNames =
  'Adler Berg Costa Dietrich Eriksen Fischer Gruber Hansen Ivanova Jensen Keller Lindner Moreau Novak Olsen Peters Quist Rossi Schmidt Tanaka Ulrich Vogel Weber Young Zimmermann Abel Brandt Castro Duval Engel Frank Graf Huber Iversen Jung Kowalski Lang Maier Nilsen Ortega Pohl Reuter Sato Thoma Urban Varga Wolf Yilmaz Zeller Bauer'.split(
    ' ',
  )
const jobs = [
  'Head of Marketing',
  'Marketing Manager',
  'Managing Director',
  'Sales Manager',
  'IT Director',
  'Product Manager',
  'Operations Lead',
  'Consultant',
  'CTO',
  'Assistant',
]
const places = [
  { country: 'AT', language: 'de', timeZone: 'Europe/Vienna', dial: '+43' },
  { country: 'DE', language: 'de', timeZone: 'Europe/Berlin', dial: '+49' },
  { country: 'CH', language: 'de', timeZone: 'Europe/Zurich', dial: '+41' },
  { country: 'GB', language: 'en', timeZone: 'Europe/London', dial: '+44' },
  { country: 'US', language: 'en', timeZone: 'America/New_York', dial: '+1' },
  { country: 'FR', language: 'fr', timeZone: 'Europe/Paris', dial: '+33' },
  { country: 'NL', language: 'nl', timeZone: 'Europe/Amsterdam', dial: '+31' },
  { country: 'SE', language: 'sv', timeZone: 'Europe/Stockholm', dial: '+46' },
] as const
const industries = [
  'Manufacturing',
  'Software',
  'Retail',
  'Logistics',
  'Healthcare',
  'Energy',
  'Education',
  'Finance',
]
const companyStarts =
  'Alpen Blau Cedar Delta Ember Fjord Gamma Harbor Iris Juniper Kestrel Lumen Meridian Nord Opal Pine Quartz River Sage Tern'.split(
    ' ',
  )
const companyEnds = [
  'Works',
  'Systems',
  'Logistics',
  'Group',
  'Labs',
  'Retail',
  'Energy',
  'Partners',
  'Foods',
  'Tools',
]

/** The demo's companies: 200, always the same. */
export function demoCompanies(): DemoCompany[] {
  const chance = chanceFrom(11)
  return companyStarts.flatMap(start =>
    companyEnds.map(end => ({
      name: `${start} ${end}`,
      domain: `${start}-${end}.example`.toLowerCase(),
      industry: chance.pick(industries),
      employees: Math.round(10 * 4 ** (chance.next() * 4)),
      country: chance.pick(places).country,
    })),
  )
}

/** The demo's people. Addresses end in .example, which by RFC 2606 belongs to nobody. */
export function demoPeople(count: number): DemoPerson[] {
  const chance = chanceFrom(23)
  const companies = demoCompanies()
  const taken = new Map<string, number>()
  return Array.from({ length: count }, () => {
    const [firstName, lastName] = [chance.pick(firstNames), chance.pick(lastNames)]
    const company = chance.pick(companies)
    const base = `${firstName}.${lastName}@${company.domain}`.toLowerCase()
    const before = taken.get(base) ?? 0
    taken.set(base, before + 1)
    const email = before === 0 ? base : base.replace('@', `${before + 1}@`)
    return { email, firstName, lastName, company, ...circumstances(chance) }
  })
}

function circumstances(chance: Chance): Omit<DemoPerson, 'email' | 'firstName' | 'lastName' | 'company'> {
  const place = chance.pick(places)
  const stage = chance.holds(0.6) ? 'lead' : chance.holds(0.6) ? 'prospect' : 'customer'
  return {
    jobTitle: chance.pick(jobs),
    phone: chance.holds(0.4) ? `${place.dial} 555 ${String(chance.below(10_000)).padStart(4, '0')}` : null,
    country: place.country,
    language: place.language,
    timeZone: place.timeZone,
    stage,
    owner: chance.holds(0.7) ? chance.below(3) : null,
    plan:
      stage === 'customer' ? chance.pick(['team', 'enterprise'] as const) : chance.holds(0.3) ? 'free' : null,
    consent: chance.holds(0.72) ? 'granted' : chance.holds(0.2) ? 'withdrawn' : 'none',
    // Most look around a little, a few a lot.
    interest: chance.next() ** 3,
    daysKnown: 61 + chance.below(600),
  }
}
