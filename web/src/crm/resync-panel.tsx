import {
  Alert,
  Button,
  Group,
  Modal,
  Paper,
  Progress,
  Select,
  Stack,
  Text,
  Title,
  Tooltip,
} from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call, client } from '@/api/client'
import { formatNumber, When } from '@/ui/format'
import { ErrorNote, Waiting } from '@/ui/states'
import { type Connection, useCrmReason } from './crm'

const readResync = (id: string) =>
  call(client.GET('/api/v1/crm/connections/{id}/resync', { params: { path: { id } } }))
type Resync = Awaited<ReturnType<typeof readResync>>
type Scope = { listId: string | null; segmentId: string | null }

const counted = (count: number, one: string, several: string) =>
  `${formatNumber(count)} ${count === 1 ? one : several}`

/** Reading and comparing again: everything, or the people of a list or segment; how far it is, stop and resume. */
export function ResyncPanel({ connection, linked }: { connection: Connection; linked: number }) {
  const reason = useCrmReason()
  const [choosing, setChoosing] = useState(false)
  const resync = useQuery({
    queryKey: ['crm', connection.id, 'resync'],
    queryFn: () => readResync(connection.id),
    refetchInterval: query => (query.state.data?.state === 'running' ? 2_000 : 15_000),
  })
  if (linked === 0) return null
  const isRunning = resync.data?.state === 'running'
  const why =
    reason ??
    (connection.status !== 'live' || connection.loadState !== 'done'
      ? 'Only a connection that runs and is loaded can be read again'
      : isRunning
        ? 'Stop the one that is under way first, or let it end'
        : null)
  return (
    <Paper withBorder p="md">
      <Stack gap="sm">
        <Group justify="space-between">
          <div style={{ flex: 1, minWidth: 240 }}>
            <Title order={2}>Resync</Title>
            <Text size="sm" c="dimmed">
              Reads linked records again and compares them, by the mapping as it stands: everything, or the
              people of a list or segment. One contact alone: on his or her screen.
            </Text>
          </div>
          <Tooltip label={why} disabled={why === null}>
            <Button variant="default" disabled={why !== null} onClick={() => setChoosing(true)}>
              Resync…
            </Button>
          </Tooltip>
        </Group>
        {resync.data && resync.data.state !== 'none' && (
          <Standing connection={connection} resync={resync.data} disabled={reason !== null} />
        )}
      </Stack>
      {choosing && <ResyncDialog connection={connection} onClose={() => setChoosing(false)} />}
    </Paper>
  )
}

function Standing({
  connection,
  resync,
  disabled,
}: {
  connection: Connection
  resync: Resync
  disabled: boolean
}) {
  const queries = useQueryClient()
  const scopes = useScopes()
  const path = { id: connection.id }
  const word = resync.state === 'running' ? 'stop' : 'resume'
  const change = useMutation({
    mutationFn: () =>
      word === 'stop'
        ? call(client.POST('/api/v1/crm/connections/{id}/resync/stop', { params: { path } }))
        : call(client.POST('/api/v1/crm/connections/{id}/resync/resume', { params: { path } })),
    onSettled: () => queries.invalidateQueries({ queryKey: ['crm', connection.id] }),
  })
  const of = nameOf(scopes, resync)
  const read = resync.records - resync.left
  if (resync.state === 'done')
    return (
      <Text size="sm">
        The last one, of {of}: {counted(resync.records, 'record', 'records')} read, by {resync.startedBy}
        {resync.endedAt && (
          <>
            , done <When at={resync.endedAt} />
          </>
        )}
        .
      </Text>
    )
  return (
    <Stack gap={6}>
      <Group justify="space-between">
        <Text size="sm">
          {resync.state === 'stopped' ? 'Stopped' : 'Reading'} {of}: {formatNumber(read)} of{' '}
          {counted(resync.records, 'record', 'records')}
        </Text>
        <Button
          size="compact-sm"
          variant="default"
          disabled={disabled}
          loading={change.isPending}
          onClick={() => change.mutate()}
        >
          {word === 'stop' ? 'Stop' : 'Resume'}
        </Button>
      </Group>
      <Progress
        value={resync.records === 0 ? 100 : (read / resync.records) * 100}
        color={resync.state === 'stopped' ? 'gray' : 'tend'}
        aria-label={`${formatNumber(read)} of ${formatNumber(resync.records)} records are read`}
      />
      {change.isError && <ErrorNote error={change.error} />}
    </Stack>
  )
}

