import { compileFilter } from '#decisions/compile.ts'
import { readyMetrics } from '#decisions/metrics.ts'
import { type RawBuilder, sql } from '#platform/db/db.ts'
import type { Services } from '#platform/services.ts'
import type { Target } from './action.ts'

/** Whom a target means, as a condition over `contact`. */
export async function meant({ db, clock, config }: Services, target: Target): Promise<RawBuilder<boolean>> {
  if ('ids' in target) return sql<boolean>`contact.id = any(${target.ids}::bigint[])`
  if ('everybody' in target) return sql<boolean>`true`
  const asking = { now: clock.now(), zone: config.zone, metrics: await readyMetrics(db, config.zone) }
  return compileFilter(target.filter, asking)
}
