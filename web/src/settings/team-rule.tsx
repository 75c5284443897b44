import { Switch } from '@mantine/core'
import { modals } from '@mantine/modals'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { call, client } from '@/api/client'
import { useMe } from '@/shell/me'
import { useUsers } from '@/ui/steward'

/** Owners ask everybody for a second factor, or no longer. */
export function FactorRule() {
  const queries = useQueryClient()
  const isOwner = useMe().data?.role === 'owner'
  const users = useUsers()
  const rules = useQuery({
    queryKey: ['access-rules'],
    queryFn: () => call(client.GET('/api/v1/access-rules')),
  })
  const save = useMutation({
    mutationFn: (secondFactorForAll: boolean) =>
      call(client.PATCH('/api/v1/access-rules', { body: { secondFactorForAll } })),
    onError: error => notifications.show({ color: 'red', title: 'Not changed', message: error.message }),
    onSettled: async () => {
      await queries.invalidateQueries({ queryKey: ['access-rules'] })
      await queries.invalidateQueries({ queryKey: ['me'] })
    },
  })
  const lacking = (users.data?.items ?? []).filter(user => user.active && !user.secondFactor).length
  const ask = () =>
    modals.openConfirmModal({
      title: 'Ask everybody for a second factor?',
      children: `${lacking} ${lacking === 1 ? 'person has' : 'people have'} none yet and will set one up before anything else opens.`,
      labels: { confirm: 'Ask everybody', cancel: 'Not now' },
      onConfirm: () => save.mutate(true),
    })
  return (
    <Switch
      label="Everybody needs a second factor"
      description={isOwner ? undefined : 'Only owners decide this'}
      disabled={!isOwner || !rules.data}
      checked={rules.data?.secondFactorForAll ?? false}
      onChange={event => (event.currentTarget.checked ? ask() : save.mutate(false))}
    />
  )
}
