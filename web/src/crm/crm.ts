import { useQuery } from '@tanstack/react-query'
import { call, client } from '@/api/client'
import { useMe } from '@/shell/me'

const readConnections = () => call(client.GET('/api/v1/crm/connections'))
const readConnectors = () => call(client.GET('/api/v1/crm/connectors'))
const readSchema = (id: string) =>
  call(client.GET('/api/v1/crm/connections/{id}/schema', { params: { path: { id } } }))
export type Connection = Awaited<ReturnType<typeof readConnections>>['items'][number]
export type Connector = Awaited<ReturnType<typeof readConnectors>>['items'][number]
export type CrmSchema = Awaited<ReturnType<typeof readSchema>>
export type Mapping = Connection['draft']
export type ObjectMap = Mapping['objects'][number]
export type FieldMap = ObjectMap['fields'][number]
export type Rule = FieldMap['rule']

export function useConnections() {
  return useQuery({ queryKey: ['crm'], queryFn: readConnections, refetchInterval: 15_000 })
}

export function useConnectors() {
  return useQuery({
    queryKey: ['crm-connectors'],
    queryFn: readConnectors,
    staleTime: Number.POSITIVE_INFINITY,
  })
}

export function useConnection(id: string) {
  return useQuery({
    queryKey: ['crm', id],
    queryFn: () => call(client.GET('/api/v1/crm/connections/{id}', { params: { path: { id } } })),
  })
}

export function useCrmSchema(id: string, describedAt: string | null) {
  return useQuery({ queryKey: ['crm', id, 'schema', describedAt], queryFn: () => readSchema(id) })
}

/** Why this person cannot change connections, or null. */
export function useCrmReason(): string | null {
  const role = useMe().data?.role
  return role === undefined || role === 'owner' || role === 'admin'
    ? null
    : 'Only owners and admins change what passes between the CRM and Tend'
}

/** Who decides about a field, with the arrow that says it. */
export const ruleWords: Record<Rule, { arrow: string; label: string; words: string }> = {
  crm: {
    arrow: '←',
    label: 'CRM always',
    words: 'Tend takes over what stands in the CRM, also when it is emptied there',
  },
  crm_unless_blank: {
    arrow: '⇠',
    label: 'CRM unless blank',
    words: 'The CRM wins; where it has nothing, Tend fills it in',
  },
  tend: { arrow: '→', label: 'Tend always', words: 'The CRM takes over what stands in Tend' },
  two_way: {
    arrow: '⇄',
    label: 'two-way',
    words: 'Whoever changed it last is followed; where both did, the winner of the object decides',
  },
  none: { arrow: '·', label: 'not synchronized', words: 'Kept in the list, nothing passes' },
}

export const kindWords: Record<ObjectMap['kind'], string> = {
  user: 'Users',
  company: 'Companies',
  person: 'People',
  deal: 'Deals',
  campaign: 'Campaigns',
  member: 'Campaign members',
  task: 'Tasks',
}

/** `not_before` as people write it: "Not before". */
export const spoken = (name: string) => {
  const words = name
    .replace(/^attrs\./, '')
    .replace(/(?<!client)_id$/, '')
    .replaceAll('_', ' ')
    .replace(/\b(api|url|id)\b/gi, word => word.toUpperCase())
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** A value of either side, short enough for a cell. */
export function shownValue(value: unknown): string {
  if (value === null || value === undefined || value === '') return '–'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  return text.length > 60 ? `${text.slice(0, 59)}…` : text
}
