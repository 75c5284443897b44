import { type RawBuilder, sql } from '#platform/db/db.ts'
import type { Context, Scope } from './condition.ts'
import { type Bound, bindFilter, type Filter, isEmpty, leavesOf } from './filter.ts'
import { dayIn } from './zone-days.ts'

/** What a filter is compiled for. `metrics` are the ones whose counters may be used (see `readyMetrics`). */
export type Asking = { now: Date; zone: string; scope?: Scope; metrics?: ReadonlyMap<string, string> }

/** Fills in what conditions need to know. */
export function contextOf({ now, zone, scope, metrics }: Asking): Context {
  return {
    now,
    zone,
    today: dayIn(zone, now),
    scope: scope ?? { of: 'all' },
    metrics: metrics ?? new Map(),
    tally: null,
    share: null,
  }
}

/**
 * One boolean over the alias `contact` (audience.contact), never null. It stands alone: nothing has to be joined.
 * Throws where a part is not understood. An empty group matches nobody.
 */
export function compileFilter(filter: Filter, asking: Asking): RawBuilder<boolean> {
  return compileBound(bindFilter(filter), contextOf(asking))
}

export function compileBound(bound: Bound, context: Context): RawBuilder<boolean> {
  if ('condition' in bound) return bound.condition.compile(context)
  if (isEmpty(bound)) return sql<boolean>`false`
  if (bound.group === 'not') return sql<boolean>`not (${compileBound(bound.part, context)})`
  // PostgreSQL asks in the order of writing within an expression: a column first, a sub-select last.
  const parts = [...bound.parts]
    .sort((a, b) => costOf(a) - costOf(b))
    .map(part => compileBound(part, context))
  return sql<boolean>`(${sql.join(parts, bound.group === 'all' ? sql` and ` : sql` or `)})`
}

function costOf(bound: Bound): number {
  return leavesOf(bound).reduce((sum, condition) => sum + condition.cost, 0)
}

/** The next moment after now at which time alone may change the answer, over `contact`; null if it never does. */
export function compileTurningPoint(bound: Bound, context: Context): RawBuilder<Date | null> | null {
  const turns = leavesOf(bound).flatMap(condition => condition.turningPoint(context) ?? [])
  return turns.length === 0 ? null : sql<Date | null>`least(${sql.join(turns)})`
}

/** Which contacts a statement looks at, as a condition on `contact`. */
export function compileScope(scope: Scope): RawBuilder<boolean> {
  if (scope.of === 'all') return sql<boolean>`true`
  if (scope.of === 'ids') return sql<boolean>`contact.id = any(${scope.ids}::bigint[])`
  return sql<boolean>`contact.id > ${scope.after}::bigint and contact.id <= ${scope.upTo}::bigint`
}
