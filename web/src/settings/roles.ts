import { useQuery } from '@tanstack/react-query'
import { call, client } from '@/api/client'
import { useMe } from '@/shell/me'

export const roles = ['owner', 'admin', 'marketer', 'analyst', 'sales', 'viewer'] as const
export type Role = (typeof roles)[number]

export const roleOf = (word: string | null): Role => roles.find(role => role === word) ?? 'viewer'

/** The roles that I may give: owners are named by owners. */
export function useGivableRoles(): Role[] {
  const role = useMe().data?.role
  return roles.filter(each => each !== 'owner' || role === 'owner')
}

/** Whether I may name people, keys and settings of access. */
export function useIsAdmin(): boolean {
  const role = useMe().data?.role
  return role === 'owner' || role === 'admin'
}

export function useRoleWords() {
  return useQuery({
    queryKey: ['roles'],
    queryFn: () => call(client.GET('/api/v1/roles')),
    staleTime: 600_000,
  })
}

/** Every action of the API with the roles that may do it: the matrix of roles, and the scopes of keys. */
export function useActions() {
  return useQuery({
    queryKey: ['actions'],
    queryFn: () => call(client.GET('/api/v1/actions')),
    staleTime: 600_000,
  })
}

/** Actions by what they are about: `segments` with `segments.read`, `segments.edit` ... */
export function byResource<T extends { action: string }>(items: T[]): [string, T[]][] {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const [resource = ''] = item.action.split('.')
    groups.set(resource, [...(groups.get(resource) ?? []), item])
  }
  return [...groups]
}

/** `score_models.name-owner` as a person reads it. */
export const inWords = (word: string) =>
  word.replace(/[-_]/g, ' ').replace(/^./, first => first.toUpperCase())
