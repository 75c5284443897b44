import { Badge, Button, Group, Paper, Stack, Table, Text, Title } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { call, client } from '@/api/client'
import { RealWhen } from '@/settings/real-when'
import { Loaded } from '@/ui/states'

export type SessionRow = {
  id: string
  device: string
  address: string | null
  lastUsedAt: string
  createdAt: string
  current: boolean
}

export function SessionTable(props: { items: SessionRow[]; onEnd(id: string): void }) {
  return (
    <Table.ScrollContainer minWidth={520}>
      <Table verticalSpacing="sm">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Device</Table.Th>
            <Table.Th>From</Table.Th>
            <Table.Th>Last used</Table.Th>
            <Table.Th>Signed in</Table.Th>
            <Table.Th aria-label="Actions" />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {props.items.map(session => (
            <Table.Tr key={session.id}>
              <Table.Td>
                {session.device}{' '}
                {session.current && (
                  <Badge color="tend" ml={4}>
                    this one
                  </Badge>
                )}
              </Table.Td>
              <Table.Td>{session.address ?? 'unknown'}</Table.Td>
              <Table.Td>
                <RealWhen at={session.lastUsedAt} />
              </Table.Td>
              <Table.Td>
                <RealWhen at={session.createdAt} />
              </Table.Td>
              <Table.Td ta="right">
                {!session.current && (
                  <Button size="compact-sm" variant="default" onClick={() => props.onEnd(session.id)}>
                    End
                  </Button>
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}

/** Where I am signed in, and the end of it. */
export function MySessions() {
  const queries = useQueryClient()
  const sessions = useQuery({
    queryKey: ['my-sessions'],
    queryFn: () => call(client.GET('/api/v1/me/sessions')),
  })
  const after = (words: string) => async () => {
    notifications.show({ message: words })
    await queries.invalidateQueries({ queryKey: ['my-sessions'] })
  }
  const end = useMutation({
    mutationFn: (id: string) => call(client.DELETE('/api/v1/me/sessions/{id}', { params: { path: { id } } })),
    onSuccess: after('That session has ended.'),
  })
  const endOthers = useMutation({
    mutationFn: () => call(client.DELETE('/api/v1/me/sessions', {})),
    onSuccess: after('Every other session has ended.'),
  })
  return (
    <Paper withBorder p="md">
      <Stack>
        <Group justify="space-between">
          <Title order={2}>Where I am signed in</Title>
          <Button
            variant="default"
            size="compact-sm"
            disabled={(sessions.data?.items.length ?? 0) < 2}
            onClick={() => endOthers.mutate()}
          >
            End all others
          </Button>
        </Group>
        <Loaded query={sessions} lines={3}>
          {data => <SessionTable items={data.items} onEnd={id => end.mutate(id)} />}
        </Loaded>
        <Text size="sm" c="dimmed">
          A session ends by itself after 12 hours without use, and after 7 days.
        </Text>
      </Stack>
    </Paper>
  )
}
