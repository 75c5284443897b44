import { Badge, Box, Group, Paper, Stack, Text, Title, Tooltip } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { call, client } from '@/api/client'
import { formatNumber } from '@/ui/format'
import { Loaded } from '@/ui/states'

/** Who works on which lane, and what waits there. */
export function Lanes() {
  const lanes = useQuery({
    queryKey: ['lanes'],
    queryFn: () => call(client.GET('/api/v1/system/lanes')),
    refetchInterval: 5_000,
  })
  return (
    <Paper withBorder p="md">
      <Title order={2} mb={4}>
        Lanes
      </Title>
      <Text size="sm" c="dimmed" mb="sm">
        Every contact lives in one of 64 lanes; a lane belongs to one worker at a time, so that what is
        decided about somebody is decided in order.
      </Text>
      <Loaded query={lanes} lines={3}>
        {data => {
          const owners = [...new Set(data.items.flatMap(lane => lane.owner ?? []))]
          return (
            <Stack gap="sm">
              <Group gap="lg">
                <Text size="sm">
                  <b>{owners.length}</b> {owners.length === 1 ? 'worker' : 'workers'}
                </Text>
                <Text size="sm">
                  <b className="numbers">{formatNumber(data.backlog.rows)}</b> batches wait, the oldest for{' '}
                  <b className="numbers">{data.backlog.oldestSeconds.toFixed(1)} s</b>
                </Text>
                {data.items.some(lane => !lane.owner) && (
                  <Badge color="yellow" c="var(--mantine-color-text)">
                    some lanes have no worker
                  </Badge>
                )}
              </Group>
              <Box
                style={{ display: 'grid', gridTemplateColumns: 'repeat(16, minmax(0, 1fr))', gap: 4 }}
                role="list"
                aria-label="Lanes"
              >
                {data.items.map(lane => (
                  <Tooltip
                    key={lane.lane}
                    label={`Lane ${lane.lane}: ${lane.owner ? `worker ${lane.owner.slice(0, 8)}` : 'no worker'}, ${lane.rows} batches, ${lane.timersDue} timers due`}
                  >
                    <Box
                      role="listitem"
                      aria-label={`Lane ${lane.lane}${lane.owner ? '' : ', no worker'}`}
                      style={{
                        height: 22,
                        borderRadius: 4,
                        fontSize: 10,
                        textAlign: 'center',
                        lineHeight: '22px',
                        border: '1px solid var(--tend-line)',
                        background:
                          lane.rows > 0
                            ? 'var(--mantine-color-yellow-light)'
                            : lane.owner
                              ? 'var(--mantine-primary-color-light)'
                              : 'transparent',
                      }}
                    >
                      {lane.lane}
                    </Box>
                  </Tooltip>
                ))}
              </Box>
            </Stack>
          )
        }}
      </Loaded>
    </Paper>
  )
}
