import { Button, Menu } from '@mantine/core'
import { modals } from '@mantine/modals'
import { notifications } from '@mantine/notifications'
import { IconArchive, IconCopy, IconDotsVertical, IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { call, client } from '@/api/client'
import type { LandingPage } from './page'

const said = {
  pause: 'Off the street: its address answers 404 until it is resumed.',
  resume: 'Back on the street.',
  archive: 'Archived. Its addresses are free again.',
}

/** Pause, resume, copy, archive. */
export function PageMenu(props: { page: LandingPage; disabled: boolean; flush(): Promise<number> }) {
  const { page, disabled, flush } = props
  const go = useNavigate()
  const params = { path: { id: page.id } }
  const turn = useMutation({
    mutationFn: async (word: keyof typeof said) => {
      await flush()
      if (word === 'pause') await call(client.POST('/api/v1/pages/{id}/pause', { params }))
      if (word === 'resume') await call(client.POST('/api/v1/pages/{id}/resume', { params }))
      if (word === 'archive') await call(client.POST('/api/v1/pages/{id}/archive', { params }))
    },
    onSuccess: (_done, word) => {
      notifications.show({ message: said[word] })
      window.location.reload()
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
      children:
        'It leaves the street for good, and its addresses are free for other pages. What was counted stays.',
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
