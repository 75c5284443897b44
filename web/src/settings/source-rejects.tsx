import { Code, Group, Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { call, client } from '@/api/client'
import { When } from '@/ui/format'
import { ErrorNote, Waiting } from '@/ui/states'

/** The newest calls of a source that were not taken, each with its reason. */
export function SourceRejects({ id }: { id: string }) {
  const rejects = useQuery({
    queryKey: ['rejects', id],
    queryFn: () =>
      call(client.GET('/api/v1/sources/{id}/rejects', { params: { path: { id }, query: { limit: 100 } } })),
  })
  if (rejects.isPending) return <Waiting />
  if (rejects.isError) return <ErrorNote error={rejects.error} />
  return (
    <Table>
      <Table.Tbody>
        {rejects.data.items.map(reject => (
          <Table.Tr key={reject.id}>
            <Table.Td>
              <Group justify="space-between">
                <Text size="sm" fw={600}>
                  {reject.reason}
                </Text>
                <When at={reject.receivedAt} />
              </Group>
              <Text size="sm">{reject.detail}</Text>
              <Code block mt={4} style={{ whiteSpace: 'pre-wrap', wordBreak: 'break-all' }}>
                {reject.call}
              </Code>
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}
