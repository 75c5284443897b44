import { Anchor, Badge, Box, Button, Group, Paper, Stack, Table, Text, Title, Tooltip } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconAlertTriangle, IconCheck } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { call, client } from '@/api/client'
import { useHealth } from '@/shell/health-dot'
import { formatNumber, When } from '@/ui/format'
import { Page } from '@/ui/page'
import { Loaded } from '@/ui/states'

/** How the installation is: in sentences first, then lanes, what was put aside, and jobs. */
export function SystemScreen() {
  const health = useHealth()
  return (
    <Page title="System health" words="What is well and what is not, in words.">
      <Loaded query={health}>
        {data => (
          <Paper withBorder p="md">
            <Stack gap={8}>
              {data.findings.map(finding => (
                <Group key={finding.words} gap="sm" wrap="nowrap" align="flex-start">
                  {finding.ok ? (
                    <IconCheck size={18} color="var(--mantine-primary-color-filled)" aria-label="Well" />
                  ) : (
                    <IconAlertTriangle
                      size={18}
                      color="var(--mantine-color-red-filled)"
                      aria-label="Not well"
                    />
                  )}
                  <Text size="sm">{finding.words}</Text>
                </Group>
              ))}
            </Stack>
          </Paper>
        )}
      </Loaded>
      <Parked />
      <Lanes />
    </Page>
  )
}

function Parked() {
  const queries = useQueryClient()
  const parked = useQuery({ queryKey: ['parked'], queryFn: () => call(client.GET('/api/v1/system/parked')) })
  const retry = useMutation({
    mutationFn: (ids: string[]) => call(client.POST('/api/v1/system/parked/retry', { body: { ids } })),
    onSuccess: done => notifications.show({ message: `${formatNumber(done.retried)} tried again.` }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['parked'] }),
  })
  return (
    <Paper withBorder p="md">
      <Title order={2} mb="sm">
        Put aside
      </Title>
      <Loaded query={parked} lines={3}>
        {data =>
          data.items.length === 0 ? (
            <Text size="sm" c="dimmed">
              Nothing. What fails four times is put aside here with its reason, and everything beside it goes
              on.
            </Text>
          ) : (
            <Table.ScrollContainer minWidth={560}>
              <Table>
                <Table.Tbody>
                  {data.items.map(item => (
                    <Table.Tr key={item.id}>
                      <Table.Td>
                        <Anchor component={Link} to={`/contacts/${item.contactId}`} size="sm">
                          Contact {item.contactId}
                        </Anchor>
                      </Table.Td>
                      <Table.Td>
                        <Text size="sm">{item.reason}</Text>
                        <Text size="xs" c="dimmed">
                          {item.detail}
                        </Text>
                      </Table.Td>
                      <Table.Td>
                        <When at={item.parkedAt} />
                      </Table.Td>
                      <Table.Td ta="right">
                        <Button
                          size="compact-sm"
                          variant="default"
                          loading={retry.isPending}
                          onClick={() => retry.mutate([item.id])}
                        >
                          Try again
                        </Button>
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Table.ScrollContainer>
          )
        }
      </Loaded>
    </Paper>
  )
}

function Lanes() {
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
