import type { Event, EventRef, NewEvent } from '#engine/reactor.ts'
import { plainArray } from '#platform/db/arrays.ts'
import { type Db, many, run, sql } from '#platform/db/db.ts'
import { AppError } from '#platform/errors.ts'
import { newId } from '#platform/ids.ts'
import { cleanText, dataText } from './ledger.text.ts'

/** The ledger as a table to join with: `${ledger} event`. Only for reading. */
export const ledger = sql.table('activity.event')

/** The columns of an event as `Event` names them; the table's alias must be `event`. */
const columns = sql`event.contact_id as "contactId", event.id, event.type, event.name, event.at, event.data,
  event.cause_id as "causeId", event.depth`

/** What is stored besides the event itself. */
export type StoredEvent = Event & { sourceId: string | null; receivedAt: Date; text?: string | undefined }

/** Completes new events: an id, a depth, and text that PostgreSQL can hold. */
export function complete(event: NewEvent): StoredEvent {
  if (!(event.at.getTime() >= earliest && event.at.getTime() <= latest)) {
    throw new AppError('bad_time', `The event ${event.type} has no usable time.`, { status: 422 })
  }
  return {
    contactId: event.contactId,
    id: event.id ?? newId(),
    type: cleanText(event.type),
    name: event.name == null ? null : cleanText(event.name),
    at: event.at,
    data: event.data ?? {},
    text: event.text,
    causeId: event.causeId ?? null,
    depth: event.depth ?? 0,
    sourceId: event.sourceId ?? null,
    receivedAt: event.receivedAt ?? event.at,
  }
}
const earliest = Date.UTC(1900, 0, 1)
const latest = Date.UTC(9999, 11, 31)

/** Appends events and returns them as stored. Nobody is told: `record` is for that; the engine's ticks use this. */
export async function append(db: Db, events: NewEvent[]): Promise<Event[]> {
  const stored = events.map(complete)
  await insertEvents(db, stored)
  return stored.map(({ sourceId: _source, receivedAt: _received, text: _text, ...event }) => event)
}

/** The events at these places; those that are gone are left out, the order is not kept. */
export function load(db: Db, refs: EventRef[]): Promise<Event[]> {
  if (refs.length === 0) return Promise.resolve([])
  return many<Event>(
    db,
    sql`
    select ${columns}
    from unnest(${plainArray(refs.map(ref => ref.contactId))}::bigint[],
      ${plainArray(refs.map(ref => ref.at.getTime()))}::bigint[],
      ${plainArray(refs.map(ref => ref.id))}::bigint[]) as wanted (contact_id, at_ms, id)
    join ${ledger} event
      on event.contact_id = wanted.contact_id and event.at = ${atMs('wanted.at_ms')} and event.id = wanted.id`,
  )
}

/** Gives all events of `from` to `to`: a visitor became known, two records became one. Ids and times stay. */
export async function move(trx: Db, from: string, to: string): Promise<void> {
  await run(
    trx,
    sql`
    with gone as (
      delete from activity.event where contact_id = ${from}::bigint
      returning at, id, cause_id, source_id, received_at, depth, type, name, data)
    insert into activity.event
      (contact_id, at, id, cause_id, source_id, received_at, depth, type, name, data)
    select ${to}::bigint, at, id, cause_id, source_id, received_at, depth, type, name, data from gone`,
  )
}

/** Names worth offering in pickers; other types are named by the catalogue. */
const namedTypes = new Set(['event.tracked', 'page.viewed', 'screen.viewed'])
/** So that a stranger who invents names fills neither memory nor table quickly. */
const namesPerBatch = 200

/**
 * One statement for any number of events, and for the names among them (written at most once an hour each). The
 * JSON goes over as lines of one text (JSON never holds a raw line break): a third cheaper than as an array,
 * whose quoting doubles it.
 */
export async function insertEvents(db: Db, events: StoredEvent[]): Promise<void> {
  if (events.length === 0) return
  const names = namesIn(events)
  await run(
    db,
    sql`
    with named as (
      insert into activity.event_name (type, name, last_seen)
      select fresh.type, fresh.name, fresh.seen
      from unnest(${names.map(row => row.type)}::text[], ${names.map(row => row.name)}::text[],
        ${names.map(row => row.at.toISOString())}::timestamptz[]) as fresh (type, name, seen)
      where not exists (
        select from activity.event_name old
        where old.type = fresh.type and old.name = fresh.name and old.last_seen > fresh.seen - interval '1 hour')
      order by fresh.type, fresh.name
      on conflict (type, name) do update set last_seen = greatest(event_name.last_seen, excluded.last_seen))
    insert into activity.event
      (contact_id, at, id, cause_id, source_id, received_at, depth, type, name, data)
    select contact_id, ${atMs('at_ms')}, id, cause_id, source_id, ${atMs('received_ms')}, depth, type, name, data::jsonb
    from rows from (
      unnest(${plainArray(events.map(event => event.contactId))}::bigint[],
        ${plainArray(events.map(event => event.at.getTime()))}::bigint[],
        ${plainArray(events.map(event => event.id))}::bigint[],
        ${plainArray(events.map(event => event.causeId))}::bigint[],
        ${plainArray(events.map(event => event.sourceId))}::bigint[],
        ${plainArray(events.map(event => event.receivedAt.getTime()))}::bigint[],
        ${plainArray(events.map(event => event.depth))}::smallint[], ${events.map(event => event.type)}::text[],
        ${events.map(event => event.name)}::text[]),
      string_to_table(${events.map(event => event.text ?? dataText(event.data)).join('\n')}, E'\\n')
    ) as fresh (contact_id, at_ms, id, cause_id, source_id, received_ms, depth, type, name, data)`,
  )
}

/** Exact for whole milliseconds, and cheaper than reading ISO text. */
const atMs = (column: string) => sql`timestamptz 'epoch' + ${sql.raw(column)} * interval '1 millisecond'`

function namesIn(events: StoredEvent[]): { type: string; name: string; at: Date }[] {
  const names = new Map<string, { type: string; name: string; at: Date }>()
  for (const { type, name, receivedAt } of events) {
    if (!name || name.length > 200 || !namedTypes.has(type)) continue
    if (names.size < namesPerBatch) names.set(`${type}\n${name}`, { type, name, at: receivedAt })
  }
  return [...names.values()]
}
