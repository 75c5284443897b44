import { type Db, many, maybeOne, one, run, sql } from '#platform/db/db.ts'
import { laneCount, laneOf } from '#platform/ids.ts'
import { setTimers, takeTimersOf } from './timers.ts'
import { type Entry, entriesOf, rowsOf } from './work.entries.ts'
import { insertWork, takeRowsOf } from './work.sql.ts'

const allLanes = Array.from({ length: laneCount }, (_, lane) => lane)

/** Rows of work and due timers that are not done yet, counted up to 10,000 each. */
export async function duePending(db: Db, now: Date): Promise<number> {
  const { count } = await one<{ count: number }>(
    db,
    sql`
    select (select count(*)::int from (select from engine.work limit 10000) w)
      + (select count(*)::int from unnest(${allLanes}::smallint[]) as every (lane)
          cross join lateral (
            select from engine.timer t
            where t.lane = every.lane and t.due_at <= ${now.toISOString()}::timestamptz limit 200) t) as count`,
  )
  return count
}

/** Timers whose time has come and that nobody has taken, counted up to a million. */
export async function countDueTimers(db: Db, now: Date): Promise<number> {
  const { count } = await one<{ count: number }>(
    db,
    sql`
    select count(*)::int as count from (
      select from engine.timer t
      where t.lane = any(${allLanes}::smallint[]) and t.due_at <= ${now.toISOString()}::timestamptz limit 1000000) due`,
  )
  return count
}

/** The next moment after `now` at which a timer is due. */
export async function nextDue(db: Db, now: Date): Promise<Date | null> {
  const row = await maybeOne<{ dueAt: Date | null }>(
    db,
    sql`
    select min(first.due_at) as "dueAt"
    from unnest(${allLanes}::smallint[]) as every (lane)
    cross join lateral (
      select t.due_at from engine.timer t
      where t.lane = every.lane and t.due_at > ${now.toISOString()}::timestamptz
      order by t.due_at limit 1) first`,
  )
  return row?.dueAt ?? null
}

/** What a timer is for is a secret of the room that set it; here it is a moment and a number. */
export function exportTimers(db: Db, contactId: string): Promise<unknown> {
  return many(
    db,
    sql`
    select kind, key, due_at as "dueAt" from engine.timer where contact_id = ${contactId}::bigint order by due_at`,
  )
}

/** Work rows only point at events; once those are gone, they point at nothing and are passed over. */
export async function forgetContact(trx: Db, contactIds: string[]): Promise<void> {
  await run(trx, sql`delete from engine.timer where contact_id = any(${contactIds}::bigint[])`)
  await run(trx, sql`delete from engine.parked where contact_id = any(${contactIds}::bigint[])`)
}

/**
 * Gives the timers, the waiting work and the parked items of `from` to `to`. It waits for a tick that is just
 * dealing with `from`, so that what this tick writes is there to be moved by the rooms after us.
 */
export async function repointContact(trx: Db, from: string, to: string): Promise<void> {
  const entries = (await takeRowsOf(trx, laneOf(from), from)).flatMap(entriesOf)
  await insertWork(trx, rowsOf(entries.map(entry => (entry.contactId === from ? moved(entry, to) : entry))))
  const timers = await takeTimersOf(trx, from)
  await setTimers(
    trx,
    timers.map(timer => ({ ...timer, contactId: to })),
  )
  await run(
    trx,
    sql`
    with gone as (
      delete from engine.parked where contact_id = ${from}::bigint
      returning id, kind, reason, detail, attempts, event_ids, ats, reactors, timers, parked_at)
    insert into engine.parked
      (contact_id, id, kind, reason, detail, attempts, event_ids, ats, reactors, timers, parked_at)
    select ${to}::bigint, id, kind, reason, detail, attempts, event_ids, ats, reactors, timers, parked_at from gone`,
  )
}

function moved(entry: Entry, to: string): Entry {
  return {
    ...entry,
    contactId: to,
    event: entry.event && { ...entry.event, contactId: to },
    timer: entry.timer && { ...entry.timer, contactId: to },
  }
}
