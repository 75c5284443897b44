import { useQuery } from '@tanstack/react-query'
import { call, client } from '@/api/client'
import { useMe } from '@/shell/me'

export const readContact = (id: string) =>
  call(client.GET('/api/v1/contacts/{id}', { params: { path: { id } } }))
export type Contact = Awaited<ReturnType<typeof readContact>>

export function useContact(id: string) {
  return useQuery({ queryKey: ['contact', id], queryFn: () => readContact(id) })
}

/** Everything that is shown of one contact stands under this key, so that one word makes all of it fresh. */
export const contactKey = (id: string, ...part: string[]) => ['contact', id, ...part]

/** Sales works with contacts, unlike with what marketing builds. */
export function useContactRights(): { edit: string | null; build: string | null; delete: string | null } {
  const role = useMe().data?.role
  const no = (readers: string[], what: string) =>
    role && readers.includes(role) ? `Your role (${role}) cannot ${what}.` : null
  return {
    edit: no(['analyst', 'viewer'], 'change contacts'),
    build: no(['analyst', 'viewer', 'sales'], 'do this'),
    delete: no(['analyst', 'viewer', 'sales'], 'delete contacts'),
  }
}

export function useFields() {
  return useQuery({
    queryKey: ['fields'],
    queryFn: () => call(client.GET('/api/v1/fields')),
    staleTime: 30_000,
  })
}

export type CustomField = NonNullable<ReturnType<typeof useFields>['data']>['items'][number]

export function useLists() {
  return useQuery({
    queryKey: ['lists'],
    queryFn: () => call(client.GET('/api/v1/lists')),
    staleTime: 10_000,
  })
}

export const changeMembers = (listId: string, contactIds: string[], joins: boolean) => {
  const given = { params: { path: { id: listId } }, body: { contactIds } }
  return call(
    joins
      ? client.POST('/api/v1/lists/{id}/members', given)
      : client.DELETE('/api/v1/lists/{id}/members', given),
  )
}
