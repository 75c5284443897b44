import { type Db, maybeOne, sql } from '#platform/db/db.ts'
import { notFound } from '#platform/errors.ts'
import { compileScope, contextOf } from './compile.ts'
import type { Condition, Names } from './condition.ts'
import { describeBound } from './describe.ts'
import { type Bound, bindFilter, type Filter, isEmpty, leavesOf } from './filter.ts'
import { readyMetrics } from './metrics.ts'

/** Why a contact matches a filter, or why not: the same tree, each part with its sentence and its answer. */
export type Explanation = {
  group: 'all' | 'any' | 'not' | null
  sentence: string
  matched: boolean
  /** The value found, of conditions only: what the field holds, how often it happened, the score. */
  value: unknown
  parts: Explanation[]
}

/** Asks every condition of a filter about one contact. Throws where a part is not understood. */
export async function explain(
  db: Db,
  filter: Filter,
  contactId: string,
  { now, zone, names }: { now: Date; zone: string; names?: Names },
): Promise<Explanation> {
  const bound = bindFilter(filter)
  const leaves = leavesOf(bound)
  const metrics = await readyMetrics(db, zone)
  const context = contextOf({ now, zone, metrics, scope: { of: 'ids', ids: [contactId] } })
  const matched = leaves.map(leaf => leaf.compile(context))
  const values = leaves.map(leaf => sql`to_jsonb(${leaf.actual(context)})`)
  const row = await maybeOne<{ matched: boolean[]; values: unknown[] }>(
    db,
    sql`
    select array[${sql.join(matched)}]::boolean[] as matched, jsonb_build_array(${sql.join(values)}) as values
    from audience.contact contact where ${compileScope(context.scope)}`,
  )
  if (!row) throw notFound('contact')
  const answers = new Map(
    leaves.map((leaf, i) => [leaf, { matched: row.matched[i] ?? false, value: row.values[i] ?? null }]),
  )
  return tell(bound, answers, names ?? (() => undefined))
}

function tell(
  bound: Bound,
  answers: Map<Condition, { matched: boolean; value: unknown }>,
  names: Names,
): Explanation {
  const sentence = describeBound(bound, names)
  if ('condition' in bound) {
    const answer = answers.get(bound.condition) ?? { matched: false, value: null }
    return { group: null, sentence, ...answer, parts: [] }
  }
  const inner = bound.group === 'not' ? [bound.part] : bound.parts
  const parts = inner.map(part => tell(part, answers, names))
  const holds = {
    all: () => parts.every(part => part.matched),
    any: () => parts.some(part => part.matched),
    not: () => !parts.every(part => part.matched),
  }
  return {
    group: bound.group,
    sentence,
    matched: !isEmpty(bound) && holds[bound.group](),
    value: null,
    parts,
  }
}
