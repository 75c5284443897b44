import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call, client } from '@/api/client'
import { useBusinessNow } from '@/shell/clock'
import { ErrorNote } from '@/ui/states'

/** Tells a span of time again, read from the ledger: for a receiver that was down or lost its data. */
export function ReplayDialog({ id, opened, onClose }: { id: string; opened: boolean; onClose(): void }) {
  const queries = useQueryClient()
  const now = useBusinessNow()
  const [from, setFrom] = useState('')
  const [to, setTo] = useState('')
  const begin = from || new Date(now.getTime() - 86_400_000).toISOString().slice(0, 16)
  const end = to || now.toISOString().slice(0, 16)
  const replay = useMutation({
    mutationFn: () =>
      call(
        client.POST('/api/v1/webhooks/{id}/replay', {
          params: { path: { id } },
          body: { from: `${begin}:00Z`, to: `${end}:59Z` },
        }),
      ),
    onSuccess: () => {
      notifications.show({ message: 'A job puts the calls into the line; see its progress above.' })
      onClose()
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ['jobs'] }),
  })
  return (
    <Modal opened={opened} onClose={onClose} title="Tell it again">
      <Stack>
        <Text size="sm">
          Every event of this span that the webhook listens to is told once more, under the id it had: a
          receiver that keeps ids sees nothing twice. At most 31 days.
        </Text>
        <Group grow>
          <TextInput
            label="From (UTC)"
            type="datetime-local"
            value={begin}
            onChange={event => setFrom(event.currentTarget.value)}
          />
          <TextInput
            label="To (UTC)"
            type="datetime-local"
            value={end}
            onChange={event => setTo(event.currentTarget.value)}
          />
        </Group>
        {replay.isError && <ErrorNote error={replay.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button loading={replay.isPending} onClick={() => replay.mutate()}>
            Tell it again
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
