import { Button, Menu } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconArchive, IconCopy, IconDots } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { call, client } from '@/api/client'
import { useEditReason } from '@/shell/me'
import { showUndo } from '@/ui/undo'
import type { Campaign } from './campaign'

/** What can be done with a campaign at any time. */
export function CampaignMenu({ campaign }: { campaign: Campaign }) {
  const go = useNavigate()
  const queries = useQueryClient()
  const reason = useEditReason()
  const params = { path: { id: campaign.id } }
  const again = () => queries.invalidateQueries({ queryKey: ['campaign', campaign.id] })
  const fail = (error: Error) => notifications.show({ color: 'red', message: error.message })
  const duplicate = useMutation({
    mutationFn: () => call(client.POST('/api/v1/campaigns/{id}/duplicate', { params })),
    onSuccess: made => go({ to: `/campaigns/${made.id}` }),
    onError: fail,
  })
  const archive = useMutation({
    mutationFn: () => call(client.POST('/api/v1/campaigns/{id}/archive', { params })),
    onSuccess: async () => {
      await again()
      showUndo('Archived. Its messages and numbers stay.', async () => {
        await call(client.POST('/api/v1/campaigns/{id}/restore', { params }))
        await again()
      })
    },
    onError: fail,
  })
  const restore = useMutation({
    mutationFn: () => call(client.POST('/api/v1/campaigns/{id}/restore', { params })),
    onSuccess: again,
    onError: fail,
  })
  const isBusy = ['scheduled', 'running', 'paused'].includes(campaign.status)
  return (
    <Menu position="bottom-end" shadow="md">
      <Menu.Target>
        <Button variant="default" px={8} aria-label="More actions">
          <IconDots size={16} />
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          leftSection={<IconCopy size={14} />}
          disabled={reason !== null}
          onClick={() => duplicate.mutate()}
        >
          Duplicate as a draft
        </Menu.Item>
        {campaign.archivedAt ? (
          <Menu.Item
            leftSection={<IconArchive size={14} />}
            disabled={reason !== null}
            onClick={() => restore.mutate()}
          >
            Bring back from the archive
          </Menu.Item>
        ) : (
          <Menu.Item
            leftSection={<IconArchive size={14} />}
            disabled={reason !== null || isBusy}
            onClick={() => archive.mutate()}
          >
            Archive
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  )
}
