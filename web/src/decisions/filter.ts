import { useQuery } from '@tanstack/react-query'
import { call, client } from '@/api/client'

/** The filter language as the builder writes it: the same tree as the server's (see docs/filter-language.md). */
export type Value = string | number | boolean | (string | number)[]
export type Demand = { property: string; op: string; value?: Value }
export type Condition =
  | { type: 'field'; field: string; op: string; value?: Value }
  | {
      type: 'event'
      event: string
      name?: string | null
      where?: Demand[]
      op: 'at_least' | 'at_most' | 'never'
      times?: number
      withinDays?: number | null
    }
  | { type: 'list'; listId: string; in: boolean }
  | { type: 'segment'; segmentId: string; in: boolean }
  | {
      type: 'consent'
      purpose: string
      topicId?: string | null
      state: 'granted' | 'withdrawn' | 'pending' | 'none'
    }
  | { type: 'company'; field: string; op: string; value?: Value }
  | { type: 'company_people'; op: 'at_least' | 'less_than'; value: number }
  | { type: 'score'; modelId: string; op: 'at_least' | 'less_than'; value: number }
export type Filter = { all: Filter[] } | { any: Filter[] } | { not: Filter } | Condition

export type Operator = {
  name: string
  title: string
  negation: string | null
  input: 'none' | 'text' | 'number' | 'yes-no' | 'day' | 'days' | 'list'
}
export type Field = { name: string; title: string; type: string; choices: string[] }
export type Language = {
  conditions: { type: Condition['type']; title: string }[]
  fields: Field[]
  operators: Record<string, Operator[]>
  events: { type: string; title: string; named: boolean; names: string[] }[]
  lists: { id: string; name: string }[]
  segments: { id: string; name: string }[]
  scoreModels: { id: string; name: string }[]
  limits: { depth: number; conditions: number }
}

/** What filters can be made of here and now. */
export function useLanguage() {
  return useQuery({
    queryKey: ['filter-language'],
    queryFn: async () => (await call(client.GET('/api/v1/filter-language'))) as unknown as Language,
    staleTime: 30_000,
  })
}

export type GroupMode = 'all' | 'any' | 'none'
export type Group = { mode: GroupMode; parts: Filter[] }

/** "None of" is written as not-any. A single condition is read as a group of one. */
export function readGroup(filter: Filter): Group {
  if ('all' in filter) return { mode: 'all', parts: filter.all }
  if ('any' in filter) return { mode: 'any', parts: filter.any }
  if ('not' in filter && 'any' in filter.not) return { mode: 'none', parts: filter.not.any }
  return { mode: 'all', parts: [filter] }
}

export function writeGroup({ mode, parts }: Group): Filter {
  if (mode === 'all') return { all: parts }
  return mode === 'any' ? { any: parts } : { not: { any: parts } }
}

export const isGroup = (filter: Filter): boolean =>
  'all' in filter || 'any' in filter || ('not' in filter && 'any' in filter.not)

export function countConditions(filter: Filter): number {
  if ('type' in filter) return 1
  if ('not' in filter) return countConditions(filter.not)
  return ('all' in filter ? filter.all : filter.any).reduce((sum, part) => sum + countConditions(part), 0)
}

const isFilled = (value: Value | undefined) =>
  value === undefined || (typeof value === 'string' || Array.isArray(value) ? value.length > 0 : true)

/** Whether every place of a filter is filled in: an unfinished one is neither asked nor saved. */
export function isFinished(filter: Filter): boolean {
  if ('all' in filter) return filter.all.every(isFinished)
  if ('any' in filter) return filter.any.every(isFinished)
  if ('not' in filter) return isFinished(filter.not)
  if (filter.type === 'field') return isFilled(filter.value)
  if (filter.type === 'event')
    return (filter.where ?? []).every(demand => demand.property !== '' && isFilled(demand.value))
  if (filter.type === 'consent') return filter.purpose !== ''
  return true
}

const firstOperator = (language: Language, type: string): Operator | undefined =>
  language.operators[type]?.[0]

export function emptyValue(operator: Operator | undefined, field?: Field): Value | undefined {
  switch (operator?.input) {
    case 'text':
      return field?.choices[0] ?? ''
    case 'number':
      return 0
    case 'days':
      return 30
    case 'yes-no':
      return true
    case 'day':
      return new Date().toISOString().slice(0, 10)
    case 'list':
      return []
    default:
      return undefined
  }
}

/** A condition over a field with an operator that fits it. */
export function fieldCondition(language: Language, name: string, op?: string): Condition {
  const field = language.fields.find(each => each.name === name)
  const offered = language.operators[field?.type ?? 'text'] ?? []
  const operator = offered.find(each => each.name === op) ?? firstOperator(language, field?.type ?? 'text')
  const value = emptyValue(operator, field)
  return { type: 'field', field: name, op: operator?.name ?? 'is', ...(value === undefined ? {} : { value }) }
}

/** A new condition of a type, filled with something that can stand. */
export function newCondition(language: Language, type: Condition['type']): Condition {
  if (type === 'event') return { type, event: 'page.viewed', op: 'at_least', times: 1, withinDays: 30 }
  if (type === 'list') return { type, listId: language.lists[0]?.id ?? '', in: true }
  if (type === 'segment') return { type, segmentId: language.segments[0]?.id ?? '', in: true }
  if (type === 'consent') return { type, purpose: 'marketing', state: 'granted' }
  if (type === 'company') return { type, field: 'name', op: 'is', value: '' }
  if (type === 'company_people') return { type, op: 'at_least', value: 2 }
  if (type === 'score') return { type, modelId: language.scoreModels[0]?.id ?? '', op: 'at_least', value: 50 }
  return fieldCondition(language, language.fields[0]?.name ?? 'email')
}
