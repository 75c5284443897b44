import type { Names } from './condition.ts'
import { type Bound, bindFilter, type Filter } from './filter.ts'

const noNames: Names = () => undefined

/**
 * The filter as a sentence without its subject: "country is “DE” and did “Demo” at least once". Groups within
 * groups stand in brackets. `names` gives the names of lists, segments and score models.
 */
export function describeFilter(filter: Filter, names: Names = noNames): string {
  return describeBound(bindFilter(filter), names)
}

/** The sentence of a part of a filter. */
export function describeBound(bound: Bound, names: Names): string {
  if ('condition' in bound) return bound.condition.describe(names)
  if (bound.group === 'not') return `not (${describeBound(bound.part, names)})`
  if (bound.parts.length === 0) return 'nobody (the group is empty)'
  return bound.parts
    .map(part => bracketed(part, bound.parts.length, names))
    .join(bound.group === 'all' ? ' and ' : ' or ')
}

function bracketed(part: Bound, siblings: number, names: Names): string {
  const words = describeBound(part, names)
  const isGroup = 'group' in part && part.group !== 'not' && part.parts.length > 1
  return isGroup && siblings > 1 ? `(${words})` : words
}
