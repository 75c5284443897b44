import { plainArray } from '#platform/db/arrays.ts'
import { type Db, many, maybeOne, one, run, sql } from '#platform/db/db.ts'
import type { RowKey, WorkRow } from './work.entries.ts'

/** The channel on which workers hear of new work; the payload is a list of lanes, empty for all. */
export const workChannel = 'tend_work'

const isoOrNull = (date: Date | null) => date?.toISOString() ?? null

type StoredRow = Omit<WorkRow, 'timers' | 'ats'> & {
  ats: string[]
  timers: { contactId: string; kind: string; key: string; dueAt: string }[] | null
}

const columns = sql`
  w.lane, w.queued_at as "queuedAt", w.id, w.contact_ids as "contactIds", w.event_ids as "eventIds", w.ats,
  w.attempt, nullif(w.not_before, '-infinity') as "notBefore", w.reactors, w.timers`

function readRow(row: StoredRow): WorkRow {
  return {
    ...row,
    ats: row.ats.map(ms => new Date(Number(ms))),
    timers: (row.timers ?? []).map(timer => ({ ...timer, dueAt: new Date(timer.dueAt) })),
  }
}

/**
 * Adds rows and, in the same statement, wakes the workers of their lanes when the transaction commits. The ids of
 * all rows go over as three flat arrays, of which each row takes its slice: half the cost of an array per row.
 */
export async function insertWork(db: Db, rows: WorkRow[]): Promise<void> {
  if (rows.length === 0) return
  let end = 0
  const ends = rows.map(row => {
    end += row.contactIds.length
    return end
  })
  await many(
    db,
    sql`
    with flat as materialized (
      select ${plainArray(rows.flatMap(row => row.contactIds))}::bigint[] as contact_ids,
        ${plainArray(rows.flatMap(row => row.eventIds))}::bigint[] as event_ids,
        ${plainArray(rows.flatMap(row => row.ats.map(at => at.getTime())))}::bigint[] as ats),
    added as (
      insert into engine.work
        (lane, queued_at, id, contact_ids, event_ids, ats, attempt, not_before, reactors, timers)
      select lane, coalesce(queued_at, date_trunc('milliseconds', clock_timestamp())), id,
        flat.contact_ids[first:last], flat.event_ids[first:last], flat.ats[first:last], attempt,
        coalesce(not_before, '-infinity'), reactors, timers
      from unnest(
        ${plainArray(rows.map(row => row.lane))}::smallint[],
        ${plainArray(rows.map(row => isoOrNull(row.queuedAt)))}::timestamptz[],
        ${plainArray(rows.map(row => row.id))}::bigint[],
        ${plainArray(rows.map((row, i) => (ends[i] ?? 0) - row.contactIds.length + 1))}::int[],
        ${plainArray(ends)}::int[],
        ${plainArray(rows.map(row => row.attempt))}::smallint[],
        ${plainArray(rows.map(row => isoOrNull(row.notBefore)))}::timestamptz[],
        ${rows.map(row => (row.reactors ? JSON.stringify(row.reactors) : null))}::jsonb[],
        ${rows.map(row => (row.timers.length > 0 ? JSON.stringify(row.timers) : null))}::jsonb[]
      ) as fresh (lane, queued_at, id, first, last, attempt, not_before, reactors, timers)
      cross join flat
      returning lane)
    select pg_notify(${workChannel}, string_agg(distinct lane::text, ',')) from added`,
  )
}

/**
 * Takes the oldest fresh rows of these lanes, up to about `limit` entries: at least one row, and the row that
 * crosses the limit is the last. Rows that somebody is just re-pointing are left for the next tick.
 */
export async function takeFresh(db: Db, lanes: number[], limit: number): Promise<WorkRow[]> {
  const rows = await many<StoredRow>(
    db,
    sql`
    with near as (
      select w.lane, w.queued_at, w.id, w.size
      from unnest(${lanes}::smallint[]) as mine (lane)
      cross join lateral (
        select w.lane, w.queued_at, w.id, cardinality(w.contact_ids) as size
        from engine.work w
        where w.lane = mine.lane and w.attempt = 0
        order by w.queued_at, w.id
        limit 64) w),
    counted as (
      select lane, queued_at, id, sum(size) over (order by queued_at, id) - size as before from near),
    locked as materialized (
      select w.lane, w.queued_at, w.id
      from counted c
      join engine.work w on w.lane = c.lane and w.queued_at = c.queued_at and w.id = c.id
      where c.before < ${limit}
      for update of w skip locked)
    delete from engine.work w using locked
    where w.lane = locked.lane and w.queued_at = locked.queued_at and w.id = locked.id
    returning ${columns}`,
  )
  return rows.map(readRow)
}

