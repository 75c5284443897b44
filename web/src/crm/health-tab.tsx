import { Paper, Progress, SimpleGrid, Stack, Table, Text, Tooltip } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { call, client } from '@/api/client'
import { formatNumber, When } from '@/ui/format'
import { Empty } from '@/ui/page'
import { Loaded } from '@/ui/states'
import { type Connection, kindWords } from './crm'
import { ResyncPanel } from './resync-panel'

const readHealth = (id: string) =>
  call(client.GET('/api/v1/crm/connections/{id}/health', { params: { path: { id } } }))
type Health = Awaited<ReturnType<typeof readHealth>>

/** How fresh each object is, what waits and until when, and how many calls are left today. */
export function HealthTab({ connection }: { connection: Connection }) {
  const health = useQuery({
    queryKey: ['crm', connection.id, 'health'],
    queryFn: () => readHealth(connection.id),
    refetchInterval: 5_000,
  })
  return (
    <Loaded query={health}>
      {data => (
        <Stack gap="md">
          <Glance health={data} quota={connection.quota} />
          {data.objects.length === 0 ? (
            <Empty
              title="Nothing passes yet"
              words="Publish a mapping first; then every object shows here how it is doing."
            />
          ) : (
            <Objects health={data} />
          )}
          <ResyncPanel
            connection={connection}
            linked={data.objects.reduce((sum, object) => sum + object.linked, 0)}
          />
        </Stack>
      )}
    </Loaded>
  )
}

function Tile({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Paper withBorder p="md">
      <Text size="sm" c="dimmed">
        {title}
      </Text>
      {children}
    </Paper>
  )
}

const laneWords: Record<string, string> = {
  interactive: 'people wait for it',
  delta: 'changes',
  backfill: 'loading and resync',
}

function Glance({ health, quota }: { health: Health; quota: Connection['quota'] }) {
  const waiting = health.objects.reduce((sum, object) => sum + object.waiting, 0)
  const { used, perDay, lanes } = health.calls
  const share = perDay > 0 ? Math.min(100, (used / perDay) * 100) : 0
  return (
    <SimpleGrid cols={{ base: 1, sm: 3 }}>
      <Tile title="Last in step">
        <Text fw={600}>{health.syncedAt ? <When at={health.syncedAt} size="md" /> : 'not yet'}</Text>
      </Tile>
      <Tile title="Waiting to be written">
        <Text fw={600}>{formatNumber(waiting)}</Text>
        <Text size="sm" c="dimmed">
          {waiting === 0 ? (
            'nothing is behind'
          ) : health.backlogDoneAt ? (
            <>
              done <When at={health.backlogDoneAt} />
            </>
          ) : (
            'no pace yet to tell until when'
          )}
        </Text>
      </Tile>
      <Tile title="Calls today">
        <Text fw={600}>
          {formatNumber(used)} of {formatNumber(perDay)}
        </Text>
        <Progress
          value={share}
          color={share > 90 ? 'red' : 'tend'}
          aria-label={`${Math.round(share)} % of today’s calls`}
          my={4}
        />
        <Tooltip
          multiline
          label={
            lanes
              .map(lane => `${laneWords[lane.lane] ?? lane.lane}: ${formatNumber(lane.used)}`)
              .join(' · ') || 'No calls yet'
          }
        >
          <Text size="sm" c="dimmed">
            {Math.round(share)} % used
          </Text>
        </Tooltip>
        {quota && (
          <Text size="sm" c="dimmed">
            The CRM itself counts {formatNumber(quota.used)} of {formatNumber(quota.allowed)}, with all else
            that calls it
          </Text>
        )}
      </Tile>
    </SimpleGrid>
  )
}

/** "40 s", "12 min", "3 h". */
function lag(seconds: number | null): string {
  if (seconds === null) return '–'
  if (seconds < 90) return `${Math.round(seconds)} s`
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`
}

function Objects({ health }: { health: Health }) {
  return (
    <Table.ScrollContainer minWidth={820}>
      <Table verticalSpacing="sm" stickyHeader>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Object</Table.Th>
            <Table.Th>Last asked</Table.Th>
            <Table.Th ta="right">Behind by</Table.Th>
            <Table.Th ta="right">Linked</Table.Th>
            <Table.Th ta="right">Brought</Table.Th>
            <Table.Th ta="right">Waiting</Table.Th>
            <Table.Th ta="right">Set aside</Table.Th>
            <Table.Th ta="right">Issues</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {health.objects.map(object => (
            <Table.Tr key={object.remote}>
              <Table.Td>
                <Text size="sm" fw={600}>
                  {kindWords[object.kind]}
                </Text>
                <Text size="sm" c="dimmed">
                  {object.remote}
                </Text>
              </Table.Td>
              <Table.Td>{object.polledAt ? <When at={object.polledAt} /> : 'not yet'}</Table.Td>
              <Table.Td ta="right">{lag(object.lagSeconds)}</Table.Td>
              {(['linked', 'brought', 'waiting', 'parked', 'issues'] as const).map(key => (
                <Table.Td key={key} ta="right" className="numbers">
                  {formatNumber(object[key])}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}
