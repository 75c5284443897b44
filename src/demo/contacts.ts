import { append } from '#activity/ledger.ts'
import { describeCompanies } from '#audience/companies.ts'
import { recordConsent } from '#audience/consent.ts'
import { contactsForRender, upsertContacts } from '#audience/contacts.ts'
import { resolve } from '#audience/identity.ts'
import { changeMembers, createList } from '#audience/lists.ts'
import { type Db, run, sql } from '#platform/db/db.ts'
import { chanceFrom } from './chance.ts'
import type { KnownPerson } from './history.ts'
import { type DemoPerson, demoPeople } from './people.ts'

const dayMs = 86_400_000
const count = 2000
const wording = 'Yes, send me papers and news by email. I can take this back at any time.'

/** Writes the demo's people with their companies, owners, consents and lists; set by set, no statement per row. */
export async function seedContacts(db: Db, owners: string[], now: Date): Promise<KnownPerson[]> {
  const people = demoPeople(count)
  const known: KnownPerson[] = []
  // One batch per door by which people came in; when each of them came is written after.
  for (const door of doors) {
    const batch = people.filter((_person, index) => doorOf(index) === door)
    known.push(...(await seedDoor(db, batch, owners, { door, now })))
  }
  await seedConsents(db, known, now)
  await seedLists(db, known, now)
  return known
}

const doors = ['White paper form', 'Newsletter form', 'Webinar sign-up', 'Import of trade fair Vienna']
const doorOf = (index: number) => doors[[0, 0, 0, 0, 1, 1, 1, 2, 2, 3][index % 10] ?? 0] ?? ''

/** Nobody buys on the day he comes. */
const leastDays = { lead: 0.25, prospect: 9, customer: 38 }

/** A year of growth, faster of late. */
function cameAt({ daysKnown, stage }: DemoPerson, now: Date): Date {
  const share = (daysKnown - 61) / 600
  return new Date(now.getTime() - (leastDays[stage] + share ** 1.6 * 290) * dayMs)
}

async function seedDoor(
  db: Db,
  batch: DemoPerson[],
  owners: string[],
  { door, now }: { door: string; now: Date },
): Promise<KnownPerson[]> {
  const calls = batch.map(({ email }) => ({ email, trust: 'server' as const }))
  const resolved = await resolve(db, calls, { now })
  const known = batch.map((person, index) => {
    return { ...person, contactId: resolved[index]?.contactId ?? '', cameAt: cameAt(person, now) }
  })
  const patches = known.map(person => ({
    contactId: person.contactId,
    email: person.email,
    traits: {
      first_name: person.firstName,
      last_name: person.lastName,
      job_title: person.jobTitle,
      ...(person.phone && { phone: person.phone }),
      country: person.country,
      language: person.language,
      time_zone: person.timeZone,
      stage: person.stage,
      ...(person.owner !== null && { owner_id: owners[person.owner % owners.length] }),
      ...(person.plan && { plan: person.plan }),
      company: { name: person.company.name, domain: person.company.domain },
    },
  }))
  const came = new Map(known.map(person => [person.contactId, person.cameAt]))
  const events = await upsertContacts(db, patches, { now, source: door })
  await append(
    db,
    events.map(event => ({ ...event, at: came.get(event.contactId) ?? now })),
  )
  await run(
    db,
    sql`update audience.contact set created_at = came.at from unnest(${[...came.keys()]}::bigint[],
      ${[...came.values()]}::timestamptz[]) as came (id, at) where contact.id = came.id`,
  )
  await seedCompanies(db, known, now)
  return known
}

async function seedCompanies(db: Db, people: KnownPerson[], at: Date): Promise<void> {
  const contacts = await contactsForRender(
    db,
    people.map(person => person.contactId),
  )
  const companyOf = new Map(contacts.map(contact => [contact.id, contact.companyId]))
  const rows = new Map<string, { id: string; attrs: Record<string, unknown> }>()
  for (const { contactId, company } of people) {
    const id = companyOf.get(contactId)
    if (id) rows.set(id, { id, attrs: { industry: company.industry, employees: company.employees } })
  }
  await describeCompanies(db, [...rows.values()], at)
}

async function seedConsents(db: Db, people: KnownPerson[], now: Date): Promise<void> {
  const chance = chanceFrom(53)
  const entries = people
    .filter(person => person.consent !== 'none')
    .flatMap(person => {
      const granted = {
        contactId: person.contactId,
        purpose: 'marketing',
        state: 'granted' as const,
        basis: 'consent',
        source: chance.pick(doors.slice(0, 3)),
        wording,
        proof: { page: 'https://www.tend.example/papers', address: `192.0.2.${chance.below(255)}` },
        at: new Date(person.cameAt.getTime() + 60_000),
      }
      if (person.consent === 'granted') return [granted]
      // Somewhere between then and now.
      const at = new Date(granted.at.getTime() + chance.next() * (now.getTime() - granted.at.getTime()))
      return [
        granted,
        { ...granted, state: 'withdrawn' as const, source: 'Unsubscribe page', wording: null, proof: {}, at },
      ]
    })
  await append(db, await recordConsent(db, entries))
}

async function seedLists(db: Db, people: KnownPerson[], now: Date): Promise<void> {
  const chance = chanceFrom(71)
  const lists = [
    { name: 'Newsletter', description: 'Once a month, what is new', share: 0.5 },
    { name: 'Trade fair Vienna', description: 'Met at our stand in October', share: 0.08 },
    { name: 'Advisory board', description: 'Customers who tell us what to build', share: 0.01 },
  ]
  for (const { share, ...given } of lists) {
    const list = await createList(db, { ...given, createdBy: 'Demo' }, now)
    const members = people.filter(person => person.consent === 'granted' && chance.holds(share))
    const changes = members.map(({ contactId }) => ({ contactId, listId: list.id, in: true }))
    const events = await changeMembers(db, changes, now)
    const came = new Map(members.map(person => [person.contactId, person.cameAt]))
    await append(
      db,
      events.map(event => ({ ...event, at: came.get(event.contactId) ?? now })),
    )
  }
}
