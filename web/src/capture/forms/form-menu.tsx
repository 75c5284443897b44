import { Button, Menu } from '@mantine/core'
import { modals } from '@mantine/modals'
import { notifications } from '@mantine/notifications'
import { IconArchive, IconCopy, IconDotsVertical, IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { call, client } from '@/api/client'
import { formatNumber } from '@/ui/format'
import { showUndo } from '@/ui/undo'
import type { Form } from './form'

type Turn = 'pause' | 'resume' | 'archive'

/** Pause and resume (each takes the other back), copy, archive (asked first, with what it ends in numbers). */
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
  const queries = useQueryClient()
  const params = { path: { id: form.id } }
  const post = async (word: Turn) => {
    if (word === 'pause') await call(client.POST('/api/v1/forms/{id}/pause', { params }))
    if (word === 'resume') await call(client.POST('/api/v1/forms/{id}/resume', { params }))
    if (word === 'archive') await call(client.POST('/api/v1/forms/{id}/archive', { params }))
    await queries.invalidateQueries({ queryKey: ['form', form.id] })
  }
  const turn = useMutation({
    mutationFn: async (word: Turn) => {
      await flush()
      await post(word)
    },
    onSuccess: (_done, word) => {
      if (word === 'pause') showUndo('Paused: it takes nothing until it is resumed.', () => post('resume'))
      if (word === 'resume') showUndo('It takes submissions again.', () => post('pause'))
      if (word === 'archive') notifications.show({ message: 'Archived. What was sent stays.' })
    },
    onError: error =>
      notifications.show({ color: 'red', title: 'This was not done', message: error.message }),
  })
  const copy = useMutation({
    mutationFn: async () => {
      await flush()
      const made = await call(client.POST('/api/v1/forms/{id}/duplicate', { params }))
      await go({ to: `/forms/${made.id}` })
    },
  })
  const archive = useMutation({
    mutationFn: () => readLoss(form.id),
    onSuccess: words =>
      modals.openConfirmModal({
        title: `Archive “${form.name}”?`,
        children: words,
        labels: { confirm: 'Archive it', cancel: 'Keep it' },
        confirmProps: { color: 'red' },
        onConfirm: () => turn.mutate('archive'),
      }),
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
        <Menu.Item leftSection={<IconArchive size={16} />} onClick={() => archive.mutate()}>
          Archive
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

/** What ends with a form, in numbers of its last thirty days. */
async function readLoss(id: string): Promise<string> {
  const params = { path: { id } }
  const [{ total }, users] = await Promise.all([
    call(client.GET('/api/v1/forms/{id}/results', { params })),
    call(client.GET('/api/v1/forms/{id}/used-by', { params })),
  ])
  const shown =
    users.items.length === 0 ? 'Nothing of ours shows it.' : `${users.items.length} things use it.`
  return `In the last thirty days it was shown ${formatNumber(total.views)} times and sent ${formatNumber(total.completions)} times. ${shown} Archiving is for good: wherever it stands, it will say that it is closed. What was sent stays.`
}
