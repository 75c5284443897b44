import { z } from 'zod'
import { findEventType } from '#activity/catalogue.ts'
import { inTransaction } from '#platform/db/db.ts'
import { idSchema } from '#platform/http/route.ts'
import { defineJob } from '#platform/jobs.ts'
import type { Services } from '#platform/services.ts'
import {
  beginCounting,
  countPeriod,
  endCounting,
  findMetric,
  ledgerDays,
  lockOutTicks,
} from './metrics.sql.ts'
import type { RegisteredMetric } from './metrics.ts'
import { addDays, dayIn } from './zone-days.ts'

/** So many days are counted in one statement, and counted again at most after a kill. */
const daysPerStep = 7
const recentDays = 800

/** A metric is named by its type of event, or by the name that a tracked one goes by. */
function wordsOf(name: string): string {
  return findEventType(name)?.title ?? `“${name}”`
}

/** Counts the past of a metric, once. Ticks count what happens meanwhile. */
export const countMetric = defineJob({
  name: 'decisions.count-metric',
  input: z.strictObject({ metricId: idSchema, name: z.string() }),
  title: ({ name }) => `Count day by day: ${wordsOf(name)}`,
  run: (job, services) => countPast(services, job.input.metricId, { cursor: job.cursor, save: job.save }),
})

const cursorSchema = z.object({ day: z.iso.date() }).nullable().catch(null)

/** The same within another job. Two who count the same at the same time do double work and no harm. */
export async function countPast(
  services: Services,
  metricId: string,
  { cursor, save }: { cursor: unknown; save: Steps['save'] },
): Promise<void> {
  const { db, config } = services
  const metric = await findMetric(db, metricId)
  if (!metric || (metric.ready && metric.zone === config.zone)) return
  const reached = metric.zone === config.zone ? cursorSchema.parse(cursor) : null
  if (!reached) await begin(services, metric)
  const days = await ledgerDays(db, config.zone)
  const known = { ...metric, zone: config.zone }
  if (days) await countAll(services, known, { first: reached?.day ?? days.first, days, save })
  await endCounting(db, metric.id)
}

async function begin({ db, config }: Services, metric: RegisteredMetric): Promise<void> {
  await inTransaction(db, trx => beginCounting(trx, metric.id, config.zone))
  // Ticks that do not know the metric yet may still write events: the counting starts when they have ended.
  await inTransaction(db, lockOutTicks)
}

type Steps = {
  first: string
  days: { first: string; last: string }
  save: (progress: { done: number; total: number; cursor: unknown }) => Promise<void>
}

/** Long ago and far ahead lie few events, each in one step; what lies between is counted week by week. */
function stepsOf(
  { first, last }: { first: string; last: string },
  today: string,
): { from: string; before: string }[] {
  const [start, end] = [addDays(today, -recentDays), addDays(today, 2)]
  const steps: { from: string; before: string }[] = first < start ? [{ from: first, before: start }] : []
  for (
    let from = first < start ? start : first;
    from < end && from <= last;
    from = addDays(from, daysPerStep)
  ) {
    steps.push({ from, before: addDays(from, daysPerStep) })
  }
  const before = steps.at(-1)?.before ?? first
  return before <= last ? [...steps, { from: before, before: '9999-12-31' }] : steps
}

async function countAll(
  services: Services,
  metric: RegisteredMetric,
  { first, days, save }: Steps,
): Promise<void> {
  const { db, clock, config } = services
  const today = dayIn(config.zone, clock.now())
  const steps = stepsOf(days, today)
  for (const [place, step] of steps.entries()) {
    if (step.before <= first) continue
    await countPeriod(db, step, metric, { now: clock.now(), zone: config.zone, today })
    await save({ done: place + 1, total: steps.length, cursor: { day: step.before } })
  }
}
