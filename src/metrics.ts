import { one, sql } from '#platform/db/db.ts'
import type { Metrics } from '#platform/metrics.ts'
import type { Services } from '#platform/services.ts'

export type Numbers = {
  work: number
  workAge: number
  timers: number
  parked: number
  lanesFree: number
  workers: number
  messages: number
  calls: number
  jobs: number
  jobsFailed: number
  database: number
  held: number
}

const gauges: Record<keyof Numbers, [name: string, help: string]> = {
  work: ['tend_work_batches', 'Batches of events that wait for a worker'],
  workAge: ['tend_work_oldest_seconds', 'How long the oldest of them waits'],
  timers: ['tend_timers_due', 'Timers whose time has come, counted up to 10,000'],
  parked: ['tend_parked_items', 'What failed four times and was put aside'],
  lanesFree: ['tend_lanes_without_worker', 'Lanes that no living worker owns'],
  workers: ['tend_workers', 'Workers that live'],
  messages: ['tend_messages_due', 'Messages that are due, counted up to 10,000'],
  calls: ['tend_webhook_calls_due', 'Webhook calls that are due, counted up to 10,000'],
  jobs: ['tend_jobs_unfinished', 'Jobs that are queued or running'],
  jobsFailed: ['tend_jobs_failed', 'Jobs that failed and were not resumed'],
  database: ['tend_database_bytes', 'Size of the database'],
  held: ['tend_held', '1 while sending and timers are held after a restore'],
}

const known = new WeakMap<Metrics, Gauges>()

/** The metrics of this process, and what the database knows of all of them: one statement per scrape. */
export async function metricsOf(services: Services): Promise<string> {
  const { metrics } = services
  const made = known.get(metrics) ?? register(metrics)
  known.set(metrics, made)
  const numbers = await readNumbers(services)
  for (const key of Object.keys(gauges) as (keyof Numbers)[]) made[key].set(numbers[key])
  return metrics.registry.metrics()
}

type Gauges = Record<keyof Numbers, { set(value: number): void }>

function register(metrics: Metrics): Gauges {
  const made = Object.entries(gauges).map(([key, [name, help]]) => [key, metrics.gauge(name, help)])
  // One entry for each entry of `gauges`.
  return Object.fromEntries(made) as Gauges
}

/** What waits, and who works on it, at this moment. */
export function readNumbers({ db, clock }: Services): Promise<Numbers> {
  const now = clock.now().toISOString()
  const lanes = sql`array(select n::smallint from generate_series(0, 63) n)`
  return one(
    db,
    sql`
    select (select count(*)::int from engine.work) as work,
      (select coalesce(greatest(extract(epoch from clock_timestamp() - min(queued_at)), 0), 0)::float8 from engine.work)
        as "workAge",
      (select count(*)::int from (select from engine.timer
        where lane = any(${lanes}) and due_at <= ${now}::timestamptz limit 10000) t) as timers,
      (select count(*)::int from engine.parked) as parked,
      (select count(*)::int from engine.lane where owner is null or lease_until < clock_timestamp()) as "lanesFree",
      (select count(*)::int from engine.worker where alive_until >= clock_timestamp()) as workers,
      (select count(*)::int from (select from outreach.message where state in ('queued', 'deferred')
        and lane = any(${lanes}) and not_before <= ${now}::timestamptz limit 10000) m) as messages,
      (select count(*)::int from (select from outreach.call
        where state = 'waiting' and not_before <= ${now}::timestamptz limit 10000) c) as calls,
      (select count(*)::int from platform.job where state in ('queued', 'running')) as jobs,
      (select count(*)::int from platform.job where state = 'failed') as "jobsFailed",
      pg_database_size(current_database())::float8 as database,
      (exists (select from platform.setting where name = 'hold'))::int as held`,
  )
}
