import { Button, Menu } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconArchive, IconCopy, IconDotsVertical, IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { call, client } from '@/api/client'
import type { Form } from './form'

const said = {
  pause: 'Paused: it takes nothing until it is resumed.',
  resume: 'It takes submissions again.',
  archive: 'Archived. What was sent stays.',
}

/** Pause, resume, copy, archive. */
export function FormMenu({
  form,
  disabled,
  flush,
}: {
  form: Form
  disabled: boolean
  flush(): Promise<number>
}) {
  const go = useNavigate()
  const params = { path: { id: form.id } }
  const turn = useMutation({
    mutationFn: async (word: keyof typeof said) => {
      await flush()
      if (word === 'pause') await call(client.POST('/api/v1/forms/{id}/pause', { params }))
      if (word === 'resume') await call(client.POST('/api/v1/forms/{id}/resume', { params }))
      if (word === 'archive') await call(client.POST('/api/v1/forms/{id}/archive', { params }))
      notifications.show({ message: said[word] })
      window.location.reload()
    },
  })
  const copy = useMutation({
    mutationFn: async () => {
      await flush()
      const made = await call(client.POST('/api/v1/forms/{id}/duplicate', { params }))
      await go({ to: `/forms/${made.id}` })
    },
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
        {form.status === 'paused' ? (
          <Menu.Item leftSection={<IconPlayerPlay size={16} />} onClick={() => turn.mutate('resume')}>
            Take submissions again
          </Menu.Item>
        ) : (
          <Menu.Item
            leftSection={<IconPlayerPause size={16} />}
            disabled={form.status !== 'live'}
            onClick={() => turn.mutate('pause')}
          >
            Pause: take nothing
          </Menu.Item>
        )}
        <Menu.Item leftSection={<IconArchive size={16} />} onClick={() => turn.mutate('archive')}>
          Archive
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
