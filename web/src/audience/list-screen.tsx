import {
  Anchor,
  Button,
  Group,
  Modal,
  Paper,
  Stack,
  Switch,
  Table,
  Text,
  Textarea,
  TextInput,
} from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconClipboardPlus } from '@tabler/icons-react'
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { call, client } from '@/api/client'
import { formatNumber, personName } from '@/ui/format'
import { Empty, Page } from '@/ui/page'
import { ErrorNote, Loaded, Waiting } from '@/ui/states'
import { showUndo } from '@/ui/undo'
import { changeMembers, useContactRights, useLists } from './contact'

type List = NonNullable<ReturnType<typeof useLists>['data']>['items'][number]

/** One list: who is on it, its name, and people put on it by pasting their addresses. */
export function ListScreen() {
  const { id } = useParams({ strict: false }) as { id: string }
  const lists = useLists()
  return (
    <Loaded query={lists} lines={8}>
      {data => {
        const list = data.items.find(each => each.id === id)
        return list ? (
          <One list={list} />
        ) : (
          <Empty title="This list does not exist" words="It may be another one's address." />
        )
      }}
    </Loaded>
  )
}

function One({ list }: { list: List }) {
  const rights = useContactRights()
  const [pasting, setPasting] = useState(false)
  const filter = JSON.stringify({ all: [{ type: 'list', listId: list.id, in: true }] })
  return (
    <Page
      title={list.name}
      words={
        <>
          {formatNumber(list.size)} {list.size === 1 ? 'person' : 'people'}
          {list.archivedAt ? ' · archived' : ''} ·{' '}
          <Anchor component={Link} to="/contacts" search={{ filter } as never} size="sm">
            show them in the list of contacts
          </Anchor>
        </>
      }
      actions={
        <Button
          leftSection={<IconClipboardPlus size={16} />}
          disabled={rights.build !== null || list.archivedAt !== null}
          title={rights.build ?? undefined}
          onClick={() => setPasting(true)}
        >
          Paste addresses
        </Button>
      }
    >
      <Settings key={list.name} list={list} />
      <Members list={list} />
      {pasting && <Paste list={list} onClose={() => setPasting(false)} />}
    </Page>
  )
}

