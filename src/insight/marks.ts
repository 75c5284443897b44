import { addDays, dayIn } from '#decisions/zone-days.ts'
import type { Event } from '#engine/reactor.ts'
import { type Db, many, one, run, sql } from '#platform/db/db.ts'
import { newId } from '#platform/ids.ts'
import { eventTypes, type Part } from './rollup.sql.ts'

export type DayMark = { part: Part; day: string }

const mailTypes = new Set([
  'email.sent',
  'email.failed',
  'email.suppressed',
  'email.bounced',
  'email.complained',
  'email.unsubscribed',
  'email.opened',
  'email.clicked',
])
const factTypes = new Set([
  'contact.created',
  'contact.joined',
  'contact.merged',
  'email.bounced',
  'email.complained',
  'email.unsubscribed',
])
const counted = new Set(eventTypes)

/** Says that days may have changed. Rows are only added, so nobody waits for anybody. */
export async function markDays(trx: Db, marks: DayMark[]): Promise<void> {
  const distinct = [...new Map(marks.map(mark => [`${mark.part}${mark.day}`, mark])).values()]
  if (distinct.length === 0) return
  await run(
    trx,
    sql`insert into insight.mark (id, part, day)
      select id, part, day::date from unnest(${distinct.map(() => newId())}::bigint[],
        ${distinct.map(mark => mark.part)}::text[], ${distinct.map(mark => mark.day)}::text[]) as fresh (id, part, day)`,
  )
}

/** Says that the facts about contacts are to be read anew. */
export async function markContacts(trx: Db, contactIds: string[]): Promise<void> {
  const distinct = [...new Set(contactIds)]
  if (distinct.length === 0) return
  await run(
    trx,
    sql`insert into insight.contact_mark (contact_id, id)
      select contact_id, id from unnest(${distinct}::bigint[], ${distinct.map(() => newId())}::bigint[]) as fresh (contact_id, id)`,
  )
}

/** What a batch of events makes stale: an open makes the day stale on which its message was sent. */
export async function markEvents(trx: Db, events: Event[], zone: string): Promise<void> {
  const marks: DayMark[] = []
  const contacts: string[] = []
  const letters = new Map<string, { contactId: string; messageId: string }>()
  for (const event of events) {
    if (counted.has(event.type)) marks.push({ part: 'events', day: dayIn(zone, event.at) })
    if (event.type.startsWith('workflow.')) marks.push({ part: 'flow', day: dayIn(zone, event.at) })
    if (isFact(event)) contacts.push(event.contactId)
    const messageId = mailTypes.has(event.type) ? event.data.messageId : null
    if (typeof messageId === 'string' && /^\d{1,18}$/.test(messageId))
      letters.set(messageId, { contactId: event.contactId, messageId })
  }
  marks.push(...(await daysOfLetters(trx, [...letters.values()], zone)))
  await markDays(trx, marks)
  await markContacts(trx, contacts)
}

/** The first page view comes before the contact is known, or late with its history; then it is joined, which counts. */
function isFact({ type, data }: Event): boolean {
  if (type !== 'contact.updated') return factTypes.has(type)
  return typeof data.changes === 'object' && data.changes !== null && 'stage' in data.changes
}

async function daysOfLetters(
  trx: Db,
  letters: { contactId: string; messageId: string }[],
  zone: string,
): Promise<DayMark[]> {
  if (letters.length === 0) return []
  const rows = await many<{ day: string }>(
    trx,
    sql`select distinct (coalesce(m.sent_at, m.sending_at, m.decided_at) at time zone ${zone})::date::text as day
      from unnest(${letters.map(row => row.contactId)}::bigint[], ${letters.map(row => row.messageId)}::bigint[])
        as wanted (contact_id, id)
      join outreach.message m on m.contact_id = wanted.contact_id and m.id = wanted.id
      where coalesce(m.sent_at, m.sending_at, m.decided_at) is not null`,
  )
  return rows.map(({ day }) => ({ part: 'mail' as const, day }))
}

/** Every day on which one of these contacts counts for something: when it is erased or merged, these days change. */
export async function markAllOf(trx: Db, contactIds: string[], zone: string): Promise<void> {
  const rows = await many<{ part: Part; day: string }>(
    trx,
    sql`
    select distinct part, (at at time zone ${zone})::date::text as day from (
      select 'mail' as part, coalesce(m.sent_at, m.sending_at, m.decided_at) as at
        from outreach.message m where m.contact_id = any(${contactIds}::bigint[])
      union all select 'events', event.at from activity.event event
        where event.contact_id = any(${contactIds}::bigint[]) and event.type = any(${eventTypes}::text[])
      union all select 'flow', s.at from workflows.step s where s.contact_id = any(${contactIds}::bigint[])
      union all select 'flow', e.entered_at from workflows.enrolment e where e.contact_id = any(${contactIds}::bigint[])
      union all select 'flow', e.ended_at from workflows.enrolment e where e.contact_id = any(${contactIds}::bigint[])) touched
    where at is not null`,
  )
  await markDays(trx, rows)
}

/**
 * Steps of workflows are no events. Where more have been done than at the last look, the days since then are
 * stale: a step is done at the moment of its tick, never in the past.
 */
export async function markSteps(trx: Db, now: Date, zone: string): Promise<void> {
  const today = dayIn(zone, now)
  const { steps, before } = await one<{ steps: string; before: { steps: string; day: string } | null }>(
    trx,
    sql`select (select coalesce(sum(n), 0)::text from workflows.tally) as steps,
      (select value from insight.state where name = 'steps') as before`,
  )
  if (before?.steps === steps) return
  const days = daysBetween(before?.day ?? today, today)
  await markDays(
    trx,
    days.map(day => ({ part: 'flow' as const, day })),
  )
  await setState(trx, 'steps', { steps, day: today })
}

export async function setState(trx: Db, name: string, value: unknown): Promise<void> {
  await run(
    trx,
    sql`insert into insight.state (name, value) values (${name}, ${JSON.stringify(value)}::jsonb)
      on conflict (name) do update set value = excluded.value`,
  )
}

/** All days from the one to the other, both included; at most `most`, the last ones. */
export function daysBetween(first: string, last: string, most = 4000): string[] {
  const days: string[] = []
  for (let day = last; day >= first && days.length < most; day = addDays(day, -1)) days.push(day)
  return days.reverse()
}
