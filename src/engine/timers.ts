import { type Db, many, maybeOne, run, sql } from '#platform/db/db.ts'
import { laneOf } from '#platform/ids.ts'
import type { Timer, TimerKey } from './reactor.ts'
import { notifyWork } from './work.sql.ts'

/** The timers as a table to join with, only for reading: what is set already need not be set again. */
export const timers = sql.table('engine.timer')

/** Writes timers, replacing those with the same key. The last of several with one key wins. */
export async function writeTimers(db: Db, timers: Timer[]): Promise<void> {
  const last = new Map(timers.map(timer => [keyOf(timer), timer]))
  if (last.size === 0) return
  const rows = [...last.values()]
  await run(
    db,
    sql`
    insert into engine.timer (contact_id, kind, key, due_at, lane)
    select contact_id, kind, key, due_at, lane
    from unnest(${rows.map(row => row.contactId)}::bigint[], ${rows.map(row => row.kind)}::text[],
      ${rows.map(row => row.key)}::bigint[], ${rows.map(row => row.dueAt.toISOString())}::timestamptz[],
      ${rows.map(row => laneOf(row.contactId))}::smallint[]) as fresh (contact_id, kind, key, due_at, lane)
    order by contact_id, kind, key
    on conflict (contact_id, kind, key) do update set due_at = excluded.due_at`,
  )
}

/** Sets timers from outside a tick (a definition was published, say) and wakes the workers. */
export async function setTimers(db: Db, timers: Timer[]): Promise<void> {
  if (timers.length === 0) return
  await writeTimers(db, timers)
  await notifyWork(db, [...new Set(timers.map(timer => laneOf(timer.contactId)))])
}

/** Removes timers; those that are not there are no error. */
export async function clearTimers(db: Db, keys: TimerKey[]): Promise<void> {
  if (keys.length === 0) return
  await run(
    db,
    sql`
    delete from engine.timer t
    using unnest(${keys.map(key => key.contactId)}::bigint[], ${keys.map(key => key.kind)}::text[],
      ${keys.map(key => key.key)}::bigint[]) as gone (contact_id, kind, key)
    where t.contact_id = gone.contact_id and t.kind = gone.kind and t.key = gone.key`,
  )
}

export function keyOf(timer: TimerKey): string {
  return `${timer.contactId}|${timer.kind}|${timer.key}`
}

/** Takes due timers of these lanes out of the table, lane by lane, the oldest of a lane first. */
export function takeDueTimers(db: Db, lanes: number[], now: Date, limit: number): Promise<Timer[]> {
  return many<Timer>(
    db,
    sql`
    with due as materialized (
      select contact_id, kind, key
      from engine.timer
      where lane = any(${lanes}::smallint[]) and due_at <= ${now.toISOString()}::timestamptz
      order by lane, due_at
      limit ${limit})
    delete from engine.timer t using due
    where t.contact_id = due.contact_id and t.kind = due.kind and t.key = due.key
      and t.due_at <= ${now.toISOString()}::timestamptz
    returning t.contact_id as "contactId", t.kind, t.key, t.due_at as "dueAt"`,
  )
}

/** Takes exactly these timers, as far as they are still there and unchanged. */
export function takeTimers(db: Db, timers: Timer[]): Promise<Timer[]> {
  if (timers.length === 0) return Promise.resolve([])
  return many<Timer>(
    db,
    sql`
    delete from engine.timer t
    using unnest(${timers.map(timer => timer.contactId)}::bigint[], ${timers.map(timer => timer.kind)}::text[],
      ${timers.map(timer => timer.key)}::bigint[],
      ${timers.map(timer => timer.dueAt.toISOString())}::timestamptz[]) as due (contact_id, kind, key, due_at)
    where t.contact_id = due.contact_id and t.kind = due.kind and t.key = due.key
      and date_trunc('milliseconds', t.due_at) = due.due_at
    returning t.contact_id as "contactId", t.kind, t.key, t.due_at as "dueAt"`,
  )
}

/** The earliest timer of these lanes, or null. One index probe per lane. */
export async function earliestTimer(db: Db, lanes: number[]): Promise<Date | null> {
  const row = await maybeOne<{ dueAt: Date | null }>(
    db,
    sql`
    select min(first.due_at) as "dueAt"
    from unnest(${lanes}::smallint[]) as mine (lane)
    cross join lateral (
      select t.due_at from engine.timer t where t.lane = mine.lane order by t.due_at limit 1) first`,
  )
  return row?.dueAt ?? null
}

/** Whether a timer of this kind and key that was due by then is still waiting: for passes that set one per contact. */
export async function hasDueTimers(
  db: Db,
  wanted: { kind: string; key: string },
  by: Date,
): Promise<boolean> {
  const row = await maybeOne(
    db,
    sql`
    select lane from engine.timer
    where lane between 0 and 63 and due_at <= ${by.toISOString()}::timestamptz
      and kind = ${wanted.kind} and key = ${wanted.key}::bigint
    limit 1`,
  )
  return row !== undefined
}

/** Takes all timers of a contact, waiting for a tick that has just taken them. */
export function takeTimersOf(db: Db, contactId: string): Promise<Timer[]> {
  return many<Timer>(
    db,
    sql`
    delete from engine.timer where contact_id = ${contactId}::bigint
    returning contact_id as "contactId", kind, key, due_at as "dueAt"`,
  )
}
