import { Alert, Button, Checkbox, Code, Group, Modal, Stack, Table, Text, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconDownload } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { call, client } from '@/api/client'
import { formatNumber, personName } from '@/ui/format'
import { ErrorNote, Loaded } from '@/ui/states'
import { type Contact, contactKey } from './contact'

/** All that is held about one person, to be handed to him: one JSON document, or each kind as a table. */
export function ExportDialog({ contact, onClose }: { contact: Contact; onClose(): void }) {
  const { id } = contact
  const kinds = useQuery({
    queryKey: contactKey(id, 'export-kinds'),
    queryFn: () => call(client.GET('/api/v1/contacts/{id}/export/kinds', { params: { path: { id } } })),
  })
  return (
    <Modal opened onClose={onClose} title={`All data about ${personName(contact)}`} size="lg">
      <Stack>
        <Text size="sm">
          Everything that is held about this person, for the person (GDPR articles 15 and 20). Each download
          is noted in the audit log.
        </Text>
        <Group>
          <Button
            component="a"
            href={`/api/v1/contacts/${id}/export`}
            download={`contact-${id}.json`}
            leftSection={<IconDownload size={16} />}
          >
            Everything as JSON
          </Button>
        </Group>
        <Loaded query={kinds}>
          {data => (
            <Table.ScrollContainer minWidth={320} mah={360} type="native">
              <Table stickyHeader verticalSpacing={4}>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>Kind</Table.Th>
                    <Table.Th ta="right">Rows</Table.Th>
                    <Table.Th />
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {data.items.map(({ kind, words, rows }) => (
                    <Table.Tr key={kind}>
                      <Table.Td>{words.charAt(0).toUpperCase() + words.slice(1)}</Table.Td>
                      <Table.Td ta="right" className="numbers">
                        {formatNumber(rows)}
                      </Table.Td>
                      <Table.Td ta="right">
                        <Button
                          component="a"
                          size="compact-sm"
                          variant="default"
                          href={`/api/v1/contacts/${id}/export/csv?kind=${encodeURIComponent(kind)}`}
                          download
                          aria-label={`${words} as CSV`}
                        >
                          CSV
                        </Button>
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Table.ScrollContainer>
          )}
        </Loaded>
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Close
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}

export const readErasure = (id: string) =>
  call(client.GET('/api/v1/contacts/{id}/erasure', { params: { path: { id } } }))
type Erasure = Awaited<ReturnType<typeof readErasure>>

/** What an erasure takes away, in numbers. */
export function ErasureNumbers({ erasure }: { erasure: Erasure }) {
  const { queuedMessages, activeWorkflows } = erasure
  const waiting = [
    ...(queuedMessages > 0
      ? [`${queuedMessages} ${queuedMessages === 1 ? 'message' : 'messages'} that wait will not be sent`]
      : []),
    ...(activeWorkflows > 0
      ? [
          `${activeWorkflows} ${activeWorkflows === 1 ? 'workflow' : 'workflows'} in which the contact stands end`,
        ]
      : []),
  ]
  return (
    <Stack gap="xs">
      <Text size="sm">
        <b>{formatNumber(erasure.total)} rows</b> are removed for good, in all tables, jobs and files:
      </Text>
      <Group gap="xs">
        {erasure.rows.map(row => (
          <Code key={row.table}>
            {row.words}: {formatNumber(row.rows)}
          </Code>
        ))}
      </Group>
      {waiting.length > 0 && <Alert color="yellow">{waiting.join('; ')}.</Alert>}
    </Stack>
  )
}

/** Nothing of it can be brought back: the numbers are shown, and the address has to be typed. */
export function EraseDialog({ contact, onClose }: { contact: Contact; onClose(): void }) {
  const queries = useQueryClient()
  const go = useNavigate()
  const erasure = useQuery({
    queryKey: contactKey(contact.id, 'erasure'),
    queryFn: () => readErasure(contact.id),
  })
  const [typed, setTyped] = useState('')
  const [keepOut, setKeepOut] = useState(true)
  const word = contact.email ?? 'erase'
  const erase = useMutation({
    mutationFn: () =>
      call(
        client.POST('/api/v1/contacts/{id}/erase', {
          params: { path: { id: contact.id } },
          body: { keepOut },
        }),
      ),
    onSuccess: async () => {
      notifications.show({ message: `${personName(contact)} was erased, with all that was held.` })
      await go({ to: '/contacts' })
      queries.removeQueries({ queryKey: contactKey(contact.id) })
      void queries.invalidateQueries({ queryKey: ['contacts'] })
    },
  })
  const isRight = typed.trim().toLowerCase() === word
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (isRight) erase.mutate()
  }
  return (
    <Modal opened onClose={onClose} title={`Erase ${personName(contact)}?`} size="lg">
      <form onSubmit={submit}>
        <Stack>
          <Loaded query={erasure} lines={3}>
            {data => <ErasureNumbers erasure={data} />}
          </Loaded>
          <Text size="sm" c="dimmed">
            Numbers in reports stay. What cannot be searched are backups made before: see the documentation.
          </Text>
          <Checkbox
            label="Nobody writes to these addresses again, also after an import"
            description="Only their keyed hashes are kept. A new opt-in by the person lifts it. Whoever opted out stays out anyway."
            checked={keepOut}
            onChange={event => setKeepOut(event.currentTarget.checked)}
          />
          <TextInput
            label={
              <>
                Type <Code>{word}</Code> to erase
              </>
            }
            autoComplete="off"
            data-autofocus
            value={typed}
            onChange={event => setTyped(event.currentTarget.value)}
          />
          {erase.isError && <ErrorNote error={erase.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Keep the contact
            </Button>
            <Button type="submit" color="red" loading={erase.isPending} disabled={!isRight}>
              Erase for good
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