/** Lists and segments that can be chosen, as `list:7` and `segment:9`. */
function useScopes() {
  const lists = useQuery({ queryKey: ['lists'], queryFn: () => call(client.GET('/api/v1/lists')) })
  const segments = useQuery({
    queryKey: ['segments', 'live'],
    queryFn: () => call(client.GET('/api/v1/segments', { params: { query: { limit: 200 } } })),
  })
  return [
    {
      group: 'Lists',
      items: (lists.data?.items ?? [])
        .filter(list => list.archivedAt === null)
        .map(list => ({ value: `list:${list.id}`, label: list.name })),
    },
    {
      group: 'Segments',
      items: (segments.data?.items ?? [])
        .filter(segment => segment.status === 'live')
        .map(segment => ({ value: `segment:${segment.id}`, label: segment.name })),
    },
  ]
}

function nameOf(scopes: ReturnType<typeof useScopes>, { listId, segmentId }: Scope): string {
  if (listId === null && segmentId === null) return 'everything'
  const value = listId === null ? `segment:${segmentId}` : `list:${listId}`
  const found = scopes.flatMap(group => group.items).find(item => item.value === value)
  return found ? `“${found.label}”` : listId === null ? 'a segment' : 'a list'
}

function ResyncDialog({ connection, onClose }: { connection: Connection; onClose(): void }) {
  const queries = useQueryClient()
  const scopes = useScopes()
  const [chosen, setChosen] = useState<string | null>(null)
  const [kind, id] = chosen?.split(':') ?? []
  const scope: Scope = {
    listId: kind === 'list' && id ? id : null,
    segmentId: kind === 'segment' && id ? id : null,
  }
  const path = { id: connection.id }
  const cost = useQuery({
    queryKey: ['crm', connection.id, 'resync-cost', chosen],
    queryFn: () =>
      call(
        client.GET('/api/v1/crm/connections/{id}/resync/cost', {
          params: {
            path,
            query: {
              ...(scope.listId ? { listId: scope.listId } : {}),
              ...(scope.segmentId ? { segmentId: scope.segmentId } : {}),
            },
          },
        }),
      ),
  })
  const start = useMutation({
    mutationFn: () =>
      call(client.POST('/api/v1/crm/connections/{id}/resync', { params: { path }, body: scope })),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['crm', connection.id] })
      onClose()
    },
  })
  return (
    <Modal opened onClose={onClose} title="Read and compare again" size="lg">
      <Stack>
        <Select
          label="Whose records"
          placeholder="everything that is linked"
          clearable
          searchable
          data={scopes}
          value={chosen}
          onChange={setChosen}
        />
        {cost.isPending && <Waiting lines={2} />}
        {cost.isError && <ErrorNote error={cost.error} onRetry={() => void cost.refetch()} />}
        {cost.data && <CostWords cost={cost.data} />}
        {start.isError && <ErrorNote error={start.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Not now
          </Button>
          <Button
            loading={start.isPending}
            disabled={!cost.data || cost.data.records === 0}
            onClick={() => start.mutate()}
          >
            {cost.data ? `Read ${counted(cost.data.records, 'record', 'records')} again` : 'Read again'}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}

type Cost = { people: number | null; records: number; calls: number; callsLeft: number }

function CostWords({ cost }: { cost: Cost }) {
  const isShort = cost.calls > cost.callsLeft
  return (
    <Alert color={isShort ? 'yellow' : 'gray'}>
      <Text size="sm">
        {cost.people === null
          ? `${counted(cost.records, 'record is', 'records are')} linked.`
          : `${counted(cost.people, 'person', 'people')}, with ${counted(cost.records, 'linked record', 'linked records')}; who is not linked stays as he is.`}{' '}
        Reading takes {counted(cost.calls, 'call', 'calls')}; what differs is written besides, and segments,
        scores and workflows follow.
      </Text>
      <Text size="sm" mt={4}>
        {isShort
          ? `Only ${counted(cost.callsLeft, 'call is', 'calls are')} left over today: it goes on tomorrow by itself.`
          : `It takes calls that are left over: ${formatNumber(cost.callsLeft)} today. You can stop it at any time.`}
      </Text>
    </Alert>
  )
}
