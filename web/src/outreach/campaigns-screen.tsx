import { Anchor, Button, Group, SegmentedControl, Table, Text, Tooltip } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { call, client } from '@/api/client'
import { useEditReason } from '@/shell/me'
import { CreateDialog, useCreating } from '@/ui/create-dialog'
import { formatMinute, formatNumber, When } from '@/ui/format'
import { Empty, Page } from '@/ui/page'
import { ErrorNote, Waiting } from '@/ui/states'
import { OwnerName } from '@/ui/steward'
import { CampaignStatus } from './campaign-status'

/** All campaigns, the newest first. */
export function CampaignsScreen() {
  const go = useNavigate()
  const creating = useCreating()
  const reason = useEditReason()
  const { shelf = 'current' } = useSearch({ strict: false }) as { shelf?: string }
  const archived = shelf === 'archived'
  const list = useInfiniteQuery({
    queryKey: ['campaigns', shelf],
    queryFn: ({ pageParam }) =>
      call(
        client.GET('/api/v1/campaigns', {
          params: {
            query: {
              limit: 50,
              archived: archived ? 'true' : 'false',
              ...(pageParam ? { cursor: pageParam } : {}),
            },
          },
        }),
      ),
    initialPageParam: '',
    getNextPageParam: last => last.next ?? undefined,
    refetchInterval: 5_000,
  })
  const items = list.data?.pages.flatMap(page => page.items) ?? []
  const action = (
    <Tooltip label={reason} disabled={!reason}>
      <Button leftSection={<IconPlus size={16} />} disabled={reason !== null} onClick={creating.open}>
        New campaign
      </Button>
    </Tooltip>
  )
  return (
    <Page
      title="Campaigns"
      words="One email to many at once. The audience is counted before, fixed when it starts, and passes the same gate as everything else."
      actions={action}
    >
      <SegmentedControl
        w="fit-content"
        value={shelf}
        onChange={next => void go({ to: '.', search: { shelf: next } as never, replace: true })}
        data={[
          { value: 'current', label: 'Current' },
          { value: 'archived', label: 'Archived' },
        ]}
      />
      {list.isPending && <Waiting />}
      {list.isError && <ErrorNote error={list.error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && items.length === 0 && (
        <Empty
          title={archived ? 'Nothing is archived' : 'No campaign yet'}
          words={
            archived
              ? 'What is over can be put here; its messages and numbers stay.'
              : 'Choose who gets it and who does not, an email or a test of two, and when. Before it leaves you see the number, and why each of the others is left out.'
          }
          {...(reason || archived
            ? {}
            : { action: { label: 'Prepare the first campaign', onClick: creating.open } })}
        />
      )}
      {items.length > 0 && (
        <Table.ScrollContainer minWidth={720}>
          <Table highlightOnHover verticalSpacing="sm">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Campaign</Table.Th>
                <Table.Th>State</Table.Th>
                <Table.Th ta="right">Recipients</Table.Th>
                <Table.Th>Starts or started</Table.Th>
                <Table.Th>Owner</Table.Th>
                <Table.Th>Changed</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {items.map(campaign => (
                <Table.Tr key={campaign.id}>
                  <Table.Td maw={380}>
                    <Anchor component={Link} to={`/campaigns/${campaign.id}`} fw={600} size="sm">
                      {campaign.name}
                    </Anchor>
                    {(campaign.words || campaign.waitsForWinner) && (
                      <Text size="sm" c="dimmed" truncate>
                        {campaign.words ?? 'The test is over: choose the winner.'}
                      </Text>
                    )}
                  </Table.Td>
                  <Table.Td>
                    <CampaignStatus status={campaign.status} />
                  </Table.Td>
                  <Table.Td ta="right">
                    {campaign.recipients === null ? '-' : formatNumber(campaign.recipients)}
                  </Table.Td>
                  <Table.Td>
                    {(campaign.startedAt ?? campaign.startsAt)
                      ? formatMinute(campaign.startedAt ?? campaign.startsAt ?? '')
                      : '-'}
                  </Table.Td>
                  <Table.Td>
                    <OwnerName id={campaign.ownerId} />
                  </Table.Td>
                  <Table.Td>
                    <When at={campaign.updatedAt} />
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
        noun="campaign"
        placeholder="Autumn news"
        onCreate={async name => {
          const made = await call(client.POST('/api/v1/campaigns', { body: { name } }))
          await go({ to: `/campaigns/${made.id}` })
        }}
      />
    </Page>
  )
}
