import { Anchor, Button, Group, Paper, Table, Text, Title } from '@mantine/core'
import { modals } from '@mantine/modals'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { call, client } from '@/api/client'
import { useMe } from '@/shell/me'
import { formatNumber, When } from '@/ui/format'
import { Loaded } from '@/ui/states'

/** What failed four times, with its reason: to be tried again or given up. */
export function Parked() {
  const queries = useQueryClient()
  const role = useMe().data?.role
  const mayEdit = role === 'owner' || role === 'admin'
  const parked = useQuery({ queryKey: ['parked'], queryFn: () => call(client.GET('/api/v1/system/parked')) })
  const refresh = () => queries.invalidateQueries({ queryKey: ['parked'] })
  const discard = (id: string) =>
    modals.openConfirmModal({
      title: 'Give this up?',
      children: (
        <Text size="sm">What it was about stays undone for this one contact. This cannot be undone.</Text>
      ),
      labels: { confirm: 'Give it up', cancel: 'Keep it' },
      confirmProps: { color: 'red' },
      onConfirm: async () => {
        await call(client.POST('/api/v1/system/parked/discard', { body: { ids: [id] } }))
        await refresh()
      },
    })
  const retry = useMutation({
    mutationFn: (ids: string[]) => call(client.POST('/api/v1/system/parked/retry', { body: { ids } })),
    onSuccess: done => notifications.show({ message: `${formatNumber(done.retried)} tried again.` }),
    onSettled: refresh,
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
                        <Group gap="xs" justify="flex-end" wrap="nowrap">
                          <Button
                            size="compact-sm"
                            variant="default"
                            disabled={!mayEdit}
                            loading={retry.isPending}
                            onClick={() => retry.mutate([item.id])}
                          >
                            Try again
                          </Button>
                          <Button
                            size="compact-sm"
                            variant="subtle"
                            color="red"
                            disabled={!mayEdit}
                            onClick={() => discard(item.id)}
                          >
                            Give up
                          </Button>
                        </Group>
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
