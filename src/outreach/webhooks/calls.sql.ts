import { plainArray } from '#platform/db/arrays.ts'
import { type Db, many, maybeOne, run, sql } from '#platform/db/db.ts'
import { laneOf } from '#platform/ids.ts'

export type NewCall = { contactId: string; eventId: string; endpointId: string; eventAt: Date; type: string }
export type CallKey = { contactId: string; eventId: string; endpointId: string }
export type Call = CallKey & { eventAt: Date; type: string; attempt: number }

/** Puts calls into the outbox. With `again`, those that are there are called once more, from the beginning. */
export function insertCalls(
  db: Db,
  rows: NewCall[],
  { now, again }: { now: Date; again: boolean },
): Promise<number> {
  if (rows.length === 0) return Promise.resolve(0)
  const at = now.toISOString()
  const conflict = again
    ? sql`do update set state = 'waiting', attempt = 0, not_before = excluded.not_before, done_at = null
        where call.state in ('delivered', 'failed')`
    : sql`do nothing`
  return run(
    db,
    sql`
    insert into outreach.call
      (contact_id, event_id, endpoint_id, event_at, type, lane, state, attempt, not_before, queued_at)
    select contact_id, event_id, endpoint_id, event_at, type, lane, 'waiting', 0, ${at}::timestamptz, ${at}::timestamptz
    from unnest(${plainArray(rows.map(row => row.contactId))}::bigint[],
      ${plainArray(rows.map(row => row.eventId))}::bigint[], ${plainArray(rows.map(row => row.endpointId))}::bigint[],
      ${rows.map(row => row.eventAt.toISOString())}::timestamptz[], ${rows.map(row => row.type)}::text[],
      ${plainArray(rows.map(row => laneOf(row.contactId)))}::smallint[]
    ) as fresh (contact_id, event_id, endpoint_id, event_at, type, lane)
    order by contact_id, event_id, endpoint_id
    on conflict (contact_id, event_id, endpoint_id) ${conflict}`,
  )
}

/** Takes due calls of these lanes, for each endpoint as many as it has room for; they stand as `calling`. */
export function claimCalls(
  db: Db,
  ask: { lanes: number[]; rooms: { endpointId: string; room: number }[]; sender: string; now: Date },
): Promise<Call[]> {
  const now = ask.now.toISOString()
  return many(
    db,
    sql`
    update outreach.call c set state = 'calling', sender = ${ask.sender}, attempt = (c.attempt + 1)::smallint
    from (
      select due.contact_id, due.event_id, due.endpoint_id
      from unnest(${ask.rooms.map(each => each.endpointId)}::bigint[], ${ask.rooms.map(each => each.room)}::int[])
        as e (id, room)
      cross join lateral (
        select d.contact_id, d.event_id, d.endpoint_id from outreach.call d
        where d.endpoint_id = e.id and d.state = 'waiting' and d.not_before <= ${now}::timestamptz
          and d.lane = any(${ask.lanes}::smallint[])
        order by d.not_before limit e.room) due) mine
    where c.contact_id = mine.contact_id and c.event_id = mine.event_id and c.endpoint_id = mine.endpoint_id
      and c.state = 'waiting'
    returning c.contact_id as "contactId", c.event_id as "eventId", c.endpoint_id as "endpointId",
      c.event_at as "eventAt", c.type, c.attempt`,
  )
}

/** Endpoints with something due in these lanes: the cheap look before a claim. */
export async function endpointsWithDue(
  db: Db,
  ask: { endpointIds: string[]; lanes: number[]; now: Date },
): Promise<string[]> {
  const rows = await many<{ id: string }>(
    db,
    sql`
    select e.id from unnest(${ask.endpointIds}::bigint[]) as e (id)
    where exists (
      select from outreach.call c
      where c.endpoint_id = e.id and c.state = 'waiting' and c.not_before <= ${ask.now.toISOString()}::timestamptz
        and c.lane = any(${ask.lanes}::smallint[]))`,
  )
  return rows.map(row => row.id)
}

export type CallResult = CallKey & {
  state: 'waiting' | 'delivered' | 'failed'
  number: number
  notBefore: Date
  at: Date
  tookMs: number
  status: number | null
  words: string
  request: string
  response: string
}

