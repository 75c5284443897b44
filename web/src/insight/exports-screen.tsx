import { Anchor, Button, Group, Table, Text } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { call, client } from '@/api/client'
import { formatNumber, When } from '@/ui/format'
import { Empty, Page } from '@/ui/page'
import { ErrorNote, Waiting } from '@/ui/states'

const readPage = (cursor: string) =>
  call(client.GET('/api/v1/exports', { params: { query: { limit: 25, ...(cursor ? { cursor } : {}) } } }))
type Export = Awaited<ReturnType<typeof readPage>>['items'][number]

const size = (bytes: number) =>
  bytes < 1_000_000
    ? `${formatNumber(Math.ceil(bytes / 1_000))} kB`
    : `${formatNumber(Math.round(bytes / 100_000) / 10)} MB`

/** Files that were taken out, by whom, and for how long they are there. */
export function ExportsScreen() {
  const list = useInfiniteQuery({
    queryKey: ['exports', 'list'],
    queryFn: ({ pageParam }) => readPage(pageParam),
    initialPageParam: '',
    getNextPageParam: last => last.next ?? undefined,
    refetchInterval: query => (query.state.data?.pages.some(page => page.items.some(isOpen)) ? 1_500 : false),
  })
  const items = list.data?.pages.flatMap(page => page.items) ?? []
  return (
    <Page
      title="Exports"
      words="Files of people, companies and deliveries. They are kept for seven days; who asked for one and who took it stands in the audit log."
    >
      {list.isPending && <Waiting />}
      {list.isError && <ErrorNote error={list.error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && items.length === 0 && (
        <Empty
          title="Nothing was exported yet"
          words="Contacts, segments, lists, companies and deliveries have a button “Export”. What it writes is listed here."
        />
      )}
      {items.length > 0 && (
        <Table.ScrollContainer minWidth={680}>
          <Table verticalSpacing="sm" highlightOnHover stickyHeader>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>What</Table.Th>
                <Table.Th>As</Table.Th>
                <Table.Th ta="right">Rows</Table.Th>
                <Table.Th ta="right">Size</Table.Th>
                <Table.Th>By</Table.Th>
                <Table.Th>When</Table.Th>
                <Table.Th>File</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {items.map(item => (
                <Table.Tr key={item.id}>
                  <Table.Td fw={600}>{item.name.charAt(0).toUpperCase() + item.name.slice(1)}</Table.Td>
                  <Table.Td>{item.format === 'csv' ? 'CSV' : 'JSON lines'}</Table.Td>
                  <Table.Td ta="right" className="numbers">
                    {formatNumber(item.rows)}
                  </Table.Td>
                  <Table.Td ta="right" className="numbers">
                    {size(item.bytes)}
                  </Table.Td>
                  <Table.Td>{item.createdBy}</Table.Td>
                  <Table.Td>
                    <When at={item.createdAt} />
                  </Table.Td>
                  <Table.Td>
                    <File of={item} />
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

const isOpen = ({ job }: Export) => job?.state === 'queued' || job?.state === 'running'

function File({ of }: { of: Export }) {
  if (of.removed)
    return (
      <Text size="sm" c="dimmed">
        Removed {of.removed}
      </Text>
    )
  if (of.job?.error) return <Text size="sm">Failed: {of.job.error}</Text>
  if (!of.finishedAt)
    return (
      <Text size="sm" c="dimmed">
        Being written
      </Text>
    )
  return (
    <Anchor href={`/api/v1/exports/${of.id}/file`} download size="sm">
      Download
    </Anchor>
  )
}
