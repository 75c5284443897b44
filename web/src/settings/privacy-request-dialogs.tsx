import { Button, Group, Modal, Select, Stack, Text, Textarea } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconDownload } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call, client } from '@/api/client'
import type { paths } from '@/api/schema'
import { ErasureNumbers, readErasure } from '@/audience/contact-privacy'
import { ContactPicker } from '@/ui/contact-picker'
import { ErrorNote, Loaded } from '@/ui/states'

type Page = paths['/api/v1/privacy/requests']['get']['responses']['200']['content']['application/json']
export type Request = Page['items'][number]

function useAnswer(onClose: () => void, send: () => Promise<unknown>, words: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: send,
    onSuccess: () => {
      notifications.show({ message: words })
      void queries.invalidateQueries({ queryKey: ['privacy', 'requests'] })
      onClose()
    },
  })
}

export function FulfilDialog({ request, onClose }: { request: Request; onClose(): void }) {
  const isErasure = request.kind === 'erase'
  const { id, contactId } = request
  const erasure = useQuery({
    queryKey: ['contacts', contactId, 'erasure'],
    queryFn: () => readErasure(contactId),
    enabled: isErasure,
  })
  const answer = useAnswer(
    onClose,
    () => call(client.POST('/api/v1/privacy/requests/{id}/fulfil', { params: { path: { id } } })),
    isErasure ? 'Erased. That it was done in time stays on record.' : 'Noted as handed over.',
  )
  const who = request.name ?? request.email ?? 'this person'
  return (
    <Modal
      opened
      onClose={onClose}
      title={isErasure ? `Erase ${who}?` : `Hand over the data of ${who}`}
      size="lg"
    >
      <Stack>
        {isErasure ? (
          <>
            <Loaded query={erasure} lines={3}>
              {data => <ErasureNumbers erasure={data} />}
            </Loaded>
            <Text size="sm" c="dimmed">
              The keyed hash of the address stays, so that no import brings it back into mailings.
            </Text>
          </>
        ) : (
          <>
            <Text size="sm">
              Download the file, give it to the person in a way that reaches only this person, then note it
              here.
            </Text>
            <Button
              component="a"
              w="fit-content"
              variant="default"
              href={`/api/v1/contacts/${contactId}/export`}
              download={`contact-${contactId}.json`}
              leftSection={<IconDownload size={16} />}
            >
              Everything as JSON
            </Button>
          </>
        )}
        {answer.isError && <ErrorNote error={answer.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Not yet
          </Button>
          <Button
            color={isErasure ? 'red' : 'tend'}
            loading={answer.isPending}
            onClick={() => answer.mutate()}
          >
            {isErasure ? 'Erase for good' : 'It was handed over'}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}

export function RefuseDialog({ request, onClose }: { request: Request; onClose(): void }) {
  const [reason, setReason] = useState('')
  const { id } = request
  const answer = useAnswer(
    onClose,
    () =>
      call(
        client.POST('/api/v1/privacy/requests/{id}/refuse', {
          params: { path: { id } },
          body: { reason: reason.trim() },
        }),
      ),
    'Refused, with the reason.',
  )
  return (
    <Modal opened onClose={onClose} title="Refuse this request">
      <Stack>
        <Textarea
          label="The reason that the person was told"
          description="For example that the person could not be recognised, or that a law asks to keep it"
          autosize
          minRows={2}
          data-autofocus
          value={reason}
          onChange={event => setReason(event.currentTarget.value)}
        />
        {answer.isError && <ErrorNote error={answer.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button
            color="red"
            disabled={reason.trim().length < 3}
            loading={answer.isPending}
            onClick={() => answer.mutate()}
          >
            Refuse it
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}

export function AddDialog({ onClose }: { onClose(): void }) {
  const [contactId, setContactId] = useState<string | null>(null)
  const [kind, setKind] = useState<Request['kind']>('export')
  const [note, setNote] = useState('')
  const answer = useAnswer(
    onClose,
    () =>
      call(
        client.POST('/api/v1/privacy/requests', {
          body: { contactId: contactId ?? '', kind, note: note.trim() },
        }),
      ),
    'Taken down.',
  )
  return (
    <Modal opened onClose={onClose} title="Take down a request">
      <Stack>
        <ContactPicker label="Who" value={contactId} onChange={setContactId} />
        <Select
          label="What the person asks for"
          data={[
            { value: 'export', label: 'All data that is held' },
            { value: 'erase', label: 'To be erased' },
          ]}
          allowDeselect={false}
          value={kind}
          onChange={value => setKind(value === 'erase' ? 'erase' : 'export')}
        />
        <Textarea
          label="How it came (optional)"
          placeholder="By letter of 3 May"
          value={note}
          onChange={event => setNote(event.currentTarget.value)}
        />
        {answer.isError && <ErrorNote error={answer.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button disabled={!contactId} loading={answer.isPending} onClick={() => answer.mutate()}>
            Take it down
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