/** Writes what became of calls that this sender holds, and the attempts. Returns the keys that were still its own. */
export function writeResults(db: Db, rows: CallResult[], sender: string): Promise<CallKey[]> {
  return many(
    db,
    sql`
    with fresh as (
      select * from unnest(${rows.map(row => row.contactId)}::bigint[], ${rows.map(row => row.eventId)}::bigint[],
        ${rows.map(row => row.endpointId)}::bigint[], ${rows.map(row => row.state)}::text[],
        ${rows.map(row => row.number)}::smallint[], ${rows.map(row => row.notBefore.toISOString())}::timestamptz[],
        ${rows.map(row => row.at.toISOString())}::timestamptz[], ${rows.map(row => row.tookMs)}::int[],
        ${rows.map(row => row.status)}::smallint[], ${rows.map(row => row.words)}::text[],
        ${rows.map(row => row.request)}::text[], ${rows.map(row => row.response)}::text[])
        as fresh (contact_id, event_id, endpoint_id, state, number, not_before, at, took_ms, status, words, request, response)),
    written as (
      update outreach.call c set state = fresh.state, not_before = fresh.not_before, status = fresh.status,
        words = fresh.words, done_at = case when fresh.state = 'waiting' then null else fresh.at end
      from fresh
      where c.contact_id = fresh.contact_id and c.event_id = fresh.event_id and c.endpoint_id = fresh.endpoint_id
        and c.state = 'calling' and c.sender = ${sender}
      returning c.contact_id, c.event_id, c.endpoint_id),
    noted as (
      insert into outreach.call_attempt
        (contact_id, event_id, endpoint_id, number, at, took_ms, status, words, request, response)
      select contact_id, event_id, endpoint_id, number, at, took_ms, status, words, request, response
      from fresh join written using (contact_id, event_id, endpoint_id)
      on conflict (contact_id, event_id, endpoint_id, number) do update set at = excluded.at,
        took_ms = excluded.took_ms, status = excluded.status, words = excluded.words, request = excluded.request,
        response = excluded.response)
    select contact_id as "contactId", event_id as "eventId", endpoint_id as "endpointId" from written`,
  )
}

export async function callingSenders(db: Db, own: string): Promise<string[]> {
  const rows = await many<{ sender: string }>(
    db,
    sql`select distinct sender from outreach.call where state = 'calling' and sender <> ${own}`,
  )
  return rows.map(row => row.sender)
}

/** What senders that died have begun is called again: at least once, under the same id. */
export function takeBack(db: Db, senders: string[]): Promise<number> {
  return run(
    db,
    sql`update outreach.call set state = 'waiting', attempt = greatest(attempt - 1, 0)::smallint
      where state = 'calling' and sender = any(${senders}::text[])`,
  )
}

/**
 * What stands under this sender's own name but is not in its hand: claimed by a transaction whose answer was lost, or
 * by a turn that broke off before it called.
 */
export function takeBackOwn(db: Db, own: string, inHand: CallKey[]): Promise<number> {
  return run(
    db,
    sql`update outreach.call c set state = 'waiting', attempt = greatest(attempt - 1, 0)::smallint
      where state = 'calling' and sender = ${own} and not exists (
        select from unnest(${inHand.map(call => call.eventId)}::bigint[],
          ${inHand.map(call => call.endpointId)}::bigint[]) as held (event_id, endpoint_id)
        where held.event_id = c.event_id and held.endpoint_id = c.endpoint_id)`,
  )
}

/** Removes what is past its time. */
export async function sweepCalls(db: Db, before: Date): Promise<void> {
  const at = before.toISOString()
  await run(db, sql`delete from outreach.call_attempt where at < ${at}::timestamptz`)
  await run(
    db,
    sql`delete from outreach.call where queued_at < ${at}::timestamptz and state in ('delivered', 'failed')`,
  )
}

export type CallRow = CallKey & {
  type: string
  state: 'waiting' | 'calling' | 'delivered' | 'failed'
  attempt: number
  status: number | null
  words: string | null
  eventAt: Date
  queuedAt: Date
  notBefore: Date
  doneAt: Date | null
}

