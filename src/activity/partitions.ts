import type { Loop } from '#engine/module.ts'
import { type Db, inTransaction, many, maybeOne, run, sql } from '#platform/db/db.ts'

/** Months of events that stand ready beyond the current one. */
const monthsAhead = 2
/** Weeks of message ids that are kept besides the current one; see the migration. */
const weeksKept = 1
const weeksAhead = 1
const everyMs = 3_600_000

/** The Monday that begins the week of `at`, in UTC: `2026-11-23`. */
export function weekOf(at: Date): string {
  const day = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()))
  day.setUTCDate(day.getUTCDate() - ((day.getUTCDay() + 6) % 7))
  return day.toISOString().slice(0, 10)
}

export function addWeeks(week: string, count: number): string {
  const day = new Date(`${week}T00:00:00Z`)
  day.setUTCDate(day.getUTCDate() + 7 * count)
  return day.toISOString().slice(0, 10)
}

/** First day of the month of `at`, moved by `count` months. */
function monthStart(at: Date, count: number): string {
  return new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + count, 1)).toISOString().slice(0, 10)
}

/**
 * Makes the partitions of this month and the next ones, and of this week's and next week's message ids, and drops
 * message ids that are past their time. Rows that came too early and lie in the default partition are moved.
 * Safe to run any number of times, by any number of processes.
 */
export async function makePartitions(db: Db, now: Date): Promise<void> {
  const wanted = [
    ...Array.from({ length: monthsAhead + 1 }, (_, count) =>
      monthPartition(monthStart(now, count), monthStart(now, count + 1)),
    ),
    ...Array.from({ length: weeksAhead + 1 }, (_, count) => weekPartition(addWeeks(weekOf(now), count))),
  ]
  const existing = new Set(await partitionNames(db))
  for (const partition of wanted) if (!existing.has(partition.name)) await makePartition(db, partition)
  await dropOldWeeks(db, addWeeks(weekOf(now), -weeksKept))
}

type Partition = {
  parent: 'event' | 'seen'
  name: string
  column: 'at' | 'week'
  from: string
  to: string
  bounds: string
}

const monthPartition = (from: string, to: string): Partition => ({
  parent: 'event',
  name: `event_${from.slice(0, 7).replace('-', '_')}`,
  column: 'at',
  from,
  to,
  bounds: `from ('${from} 00:00:00+00') to ('${to} 00:00:00+00')`,
})

const weekPartition = (week: string): Partition => ({
  parent: 'seen',
  name: `seen_${week.replaceAll('-', '_')}`,
  column: 'week',
  from: week,
  to: addWeeks(week, 1),
  bounds: `in ('${week}')`,
})

async function partitionNames(db: Db): Promise<string[]> {
  const rows = await many<{ name: string }>(
    db,
    sql`
    select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent in ('activity.event'::regclass, 'activity.seen'::regclass)`,
  )
  return rows.map(row => row.name)
}

/** Under a lock, because PostgreSQL refuses a partition whose rows already lie in the default one. */
async function makePartition(db: Db, { parent, name, column, from, to, bounds }: Partition): Promise<void> {
  const table = sql.id('activity', name)
  const stray = sql.id('activity', `${parent}_default`)
  await inTransaction(db, async trx => {
    await run(trx, sql`select pg_advisory_xact_lock(hashtext('activity.partitions'))`)
    const there = await maybeOne<{ oid: string | null }>(
      trx,
      sql`select to_regclass(${`activity.${name}`})::text as oid`,
    )
    if (there?.oid) return
    await run(trx, sql`lock table ${stray} in access exclusive mode`)
    await run(trx, sql`create table ${table} (like ${sql.id('activity', parent)} including defaults)`)
    const type = sql.raw(column === 'at' ? 'timestamptz' : 'date')
    await run(
      trx,
      sql`
      with gone as (
        delete from ${stray} where ${sql.id(column)} >= ${`${from} 00:00:00+00`}::${type}
          and ${sql.id(column)} < ${`${to} 00:00:00+00`}::${type}
        returning *)
      insert into ${table} select * from gone`,
    )
    await run(
      trx,
      sql`alter table ${sql.id('activity', parent)} attach partition ${table} for values ${sql.raw(bounds)}`,
    )
  })
}

async function dropOldWeeks(db: Db, oldestKept: string): Promise<void> {
  for (const name of await partitionNames(db)) {
    const [, week] = /^seen_(\d{4}_\d{2}_\d{2})$/.exec(name) ?? []
    if (week && week.replaceAll('_', '-') < oldestKept)
      await run(db, sql`drop table if exists ${sql.id('activity', name)}`)
  }
  await run(db, sql`delete from activity.seen_default where week < ${oldestKept}::date`)
}

/** Keeps the partitions ahead of business time for as long as a worker lives. */
export const partitionLoop: Loop = {
  name: 'activity partitions',
  role: 'worker',
  async run({ db, clock, log }, signal) {
    while (!signal.aborted) {
      await makePartitions(db, clock.now()).catch(error =>
        log.error({ err: error }, 'partitions of the ledger could not be made'),
      )
      await pause(everyMs, signal)
    }
  },
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(done, ms)
    function done() {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    signal.addEventListener('abort', done)
  })
}
