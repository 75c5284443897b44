import { ledger } from '#activity/ledger.ts'
import { contactsForRender, knownAmong } from '#audience/contacts.ts'
import { matchContacts } from '#decisions/match.ts'
import type { Event } from '#engine/reactor.ts'
import type { Payload } from '#outreach/messages.ts'
import { type Db, inTransaction, many, run, sql, sqlStateOf } from '#platform/db/db.ts'
import { newId } from '#platform/ids.ts'
import type { Services } from '#platform/services.ts'
import { tellingOf } from '../alerts.ts'
import { type AlertDefinition, filtersIn } from './definition.ts'
import { activePeople, personFor } from './recipients.ts'
import { emailOf, slackOf, teamsOf } from './render.ts'
import { storiesOf } from './story.ts'
import { deeds, sets, typesOf } from './trigger.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const spanDays = 30
/** More events than this are not looked through for a preview. */
const mostEvents = 20_000
const patienceMs = 6000

export type Past = {
  /** How often it would have told, with the cool-down; null: it could not be counted in time. */
  times: number | null
  people: number
  /** At least so often: there was more than a preview looks through. */
  more: boolean
  /** Whom it would have been about, the last first. */
  last: { contactId: string; at: Date }[]
}

/** What a rule would have done in the last 30 days, by the contacts as they are now. */
export async function pastOf(services: Services, definition: AlertDefinition): Promise<Past> {
  const { db, clock, config } = services
  const now = clock.now()
  try {
    return await inTransaction(db, async trx => {
      await run(trx, sql`select set_config('statement_timeout', ${String(patienceMs)}, true)`)
      const found = await eventsFor(trx, definition, now)
      const events = found.filter(event => sets(definition.trigger, event))
      const fitting = await admitted(trx, definition, events, { now, zone: config.zone })
      return counted(fitting, definition.coolDownHours, found.length >= mostEvents)
    })
  } catch (error) {
    if (sqlStateOf(error) !== '57014') throw error
    return { times: null, people: 0, more: true, last: [] }
  }
}

function eventsFor(db: Db, { trigger }: AlertDefinition, now: Date): Promise<Event[]> {
  const since = new Date(now.getTime() - spanDays * dayMs).toISOString()
  const types = typesOf(trigger)
  const deals = types.includes('deal.')
  const slept =
    trigger.on === 'sleeper'
      ? sql`and exists (select from ${ledger} e where e.contact_id = event.contact_id and e.type = any(${deeds}::text[])
          and e.at <= event.at - make_interval(days => ${trigger.days}))
        and not exists (select from ${ledger} e where e.contact_id = event.contact_id and e.type = any(${deeds}::text[])
          and e.at < event.at and e.at > event.at - make_interval(days => ${trigger.days}))`
      : sql``
  return many(
    db,
    sql`
    select event.contact_id as "contactId", event.id, event.type, event.name, event.at, event.data,
      event.cause_id as "causeId", event.depth
    from ${ledger} event
    where event.at >= ${since}::timestamptz and event.at <= ${now.toISOString()}::timestamptz
      and (event.type = any(${types}::text[])${deals ? sql` or event.type like 'deal.%'` : sql``}) ${slept}
    limit ${mostEvents}`,
  )
}

async function admitted(
  db: Db,
  definition: AlertDefinition,
  events: Event[],
  when: { now: Date; zone: string },
): Promise<Event[]> {
  const ids = [...new Set(events.map(event => event.contactId))]
  if (definition.filter) {
    const matches = await matchContacts(db, [{ key: 'who', filter: definition.filter }], ids, when)
    return events.filter(event => matches.get('who')?.has(event.contactId))
  }
  const known = await knownAmong(db, ids)
  return events.filter(event => known.has(event.contactId))
}

function counted(events: Event[], coolDownHours: number, more: boolean): Past {
  const last = new Map<string, number>()
  const told: { contactId: string; at: Date }[] = []
  for (const { contactId, at } of events.sort((a, b) => a.at.getTime() - b.at.getTime())) {
    const before = last.get(contactId)
    if (before !== undefined && at.getTime() - before < coolDownHours * hourMs) continue
    last.set(contactId, at.getTime())
    told.push({ contactId, at })
  }
  return { times: told.length, people: last.size, more, last: told.reverse().slice(0, 5) }
}

export type Sample = {
  contactId: string
  /** Who would be told; null: nobody but the channels. A team that takes turns says the next in line. */
  person: { id: string; name: string; email: string } | null
  email: Payload
  slack: Payload
  teams: Payload
}

/** The messages of a rule about a real contact. The link to acknowledge in them leads nowhere. */
export async function sampleOf(
  services: Services,
  given: { name: string; definition: AlertDefinition; contactId: string; because: string },
): Promise<Sample | null> {
  const { db, clock, config } = services
  const { definition, contactId } = given
  const now = clock.now()
  const [contact] = await contactsForRender(db, [contactId])
  if (!contact) return null
  const stories = await storiesOf(db, [contactId], now)
  const asks = filtersIn(definition).map(({ place, filter }) => ({ key: place, filter }))
  const matches = await matchContacts(db, asks, [contactId], { now, zone: config.zone })
  const person = await personFor(
    {
      to: definition.to,
      ownerId: contact.ownerId,
      matches: place => matches.get(`team:${place}`)?.has(contactId) ?? false,
      turn: async () => 0,
    },
    await activePeople(db),
  )
  const id = newId()
  const telling = tellingOf(services, {
    alert: {
      contactId,
      headline: definition.message,
      source: given.name,
      because: given.because,
      causeId: null,
    },
    notice: {
      contactId,
      id,
      alertId: id,
      level: 0,
      userId: null,
      channel: 'email',
      dueAt: now,
      waits: false,
    },
    story: stories.get(contactId) ?? null,
    urgent: null,
  })
  return {
    contactId,
    person: person && { id: person.id, name: person.name, email: person.email },
    email: emailOf(telling),
    slack: slackOf(telling),
    teams: teamsOf(telling),
  }
}