/** The delivery log of an endpoint, the newest first. */
export function selectCalls(
  db: Db,
  ask: {
    endpointId: string
    state: string | null
    before: { at: string; eventId: string; contactId: string } | null
    limit: number
  },
): Promise<CallRow[]> {
  const { before } = ask
  return many(
    db,
    sql`
    select contact_id as "contactId", event_id as "eventId", endpoint_id as "endpointId", type, state, attempt, status,
      words, event_at as "eventAt", queued_at as "queuedAt", not_before as "notBefore", done_at as "doneAt"
    from outreach.call
    where endpoint_id = ${ask.endpointId}::bigint ${ask.state ? sql`and state = ${ask.state}` : sql``}
      ${before ? sql`and (queued_at, event_id, contact_id) < (${before.at}::timestamptz, ${before.eventId}::bigint, ${before.contactId}::bigint)` : sql``}
    order by queued_at desc, event_id desc, contact_id desc limit ${ask.limit}`,
  )
}

export type Attempt = {
  number: number
  at: Date
  tookMs: number
  status: number | null
  words: string
  request: string
  response: string
}

export function selectAttempts(db: Db, { contactId, eventId, endpointId }: CallKey): Promise<Attempt[]> {
  return many(
    db,
    sql`
    select number, at, took_ms as "tookMs", status, words, request, response from outreach.call_attempt
    where contact_id = ${contactId}::bigint and event_id = ${eventId}::bigint and endpoint_id = ${endpointId}::bigint
    order by number limit 100`,
  )
}

/** Calls one again from the beginning; false where there is none, or one is on its way. */
export async function replayCall(
  db: Db,
  { contactId, eventId, endpointId }: CallKey,
  now: Date,
): Promise<boolean> {
  const changed = await run(
    db,
    sql`
    update outreach.call set state = 'waiting', attempt = 0, not_before = ${now.toISOString()}::timestamptz, done_at = null
    where contact_id = ${contactId}::bigint and event_id = ${eventId}::bigint and endpoint_id = ${endpointId}::bigint
      and state in ('delivered', 'failed')`,
  )
  return changed > 0
}

export type Counts = { endpointId: string; waiting: number; failed: number; oldestAt: Date | null }

/** What waits and what failed, by endpoint; counted up to 10,000 each. */
export function countCalls(db: Db): Promise<Counts[]> {
  return many(
    db,
    sql`
    select e.id as "endpointId", w.n as waiting, f.n as failed, w.oldest as "oldestAt"
    from outreach.endpoint e
    cross join lateral (select count(*)::int as n, min(queued_at) as oldest from (
      select queued_at from outreach.call c where c.endpoint_id = e.id and c.state in ('waiting', 'calling')
      order by queued_at limit 10000) x) w
    cross join lateral (select count(*)::int as n from (
      select from outreach.call c where c.endpoint_id = e.id and c.state = 'failed' limit 10000) x) f
    order by e.id`,
  )
}

/** Calls due by now at endpoints that are on, or on their way. */
export async function countDueCalls(db: Db, now: Date): Promise<number> {
  const row = await maybeOne<{ n: number }>(
    db,
    sql`
    select (select count(*)::int from outreach.endpoint e cross join lateral (
        select from outreach.call c where c.endpoint_id = e.id and c.state = 'waiting'
          and c.not_before <= ${now.toISOString()}::timestamptz limit 1000) due where e.state = 'on')
      + (select count(*)::int from (select from outreach.call where state = 'calling' limit 1000) busy) as n`,
  )
  return row?.n ?? 0
}

export async function nextCallAt(db: Db, now: Date): Promise<Date | null> {
  const row = await maybeOne<{ at: Date | null }>(
    db,
    sql`
    select min(first.not_before) as at from outreach.endpoint e cross join lateral (
      select not_before from outreach.call c where c.endpoint_id = e.id and c.state = 'waiting'
        and c.not_before > ${now.toISOString()}::timestamptz order by c.not_before limit 1) first
    where e.state = 'on'`,
  )
  return row?.at ?? null
}
