import type { Thing } from '#access/references.ts'
import { listFields } from '#audience/fields.ts'
import { listsByIds } from '#audience/lists.ts'
import type { Db } from '#platform/db/db.ts'
import type { FieldProblem } from '#platform/errors.ts'
import type { Names } from './condition.ts'
import { customKey } from './contact-fields.ts'
import { bindFilter, type Filter, isEmpty, usesOf, type WrittenCondition } from './filter.ts'
import { findOperator } from './operators/all.ts'
import { scoreModelsByIds } from './score-models.ts'
import { selectByIds } from './segments.sql.ts'

/** Names of everything that filters point at, for sentences: one statement per kind. */
export async function namesFor(db: Db, filters: Filter[]): Promise<Names> {
  const things = filters.flatMap(usesOf)
  const idsOf = (kind: string) => [
    ...new Set(things.filter(thing => thing.kind === kind).map(thing => thing.id)),
  ]
  const [lists, segments, models] = [idsOf('list'), idsOf('segment'), idsOf('score-model')]
  const names = new Map<string, string>()
  const keep = (kind: string, rows: Iterable<{ id: string; name: string }>) => {
    for (const { id, name } of rows) names.set(`${kind}:${id}`, name)
  }
  if (lists.length > 0) keep('list', await listsByIds(db, lists))
  if (segments.length > 0) keep('segment', await selectByIds(db, segments))
  if (models.length > 0) keep('score-model', await scoreModelsByIds(db, models))
  return (thing: Thing) => names.get(`${thing.kind}:${thing.id}`)
}

/**
 * What keeps a filter from going live although its grammar is sound: it is empty, names a custom field that does
 * not exist or asks it what its type cannot answer, or points at something that is gone. Paths begin with `path`.
 */
export async function filterProblems(db: Db, filter: Filter, path: string): Promise<FieldProblem[]> {
  if (isEmpty(bindFilter(filter))) return [{ path, message: 'holds no condition, so nobody would match' }]
  const places = placesOf(filter, path)
  const fields = new Map((await listFields(db)).map(field => [field.key, field]))
  const names = await namesFor(db, [filter])
  return places.flatMap(({ condition, at }) => [
    ...fieldProblem(condition, at, fields),
    ...goneProblem(condition, at, names),
  ])
}

type Place = { condition: WrittenCondition; at: string }

function placesOf(filter: Filter, path: string): Place[] {
  if ('all' in filter) return filter.all.flatMap((part, i) => placesOf(part, `${path}.all.${i}`))
  if ('any' in filter) return filter.any.flatMap((part, i) => placesOf(part, `${path}.any.${i}`))
  if ('not' in filter) return placesOf(filter.not, `${path}.not`)
  return [{ condition: filter, at: path }]
}

function fieldProblem(
  condition: WrittenCondition,
  at: string,
  fields: Map<string, { type: Parameters<typeof findOperator>[2] }>,
): FieldProblem[] {
  const key = condition.type === 'field' ? customKey(condition.field) : null
  if (condition.type !== 'field' || key === null) return []
  const known = fields.get(key)
  if (!known) return [{ path: `${at}.field`, message: `there is no custom field “${key}”` }]
  const found = findOperator(condition.op, condition.value, known.type)
  return 'problem' in found ? [{ path: `${at}.${found.at}`, message: found.problem }] : []
}

function goneProblem(condition: WrittenCondition, at: string, names: Names): FieldProblem[] {
  return usesOf(condition)
    .filter(thing => thing.kind !== 'topic' && names(thing) === undefined)
    .map(thing => ({ path: at, message: `this ${thing.kind.replace('-', ' ')} does not exist (any more)` }))
}
