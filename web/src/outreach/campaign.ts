import { useQuery } from '@tanstack/react-query'
import { call, client } from '@/api/client'
import { useMe } from '@/shell/me'

export const readCampaign = (id: string) =>
  call(client.GET('/api/v1/campaigns/{id}', { params: { path: { id } } }))
export type Campaign = Awaited<ReturnType<typeof readCampaign>>
export type Settings = Campaign['settings']
export type Test = NonNullable<Settings['test']>
export type Variant = Test['variants'][number]

export const readReview = (id: string) =>
  call(client.GET('/api/v1/campaigns/{id}/review', { params: { path: { id } } }))
export type Review = Awaited<ReturnType<typeof readReview>>

export const readResults = (id: string) =>
  call(client.GET('/api/v1/campaigns/{id}/results', { params: { path: { id } } }))
export type Results = Awaited<ReturnType<typeof readResults>>

export const letters = ['A', 'B', 'C', 'D']
export const isOver = (status: Campaign['status']) => status === 'finished' || status === 'stopped'

export type Option = { value: string; label: string }

/** Everything that an audience can be made of, by name. */
export function useAudiences(): { segments: Option[]; lists: Option[]; campaigns: Option[] } {
  const found = useQuery({
    queryKey: ['campaign-audiences'],
    staleTime: 15_000,
    queryFn: async () => {
      const [segments, lists, campaigns] = await Promise.all([
        call(client.GET('/api/v1/segments', { params: { query: { limit: 200 } } })),
        call(client.GET('/api/v1/lists')),
        call(client.GET('/api/v1/campaigns', { params: { query: { limit: 200 } } })),
      ])
      return { segments: segments.items, lists: lists.items, campaigns: campaigns.items }
    },
  })
  return {
    segments: (found.data?.segments ?? [])
      .filter(segment => segment.status === 'live' || segment.status === 'paused')
      .map(segment => ({ value: segment.id, label: segment.name })),
    lists: (found.data?.lists ?? [])
      .filter(list => list.archivedAt === null)
      .map(list => ({ value: list.id, label: list.name })),
    campaigns: (found.data?.campaigns ?? [])
      .filter(campaign => campaign.startedAt !== null)
      .map(campaign => ({ value: campaign.id, label: campaign.name })),
  }
}

export function useEmails() {
  return useQuery({
    queryKey: ['campaign-emails'],
    staleTime: 15_000,
    queryFn: () =>
      call(client.GET('/api/v1/emails', { params: { query: { limit: 200, status: 'live' as const } } })),
  })
}

const senders = ['owner', 'admin', 'marketer']

/** Why this person cannot send, pause or stop, or null. */
export function useSendReason(): string | null {
  const role = useMe().data?.role
  return role && !senders.includes(role) ? `Your role (${role}) can look but not send.` : null
}
