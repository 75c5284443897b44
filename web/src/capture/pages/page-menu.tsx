import { Button, Menu, Stack, Text } from '@mantine/core'
import { modals } from '@mantine/modals'
import { notifications } from '@mantine/notifications'
import { IconArchive, IconCopy, IconDotsVertical, IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { call, client } from '@/api/client'
import { formatNumber } from '@/ui/format'
import { Loaded } from '@/ui/states'
import { showUndo } from '@/ui/undo'
import { counted } from './domains'
import type { LandingPage } from './page'

type Deed = 'pause' | 'resume' | 'archive'

/** Pause, resume, copy, archive. */
export function PageMenu(props: { page: LandingPage; disabled: boolean; flush(): Promise<number> }) {
  const { page, disabled, flush } = props
  const go = useNavigate()
  const queries = useQueryClient()
  const params = { path: { id: page.id } }
  const act = async (deed: Deed) => {
    const done =
      deed === 'pause'
        ? await call(client.POST('/api/v1/pages/{id}/pause', { params }))
        : deed === 'resume'
          ? await call(client.POST('/api/v1/pages/{id}/resume', { params }))
          : await call(client.POST('/api/v1/pages/{id}/archive', { params }))
    queries.setQueryData(['page', page.id], done)
    await queries.invalidateQueries({ queryKey: ['pages'] })
  }
  const turn = useMutation({
    mutationFn: async (deed: Deed) => {
      await flush()
      await act(deed)
    },
    onSuccess: (_done, deed) => {
      if (deed === 'archive') notifications.show({ message: 'Archived. Its addresses are free again.' })
      if (deed === 'pause')
        showUndo('Off the street: its address answers 404 until it is resumed.', () => act('resume'))
      if (deed === 'resume') showUndo('Back on the street.', () => act('pause'))
    },
    onError: error =>
      notifications.show({ color: 'red', title: 'This was not done', message: error.message }),
  })
  const copy = useMutation({
    mutationFn: async () => {
      await flush()
      const made = await call(client.POST('/api/v1/pages/{id}/duplicate', { params }))
      await go({ to: `/pages/${made.id}` })
    },
  })
  const archive = () =>
    modals.openConfirmModal({
      title: `Archive “${page.name}”?`,
      children: <Consequences id={page.id} />,
      labels: { confirm: 'Archive it', cancel: 'Keep it' },
      confirmProps: { color: 'red' },
      onConfirm: () => turn.mutate('archive'),
    })
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button variant="default" px={8} aria-label="More" disabled={disabled}>
          <IconDotsVertical size={16} />
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconCopy size={16} />} onClick={() => copy.mutate()}>
          Make a copy
        </Menu.Item>
        {page.status === 'paused' ? (
          <Menu.Item leftSection={<IconPlayerPlay size={16} />} onClick={() => turn.mutate('resume')}>
            Put it back on the street
          </Menu.Item>
        ) : (
          <Menu.Item
            leftSection={<IconPlayerPause size={16} />}
            disabled={page.status !== 'live'}
            onClick={() => turn.mutate('pause')}
          >
            Take it off the street
          </Menu.Item>
        )}
        <Menu.Item leftSection={<IconArchive size={16} />} onClick={archive}>
          Archive
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

/** Who still comes, and what leads here. */
function Consequences({ id }: { id: string }) {
  const params = { path: { id } }
  const found = useQuery({
    queryKey: ['page-consequences', id],
    gcTime: 0,
    queryFn: async () => {
      const [results, users, redirects] = await Promise.all([
        call(client.GET('/api/v1/pages/{id}/results', { params: { ...params, query: { days: 30 } } })),
        call(client.GET('/api/v1/pages/{id}/used-by', { params })),
        call(client.GET('/api/v1/pages/{id}/redirects', { params })),
      ])
      const others = users.items.filter(user => user.id !== id)
      return { visitors: results.totals.visitors, others, redirects: redirects.items.length }
    },
  })
  return (
    <Loaded query={found} lines={3}>
      {({ visitors, others, redirects }) => (
        <Stack gap="xs">
          <Text size="sm">
            {formatNumber(visitors)} {visitors === 1 ? 'person' : 'people'} came in the last 30 days; from now
            on they find nothing. What was counted stays.
          </Text>
          <Text size="sm">
            Its address{redirects > 0 && ` and ${counted(redirects, 'address', 'addresses')} from before`}{' '}
            will be free for other pages. This cannot be undone.
          </Text>
          {others.length > 0 && (
            <Text size="sm" c="red">
              {others.map(user => user.name).join(', ')} {others.length === 1 ? 'leads' : 'lead'} here: change
              that first, or it is refused.
            </Text>
          )}
        </Stack>
      )}
    </Loaded>
  )
}
