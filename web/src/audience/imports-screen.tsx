import { Anchor, Button, Group, Table, Text } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { call, client } from '@/api/client'
import { useEditReason } from '@/shell/me'
import { formatNumber, When } from '@/ui/format'
import { Page } from '@/ui/page'
import { ErrorNote, Waiting } from '@/ui/states'
import { isBusy } from './import-data'
import { ImportDrop } from './import-drop'
import { ImportState } from './import-state'

const readPage = (cursor: string) =>
  call(client.GET('/api/v1/imports', { params: { query: { limit: 25, ...(cursor ? { cursor } : {}) } } }))

/** Files of people: what came of each, by whom, and the place to drop the next one. */
export function ImportsScreen() {
  const reason = useEditReason()
  const list = useInfiniteQuery({
    queryKey: ['imports', 'list'],
    queryFn: ({ pageParam }) => readPage(pageParam),
    initialPageParam: '',
    getNextPageParam: last => last.next ?? undefined,
    refetchInterval: query => (query.state.data?.pages.some(page => page.items.some(isBusy)) ? 2_000 : false),
  })
  const items = list.data?.pages.flatMap(page => page.items) ?? []
  return (
    <Page
      title="Imports"
      words="People from a CSV file. Nothing is written before a dry run has shown what would happen, and every import can be taken back for 30 days."
    >
      <ImportDrop reason={reason} />
      {list.isPending && <Waiting />}
      {list.isError && <ErrorNote error={list.error} onRetry={() => void list.refetch()} />}
      {items.length > 0 && (
        <Table.ScrollContainer minWidth={760}>
          <Table verticalSpacing="sm" highlightOnHover stickyHeader>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>File</Table.Th>
                <Table.Th>State</Table.Th>
                <Table.Th ta="right">Rows</Table.Th>
                <Table.Th ta="right">Added</Table.Th>
                <Table.Th ta="right">Updated</Table.Th>
                <Table.Th ta="right">Unchanged</Table.Th>
                <Table.Th ta="right">Rejected</Table.Th>
                <Table.Th>By</Table.Th>
                <Table.Th>When</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {items.map(item => (
                <Table.Tr key={item.id}>
                  <Table.Td maw={280}>
                    <Anchor component={Link} to={`/imports/${item.id}`} size="sm" fw={600}>
                      {item.name}
                    </Anchor>
                  </Table.Td>
                  <Table.Td>
                    <ImportState of={item} />
                  </Table.Td>
                  {[item.rows, item.added, item.updated, item.unchanged, item.rejected].map((count, i) => (
                    <Table.Td
                      key={['rows', 'added', 'updated', 'unchanged', 'rejected'][i]}
                      ta="right"
                      className="numbers"
                    >
                      {item.startedAt ? formatNumber(count) : ''}
                    </Table.Td>
                  ))}
                  <Table.Td>
                    <Text size="sm">{item.createdBy}</Text>
                  </Table.Td>
                  <Table.Td>
                    <When at={item.startedAt ?? item.createdAt} />
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {list.hasNextPage && (
        <Group justify="center">
          <Button
            variant="default"
            loading={list.isFetchingNextPage}
            onClick={() => void list.fetchNextPage()}
          >
            Show older
          </Button>
        </Group>
      )}
    </Page>
  )
}
