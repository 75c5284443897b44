import { Badge, Button, Group, Modal, Stack, Table, Text, Textarea, TextInput } from '@mantine/core'
import { modals } from '@mantine/modals'
import { notifications } from '@mantine/notifications'
import { IconExternalLink, IconPlus } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { call, client } from '@/api/client'
import { useEditReason } from '@/shell/me'
import { useCreating } from '@/ui/create-dialog'
import { formatNumber } from '@/ui/format'
import { Empty, Page } from '@/ui/page'
import { ErrorNote, Loaded } from '@/ui/states'
import { showUndo } from '@/ui/undo'
import { ConfirmLetter } from './confirm-letter'
import { Leaving } from './leaving'

const readTopics = () => call(client.GET('/api/v1/topics'))
type Topic = Awaited<ReturnType<typeof readTopics>>['items'][number]

/** What people can choose, the letter that asks for their word, and why they leave. */
export function ConsentScreen() {
  const reason = useEditReason()
  const creating = useCreating()
  const [editing, setEditing] = useState<Topic | null>(null)
  const sending = useQuery({ queryKey: ['sending'], queryFn: () => call(client.GET('/api/v1/sending')) })
  return (
    <Page
      title="Consent & topics"
      words="Every marketing mail leads its reader to a page where he chooses topics, how often, and a pause."
      actions={
        <>
          {sending.data && (
            <Button
              component="a"
              href={sending.data.choicesUrl}
              target="_blank"
              rel="noopener"
              variant="default"
              rightSection={<IconExternalLink size={16} />}
            >
              See that page
            </Button>
          )}
          <Button
            leftSection={<IconPlus size={16} />}
            disabled={reason !== null}
            title={reason ?? undefined}
            onClick={creating.open}
          >
            New topic
          </Button>
        </>
      }
    >
      <Stack maw={860} gap="lg">
        <Topics reason={reason} onEdit={setEditing} onCreate={creating.open} />
        <ConfirmLetter />
        <Leaving />
      </Stack>
      {creating.opened && <TopicDialog topic={null} onClose={creating.close} />}
      {editing && <TopicDialog topic={editing} onClose={() => setEditing(null)} />}
    </Page>
  )
}

type TopicsProps = { reason: string | null; onEdit(topic: Topic): void; onCreate(): void }

function Topics({ reason, onEdit, onCreate }: TopicsProps) {
  const queries = useQueryClient()
  const topics = useQuery({ queryKey: ['topics'], queryFn: readTopics })
  const again = () => queries.invalidateQueries({ queryKey: ['topics'] })
  const setArchived = async (topic: Topic, archived: boolean) => {
    await call(
      client.PATCH('/api/v1/topics/{id}', { params: { path: { id: topic.id } }, body: { archived } }),
    )
    await again()
  }
  const archive = async (topic: Topic) => {
    await setArchived(topic, true)
    showUndo(`“${topic.name}” is no longer offered.`, () => setArchived(topic, false))
  }
  const remove = (topic: Topic) =>
    modals.openConfirmModal({
      title: `Delete “${topic.name}”?`,
      children: <Text size="sm">Nobody has said anything about it yet. This cannot be undone.</Text>,
      labels: { confirm: 'Delete the topic', cancel: 'Keep it' },
      confirmProps: { color: 'red' },
      onConfirm: async () => {
        await call(client.DELETE('/api/v1/topics/{id}', { params: { path: { id: topic.id } } })).catch(
          error => notifications.show({ color: 'red', message: error instanceof Error ? error.message : '' }),
        )
        await again()
      },
    })
  return (
    <Loaded query={topics}>
      {data =>
        data.items.length === 0 ? (
          <Empty
            title="No topic yet"
            words="Without topics people can only have all of your marketing or none. With topics they keep what they like."
            {...(reason ? {} : { action: { label: 'Add a topic', onClick: onCreate } })}
          />
        ) : (
          <Table.ScrollContainer minWidth={600}>
            <Table verticalSpacing="sm">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>Topic</Table.Th>
                  <Table.Th ta="right">Said yes</Table.Th>
                  <Table.Th ta="right">Said no</Table.Th>
                  <Table.Th />
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {data.items.map(topic => (
                  <Table.Tr key={topic.id}>
                    <Table.Td>
                      <Group gap="xs">
                        <Text size="sm" fw={600}>
                          {topic.name}
                        </Text>
                        {topic.archived && (
                          <Badge color="gray" c="var(--mantine-color-text)">
                            Archived
                          </Badge>
                        )}
                      </Group>
                      <Text size="sm" c="dimmed">
                        {topic.description}
                      </Text>
                    </Table.Td>
                    <Table.Td ta="right" className="numbers">
                      {formatNumber(topic.granted)}
                    </Table.Td>
                    <Table.Td ta="right" className="numbers">
                      {formatNumber(topic.withdrawn)}
                    </Table.Td>
                    <Table.Td>
                      <Group gap={6} justify="flex-end" wrap="nowrap">
                        <Button
                          size="compact-sm"
                          variant="default"
                          disabled={reason !== null}
                          onClick={() => onEdit(topic)}
                        >
                          Edit
                        </Button>
                        <Button
                          size="compact-sm"
                          variant="default"
                          disabled={reason !== null}
                          onClick={() => void (topic.archived ? setArchived(topic, false) : archive(topic))}
                        >
                          {topic.archived ? 'Bring back' : 'Archive'}
                        </Button>
                        {topic.granted + topic.withdrawn === 0 && (
                          <Button
                            size="compact-sm"
                            variant="default"
                            disabled={reason !== null}
                            onClick={() => remove(topic)}
                          >
                            Delete
                          </Button>
                        )}
                      </Group>
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
            <Text size="sm" c="dimmed" mt="xs">
              Who agreed to marketing as a whole gets every topic that he has not said no to. An email chooses
              its topic in its editor.
            </Text>
          </Table.ScrollContainer>
        )
      }
    </Loaded>
  )
}

function TopicDialog({ topic, onClose }: { topic: Topic | null; onClose(): void }) {
  const queries = useQueryClient()
  const [name, setName] = useState(topic?.name ?? '')
  const [description, setDescription] = useState(topic?.description ?? '')
  const body = { name: name.trim(), description: description.trim() }
  const save = useMutation({
    mutationFn: async () => {
      if (topic) await call(client.PATCH('/api/v1/topics/{id}', { params: { path: { id: topic.id } }, body }))
      else await call(client.POST('/api/v1/topics', { body }))
    },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['topics'] })
      onClose()
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    save.mutate()
  }
  return (
    <Modal opened onClose={onClose} title={topic ? `Edit “${topic.name}”` : 'New topic'}>
      <form onSubmit={submit}>
        <Stack>
          <TextInput
            label="Name"
            placeholder="Product news"
            required
            maxLength={100}
            data-autofocus
            value={name}
            onChange={event => setName(event.currentTarget.value)}
          />
          <Textarea
            label="What it is about"
            description="Readers see it on the page where they choose"
            placeholder="What is new, about once a month"
            autosize
            minRows={2}
            maxLength={500}
            value={description}
            onChange={event => setDescription(event.currentTarget.value)}
          />
          {save.isError && <ErrorNote error={save.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={save.isPending} disabled={!body.name}>
              {topic ? 'Save the topic' : 'Add the topic'}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
