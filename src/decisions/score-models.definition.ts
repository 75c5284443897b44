import { z } from 'zod'
import type { Thing } from '#access/references.ts'
import { findEventType } from '#activity/catalogue.ts'
import { type FieldProblem, invalid } from '#platform/errors.ts'
import type { Context } from './condition.ts'
import { describeFilter } from './describe.ts'
import { bindFilter, type Filter, filterSchema, leavesOf, usesOf, whereSchema } from './filter.ts'
import { dayMs } from './score-decay.ts'

const text = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    .refine(word => !word.includes('\u0000'), 'must not hold a NUL')
/** Short and made by the editor; it stays with a rule for life, so that the ledger knows which rule gave what. */
const ruleId = z.string().regex(/^[a-zA-Z0-9_-]{1,40}$/, 'must be letters, digits, - or _')
const points = z
  .number()
  .min(-1000)
  .max(1000)
  .refine(n => n !== 0, 'must not be 0')

export const capPeriods = ['day', 'week', 'month', 'ever'] as const
export type CapPeriod = (typeof capPeriods)[number]

export const behaviourRuleSchema = z.strictObject({
  id: ruleId,
  kind: z.literal('behaviour'),
  /** What the ledger says for people; made from the event where it is left out. */
  label: text(120).optional(),
  /** Event, name and demands as in the filter language. */
  event: text(100),
  name: text(200).optional(),
  where: whereSchema.optional(),
  points,
  /** At most so many points by this rule per calendar period of the installation's zone. */
  cap: z.strictObject({ points: z.number().positive().max(100_000), per: z.enum(capPeriods) }).optional(),
})

export const fitRuleSchema = z.strictObject({
  id: ruleId,
  kind: z.literal('fit'),
  label: text(120).optional(),
  filter: filterSchema,
  points,
})

export const ruleSchema = z.discriminatedUnion('kind', [behaviourRuleSchema, fitRuleSchema])

export const scoreDefinitionSchema = z.strictObject({
  rules: z.array(ruleSchema).max(200),
  /** Days after which behaviour is worth half; null: it never decays. */
  halfLifeDays: z.number().min(0.01).max(3650).nullable(),
  thresholds: z
    .array(z.strictObject({ name: text(80), value: z.number().positive().max(1_000_000) }))
    .max(20),
})

export type BehaviourRule = z.infer<typeof behaviourRuleSchema>
export type FitRule = z.infer<typeof fitRuleSchema>
export type ScoreRule = BehaviourRule | FitRule
export type ScoreDefinition = z.infer<typeof scoreDefinitionSchema>

export const emptyDefinition: ScoreDefinition = { rules: [], halfLifeDays: 30, thresholds: [] }

export function halfLifeMs(definition: ScoreDefinition): number | null {
  return definition.halfLifeDays === null ? null : definition.halfLifeDays * dayMs
}

export function behaviourRules(definition: ScoreDefinition): BehaviourRule[] {
  return definition.rules.filter(rule => rule.kind === 'behaviour')
}

export function fitRules(definition: ScoreDefinition): FitRule[] {
  return definition.rules.filter(rule => rule.kind === 'fit')
}

const sentenceCase = (words: string) => words.charAt(0).toUpperCase() + words.slice(1)

/** The reason that a point carries in the ledger. */
export function reasonOf(rule: ScoreRule): string {
  if (rule.label) return rule.label
  if (rule.kind === 'fit') return sentenceCase(describeFilter(rule.filter)).slice(0, 300)
  return rule.name ?? findEventType(rule.event)?.title ?? rule.event
}

function duplicates(values: (string | number)[]): number[] {
  return values.flatMap((value, i) => (values.indexOf(value) < i ? [i] : []))
}

const fitTypes = new Set(['field', 'list', 'consent'])
/** Only asked whether a condition turns with time, which does not depend on when it is asked. */
const anyTime: Context = {
  now: new Date(0),
  today: '1970-01-01',
  zone: 'UTC',
  scope: { of: 'all' },
  metrics: new Map(),
  tally: null,
  share: null,
}

/**
 * Fit says who somebody is. What he does is behaviour, and what turns with time alone would need a look at every
 * contact every day; a condition on a score or a segment could ask for itself.
 */
function fitProblems(filter: Filter, path: string): FieldProblem[] {
  const conditions = leavesOf(bindFilter(filter))
  if (conditions.length === 0) return [{ path, message: 'is empty and would match nobody' }]
  return conditions.flatMap(condition => {
    if (!fitTypes.has(condition.type))
      return [{ path, message: 'fit looks at fields, lists and consent only' }]
    if (condition.turningPoint(anyTime))
      return [{ path, message: 'fit cannot depend on how long ago something was' }]
    return []
  })
}

/** What a rule for behaviour cannot be: its own consequence, or capped below what it gives at once. */
function behaviourProblems(rule: BehaviourRule, path: string): FieldProblem[] {
  const problems: FieldProblem[] = []
  if (rule.event.startsWith('score.'))
    problems.push({ path: `${path}.event`, message: 'a score cannot feed on scores' })
  if (rule.cap && rule.cap.points < Math.abs(rule.points)) {
    problems.push({ path: `${path}.cap.points`, message: 'is less than the rule gives at once' })
  }
  return problems
}

/** Everything that would not count as people expect, with its path in the draft. Throws `invalid`. */
export function requireSound(definition: ScoreDefinition): void {
  const { rules, thresholds } = definition
  const problems: FieldProblem[] = [
    ...(rules.length === 0 ? [{ path: 'draft.rules', message: 'needs at least one rule' }] : []),
    ...duplicates(rules.map(rule => rule.id)).map(i => ({
      path: `draft.rules.${i}.id`,
      message: 'is used twice',
    })),
    ...duplicates(thresholds.map(threshold => threshold.name)).map(i => ({
      path: `draft.thresholds.${i}.name`,
      message: 'is used twice',
    })),
    ...duplicates(thresholds.map(threshold => threshold.value)).map(i => ({
      path: `draft.thresholds.${i}.value`,
      message: 'is used twice',
    })),
    ...rules.flatMap((rule, i) => {
      const path = `draft.rules.${i}`
      return rule.kind === 'fit' ? fitProblems(rule.filter, `${path}.filter`) : behaviourProblems(rule, path)
    }),
  ]
  if (problems.length > 0) throw invalid('This score model cannot be published yet.', problems)
}

/** What its fit rules look at: lists, topics. */
export function referencesOf(definition: ScoreDefinition): Thing[] {
  return fitRules(definition).flatMap(rule => usesOf(rule.filter))
}
