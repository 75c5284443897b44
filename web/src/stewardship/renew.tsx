import { Button, Text, Tooltip } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call, client } from '@/api/client'
import { useEditReason } from '@/shell/me'
import { formatDay } from '@/ui/format'
import { PublishDialog } from '@/ui/steward'

type Reviewed = { kind: string; id: string; name: string; ownerId: string | null; paused?: boolean }

/** "Still needed": names who answers for it and the next day to look at it. */
export function RenewButton({ item }: { item: Reviewed }) {
  const [opened, setOpened] = useState(false)
  const queries = useQueryClient()
  const reason = useEditReason()
  const renew = async (body: { ownerId: string; reviewOn: string }) => {
    // The address differs by kind, what is sent and answered does not.
    const path = `/api/v1/reviews/${item.kind}/{id}` as '/api/v1/reviews/workflows/{id}'
    await call(client.POST(path, { params: { path: { id: item.id } }, body }))
    await queries.invalidateQueries()
    notifications.show({ message: `“${item.name}” is looked at again on ${formatDay(body.reviewOn)}.` })
  }
  return (
    <>
      <Tooltip label={reason} disabled={!reason}>
        <Button
          size="compact-sm"
          variant="default"
          disabled={reason !== null}
          onClick={() => setOpened(true)}
        >
          Still needed
        </Button>
      </Tooltip>
      <PublishDialog
        opened={opened}
        onClose={() => setOpened(false)}
        title={`“${item.name}” is still needed`}
        deed="Keep it until then"
        steward={{ ownerId: item.ownerId, reviewOn: null }}
        onPublish={renew}
      >
        <Text size="sm">
          Nothing else changes: it goes on as it is
          {item.paused ? ', and stays paused until you resume it' : ''}. If it is no longer needed, open it
          and archive it instead.
        </Text>
      </PublishDialog>
    </>
  )
}
