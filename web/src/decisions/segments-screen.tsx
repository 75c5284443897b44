import { Anchor, Badge, Button, Group, Table, Text, TextInput, Tooltip } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { IconAlertTriangle, IconPlus, IconSearch } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { call, client } from '@/api/client'
import { useEditReason } from '@/shell/me'
import { CreateDialog, useCreating } from '@/ui/create-dialog'
import { formatDay, formatNumber, When } from '@/ui/format'
import { Empty, Page } from '@/ui/page'
import { ErrorNote, Waiting } from '@/ui/states'
import { Status } from '@/ui/status'
import { OwnerName } from '@/ui/steward'

/** All segments: what they say, how many are in them, who answers for them. */
export function SegmentsScreen() {
  const { q = '' } = useSearch({ strict: false }) as { q?: string }
  const go = useNavigate()
  const creating = useCreating()
  const reason = useEditReason()
  const list = useInfiniteQuery({
    queryKey: ['segments', q],
    queryFn: ({ pageParam }) =>
      call(
        client.GET('/api/v1/segments', {
          params: {
            query: { limit: 50, ...(q ? { search: q } : {}), ...(pageParam ? { cursor: pageParam } : {}) },
          },
        }),
      ),
    initialPageParam: '',
    getNextPageParam: last => last.next ?? undefined,
  })
  const search = useDebouncedCallback(
    (text: string) => void go({ to: '/segments', search: text ? { q: text } : {}, replace: true }),
    200,
  )
  const items = list.data?.pages.flatMap(page => page.items) ?? []
  const create = (
    <Tooltip label={reason} disabled={!reason}>
      <Button
        leftSection={<IconPlus size={16} />}
        onClick={creating.open}
        disabled={reason !== null}
        data-disabled={reason !== null || undefined}
      >
        New segment
      </Button>
    </Tooltip>
  )
  return (
    <Page title="Segments" words="Groups of contacts that keep themselves up to date." actions={create}>
      <TextInput
        maw={320}
        aria-label="Search segments"
        placeholder="Search by name"
        leftSection={<IconSearch size={16} />}
        defaultValue={q}
        onChange={event => search(event.currentTarget.value)}
      />
      {list.isPending && <Waiting />}
      {list.isError && <ErrorNote error={list.error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && items.length === 0 && (
        <Empty
          title={q ? 'No segment has this name' : 'No segment yet'}
          words="A segment says who somebody is and what he did: “viewed the pricing page three times this week and agreed to mail”. Everything else - workflows, scores, campaigns - can stand on it."
          {...(q || reason ? {} : { action: { label: 'Make the first segment', onClick: creating.open } })}
        />
      )}
      {items.length > 0 && (
        <Table.ScrollContainer minWidth={720}>
          <Table highlightOnHover verticalSpacing="sm" stickyHeader>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Segment</Table.Th>
                <Table.Th>State</Table.Th>
                <Table.Th ta="right">People</Table.Th>
                <Table.Th>Owner</Table.Th>
                <Table.Th>Review</Table.Th>
                <Table.Th>Changed</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {items.map(segment => (
                <Table.Tr key={segment.id}>
                  <Table.Td maw={520}>
                    <Anchor component={Link} to={`/segments/${segment.id}`} fw={600} size="sm">
                      {segment.name}
                    </Anchor>
                    <Text size="sm" c="dimmed" lineClamp={1}>
                      {segment.sentence ?? 'No conditions yet'}
                    </Text>
                  </Table.Td>
                  <Table.Td>
                    <Group gap={6} wrap="nowrap">
                      <Status status={segment.status} />
                      {segment.broken && (
                        <Tooltip label={`Cannot be asked: ${segment.broken}`} multiline maw={320}>
                          <Badge color="red" leftSection={<IconAlertTriangle size={12} />}>
                            Broken
                          </Badge>
                        </Tooltip>
                      )}
                    </Group>
                  </Table.Td>
                  <Table.Td ta="right" className="numbers">
                    {segment.status === 'draft' ? '-' : formatNumber(segment.size)}
                    {segment.building && (
                      <Text size="xs" c="dimmed">
                        finding people ...
                      </Text>
                    )}
                  </Table.Td>
                  <Table.Td>
                    <OwnerName id={segment.ownerId} />
                  </Table.Td>
                  <Table.Td>{segment.reviewOn ? formatDay(segment.reviewOn) : '-'}</Table.Td>
                  <Table.Td>
                    <When at={segment.updatedAt} />
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
            Show more
          </Button>
        </Group>
      )}
      <CreateDialog
        noun="segment"
        placeholder="Evaluating now"
        onCreate={async name => {
          const made = await call(client.POST('/api/v1/segments', { body: { name } }))
          await go({ to: `/segments/${made.id}` })
        }}
      />
    </Page>
  )
}
