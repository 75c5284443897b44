import { Anchor, Button, Group, Table, Text } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { call, client } from '@/api/client'
import { ExportButton } from '@/ui/export-button'
import { personName, When } from '@/ui/format'
import { Empty } from '@/ui/page'
import { ErrorNote, Waiting } from '@/ui/states'

/** Who is in a segment, page by page. */
export function SegmentMembers({ id, isDraft }: { id: string; isDraft: boolean }) {
  const list = useInfiniteQuery({
    queryKey: ['segment-members', id],
    queryFn: ({ pageParam }) =>
      call(
        client.GET('/api/v1/segments/{id}/members', {
          params: { path: { id }, query: { limit: 50, ...(pageParam ? { cursor: pageParam } : {}) } },
        }),
      ),
    initialPageParam: '',
    getNextPageParam: last => last.next ?? undefined,
  })
  if (list.isPending) return <Waiting />
  if (list.isError) return <ErrorNote error={list.error} onRetry={() => void list.refetch()} />
  const items = list.data.pages.flatMap(page => page.items)
  if (items.length === 0) {
    return (
      <Empty
        title="Nobody is in it"
        words={
          isDraft
            ? 'A draft has no people. Publish it, and those who match are found.'
            : 'Nobody matches at the moment. Whoever does enters within a second.'
        }
      />
    )
  }
  return (
    <>
      <Group justify="flex-end" mb="xs">
        <ExportButton what="the people in this segment" ask={{ kind: 'contacts', segmentId: id }} />
      </Group>
      <Table verticalSpacing="xs" highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Contact</Table.Th>
            <Table.Th>Address</Table.Th>
            <Table.Th>Entered</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {items.map(member => (
            <Table.Tr key={member.contactId}>
              <Table.Td>
                <Anchor component={Link} to={`/contacts/${member.contactId}`} size="sm">
                  {personName(member)}
                </Anchor>
              </Table.Td>
              <Table.Td>
                <Text size="sm">{member.email}</Text>
              </Table.Td>
              <Table.Td>
                <When at={member.enteredAt} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {list.hasNextPage && (
        <Group justify="center" mt="md">
          <Button
            variant="default"
            loading={list.isFetchingNextPage}
            onClick={() => void list.fetchNextPage()}
          >
            Show more
          </Button>
        </Group>
      )}
    </>
  )
}
