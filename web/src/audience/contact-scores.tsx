import { Anchor, Badge, Button, Group, Paper, Stack, Table, Text, Title, Tooltip } from '@mantine/core'
import { IconCheck, IconCircleDashed } from '@tabler/icons-react'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { call, client } from '@/api/client'
import { formatExact, When } from '@/ui/format'
import { Empty } from '@/ui/page'
import { ErrorNote, Loaded, Waiting } from '@/ui/states'
import { contactKey } from './contact'

const readScores = (id: string) =>
  call(client.GET('/api/v1/contacts/{id}/scores', { params: { path: { id } } }))
export type Score = Awaited<ReturnType<typeof readScores>>['items'][number]

export function useScores(id: string) {
  return useQuery({
    queryKey: contactKey(id, 'scores'),
    queryFn: () => readScores(id),
    refetchInterval: 10_000,
  })
}

const points = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 })
export const formatPoints = (value: number) => points.format(value)

/** Where the contact stands in every model, and every point with its why. */
export function ContactScores({ id }: { id: string }) {
  const scores = useScores(id)
  return (
    <Loaded query={scores}>
      {({ items }) =>
        items.length === 0 ? (
          <Empty
            title="No score"
            words="Once a score model is live, every point this contact gets shows here with its reason."
          />
        ) : (
          <Stack>
            {items.map(score => (
              <ScoreCard key={score.modelId} contactId={id} score={score} />
            ))}
          </Stack>
        )
      }
    </Loaded>
  )
}

function ScoreCard({ contactId, score }: { contactId: string; score: Score }) {
  return (
    <Paper withBorder p="md">
      <Stack gap="sm">
        <Group justify="space-between" align="flex-start" wrap="nowrap">
          <div>
            <Title order={2}>
              <Anchor component={Link} to={`/scoring/${score.modelId}`} inherit>
                {score.name}
              </Anchor>
            </Title>
            <Text size="sm" c="dimmed">
              {formatPoints(score.behaviour)} for what was done, {formatPoints(score.fit)} for who it is
              {score.halfLifeDays
                ? `; what was done is worth half after ${formatPoints(score.halfLifeDays)} days`
                : ''}
            </Text>
          </div>
          <Text fz={32} fw={700} lh={1} className="numbers" aria-label={`Score ${formatPoints(score.score)}`}>
            {formatPoints(score.score)}
          </Text>
        </Group>
        <Group gap={6}>
          {score.thresholds.map(threshold => (
            <Badge
              key={threshold.name}
              color={threshold.reached ? 'tend' : 'gray'}
              c="var(--mantine-color-text)"
              leftSection={
                threshold.reached ? (
                  <IconCheck size={12} aria-hidden />
                ) : (
                  <IconCircleDashed size={12} aria-hidden />
                )
              }
            >
              {threshold.name}: {threshold.reached ? 'reached' : 'not reached'} (
              {formatPoints(threshold.value)})
            </Badge>
          ))}
        </Group>
        {score.falls && (
          <Text size="sm">
            If nothing else happens, it falls below “{score.falls.threshold}” (
            {formatPoints(score.falls.value)}) on {formatExact(score.falls.at)}.
          </Text>
        )}
        <Ledger contactId={contactId} modelId={score.modelId} />
      </Stack>
    </Paper>
  )
}

const kinds = { behaviour: 'What was done', fit: 'Who it is', workflow: 'By a workflow' }

function Ledger({ contactId, modelId }: { contactId: string; modelId: string }) {
  const list = useInfiniteQuery({
    queryKey: contactKey(contactId, 'points', modelId),
    queryFn: ({ pageParam }) =>
      call(
        client.GET('/api/v1/contacts/{id}/scores/{modelId}/ledger', {
          params: {
            path: { id: contactId, modelId },
            query: { limit: 20, ...(pageParam ? { cursor: pageParam } : {}) },
          },
        }),
      ),
    initialPageParam: '',
    getNextPageParam: last => last.next ?? undefined,
    refetchInterval: query => (query.state.data && query.state.data.pages.length > 1 ? false : 10_000),
  })
  if (list.isPending) return <Waiting lines={3} />
  if (list.isError) return <ErrorNote error={list.error} onRetry={() => void list.refetch()} />
  const items = list.data.pages.flatMap(page => page.items)
  if (items.length === 0)
    return (
      <Text size="sm" c="dimmed">
        No points yet.
      </Text>
    )
  return (
    <>
      <Table.ScrollContainer minWidth={520} type="native">
        <Table verticalSpacing={6}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Why</Table.Th>
              <Table.Th ta="right">Points</Table.Th>
              <Table.Th ta="right">
                <Tooltip label="Points for what was done lose worth as time passes">
                  <span>Worth now</span>
                </Tooltip>
              </Table.Th>
              <Table.Th>When</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {items.map(point => (
              <Table.Tr key={point.id}>
                <Table.Td>
                  <Text size="sm">{point.reason}</Text>
                  <Text size="xs" c="dimmed">
                    {kinds[point.kind]}
                  </Text>
                </Table.Td>
                <Table.Td ta="right" className="numbers">
                  {point.points > 0 ? '+' : ''}
                  {formatPoints(point.points)}
                </Table.Td>
                <Table.Td ta="right" className="numbers">
                  {formatPoints(point.remaining)}
                </Table.Td>
                <Table.Td>
                  <When at={point.at} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {list.hasNextPage && (
        <Button
          variant="default"
          size="compact-sm"
          loading={list.isFetchingNextPage}
          onClick={() => void list.fetchNextPage()}
          style={{ alignSelf: 'center' }}
        >
          Show earlier
        </Button>
      )}
    </>
  )
}
