import { Anchor, Button, Group, Select, Table, Text } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { call, client } from '@/api/client'
import { ExportButton } from '@/ui/export-button'
import { When } from '@/ui/format'
import { Empty, Page } from '@/ui/page'
import { ErrorNote, Waiting } from '@/ui/states'
import { type MessageState, MessageStateBadge, messageStates, stateWords } from './message-state'

type Came = 'bounced' | 'complained'
type Search = { state?: MessageState; class?: 'marketing' | 'service' | 'alert' | 'test'; came?: Came }

/** Every message with what became of it and the other side's own words. */
export function DeliveriesScreen() {
  const search = useSearch({ strict: false }) as Search
  const go = useNavigate()
  const set = (change: Search) =>
    void go({
      to: '/deliveries',
      search: Object.fromEntries(
        Object.entries({ ...search, ...change }).filter(([, value]) => value),
      ) as never,
    })
  const list = useInfiniteQuery({
    queryKey: ['messages', search.state, search.class, search.came],
    queryFn: ({ pageParam }) =>
      call(
        client.GET('/api/v1/messages', {
          params: {
            query: {
              limit: 50,
              ...(search.state ? { state: search.state } : {}),
              ...(search.class ? { class: search.class } : {}),
              ...(search.came ? { came: search.came } : {}),
              ...(pageParam ? { cursor: pageParam } : {}),
            },
          },
        }),
      ),
    initialPageParam: '',
    getNextPageParam: last => last.next ?? undefined,
    refetchInterval: 15_000,
  })
  const items = list.data?.pages.flatMap(page => page.items) ?? []
  return (
    <Page
      title="Deliveries"
      words="Everything that was to be said, the newest first: sent, held back or put off, and why."
      actions={
        <ExportButton
          what="these deliveries"
          ask={{
            kind: 'messages',
            ...(search.state ? { state: search.state } : {}),
            ...(search.class ? { class: search.class } : {}),
          }}
        />
      }
    >
      <Group gap="sm">
        <Select
          aria-label="What became of it"
          placeholder="Any outcome"
          clearable
          w={180}
          data={messageStates.map(state => ({ value: state, label: stateWords(state) }))}
          value={search.state ?? null}
          onChange={state => set({ state: (state ?? '') as MessageState })}
        />
        <Select
          aria-label="What came back"
          placeholder="Come back or not"
          clearable
          w={180}
          data={[
            { value: 'bounced', label: 'Bounced' },
            { value: 'complained', label: 'Reported as spam' },
          ]}
          value={search.came ?? null}
          onChange={came => set({ came: (came ?? '') as Came })}
        />
        <Select
          aria-label="Kind of message"
          placeholder="Any kind"
          clearable
          w={180}
          data={[
            { value: 'marketing', label: 'Marketing' },
            { value: 'service', label: 'Service' },
            { value: 'alert', label: 'Alert to our team' },
            { value: 'test', label: 'Test' },
          ]}
          value={search.class ?? null}
          onChange={kind => set({ class: (kind ?? '') as NonNullable<Search['class']> })}
        />
      </Group>
      {list.isPending && <Waiting />}
      {list.isError && <ErrorNote error={list.error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && items.length === 0 && (
        <Empty
          title={search.state || search.class ? 'Nothing like that' : 'Nothing was said yet'}
          words="When a workflow writes to somebody, or an alert goes to sales, it stands here with what became of it."
        />
      )}
      {items.length > 0 && (
        <Table.ScrollContainer minWidth={820}>
          <Table highlightOnHover verticalSpacing="sm" stickyHeader>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>To</Table.Th>
                <Table.Th>What</Table.Th>
                <Table.Th>Outcome</Table.Th>
                <Table.Th>In words</Table.Th>
                <Table.Th>When</Table.Th>
                <Table.Th />
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {items.map(message => (
                <Table.Tr key={message.id}>
                  <Table.Td>
                    <Anchor component={Link} to={`/contacts/${message.contactId}`} size="sm">
                      {message.recipient ?? `Contact ${message.contactId}`}
                    </Anchor>
                  </Table.Td>
                  <Table.Td maw={280}>
                    <Text size="sm" truncate>
                      {message.subject ??
                        message.emailName ??
                        (message.channel === 'webhook' ? 'Webhook' : '(no subject)')}
                    </Text>
                    <Text size="xs" c="dimmed">
                      {message.class}
                    </Text>
                  </Table.Td>
                  <Table.Td>
                    <MessageStateBadge state={message.state} />
                  </Table.Td>
                  <Table.Td maw={340}>
                    <Text size="sm" lineClamp={2}>
                      {message.words}
                    </Text>
                  </Table.Td>
                  <Table.Td>
                    <When at={message.sentAt ?? message.queuedAt} />
                  </Table.Td>
                  <Table.Td>
                    <Anchor
                      component={Link}
                      to={`/contacts/${message.contactId}`}
                      search={{ tab: 'messages', message: message.id } as never}
                      size="sm"
                    >
                      Why?
                    </Anchor>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {list.hasNextPage && (
        <Group justify="center">
          <Button
            variant="default"
            loading={list.isFetchingNextPage}
            onClick={() => void list.fetchNextPage()}
          >
            Show older
          </Button>
        </Group>
      )}
    </Page>
  )
}
