import { Anchor, Button, Group, Table, Text, Tooltip } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { call, client } from '@/api/client'
import { useEditReason } from '@/shell/me'
import { CreateDialog, useCreating } from '@/ui/create-dialog'
import { formatDay, When } from '@/ui/format'
import { Empty, Page } from '@/ui/page'
import { ErrorNote, Waiting } from '@/ui/states'
import { Status } from '@/ui/status'
import { OwnerName } from '@/ui/steward'

/** All emails by name. */
export function EmailsScreen() {
  const go = useNavigate()
  const creating = useCreating()
  const reason = useEditReason()
  const list = useInfiniteQuery({
    queryKey: ['emails'],
    queryFn: ({ pageParam }) =>
      call(
        client.GET('/api/v1/emails', {
          params: { query: { limit: 50, ...(pageParam ? { cursor: pageParam } : {}) } },
        }),
      ),
    initialPageParam: '',
    getNextPageParam: last => last.next ?? undefined,
  })
  const items = list.data?.pages.flatMap(page => page.items) ?? []
  const action = (
    <Tooltip label={reason} disabled={!reason}>
      <Button leftSection={<IconPlus size={16} />} disabled={reason !== null} onClick={creating.open}>
        New email
      </Button>
    </Tooltip>
  )
  return (
    <Page
      title="Emails"
      words="What workflows send. Published once, compiled once; every message keeps pointing at the version it was made of."
      actions={action}
    >
      {list.isPending && <Waiting />}
      {list.isError && <ErrorNote error={list.error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && items.length === 0 && (
        <Empty
          title="No email yet"
          words="Write one in MJML or HTML with names and other values filled in for each person; look at it as a certain contact before it goes out."
          {...(reason ? {} : { action: { label: 'Write the first email', onClick: creating.open } })}
        />
      )}
      {items.length > 0 && (
        <Table.ScrollContainer minWidth={680}>
          <Table highlightOnHover verticalSpacing="sm">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Email</Table.Th>
                <Table.Th>State</Table.Th>
                <Table.Th>Owner</Table.Th>
                <Table.Th>Review</Table.Th>
                <Table.Th>Changed</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {items.map(email => (
                <Table.Tr key={email.id}>
                  <Table.Td maw={420}>
                    <Anchor component={Link} to={`/emails/${email.id}`} fw={600} size="sm">
                      {email.name}
                    </Anchor>
                    <Text size="sm" c="dimmed" truncate>
                      {email.subject || '(no subject yet)'}
                    </Text>
                  </Table.Td>
                  <Table.Td>
                    <Status status={email.status} />
                  </Table.Td>
                  <Table.Td>
                    <OwnerName id={email.ownerId} />
                  </Table.Td>
                  <Table.Td>{email.reviewOn ? formatDay(email.reviewOn) : '-'}</Table.Td>
                  <Table.Td>
                    <When at={email.updatedAt} />
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
        noun="email"
        placeholder="White paper follow-up"
        onCreate={async name => {
          const made = await call(client.POST('/api/v1/emails', { body: { name } }))
          await go({ to: `/emails/${made.id}` })
        }}
      />
    </Page>
  )
}
