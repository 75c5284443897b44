import { Button, Menu, Text } from '@mantine/core'
import { modals } from '@mantine/modals'
import { notifications } from '@mantine/notifications'
import {
  IconArchive,
  IconCopy,
  IconDots,
  IconPlayerPause,
  IconPlayerPlay,
  IconTrash,
} from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { call, client } from '@/api/client'
import { formatNumber } from '@/ui/format'
import type { Workflow } from './workflow'

type Props = {
  workflow: Workflow
  inside: number
  reason: string | null
  flush(): Promise<number>
  onChanged(): Promise<unknown>
}

/** What can be done with a workflow as a whole; each deed says what follows before it is done. */
export function WorkflowMenu({ workflow, inside, reason, flush, onChanged }: Props) {
  const go = useNavigate()
  const queries = useQueryClient()
  const params = { path: { id: workflow.id } }
  const { status } = workflow
  const people = inside === 1 ? 'The one person inside' : `All ${formatNumber(inside)} people inside`
  const doing = async (work: () => Promise<unknown>, done: string) => {
    try {
      await flush()
      await work()
      notifications.show({ message: done })
    } catch (error) {
      notifications.show({
        color: 'red',
        title: 'This did not work',
        message: error instanceof Error ? error.message : '',
      })
    }
  }
  const ask = (title: string, words: string, deed: string, work: () => Promise<unknown>, done: string) =>
    modals.openConfirmModal({
      title,
      children: <Text size="sm">{words}</Text>,
      labels: { confirm: deed, cancel: 'Not now' },
      onConfirm: () => void doing(work, done),
    })
  const change = async (request: Promise<unknown>) => {
    await request
    await onChanged()
  }
  const pause = () =>
    ask(
      'Pause this workflow?',
      `Nobody comes in and nobody moves on. ${inside === 0 ? 'Nobody is inside now.' : `${people} ${inside === 1 ? 'waits' : 'wait'} at the step where ${inside === 1 ? 'he stands' : 'they stand'}.`} What comes due meanwhile is made up for when you let it go on.`,
      'Pause',
      () => change(call(client.POST('/api/v1/workflows/{id}/pause', { params }))),
      'Paused.',
    )
  const resume = () =>
    ask(
      'Let this workflow go on?',
      'Those whose time came during the pause move on now, and people come in again.',
      'Go on',
      () => change(call(client.POST('/api/v1/workflows/{id}/resume', { params }))),
      'It goes on.',
    )
  const archive = () =>
    ask(
      'Archive this workflow?',
      `It ends for good: nobody comes in any more. ${inside === 0 ? 'Nobody is inside now.' : `${people} ${inside === 1 ? 'leaves' : 'leave'} now.`} Its history stays.`,
      inside === 0 ? 'Archive' : `Archive and let ${formatNumber(inside)} leave`,
      () => change(call(client.POST('/api/v1/workflows/{id}/archive', { params }))),
      'Archived.',
    )
  const remove = () =>
    ask(
      'Delete this draft?',
      'It never ran, so nothing else is touched. This cannot be undone.',
      'Delete the draft',
      async () => {
        await call(client.DELETE('/api/v1/workflows/{id}', { params }))
        await queries.invalidateQueries({ queryKey: ['workflows'] })
        await go({ to: '/workflows' })
      },
      'Deleted.',
    )
  const copy = () =>
    doing(async () => {
      const made = await call(client.POST('/api/v1/workflows/{id}/copy', { params }))
      await queries.invalidateQueries({ queryKey: ['workflows'] })
      await go({ to: `/workflows/${made.id}` })
    }, 'This is the copy, a draft.')
  return (
    <Menu position="bottom-end" shadow="md" withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <Button variant="default" px={8} aria-label="More actions">
          <IconDots size={16} />
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {reason && <Menu.Label>{reason}</Menu.Label>}
        {status === 'live' && (
          <Menu.Item leftSection={<IconPlayerPause size={16} />} disabled={reason !== null} onClick={pause}>
            Pause
          </Menu.Item>
        )}
        {status === 'paused' && (
          <Menu.Item leftSection={<IconPlayerPlay size={16} />} disabled={reason !== null} onClick={resume}>
            Let it go on
          </Menu.Item>
        )}
        <Menu.Item
          leftSection={<IconCopy size={16} />}
          disabled={reason !== null}
          onClick={() => void copy()}
        >
          Copy as a new draft
        </Menu.Item>
        {status !== 'archived' && (
          <Menu.Item leftSection={<IconArchive size={16} />} disabled={reason !== null} onClick={archive}>
            Archive
          </Menu.Item>
        )}
        {workflow.liveVersion === null && (
          <Menu.Item leftSection={<IconTrash size={16} />} disabled={reason !== null} onClick={remove}>
            Delete the draft
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  )
}
