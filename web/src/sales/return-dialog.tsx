import { Button, Group, Modal, Radio, Stack, Textarea } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { call, client } from '@/api/client'
import { ErrorNote } from '@/ui/states'
import { type Lead, type ReturnReason, returnReasons } from './lead'

type Props = { lead: Lead; opened: boolean; onClose(): void; onReturned(): Promise<void> }

/** Asks why: without a reason nobody learns anything. */
export function ReturnDialog({ lead, opened, onClose, onReturned }: Props) {
  const [reason, setReason] = useState<ReturnReason | null>(null)
  const [note, setNote] = useState('')
  const send = useMutation({
    mutationFn: () =>
      call(
        client.POST('/api/v1/leads/{contactId}/{id}/return', {
          params: { path: { contactId: lead.contactId, id: lead.id } },
          body: { reason: reason ?? 'other', note: note.trim() || null },
        }),
      ),
    onSuccess: async () => {
      onClose()
      await onReturned()
    },
  })
  return (
    <Modal opened={opened} onClose={onClose} title={`Return ${lead.who} to marketing`}>
      <Stack>
        <Radio.Group
          label="Why"
          withAsterisk
          value={reason}
          onChange={value => setReason(value as ReturnReason)}
        >
          <Stack gap="xs" mt="xs">
            {returnReasons.map(each => (
              <Radio key={each.value} value={each.value} label={each.label} />
            ))}
          </Stack>
        </Radio.Group>
        <Textarea
          label="Anything marketing should know"
          maxLength={500}
          autosize
          minRows={2}
          value={note}
          onChange={event => setNote(event.currentTarget.value)}
        />
        {send.isError && <ErrorNote error={send.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Keep it
          </Button>
          <Button disabled={reason === null} loading={send.isPending} onClick={() => send.mutate()}>
            Return the lead
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
