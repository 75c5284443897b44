import { useQuery } from '@tanstack/react-query'
import { call, client } from '@/api/client'
import { useMe } from '@/shell/me'

export function useWebhooks(enabled = true) {
  return useQuery({
    queryKey: ['webhooks'],
    queryFn: () => call(client.GET('/api/v1/webhooks')),
    refetchInterval: 10_000,
    enabled,
  })
}
export type Webhook = NonNullable<ReturnType<typeof useWebhooks>['data']>['items'][number]

export function useEventTypes() {
  return useQuery({
    queryKey: ['event-types'],
    queryFn: () => call(client.GET('/api/v1/events/types')),
    staleTime: Number.POSITIVE_INFINITY,
  })
}

/** Why this person cannot change webhooks, or null. */
export function useWebhookReason(): string | null {
  const role = useMe().data?.role
  return role === 'owner' || role === 'admin' ? null : 'Only owners and admins see webhooks'
}
