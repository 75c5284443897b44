import type { Thing } from '#access/references.ts'
import { ledger } from '#activity/ledger.ts'
import { type Db, many, maybeOne, type RawBuilder, run, sql } from '#platform/db/db.ts'
import { compileMetric } from './demands.ts'
import type { RegisteredMetric } from './metrics.ts'
import type { When } from './operator.ts'
import { startOf } from './operators/date.ts'

/**
 * Held (shared) by every tick from the moment it reads what is defined, and taken alone by whoever must know that
 * all ticks have seen a change of it. It is never waited for while anything else is held.
 */
const tickLock = sql`hashtextextended('decisions.tick', 0)`

export async function lockAsTick(db: Db): Promise<void> {
  await run(db, sql`select pg_advisory_xact_lock_shared(${tickLock})`)
}

/** Waits for the ticks that are under way and keeps new ones waiting until the transaction ends: make it short. */
export async function lockOutTicks(trx: Db): Promise<void> {
  await run(trx, sql`select pg_advisory_xact_lock(${tickLock})`)
}

/** The ids of the metrics that an event (alias `event`) counts for. */
function metricsOfEvent(metrics: RegisteredMetric[], when: When): RawBuilder<unknown> {
  const cases = metrics.map(
    metric => sql`case when ${compileMetric(metric.definition, when)} then ${metric.id}::bigint end`,
  )
  return sql`unnest(array_remove(array[${sql.join(cases)}]::bigint[], null)) as counted (metric_id)`
}

const typesOf = (metrics: RegisteredMetric[]) => [...new Set(metrics.map(metric => metric.definition.event))]

/**
 * Counters only grow, because the ledger only grows: of two counts of the same day the higher one is the later.
 * So ticks and the counting of the past may meet anywhere, in any order, any number of times.
 */
const upsert = (counts: RawBuilder<unknown>) => sql`
  insert into decisions.counter as counter (contact_id, metric_id, day, n)
  select contact_id, metric_id, day, n from (${counts}) fresh order by contact_id, metric_id, day
  on conflict (contact_id, metric_id, day) do update set n = excluded.n where excluded.n > counter.n`

/** Counts again, from the ledger, the days of these contacts on which something happened. One statement. */
export async function countDays(
  db: Db,
  touched: { contactId: string; at: Date }[],
  metrics: RegisteredMetric[],
  when: When,
): Promise<void> {
  if (touched.length === 0 || metrics.length === 0) return
  const times = touched.map(event => event.at.getTime())
  const bound = (edge: number, days: number) => new Date(edge + days * 86_400_000).toISOString()
  const [first, last] = [times.reduce((a, b) => Math.min(a, b)), times.reduce((a, b) => Math.max(a, b))]
  await run(
    db,
    upsert(sql`
    select event.contact_id, counted.metric_id, touched.day, count(*)::int as n
    from (
      select distinct contact_id, (at at time zone ${when.zone}::text)::date as day
      from unnest(${touched.map(event => event.contactId)}::bigint[], ${touched.map(event => event.at.toISOString())}::timestamptz[])
        as happened (contact_id, at)) touched
    join ${ledger} event on event.contact_id = touched.contact_id
      and event.at >= ${startOf(sql`touched.day`, when.zone)} and event.at < ${startOf(sql`touched.day + 1`, when.zone)}
    cross join lateral ${metricsOfEvent(metrics, when)}
    where event.type = any(${typesOf(metrics)}::text[])
      and event.at >= ${bound(first, -2)}::timestamptz and event.at < ${bound(last, 2)}::timestamptz
    group by event.contact_id, counted.metric_id, touched.day`),
  )
}

/** Counts the whole history of these contacts: it was put together from two. */
export async function countHistory(
  db: Db,
  contactIds: string[],
  metrics: RegisteredMetric[],
  when: When,
): Promise<void> {
  if (contactIds.length === 0 || metrics.length === 0) return
  await run(
    db,
    upsert(sql`
    select event.contact_id, counted.metric_id, (event.at at time zone ${when.zone}::text)::date as day, count(*)::int as n
    from ${ledger} event cross join lateral ${metricsOfEvent(metrics, when)}
    where event.contact_id = any(${contactIds}::bigint[]) and event.type = any(${typesOf(metrics)}::text[])
    group by 1, 2, 3`),
  )
}

/** Counts everybody's days from one day until before another. */
export async function countPeriod(
  db: Db,
  { from, before }: { from: string; before: string },
  metric: RegisteredMetric,
  when: When,
): Promise<number> {
  return run(
    db,
    upsert(sql`
    select event.contact_id, ${metric.id}::bigint as metric_id, (event.at at time zone ${when.zone}::text)::date as day, count(*)::int as n
    from ${ledger} event
    where event.at >= ${startOf(from, when.zone)} and event.at < ${startOf(before, when.zone)}
      and ${compileMetric(metric.definition, when)}
    group by 1, 3`),
  )
}

/** The days of the first and the last event of the ledger, or undefined where there is none. */
export function ledgerDays(db: Db, zone: string): Promise<{ first: string; last: string } | undefined> {
  const day = (edge: RawBuilder<unknown>) =>
    sql`to_char((${edge} at time zone ${zone}::text)::date, 'YYYY-MM-DD')`
  return maybeOne(
    db,
    sql`
    select ${day(sql`min(event.at)`)} as first, ${day(sql`max(event.at)`)} as last from ${ledger} event having count(*) > 0`,
  )
}

/** Metrics whose past is to be counted in the days of this zone: all, or those that one user needs. */
export function unreadyMetrics(db: Db, zone: string, user?: Thing): Promise<{ id: string; name: string }[]> {
  const mine = user
    ? sql` and exists (
        select from decisions.metric_user u
        where u.metric_id = m.id and u.user_kind = ${user.kind} and u.user_id = ${user.id})`
    : sql``
  return many(
    db,
    sql`
    select m.id, coalesce(m.definition ->> 'name', m.definition ->> 'event') as name
    from decisions.metric m where (not m.ready or m.zone is distinct from ${zone})${mine} order by m.id`,
  )
}

export function findMetric(db: Db, id: string): Promise<RegisteredMetric | undefined> {
  return maybeOne(db, sql`select id, definition, zone, ready from decisions.metric where id = ${id}::bigint`)
}

/** Begins the counting, once per zone: what was counted in other days goes away, and ticks count from now on. */
export async function beginCounting(trx: Db, id: string, zone: string): Promise<void> {
  const begun = await run(
    trx,
    sql`
    update decisions.metric set zone = ${zone}, ready = false where id = ${id}::bigint and zone is distinct from ${zone}`,
  )
  if (begun > 0) await run(trx, sql`delete from decisions.counter where metric_id = ${id}::bigint`)
}

export async function endCounting(trx: Db, id: string): Promise<void> {
  await run(trx, sql`update decisions.metric set ready = true where id = ${id}::bigint`)
}

/** Counters that nobody needs any more: their metric has lost its last user. */
export function sweepCounters(db: Db): Promise<number> {
  return run(
    db,
    sql`
    delete from decisions.counter counter
    where not exists (select from decisions.metric m where m.id = counter.metric_id)`,
  )
}
