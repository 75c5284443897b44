import { Button, Group, SegmentedControl, Select, Stack, Text, Tooltip } from '@mantine/core'
import { IconUserPlus } from '@tabler/icons-react'
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { formatNumber } from '@/ui/format'
import { Empty } from '@/ui/page'
import { ErrorNote, Waiting } from '@/ui/states'
import { nodesOf } from './definition'
import { LetIn } from './let-in'
import { ParticipantTable, readParticipants, type StayStatus } from './participant-table'
import { type Counts, draftOf, type Workflow } from './workflow'

const states: { value: StayStatus; label: string }[] = [
  { value: 'active', label: 'In it now' },
  { value: 'parked', label: 'Set aside' },
  { value: 'done', label: 'Finished' },
  { value: 'left', label: 'Left early' },
]

/** Everybody who came in, and the place where each stands. */
export function PeopleTab({
  workflow,
  counts,
  reason,
}: {
  workflow: Workflow
  counts: Counts | null
  reason: string | null
}) {
  const { id } = workflow
  const { status, node } = useSearch({ strict: false }) as { status?: StayStatus; node?: string }
  const go = useNavigate()
  const queries = useQueryClient()
  const [lettingIn, setLettingIn] = useState(false)
  const list = useInfiniteQuery({
    queryKey: ['participants', id, status, node],
    queryFn: ({ pageParam }) =>
      readParticipants(id, {
        limit: 50,
        ...(status ? { status } : {}),
        ...(node ? { node } : {}),
        ...(pageParam ? { cursor: pageParam } : {}),
      }),
    initialPageParam: '',
    getNextPageParam: last => last.next ?? undefined,
    enabled: workflow.liveVersion !== null,
    refetchInterval: 15_000,
  })
  const show = (change: { status?: string; node?: string }) => {
    const next = { tab: 'people', status, node, ...change }
    void go({
      to: '.',
      search: Object.fromEntries(Object.entries(next).filter(([, value]) => value)) as never,
      replace: true,
    })
  }
  const changed = () =>
    Promise.all([
      queries.invalidateQueries({ queryKey: ['participants', id] }),
      queries.invalidateQueries({ queryKey: ['workflow-counts', id] }),
    ])
  if (workflow.liveVersion === null)
    return (
      <Empty
        title="Nobody is in it"
        words="A draft lets nobody in. Once it is published, everybody who comes in is listed here with the step he stands at."
      />
    )
  const steps = placesOf(workflow, counts, node)
  const items = list.data?.pages.flatMap(page => page.items) ?? []
  const cannotEnter = reason ?? (workflow.status === 'live' ? null : 'Only a live workflow lets somebody in.')
  return (
    <Stack>
      <Group justify="space-between" align="flex-end">
        <Group>
          <SegmentedControl
            aria-label="Where they are"
            maw="100%"
            style={{ overflowX: 'auto' }}
            value={status ?? 'all'}
            onChange={value => show({ status: value === 'all' ? undefined : value })}
            data={[
              { value: 'all', label: 'All' },
              ...states.map(({ value, label }) => ({
                value,
                label: counts ? `${label} (${formatNumber(counts.ends[value])})` : label,
              })),
            ]}
          />
          <Select
            aria-label="At the step"
            placeholder="At any step"
            w={260}
            searchable
            clearable
            data={steps}
            value={node ?? null}
            onChange={value => show({ node: value ?? undefined })}
          />
        </Group>
        <Tooltip label={cannotEnter} disabled={!cannotEnter}>
          <Button
            variant="default"
            leftSection={<IconUserPlus size={16} />}
            disabled={cannotEnter !== null}
            onClick={() => setLettingIn(true)}
          >
            Let somebody in
          </Button>
        </Tooltip>
      </Group>
      {list.isPending && <Waiting />}
      {list.isError && <ErrorNote error={list.error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && items.length === 0 && (
        <Empty
          title={status || node ? 'Nobody is here' : 'Nobody has come in yet'}
          words={
            status || node
              ? 'Choose another step or another state.'
              : 'Whoever does what the trigger asks for is listed here within a second.'
          }
        />
      )}
      {items.length > 0 && (
        <ParticipantTable
          items={items}
          isPaused={workflow.status === 'paused'}
          reason={reason}
          onChanged={changed}
        />
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
      {items.length > 0 && (
        <Text size="xs" c="dimmed">
          The newest first. A place is told in the words of the version the person came in by.
        </Text>
      )}
      {lettingIn && <LetIn workflow={workflow} onClose={() => setLettingIn(false)} onDone={changed} />}
    </Stack>
  )
}

/** Every step of the draft, and those of older versions at which somebody still stands. */
function placesOf(
  workflow: Workflow,
  counts: Counts | null,
  chosen: string | undefined,
): { value: string; label: string }[] {
  const nodes = nodesOf(draftOf(workflow.definition))
  const ids = new Set([
    ...Object.keys(nodes),
    ...Object.keys(counts?.steps ?? {}).filter(id => (counts?.steps[id]?.here ?? 0) > 0),
    ...(chosen ? [chosen] : []),
  ])
  return [...ids].map(id => {
    const here = counts?.steps[id]?.here ?? 0
    const name = nodes[id]?.title || workflow.sentences.steps[id] || id
    return { value: id, label: here > 0 ? `${name} (${formatNumber(here)})` : name }
  })
}
