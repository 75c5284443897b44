import { type Db, many, type RawBuilder, sql } from '#platform/db/db.ts'
import { type Asking, compileBound, compileScope, contextOf } from './compile.ts'
import { type Bound, bindFilter, type Filter, metricsOf } from './filter.ts'
import { gather } from './gather.ts'
import { readyMetrics } from './metrics.ts'

export type Ask = { key: string; filter: Filter }

/** More filters than this in one statement cost more in planning than they save. */
const filtersPerStatement = 200

/**
 * Which of these contacts match which filters: one statement for all, whatever their number. A filter of which
 * any part is not understood matches nobody. Visitors without a contact row match nothing.
 */
export async function matchContacts(
  db: Db,
  asks: Ask[],
  contactIds: string[],
  { now, zone }: { now: Date; zone: string },
): Promise<Map<string, Set<string>>> {
  const matches = new Map(asks.map(ask => [ask.key, new Set<string>()]))
  const sound = asks.flatMap(ask => {
    const bound = tryBind(ask.filter)
    return bound ? [{ key: ask.key, bound, filter: ask.filter }] : []
  })
  if (sound.length === 0 || contactIds.length === 0) return matches
  const counts = sound.some(ask => metricsOf(ask.filter).length > 0)
  const metrics = counts ? await readyMetrics(db, zone) : new Map<string, string>()
  for (let start = 0; start < sound.length; start += filtersPerStatement) {
    const part = sound.slice(start, start + filtersPerStatement)
    const asking: Asking = { now, zone, scope: { of: 'ids', ids: contactIds }, metrics }
    const rows = await many(
      db,
      matchStatement(
        part.map(ask => ask.bound),
        asking,
      ),
    )
    for (const { id, hits } of rows) for (const hit of hits) matches.get(part[hit]?.key ?? '')?.add(id)
  }
  return matches
}

function tryBind(filter: Filter): Bound | null {
  try {
    return bindFilter(filter)
  } catch {
    // Broken filters are shown where they are defined; here they simply match nobody.
    return null
  }
}

/** Every contact in the scope that matches any of the filters, with their places in the list. */
export function matchStatement(bounds: Bound[], asking: Asking): RawBuilder<{ id: string; hits: number[] }> {
  const context = contextOf(asking)
  const { built, join } = gather(context, within =>
    bounds.map((bound, place) => sql`case when ${compileBound(bound, within)} then ${sql.lit(place)} end`),
  )
  return sql`
    select id, hits from (
      select contact.id, array_remove(array[${sql.join(built)}]::int[], null) as hits
      from audience.contact contact ${join}
      where ${compileScope(context.scope)}) asked
    where cardinality(hits) > 0`
}
