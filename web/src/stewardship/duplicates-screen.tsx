import { Anchor, Badge, Button, Group, Paper, SegmentedControl, SimpleGrid, Stack, Text } from '@mantine/core'
import { IconArrowMerge, IconRefresh } from '@tabler/icons-react'
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { call, client } from '@/api/client'
import { useContactRights } from '@/audience/contact'
import { formatNumber, personName, When } from '@/ui/format'
import { Empty, Page } from '@/ui/page'
import { ErrorNote, Waiting } from '@/ui/states'
import { showUndo } from '@/ui/undo'
import { MergeDialog } from './merge-dialog'

const reasonWords = {
  address: 'one mailbox, written differently',
  name_company: 'same name at the same company',
  phone: 'same phone number',
  typo: 'maybe a slip of the keyboard',
} as const
type Reason = keyof typeof reasonWords

const readPairs = (reason: Reason | undefined, state: 'open' | 'dismissed', cursor: string) =>
  call(
    client.GET('/api/v1/duplicates', {
      params: { query: { limit: 25, state, ...(reason ? { reason } : {}), ...(cursor ? { cursor } : {}) } },
    }),
  )
type Pair = Awaited<ReturnType<typeof readPairs>>['items'][number]

/** Contacts that may be one person: looked at side by side, merged, or told to be two people. */
export function DuplicatesScreen() {
  const { reason, state = 'open' } = useSearch({ strict: false }) as {
    reason?: Reason
    state?: 'open' | 'dismissed'
  }
  const go = useNavigate()
  const queries = useQueryClient()
  const rights = useContactRights()
  const [merging, setMerging] = useState<string[] | null>(null)
  const search = useQuery({
    queryKey: ['duplicates', 'state'],
    queryFn: () => call(client.GET('/api/v1/duplicates/state')),
    refetchInterval: query => (query.state.data?.jobId ? 1_000 : false),
  })
  const list = useInfiniteQuery({
    queryKey: ['duplicates', 'list', reason, state, search.data?.foundAt],
    queryFn: ({ pageParam }) => readPairs(reason, state, pageParam),
    initialPageParam: '',
    getNextPageParam: last => last.next ?? undefined,
  })
  const look = useMutation({
    mutationFn: () => call(client.POST('/api/v1/duplicates/search')),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['duplicates', 'state'] }),
  })
  const pairs = list.data?.pages.flatMap(page => page.items) ?? []
  const isLooking = look.isPending || Boolean(search.data?.jobId)
  const words = search.data?.foundAt ? (
    <>
      {formatNumber(search.data.open)} {search.data.open === 1 ? 'pair' : 'pairs'} that may be one person,
      found <When at={search.data.foundAt} />
    </>
  ) : (
    'Contacts that may be one person.'
  )
  const lookButton = (
    <Button
      variant="default"
      leftSection={<IconRefresh size={16} />}
      loading={isLooking}
      disabled={rights.build !== null}
      title={rights.build ?? undefined}
      onClick={() => look.mutate()}
    >
      Look for duplicates
    </Button>
  )
  return (
    <Page title="Duplicates" words={words} actions={lookButton}>
      <Group gap="sm">
        <SegmentedControl
          size="xs"
          aria-label="Which reason"
          value={reason ?? 'all'}
          onChange={next =>
            void go({
              to: '/duplicates',
              search: (next === 'all' ? { state } : { state, reason: next }) as never,
            })
          }
          data={[
            { value: 'all', label: 'All' },
            { value: 'address', label: 'Address' },
            { value: 'name_company', label: 'Name' },
            { value: 'phone', label: 'Phone' },
            { value: 'typo', label: 'Slips' },
          ]}
        />
        <SegmentedControl
          size="xs"
          aria-label="Which pairs"
          value={state}
          onChange={next => void go({ to: '/duplicates', search: { state: next } as never })}
          data={[
            { value: 'open', label: 'To decide' },
            { value: 'dismissed', label: 'Two people' },
          ]}
        />
      </Group>
      {list.isPending && <Waiting />}
      {list.isError && <ErrorNote error={list.error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && pairs.length === 0 && (
        <Empty
          title={search.data?.foundAt ? 'Nothing to decide here' : 'Nobody has looked yet'}
          words="Compared are mailboxes, phone numbers, and names within a company; slips of the keyboard are only hints. Every night it is looked anew."
        />
      )}
      <Stack gap="sm">
        {pairs.map(pair => (
          <PairCard
            key={`${pair.contact.id}-${pair.other.id}`}
            pair={pair}
            state={state}
            onMerge={() => setMerging([pair.contact.id, pair.other.id])}
          />
        ))}
      </Stack>
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
      {merging && (
        <MergeDialog
          ids={merging}
          onClose={() => setMerging(null)}
          onMerged={id => void go({ to: `/contacts/${id}` as never })}
        />
      )}
    </Page>
  )
}

function PairCard({ pair, state, onMerge }: { pair: Pair; state: 'open' | 'dismissed'; onMerge(): void }) {
  const queries = useQueryClient()
  const rights = useContactRights()
  const decide = useMutation({
    mutationFn: async (dismissed: boolean) => {
      const path = { contactId: pair.contact.id, otherId: pair.other.id }
      const send = (value: boolean) =>
        call(
          client.POST('/api/v1/duplicates/{contactId}/{otherId}/decide', {
            params: { path },
            body: { dismissed: value },
          }),
        )
      await send(dismissed)
      showUndo(dismissed ? 'Two people: not asked again.' : 'To be decided again.', async () => {
        await send(!dismissed)
        await queries.invalidateQueries({ queryKey: ['duplicates'] })
      })
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ['duplicates'] }),
  })
  return (
    <Paper
      withBorder
      p="md"
      component="section"
      aria-label={`${personName(pair.contact)} and ${personName(pair.other)}`}
    >
      <Group justify="space-between" align="flex-start" gap="md">
        <SimpleGrid cols={{ base: 1, sm: 2 }} style={{ flex: 1 }} miw={260}>
          {[pair.contact, pair.other].map(person => (
            <div key={person.id}>
              <Anchor component={Link} to={`/contacts/${person.id}`} size="sm" fw={600}>
                {personName(person)}
              </Anchor>
              <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
                {person.email ?? 'no address'}
              </Text>
              <Text size="sm" c="dimmed">
                {[person.jobTitle, person.company?.name, person.phone].filter(Boolean).join(' · ') || ' '}
              </Text>
            </div>
          ))}
        </SimpleGrid>
        <Group gap="xs">
          <Button
            size="compact-sm"
            variant="default"
            disabled={rights.build !== null}
            loading={decide.isPending}
            onClick={() => decide.mutate(state === 'open')}
          >
            {state === 'open' ? 'Two people' : 'Decide again'}
          </Button>
          <Button
            size="compact-sm"
            leftSection={<IconArrowMerge size={14} />}
            disabled={rights.build !== null}
            title={rights.build ?? undefined}
            onClick={onMerge}
          >
            Compare and merge
          </Button>
        </Group>
      </Group>
      <Group gap={6} mt="xs">
        <Badge color={pair.score >= 80 ? 'teal' : 'gray'} c="var(--mantine-color-text)">
          {pair.score >= 80 ? 'quite sure' : pair.score >= 70 ? 'likely' : 'only a hint'}
        </Badge>
        <Text size="sm" c="dimmed">
          {pair.reasons.map(reason => reasonWords[reason]).join(', ')}
        </Text>
      </Group>
    </Paper>
  )
}
