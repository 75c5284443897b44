import { Anchor, Button, Group, Select, Stack, Table, Text } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { call, client } from '@/api/client'
import { formatNumber, personName, When } from '@/ui/format'
import { ErrorNote, Waiting } from '@/ui/states'
import { type Campaign, isOver, letters } from './campaign'
import { MessageStateBadge, messageStates, stateWords } from './message-state'

const states = ['waiting', ...messageStates] as const
type State = (typeof states)[number]
const wordsOf = (state: State) => (state === 'waiting' ? 'Waiting' : stateWords(state))

/** Every recipient with what became of him, in the words of the receiving server where it said any. */
export function CampaignRecipients(props: { campaign: Campaign; states: Record<string, number> }) {
  const { campaign } = props
  const go = useNavigate()
  const search = useSearch({ strict: false }) as { tab?: string; state?: string }
  const state = states.find(each => each === search.state)
  const list = useInfiniteQuery({
    queryKey: ['campaign-recipients', campaign.id, state ?? ''],
    queryFn: ({ pageParam }) =>
      call(
        client.GET('/api/v1/campaigns/{id}/recipients', {
          params: {
            path: { id: campaign.id },
            query: { limit: 50, ...(state ? { state } : {}), ...(pageParam ? { cursor: pageParam } : {}) },
          },
        }),
      ),
    initialPageParam: '',
    getNextPageParam: last => last.next ?? undefined,
    refetchInterval: isOver(campaign.status) ? false : 5_000,
  })
  const items = list.data?.pages.flatMap(page => page.items) ?? []
  return (
    <Stack>
      <Select
        label="State"
        w={280}
        clearable
        placeholder="All"
        data={states
          .filter(each => (props.states[each] ?? 0) > 0 || each === state)
          .map(each => ({
            value: each,
            label: `${wordsOf(each)} (${formatNumber(props.states[each] ?? 0)})`,
          }))}
        value={state ?? null}
        onChange={next =>
          void go({
            to: '.',
            search: { tab: 'recipients', ...(next ? { state: next } : {}) } as never,
            replace: true,
          })
        }
      />
      {list.isPending && <Waiting />}
      {list.isError && <ErrorNote error={list.error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && items.length === 0 && (
        <Text c="dimmed">{state ? 'Nobody is in this state.' : 'The audience is fixed when it starts.'}</Text>
      )}
      {items.length > 0 && (
        <Table.ScrollContainer minWidth={760}>
          <Table highlightOnHover verticalSpacing="xs">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Recipient</Table.Th>
                <Table.Th>State</Table.Th>
                <Table.Th>In words</Table.Th>
                {campaign.settings.test && <Table.Th>Variant</Table.Th>}
                <Table.Th>When</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {items.map(row => (
                <Table.Tr key={row.contactId}>
                  <Table.Td>
                    <Anchor component={Link} to={`/contacts/${row.contactId}`} size="sm">
                      {personName(row)}
                    </Anchor>
                    <Text size="xs" c="dimmed">
                      {row.email}
                    </Text>
                  </Table.Td>
                  <Table.Td>
                    {row.state === 'waiting' ? (
                      <Text size="sm">Waiting</Text>
                    ) : (
                      <MessageStateBadge state={row.state} />
                    )}
                  </Table.Td>
                  <Table.Td maw={420}>
                    <Text size="sm">{row.words}</Text>
                  </Table.Td>
                  {campaign.settings.test && (
                    <Table.Td>{row.variant === 0 ? 'the winner' : letters[row.variant - 1]}</Table.Td>
                  )}
                  <Table.Td>
                    <When at={row.sentAt ?? row.dueAt} />
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
            Show more
          </Button>
        </Group>
      )}
    </Stack>
  )
}
