import { z } from 'zod'
import type { Thing } from '#access/references.ts'
import type { Condition, Metric, Wake } from './condition.ts'
import { conditionKinds, kindByType, type WrittenCondition } from './conditions/all.ts'

export type { Names } from './condition.ts'
export { whereSchema } from './demands.ts'
export type { WrittenCondition }

/** A filter as it is written down, stored and sent: groups over conditions. */
export type Filter = { all: Filter[] } | { any: Filter[] } | { not: Filter } | WrittenCondition

/** Groups stand in each other no deeper than this. */
export const maxDepth = 8
export const maxConditions = 200
const maxGroups = 200

type Issue = { path: (string | number)[]; message: string }
type Walk = { issues: Issue[]; conditions: number; groups: number }

const isRecord = (raw: unknown): raw is Record<string, unknown> =>
  typeof raw === 'object' && raw !== null && !Array.isArray(raw)

/** Finds what is wrong with a filter from outside, with the path of each mistake. Stops at the bounds. */
function inspect(raw: unknown, path: (string | number)[], depth: number, walk: Walk): void {
  const group = isRecord(raw) ? ['all', 'any', 'not'].find(word => Object.hasOwn(raw, word)) : undefined
  if (walk.issues.length > 50) return
  if (!isRecord(raw)) walk.issues.push({ path, message: 'must be a condition or a group (all, any, not)' })
  else if (group === undefined) inspectCondition(raw, path, walk)
  else inspectGroup(raw, group, path, { depth, walk })
}

function inspectGroup(
  raw: Record<string, unknown>,
  group: string,
  path: (string | number)[],
  { depth, walk }: { depth: number; walk: Walk },
): void {
  const wrong = (message: string, at = path) => walk.issues.push({ path: at, message })
  const inner = raw[group]
  walk.groups += 1
  for (const key of Object.keys(raw))
    if (key !== group) wrong(`does not belong beside "${group}"`, [...path, key])
  if (depth >= maxDepth) wrong(`groups stand in each other no deeper than ${maxDepth}`)
  else if (walk.groups > maxGroups) wrong(`a filter holds at most ${maxGroups} groups`)
  else if (group === 'not') inspect(inner, [...path, 'not'], depth + 1, walk)
  else if (!Array.isArray(inner)) wrong('must be a list', [...path, group])
  else for (const [i, part] of inner.entries()) inspect(part, [...path, group, i], depth + 1, walk)
}

function inspectCondition(raw: Record<string, unknown>, path: (string | number)[], walk: Walk): void {
  walk.conditions += 1
  if (walk.conditions === maxConditions + 1)
    walk.issues.push({ path, message: `a filter holds at most ${maxConditions} conditions` })
  if (walk.conditions > maxConditions) return
  const kind = kindByType.get(String(raw.type))
  if (!kind) {
    walk.issues.push({
      path: [...path, 'type'],
      message: `is no kind of condition. Known: ${[...kindByType.keys()].join(', ')}`,
    })
    return
  }
  const read = kind.schema.safeParse(raw)
  for (const issue of read.error?.issues ?? []) {
    walk.issues.push({
      path: [...path, ...issue.path.map(part => (typeof part === 'number' ? part : String(part)))],
      message: issue.message,
    })
  }
}

const written: z.ZodType = z
  .union([
    z.strictObject({ all: z.array(z.lazy(() => written)) }),
    z.strictObject({ any: z.array(z.lazy(() => written)) }),
    z.strictObject({ not: z.lazy(() => written) }),
    ...conditionKinds.map(kind => kind.schema),
  ])
  .meta({
    id: 'Filter',
    description: 'Groups (all, any, not) over conditions. An empty group matches nobody.',
  })

/** The grammar: what passes here is understood in every part. Mistakes come with their paths. */
export const filterSchema: z.ZodType<Filter> = z.preprocess(
  (raw, context) => {
    const walk: Walk = { issues: [], conditions: 0, groups: 0 }
    inspect(raw, [], 0, walk)
    for (const issue of walk.issues)
      context.issues.push({ code: 'custom', path: issue.path, message: issue.message, input: raw })
    return walk.issues.length > 0 ? z.NEVER : raw
  },
  written as z.ZodType<Filter>,
)

/** A filter whose every condition is ready to be asked. */
export type Bound =
  | { group: 'all' | 'any'; parts: Bound[] }
  | { group: 'not'; part: Bound }
  | { condition: Condition }

/** Filters are immutable once they are read, so each is read once. */
const bounds = new WeakMap<Filter, Bound>()

/**
 * Reads a stored filter. Throws where any part is not understood: under "not" even a false would mean everybody,
 * so whoever asks must take the whole filter as matching nobody, and say that it is broken.
 */
export function bindFilter(filter: Filter): Bound {
  const known = bounds.get(filter)
  if (known) return known
  const bound = bind(filterSchema.parse(filter))
  bounds.set(filter, bound)
  return bound
}

function bind(filter: Filter): Bound {
  if ('all' in filter) return { group: 'all', parts: filter.all.map(bind) }
  if ('any' in filter) return { group: 'any', parts: filter.any.map(bind) }
  if ('not' in filter) return { group: 'not', part: bind(filter.not) }
  const kind = kindByType.get(filter.type)
  if (!kind) throw new Error(`no kind of condition: ${filter.type}`)
  return { condition: kind.bind(filter) }
}

/** Whether there is no condition in it at all: such a part matches nobody, and neither does its "not". */
export function isEmpty(bound: Bound): boolean {
  return leavesOf(bound).length === 0
}

/** The conditions of a bound filter, in the order in which they are written. */
export function leavesOf(bound: Bound): Condition[] {
  if ('condition' in bound) return [bound.condition]
  if (bound.group === 'not') return leavesOf(bound.part)
  return bound.parts.flatMap(leavesOf)
}

/** All conditions of a filter as they are written down, however deep they stand. */
export function conditionsOf(filter: Filter): WrittenCondition[] {
  if ('all' in filter) return filter.all.flatMap(conditionsOf)
  if ('any' in filter) return filter.any.flatMap(conditionsOf)
  if ('not' in filter) return conditionsOf(filter.not)
  return [filter]
}

/** That a contact appears, or gets the history of a visitor, can change any answer. */
const always: Wake[] = ['contact.created', 'contact.joined', 'contact.merged'].map(type => ({ type }))

/** What can change the answer, as narrow as it is known. */
export function wakesOf(filter: Filter): Wake[] {
  return [...always, ...leavesOf(bindFilter(filter)).flatMap(condition => condition.wakes)]
}

/** The types of events that can change the answer. */
export function wakesOn(filter: Filter): string[] {
  return [...new Set(wakesOf(filter).map(wake => wake.type))].sort()
}

/** What the filter points at: lists, segments, score models, topics. */
export function usesOf(filter: Filter): Thing[] {
  const things = leavesOf(bindFilter(filter)).flatMap(condition => condition.uses)
  return [...new Map(things.map(thing => [`${thing.kind}:${thing.id}`, thing])).values()]
}

/** What it counts. */
export function metricsOf(filter: Filter): Metric[] {
  return metricsOfBound(bindFilter(filter))
}

export function metricsOfBound(bound: Bound): Metric[] {
  return leavesOf(bound).flatMap(condition => condition.metrics)
}
