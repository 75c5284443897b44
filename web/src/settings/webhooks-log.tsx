import {
  Anchor,
  Badge,
  Button,
  Code,
  Group,
  Modal,
  Paper,
  SegmentedControl,
  Stack,
  Table,
  Text,
  Title,
} from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { call, client } from '@/api/client'
import { When } from '@/ui/format'
import { ErrorNote, Loaded, Waiting } from '@/ui/states'
import { useEventTypes } from './webhooks-data'

const states = ['all', 'waiting', 'delivered', 'failed'] as const
type Key = { id: string; contactId: string; eventId: string }

/** Every call with its state; one can be looked into and told again. */
export function WebhookLog({ id }: { id: string }) {
  const search = useSearch({ strict: false }) as Record<string, string | undefined>
  const go = useNavigate()
  const state = states.find(each => each === search.state) ?? 'all'
  const types = useEventTypes().data?.items ?? []
  const [open, setOpen] = useState<Key | null>(null)
  const log = useInfiniteQuery({
    queryKey: ['webhook-calls', id, state],
    queryFn: ({ pageParam }) =>
      call(
        client.GET('/api/v1/webhooks/{id}/calls', {
          params: {
            path: { id },
            query: {
              limit: 25,
              ...(pageParam ? { cursor: pageParam } : {}),
              ...(state === 'all' ? {} : { state }),
            },
          },
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: last => last.next,
    refetchInterval: 5_000,
  })
  const items = log.data?.pages.flatMap(page => page.items) ?? []
  return (
    <Paper withBorder p="md">
      <Group justify="space-between" mb="sm">
        <Title order={2}>Delivery log</Title>
        <SegmentedControl
          size="xs"
          aria-label="Which calls"
          data={[...states]}
          value={state}
          onChange={value =>
            void go({ to: '.', search: { ...search, state: value } as never, replace: true })
          }
        />
      </Group>
      {log.isPending && <Waiting lines={4} />}
      {log.isError && <ErrorNote error={log.error} onRetry={() => void log.refetch()} />}
      {log.data && items.length === 0 && (
        <Text size="sm" c="dimmed">
          Nothing here. Calls are kept for 30 days.
        </Text>
      )}
      {items.length > 0 && (
        <Table.ScrollContainer minWidth={640}>
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Event</Table.Th>
                <Table.Th>Contact</Table.Th>
                <Table.Th>State</Table.Th>
                <Table.Th>Answer</Table.Th>
                <Table.Th>When</Table.Th>
                <Table.Th />
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {items.map(item => (
                <Table.Tr key={`${item.contactId}${item.eventId}`}>
                  <Table.Td>{types.find(each => each.type === item.type)?.title ?? item.type}</Table.Td>
                  <Table.Td>
                    <Anchor component={Link} to={`/contacts/${item.contactId}`} size="sm">
                      {item.contactId}
                    </Anchor>
                  </Table.Td>
                  <Table.Td>
                    <Badge
                      color={item.state === 'failed' ? 'red' : item.state === 'delivered' ? 'tend' : 'gray'}
                      c={
                        item.state === 'waiting' || item.state === 'calling'
                          ? 'var(--mantine-color-text)'
                          : undefined
                      }
                    >
                      {item.state}
                    </Badge>
                  </Table.Td>
                  <Table.Td>
                    <Text size="sm" maw={260} lineClamp={1}>
                      {item.words ?? ''}
                    </Text>
                  </Table.Td>
                  <Table.Td>
                    <When at={item.doneAt ?? item.queuedAt} />
                  </Table.Td>
                  <Table.Td ta="right">
                    <Button
                      size="compact-xs"
                      variant="default"
                      onClick={() => setOpen({ id, contactId: item.contactId, eventId: item.eventId })}
                    >
                      Look
                    </Button>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {log.hasNextPage && (
        <Button
          mt="sm"
          variant="default"
          loading={log.isFetchingNextPage}
          onClick={() => void log.fetchNextPage()}
        >
          Show more
        </Button>
      )}
      <CallDialog call={open} onClose={() => setOpen(null)} />
    </Paper>
  )
}

function CallDialog({ call: open, onClose }: { call: Key | null; onClose(): void }) {
  const queries = useQueryClient()
  const path = open ?? { id: '0', contactId: '0', eventId: '0' }
  const attempts = useQuery({
    queryKey: ['webhook-attempts', path],
    queryFn: () =>
      call(client.GET('/api/v1/webhooks/{id}/calls/{contactId}/{eventId}', { params: { path } })),
    enabled: open !== null,
  })
  const replay = useMutation({
    mutationFn: () =>
      call(client.POST('/api/v1/webhooks/{id}/calls/{contactId}/{eventId}/replay', { params: { path } })),
    onSuccess: () => {
      notifications.show({ message: 'It is called once more, under the same id.' })
      onClose()
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ['webhook-calls'] }),
  })
  return (
    <Modal opened={open !== null} onClose={onClose} title="One call" size="xl">
      <Stack>
        <Loaded query={attempts} lines={4}>
          {data =>
            data.items.length === 0 ? (
              <Text size="sm">It was not tried yet.</Text>
            ) : (
              <Stack>
                {data.items.map(each => (
                  <Stack key={each.number} gap={6}>
                    <Group gap="xs">
                      <Text size="sm" fw={600}>
                        Attempt {each.number}: {each.words}
                      </Text>
                      <Text size="xs" c="dimmed">
                        {each.tookMs} ms
                      </Text>
                      <When at={each.at} size="xs" />
                    </Group>
                    <Code block mah={240} style={{ overflow: 'auto' }}>
                      {each.request}
                    </Code>
                    {each.response && (
                      <Code block mah={160} style={{ overflow: 'auto' }}>
                        {each.response}
                      </Code>
                    )}
                  </Stack>
                ))}
              </Stack>
            )
          }
        </Loaded>
        {replay.isError && <ErrorNote error={replay.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Close
          </Button>
          <Button loading={replay.isPending} onClick={() => replay.mutate()}>
            Call again
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