/** Takes rows whose next attempt is due (machine time), oldest first. */
export async function takeRetries(db: Db, lanes: number[], limit: number): Promise<WorkRow[]> {
  const rows = await many<StoredRow>(
    db,
    sql`
    with due as materialized (
      select w.lane, w.queued_at, w.id from engine.work w
      where w.lane = any(${lanes}::smallint[]) and w.attempt > 0 and w.not_before <= clock_timestamp()
      order by w.queued_at, w.id
      limit ${limit}
      for update skip locked)
    delete from engine.work w using due
    where w.lane = due.lane and w.queued_at = due.queued_at and w.id = due.id
    returning ${columns}`,
  )
  return rows.map(readRow)
}

/** Takes exactly these rows, as far as they are still there and in these lanes. */
export async function takeRows(db: Db, lanes: number[], keys: RowKey[]): Promise<WorkRow[]> {
  if (keys.length === 0) return []
  const rows = await many<StoredRow>(
    db,
    sql`
    delete from engine.work w
    using unnest(${keys.map(key => key.lane)}::smallint[],
      ${keys.map(key => key.queuedAt.toISOString())}::timestamptz[],
      ${keys.map(key => key.id)}::bigint[]) as key (lane, queued_at, id)
    where w.lane = key.lane and w.queued_at = key.queued_at and w.id = key.id
      and w.lane = any(${lanes}::smallint[])
    returning ${columns}`,
  )
  return rows.map(readRow)
}

/** Contacts of these lanes that wait for another attempt: what comes after must wait with them. */
export function heldContacts(
  db: Db,
  lanes: number[],
): Promise<{ contactId: string; attempt: number; notBefore: Date }[]> {
  return many(
    db,
    sql`
    select distinct on (w.contact_ids[1]) w.contact_ids[1] as "contactId", w.attempt, w.not_before as "notBefore"
    from engine.work w
    where w.lane = any(${lanes}::smallint[]) and w.attempt > 0
    order by w.contact_ids[1], w.attempt desc, w.not_before desc`,
  )
}

/** Takes all rows of a lane that mention the contact, waiting for a tick that has just taken them. */
export async function takeRowsOf(db: Db, lane: number, contactId: string): Promise<WorkRow[]> {
  const rows = await many<StoredRow>(
    db,
    sql`
    delete from engine.work w
    where w.lane = ${lane}::smallint and w.contact_ids @> array[${contactId}::bigint]
    returning ${columns}`,
  )
  return rows.map(readRow)
}

/** Milliseconds until the next attempt is due, or null; machine time. */
export async function nextRetryMs(db: Db, lanes: number[]): Promise<number | null> {
  const row = await maybeOne<{ ms: number | null }>(
    db,
    sql`
    select extract(epoch from min(w.not_before) - clock_timestamp())::float8 * 1000 as ms
    from engine.work w where w.lane = any(${lanes}::smallint[]) and w.attempt > 0`,
  )
  return row?.ms ?? null
}

/** Rows, entries and the age of the oldest row in seconds, over all lanes (counted up to 100,000 rows). */
export function measureBacklog(db: Db): Promise<{ rows: number; entries: number; oldestSeconds: number }> {
  return one(
    db,
    sql`
    select count(*)::int as rows, coalesce(sum(size), 0)::int as entries,
      coalesce(greatest(extract(epoch from clock_timestamp() - min(queued_at)), 0), 0)::float8 as "oldestSeconds"
    from (select queued_at, cardinality(contact_ids) as size from engine.work limit 100000) waiting`,
  )
}

/** Wakes all workers for these lanes, or for all lanes. */
export async function notifyWork(db: Db, lanes: number[] = []): Promise<void> {
  await run(db, sql`select pg_notify(${workChannel}, ${lanes.join(',')})`)
}
