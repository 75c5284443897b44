import { Anchor, Badge, Button, Group, SegmentedControl, Table, Text } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { call, client } from '@/api/client'
import { formatDay, When } from '@/ui/format'
import { Empty, Page } from '@/ui/page'
import { ErrorNote, Waiting } from '@/ui/states'
import { AddDialog, FulfilDialog, RefuseDialog, type Request } from './privacy-request-dialogs'
import { usePrivacyReason } from './privacy-screen'

const states = ['open', 'fulfilled', 'refused'] as const
type State = (typeof states)[number]
const readRequests = (state: State, cursor: string | null) =>
  call(
    client.GET('/api/v1/privacy/requests', {
      params: { query: { state, ...(cursor ? { cursor } : {}) } },
    }),
  )
const kinds: Record<Request['kind'], string> = {
  export: 'wants a copy of the data',
  erase: 'wants to be erased',
}

/** What people asked about their own data: answered within thirty days, what is due first first. */
export function PrivacyRequestsScreen() {
  const given = useSearch({ strict: false }) as { state?: string }
  const state = states.find(known => known === given.state) ?? 'open'
  const go = useNavigate()
  const reason = usePrivacyReason()
  const [isAdding, setAdding] = useState(false)
  const requests = useInfiniteQuery({
    queryKey: ['privacy', 'requests', state],
    queryFn: ({ pageParam }) => readRequests(state, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: last => last.next,
  })
  const items = (requests.data?.pages ?? []).flatMap(page => page.items)
  return (
    <Page
      title="Requests"
      words="What people asked about their own data. The law gives a month for the answer."
      actions={
        <Button
          leftSection={<IconPlus size={16} />}
          disabled={reason !== null}
          title={reason ?? undefined}
          onClick={() => setAdding(true)}
        >
          Take down a request
        </Button>
      }
    >
      <SegmentedControl
        w="fit-content"
        aria-label="State"
        data={[
          { value: 'open', label: 'Open' },
          { value: 'fulfilled', label: 'Fulfilled' },
          { value: 'refused', label: 'Refused' },
        ]}
        value={state}
        onChange={value => void go({ to: '/settings/privacy/requests', search: { state: value } })}
      />
      {requests.isPending && <Waiting />}
      {requests.isError && <ErrorNote error={requests.error} onRetry={() => void requests.refetch()} />}
      {requests.isSuccess && items.length === 0 && (
        <Empty
          title={state === 'open' ? 'Nothing waits' : 'Nothing here'}
          words="People ask in the preference centre that stands under every mail. What comes by letter or phone can be taken down here, so that it is answered in time."
        />
      )}
      {items.length > 0 && (
        <Table.ScrollContainer minWidth={760} type="native">
          <Table verticalSpacing="sm">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Who</Table.Th>
                <Table.Th>Asked</Table.Th>
                <Table.Th w={190}>{state === 'open' ? 'Answer until' : 'Answered'}</Table.Th>
                <Table.Th w={320} ta="right">
                  {state === 'open' ? 'Answer' : ''}
                </Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {items.map(item => (
                <Row key={item.id} request={item} />
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {requests.hasNextPage && (
        <Button
          variant="default"
          w="fit-content"
          loading={requests.isFetchingNextPage}
          onClick={() => void requests.fetchNextPage()}
        >
          Show more
        </Button>
      )}
      {isAdding && <AddDialog onClose={() => setAdding(false)} />}
    </Page>
  )
}

function Row({ request }: { request: Request }) {
  const reason = usePrivacyReason()
  const [asking, setAsking] = useState<'fulfil' | 'refuse' | null>(null)
  const isOpen = request.state === 'open'
  const who = request.name ?? request.email
  return (
    <Table.Tr style={{ verticalAlign: 'top' }}>
      <Table.Td>
        {who ? (
          <Anchor component={Link} to={`/contacts/${request.contactId}`} size="sm" fw={600}>
            {who}
          </Anchor>
        ) : (
          <Text size="sm" c="dimmed">
            erased
          </Text>
        )}
        {request.name && request.email && (
          <Text size="xs" c="dimmed">
            {request.email}
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        <Text size="sm">{kinds[request.kind]}</Text>
        <Text size="xs" c="dimmed">
          {request.source}, <When at={request.openedAt} size="xs" />
        </Text>
        {(request.note || request.reason) && (
          <Text size="xs" style={{ overflowWrap: 'anywhere' }}>
            {request.reason ?? request.note}
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        {isOpen ? (
          <Group gap="xs">
            <Text size="sm">{formatDay(request.dueOn)}</Text>
            {request.overdue && (
              <Badge color="red" c="var(--mantine-color-text)">
                Late
              </Badge>
            )}
          </Group>
        ) : (
          <>
            {request.closedAt && <When at={request.closedAt} />}
            <Text size="xs" c="dimmed">
              by {request.closedBy}
            </Text>
          </>
        )}
      </Table.Td>
      <Table.Td>
        {isOpen && (
          <Group gap="xs" justify="flex-end" wrap="nowrap">
            <Button
              size="compact-sm"
              disabled={reason !== null}
              title={reason ?? undefined}
              color={request.kind === 'erase' ? 'red' : 'tend'}
              onClick={() => setAsking('fulfil')}
            >
              {request.kind === 'erase' ? 'Erase ...' : 'Hand over ...'}
            </Button>
            <Button
              size="compact-sm"
              variant="default"
              disabled={reason !== null}
              title={reason ?? undefined}
              onClick={() => setAsking('refuse')}
            >
              Refuse ...
            </Button>
          </Group>
        )}
        {asking === 'fulfil' && <FulfilDialog request={request} onClose={() => setAsking(null)} />}
        {asking === 'refuse' && <RefuseDialog request={request} onClose={() => setAsking(null)} />}
      </Table.Td>
    </Table.Tr>
  )
}
