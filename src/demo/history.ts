import type { NewEvent } from '#engine/reactor.ts'
import { type Chance, chanceFrom } from './chance.ts'
import type { DemoPerson } from './people.ts'

const dayMs = 86_400_000
const site = 'https://www.tend.example'

const pages = [
  { path: '/', title: 'Marketing that keeps its promises', weight: 10 },
  { path: '/product', title: 'Product', weight: 7 },
  { path: '/product/workflows', title: 'Workflows', weight: 5 },
  { path: '/pricing', title: 'Pricing', weight: 3 },
  { path: '/blog/lead-scoring-that-sales-believes', title: 'Lead scoring that sales believes', weight: 6 },
  { path: '/blog/consent-without-tears', title: 'Consent without tears', weight: 5 },
  { path: '/customers', title: 'Customers', weight: 3 },
  { path: '/docs/getting-started', title: 'Getting started', weight: 2 },
]
const weighted = pages.flatMap(page => Array.from({ length: page.weight }, () => page))

const campaigns = [
  { source: 'newsletter', medium: 'email', campaign: 'october' },
  { source: 'google', medium: 'cpc', campaign: 'lead-scoring' },
  { source: 'linkedin', medium: 'social', campaign: 'white-paper' },
]

/** What a first visit came from: a campaign, another site, or nothing that the browser would say. */
const firstTouches = [
  { utm: { source: 'google', medium: 'cpc', campaign: 'lead-scoring' }, referrer: 'https://www.google.com/' },
  {
    utm: { source: 'linkedin', medium: 'social', campaign: 'white-paper' },
    referrer: 'https://www.linkedin.com/',
  },
  {
    utm: { source: 'linkedin', medium: 'social', campaign: 'webinar' },
    referrer: 'https://www.linkedin.com/',
  },
  { referrer: 'https://www.google.com/' },
  { referrer: 'https://www.bing.com/' },
  { referrer: 'https://blog.partner.example/tools-we-like' },
  {},
]

const papers = ['Lead scoring in practice', 'The considerate inbox', 'From visitor to customer']

export type KnownPerson = DemoPerson & { contactId: string; cameAt: Date }

/** What the demo's people did in the past 60 days, oldest first. */
export function demoHistory(people: KnownPerson[], now: Date): NewEvent[] {
  const chance = chanceFrom(37)
  const events: NewEvent[] = []
  for (const person of people) {
    const { contactId, interest, stage, cameAt } = person
    const known = Math.min(60 * dayMs, now.getTime() - cameAt.getTime() - 3_600_000)
    events.push(...firstVisit(person, chance), ...stagesOf(person, chance, now))
    const happen = (name: string | null, type: string, data: Record<string, unknown>) => {
      // The more recent, the more often: the demo is a growing company.
      const ago = chance.next() ** 1.3 * known + 3_600_000
      events.push({ contactId, type, name, at: new Date(now.getTime() - ago), data })
    }
    const views = Math.round(interest * 24 + chance.next() * 3)
    for (let i = 0; i < views; i += 1) {
      const { path, title } = chance.pick(weighted)
      const utm = chance.holds(0.15) ? { utm: chance.pick(campaigns) } : {}
      happen(title, 'page.viewed', {
        url: `${site}${path}`,
        path,
        host: 'www.tend.example',
        search: '',
        title,
        ...utm,
      })
    }
    const track = (name: string, properties: Record<string, unknown>) =>
      happen(name, 'event.tracked', { properties, context: {} })
    if (chance.holds(0.06 + interest / 4)) track('Whitepaper Downloaded', { paper: chance.pick(papers) })
    if (chance.holds(interest / 8))
      track('Webinar Attended', { title: 'Scores that age well', minutes: 20 + chance.below(40) })
    if (stage !== 'lead' && chance.holds(0.15)) track('Trial Started', { seats: 1 + chance.below(20) })
    if (stage === 'customer') track('Invoice Paid', { amount: 90 + chance.below(900), currency: 'EUR' })
  }
  return events.sort((a, b) => a.at.getTime() - b.at.getTime())
}

/** A quarter of an hour before somebody gave an address, he came from somewhere. */
function firstVisit({ contactId, cameAt }: KnownPerson, chance: Chance): NewEvent[] {
  if (chance.holds(0.2)) return []
  const { path, title } = chance.pick(weighted)
  const at = new Date(cameAt.getTime() - (2 + chance.below(20)) * 60_000)
  const data = {
    url: `${site}${path}`,
    path,
    host: 'www.tend.example',
    search: '',
    title,
    ...chance.pick(firstTouches),
  }
  return [{ contactId, type: 'page.viewed', name: title, at, data }]
}

/** The way from lead to where he is now, in weeks rather than days. */
function stagesOf({ contactId, stage, cameAt }: KnownPerson, chance: Chance, now: Date): NewEvent[] {
  const path =
    stage === 'customer' ? ['lead', 'prospect', 'customer'] : stage === 'prospect' ? ['lead', 'prospect'] : []
  const known = now.getTime() - cameAt.getTime() - 3_600_000
  let at = cameAt.getTime()
  return path.slice(1).map((to, index) => {
    const wanted = (3 + chance.next() ** 2 * (index === 0 ? 60 : 110)) * dayMs
    // Who is not known for long has been quick.
    at += Math.min(wanted, (known * (0.4 + chance.next() * 0.55)) / (path.length - 1))
    const changes = { stage: { from: path[index], to } }
    return {
      contactId,
      type: 'contact.updated',
      name: null,
      at: new Date(at),
      data: { source: 'CRM', changes },
    }
  })
}

/** What happens while the demo starts: a few people download the paper, and the workflow lets them in. */
export function demoArrivals(people: KnownPerson[], now: Date): NewEvent[] {
  const eager = people.filter(
    person => person.consent === 'granted' && person.interest > 0.5 && person.owner !== null,
  )
  return eager.slice(0, 24).map((person, index) => ({
    contactId: person.contactId,
    type: 'event.tracked',
    name: 'Whitepaper Downloaded',
    at: new Date(now.getTime() - (index + 1) * 7 * 60_000),
    data: { properties: { paper: papers[index % papers.length] ?? '' }, context: {} },
  }))
}
