import { Button, Paper, Table, Text, Title } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { call, client } from '@/api/client'
import { useContactRights } from '@/audience/contact'
import { formatNumber, When } from '@/ui/format'

const readChanges = () => call(client.GET('/api/v1/contacts/bulk', { params: { query: { limit: 10 } } }))
type Change = Awaited<ReturnType<typeof readChanges>>['items'][number]

/** The last changes of many contacts, with the way back. */
export function BulkChanges() {
  const queries = useQueryClient()
  const rights = useContactRights()
  const changes = useQuery({
    queryKey: ['bulk'],
    queryFn: readChanges,
    refetchInterval: query => (query.state.data?.items.some(isRunning) ? 1_000 : false),
  })
  const undo = useMutation({
    mutationFn: (id: string) =>
      call(client.POST('/api/v1/contacts/bulk/{id}/undo', { params: { path: { id } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['bulk'] }),
    onError: error =>
      notifications.show({ color: 'red', title: 'This could not be taken back', message: error.message }),
  })
  const items = changes.data?.items ?? []
  if (items.length === 0) return null
  return (
    <Paper withBorder p="md" component="section" aria-label="Changes of many contacts">
      <Title order={2} mb="sm">
        Changes of many contacts
      </Title>
      <Table.ScrollContainer minWidth={560}>
        <Table verticalSpacing={6}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>What</Table.Th>
              <Table.Th ta="right">Changed</Table.Th>
              <Table.Th>By</Table.Th>
              <Table.Th>When</Table.Th>
              <Table.Th />
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {items.map(item => (
              <Table.Tr key={item.id}>
                <Table.Td>{item.title}</Table.Td>
                <Table.Td ta="right" className="numbers">
                  {formatNumber(item.changed)} of {formatNumber(item.total)}
                </Table.Td>
                <Table.Td>{item.by}</Table.Td>
                <Table.Td>
                  <When at={item.at} />
                </Table.Td>
                <Table.Td ta="right">
                  {item.undoUntil && item.finishedAt ? (
                    <Button
                      size="compact-sm"
                      variant="default"
                      disabled={rights.build !== null}
                      loading={undo.isPending}
                      onClick={() => undo.mutate(item.id)}
                    >
                      Take back
                    </Button>
                  ) : (
                    <Text size="sm" c="dimmed">
                      {stateOf(item)}
                    </Text>
                  )}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Paper>
  )
}

const isRunning = (item: Change) =>
  item.finishedAt === null || (item.undoJobId !== null && item.undoneAt === null)

function stateOf(item: Change): string {
  if (item.undoneAt) return `taken back for ${formatNumber(item.undone)}`
  if (item.undoJobId) return 'being taken back'
  if (!item.finishedAt) return 'not finished: see Jobs'
  return item.action.kind === 'delete' ? 'for good' : 'done'
}
