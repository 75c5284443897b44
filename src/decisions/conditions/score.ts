import { z } from 'zod'
import { type RawBuilder, sql } from '#platform/db/db.ts'
import { idSchema } from '#platform/http/route.ts'
import { conditionKind } from '../condition.ts'

export const scoreSchema = z.strictObject({
  type: z.literal('score'),
  modelId: idSchema,
  op: z.enum(['at_least', 'less_than']),
  value: z.number().min(-1_000_000).max(1_000_000),
})
type Settings = z.infer<typeof scoreSchema>

/** The score as it stands at this very moment; whoever has none has 0. */
function scoreNow(modelId: string, now: Date): RawBuilder<number> {
  // power() refuses to underflow, and nothing is left long before that.
  return sql<number>`coalesce((
    select s.fit + s.behaviour * case when s.half_life_ms is null then 1 else power(0.5::float8,
      least(greatest(extract(epoch from ${now}::timestamptz - s.as_of) * 1000, 0)::float8 / s.half_life_ms, 900)) end
    from decisions.score s where s.contact_id = contact.id and s.model_id = ${modelId}::bigint), 0)`
}

/** How high a score is. */
export const score = conditionKind<Settings>({
  type: 'score',
  title: 'Score',
  schema: scoreSchema,
  cost: () => 15,
  describe(settings, names) {
    const name = names({ kind: 'score-model', id: settings.modelId })
    const model = name === undefined ? settings.modelId : `“${name}”`
    return `score ${model} is ${settings.op === 'at_least' ? 'at least' : 'less than'} ${settings.value}`
  },
  wakesOn: ({ modelId }) =>
    ['score.changed', 'score.rose', 'score.fell'].map(type => ({ type, about: modelId })),
  uses: ({ modelId }) => [{ kind: 'score-model', id: modelId }],
  compile: ({ modelId, op, value }, { now }) =>
    sql<boolean>`${scoreNow(modelId, now)} ${op === 'at_least' ? sql`>=` : sql`<`} ${value}::float8`,
  actual: ({ modelId }, { now }) => sql`round(${scoreNow(modelId, now)}::numeric, 2)`,
  /**
   * Crossings are told by `score.changed`, for what is published watches its values (see `watchScore`). Here are
   * only those within the last thousandths of a second, where two ways to compute a power may not agree yet:
   * value = fit + behaviour * 2^(-t / half-life), solved for t.
   */
  turningPoint: ({ modelId, value }, { now }) => sql<Date | null>`(
    select case when abs(extract(epoch from t.at - ${now}::timestamptz)) < 0.002
      then greatest(t.at, ${now}::timestamptz) + interval '1 millisecond' end
    from decisions.score s
    cross join lateral (select ${value}::float8 - s.fit as rest) r
    cross join lateral (
      select case when s.half_life_ms is not null and abs(r.rest) > 1e-12 and abs(r.rest) <= abs(s.behaviour)
          and sign(s.behaviour) = sign(r.rest)
        then s.as_of + make_interval(secs => least(s.half_life_ms / 1000 * ln(s.behaviour / r.rest) / ln(2::float8), 1e11)) end as at) t
    where s.contact_id = contact.id and s.model_id = ${modelId}::bigint)`,
})
