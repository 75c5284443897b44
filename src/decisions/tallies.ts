import { type RawBuilder, sql } from '#platform/db/db.ts'
import type { Context } from './condition.ts'
import { inScope } from './conditions/event.ts'

/**
 * Reads all counters that a statement of many filters needs in one pass: conditions ask for columns, and `join`
 * makes them. Fifty conditions on counters cost one look at the counters of the contacts in question.
 */
export function gatherTallies(context: Context): { context: Context; join(): RawBuilder<unknown> } {
  const columns = new Map<string, { name: string; metricId: string; from: string | null }>()
  const tally = (metricId: string, from: string | null): RawBuilder<number> => {
    const key = `${metricId}|${from}`
    const column = columns.get(key) ?? { name: `n${columns.size}`, metricId, from }
    columns.set(key, column)
    return sql<number>`coalesce(${sql.ref(`tally.${column.name}`)}, 0)`
  }
  return {
    context: { ...context, tally },
    join() {
      if (columns.size === 0) return sql``
      const all = [...columns.values()]
      const sums = all.map(({ name, metricId, from }) => {
        const since = from === null ? sql`` : sql` and counter.day >= ${from}::date`
        return sql`sum(counter.n) filter (where counter.metric_id = ${metricId}::bigint${since}) as ${sql.ref(name)}`
      })
      const days = all.map(column => column.from)
      const earliest = days.includes(null) ? null : days.reduce((a, b) => ((a ?? '') < (b ?? '') ? a : b))
      const since = earliest === null ? sql`` : sql` and counter.day >= ${earliest}::date`
      return sql`left join (
        select counter.contact_id, ${sql.join(sums)} from decisions.counter counter
        where counter.metric_id = any(${[...new Set(all.map(column => column.metricId))]}::bigint[])${since}
          ${inScope(context.scope, sql`counter.contact_id`)}
        group by counter.contact_id) tally on tally.contact_id = contact.id`
    },
  }
}
