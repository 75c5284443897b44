import { eventTypes } from '#activity/catalogue.ts'
import { listNames } from '#activity/names.ts'
import { listFields } from '#audience/fields.ts'
import { listLists } from '#audience/lists.ts'
import type { Db } from '#platform/db/db.ts'
import { conditionKinds } from './conditions/all.ts'
import { contactFields } from './contact-fields.ts'
import { maxConditions, maxDepth } from './filter.ts'
import { type Family, families, type Operator, type Value } from './operator.ts'
import { operatorsFor } from './operators/all.ts'
import { listScoreModels } from './score-models.ts'
import { selectSegments } from './segments.sql.ts'

/** How the builder asks for an operator's value. */
type Input = 'none' | 'text' | 'number' | 'yes-no' | 'day' | 'days' | 'list'

const inputs: [Input, Value][] = [
  ['none', undefined],
  ['list', ['x']],
  ['text', 'x'],
  ['day', '2026-01-01'],
  ['yes-no', true],
  ['days', 1],
]

function inputOf(operator: Operator): Input {
  const [found] = inputs.find(([, example]) => operator.accepts(example)) ?? ['text']
  return found === 'days' && !operator.turningPoint ? 'number' : found
}

export type Language = {
  conditions: { type: string; title: string }[]
  fields: { name: string; title: string; type: Family; choices: string[] }[]
  operators: Record<Family, { name: string; title: string; negation: string | null; input: Input }[]>
  events: { type: string; title: string; named: boolean; names: string[] }[]
  lists: { id: string; name: string }[]
  segments: { id: string; name: string }[]
  scoreModels: { id: string; name: string }[]
  limits: { depth: number; conditions: number }
}

/** All that a filter can be made of here and now: what the builder offers. */
export async function describeLanguage(db: Db): Promise<Language> {
  const [custom, names, lists, segments, models] = await Promise.all([
    listFields(db),
    listNames(db, { type: null, search: null, limit: 1000 }),
    listLists(db),
    selectSegments(db, { archived: false, search: null, after: null, limit: 500 }),
    listScoreModels(db),
  ])
  const entries = families.map(family => [
    family,
    operatorsFor(family).map(each => ({
      name: each.name,
      title: each.title,
      negation: each.negation,
      input: inputOf(each),
    })),
  ])
  return {
    conditions: conditionKinds.map(({ type, title }) => ({ type, title })),
    fields: [
      ...contactFields.map(field => ({
        name: field.name,
        title: field.title,
        type: field.family,
        choices: [],
      })),
      ...custom
        .filter(field => field.archivedAt === null)
        .map(field => ({
          name: `attrs.${field.key}`,
          title: field.label,
          type: field.type,
          choices: field.choices,
        })),
    ],
    operators: Object.fromEntries(entries),
    events: eventTypes.map(({ type, title, named }) => ({
      type,
      title,
      named,
      names: names.filter(name => name.type === type).map(name => name.name),
    })),
    lists: lists.filter(list => list.archivedAt === null).map(({ id, name }) => ({ id, name })),
    segments: segments.filter(segment => segment.status === 'live').map(({ id, name }) => ({ id, name })),
    scoreModels: models.filter(model => model.status === 'live').map(({ id, name }) => ({ id, name })),
    limits: { depth: maxDepth, conditions: maxConditions },
  }
}