function Settings({ list }: { list: List }) {
  const queries = useQueryClient()
  const rights = useContactRights()
  const [name, setName] = useState(list.name)
  const [description, setDescription] = useState(list.description)
  const save = useMutation({
    mutationFn: (body: { name?: string; description?: string; archived?: boolean }) =>
      call(client.PATCH('/api/v1/lists/{id}', { params: { path: { id: list.id } }, body })),
    onSuccess: () => {
      notifications.show({ message: 'Saved.' })
      return queries.invalidateQueries({ queryKey: ['lists'] })
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    save.mutate({ name: name.trim(), description: description.trim() })
  }
  const isChanged = name.trim() !== list.name || description.trim() !== list.description
  return (
    <Paper withBorder p="md" component="section" aria-label="Name">
      <form onSubmit={submit}>
        <Group align="flex-end">
          <TextInput
            label="Name"
            value={name}
            disabled={rights.build !== null}
            onChange={event => setName(event.currentTarget.value)}
          />
          <TextInput
            label="Description"
            flex={1}
            value={description}
            disabled={rights.build !== null}
            onChange={event => setDescription(event.currentTarget.value)}
          />
          <Button
            type="submit"
            disabled={rights.build !== null || !isChanged || !name.trim()}
            loading={save.isPending}
          >
            Save
          </Button>
          <Switch
            label="Archived"
            checked={list.archivedAt !== null}
            disabled={rights.build !== null}
            onChange={event => save.mutate({ archived: event.currentTarget.checked })}
          />
        </Group>
        {save.isError && <ErrorNote error={save.error} />}
      </form>
    </Paper>
  )
}

function Members({ list }: { list: List }) {
  const queries = useQueryClient()
  const rights = useContactRights()
  const members = useInfiniteQuery({
    queryKey: ['lists', list.id, 'members'],
    queryFn: ({ pageParam }) =>
      call(
        client.GET('/api/v1/lists/{id}/members', {
          params: {
            path: { id: list.id },
            query: { limit: 50, ...(pageParam ? { cursor: pageParam } : {}) },
          },
        }),
      ),
    initialPageParam: '',
    getNextPageParam: last => last.next ?? undefined,
  })
  const refresh = () => queries.invalidateQueries({ queryKey: ['lists'] })
  const remove = useMutation({
    mutationFn: (id: string) => changeMembers(list.id, [id], false),
    onSuccess: (_done, id) => {
      void refresh()
      showUndo('Taken off the list.', async () => {
        await changeMembers(list.id, [id], true)
        await refresh()
      })
    },
  })
  const people = members.data?.pages.flatMap(page => page.items) ?? []
  return (
    <>
      {members.isPending && <Waiting />}
      {members.isError && <ErrorNote error={members.error} onRetry={() => void members.refetch()} />}
      {members.isSuccess && people.length === 0 && (
        <Empty
          title="Nobody is on this list"
          words="Paste addresses, choose contacts in their list, or let a workflow put them here."
        />
      )}
      {people.length > 0 && (
        <Table verticalSpacing={6} highlightOnHover>
          <Table.Tbody>
            {people.map(person => (
              <Table.Tr key={person.id}>
                <Table.Td>
                  <Anchor component={Link} to={`/contacts/${person.id}`} size="sm" fw={600}>
                    {personName(person)}
                  </Anchor>
                </Table.Td>
                <Table.Td style={{ overflowWrap: 'anywhere' }}>{person.email}</Table.Td>
                <Table.Td ta="right">
                  <Button
                    size="compact-sm"
                    variant="subtle"
                    disabled={rights.build !== null}
                    aria-label={`Take ${personName(person)} off the list`}
                    onClick={() => remove.mutate(person.id)}
                  >
                    Take off
                  </Button>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      {members.hasNextPage && (
        <Group justify="center">
          <Button
            variant="default"
            loading={members.isFetchingNextPage}
            onClick={() => void members.fetchNextPage()}
          >
            Show more
          </Button>
        </Group>
      )}
    </>
  )
}

function Paste({ list, onClose }: { list: List; onClose(): void }) {
  const queries = useQueryClient()
  const [text, setText] = useState('')
  const paste = useMutation({
    mutationFn: (create: boolean) =>
      call(
        client.POST('/api/v1/lists/{id}/paste', {
          params: { path: { id: list.id } },
          body: { text, create },
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['lists'] }),
  })
  const said = paste.data
  return (
    <Modal opened onClose={onClose} title={`Put on “${list.name}”`} size="lg">
      <Stack>
        <Textarea
          label="Addresses"
          description="Any text with addresses in it, up to 5,000."
          autosize
          minRows={6}
          maxRows={14}
          data-autofocus
          value={text}
          onChange={event => {
            setText(event.currentTarget.value)
            paste.reset()
          }}
        />
        {paste.isError && <ErrorNote error={paste.error} />}
        {said && (
          <Stack gap={4} role="status">
            <Text size="sm">
              {formatNumber(said.added)} put on the list, {formatNumber(said.already)} were on it already
              {said.created > 0 ? `, ${formatNumber(said.created)} new contacts without consent` : ''}.
            </Text>
            {said.unknown.length > 0 && (
              <Group gap="xs">
                <Text size="sm">
                  {formatNumber(said.unknown.length)} are no contacts: {said.unknown.slice(0, 3).join(', ')}
                  {said.unknown.length > 3 ? ' ...' : ''}
                </Text>
                <Button
                  size="compact-sm"
                  variant="default"
                  loading={paste.isPending}
                  onClick={() => paste.mutate(true)}
                >
                  Create them, without consent
                </Button>
              </Group>
            )}
            {said.broken.length > 0 && (
              <Text size="sm" c="dimmed">
                Not readable: {said.broken.slice(0, 5).join(', ')}
              </Text>
            )}
          </Stack>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Close
          </Button>
          <Button
            disabled={!text.includes('@')}
            loading={paste.isPending}
            onClick={() => paste.mutate(false)}
          >
            Put on the list
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
