import { Anchor, Badge, Button, Group, SegmentedControl, Table, Text, Tooltip } from '@mantine/core'
import { IconAlertTriangle, IconCalendarDue, IconCheck, IconPlus } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { call, client } from '@/api/client'
import { useBusinessNow } from '@/shell/clock'
import { useEditReason } from '@/shell/me'
import { CreateDialog, useCreating } from '@/ui/create-dialog'
import { formatDay, formatNumber, When } from '@/ui/format'
import { Empty, Page } from '@/ui/page'
import { ErrorNote, Waiting } from '@/ui/states'
import { Status } from '@/ui/status'
import { OwnerName } from '@/ui/steward'

const states = ['draft', 'live', 'paused', 'archived'] as const
type State = (typeof states)[number]

/** All workflows: their state, who answers for them, how many people are in them. */
export function WorkflowsScreen() {
  const { status } = useSearch({ strict: false }) as { status?: State }
  const go = useNavigate()
  const creating = useCreating()
  const reason = useEditReason()
  const list = useInfiniteQuery({
    queryKey: ['workflows', status],
    queryFn: ({ pageParam }) =>
      call(
        client.GET('/api/v1/workflows', {
          params: {
            query: { limit: 50, ...(status ? { status } : {}), ...(pageParam ? { cursor: pageParam } : {}) },
          },
        }),
      ),
    initialPageParam: '',
    getNextPageParam: last => last.next ?? undefined,
  })
  const items = list.data?.pages.flatMap(page => page.items) ?? []
  const create = (
    <Tooltip label={reason} disabled={!reason}>
      <Button leftSection={<IconPlus size={16} />} onClick={creating.open} disabled={reason !== null}>
        New workflow
      </Button>
    </Tooltip>
  )
  return (
    <Page
      title="Workflows"
      words="What happens to a person, step by step, after something has happened."
      actions={create}
    >
      <SegmentedControl
        aria-label="State"
        style={{ alignSelf: 'flex-start' }}
        value={status ?? 'all'}
        onChange={value =>
          void go({ to: '/workflows', search: value === 'all' ? {} : { status: value }, replace: true })
        }
        data={[
          { value: 'all', label: 'All' },
          ...states.map(state => ({ value: state, label: state.charAt(0).toUpperCase() + state.slice(1) })),
        ]}
      />
      {list.isPending && <Waiting />}
      {list.isError && <ErrorNote error={list.error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && items.length === 0 && (
        <Empty
          title={status ? `No workflow is ${status === 'draft' ? 'a draft' : status}` : 'No workflow yet'}
          words="A workflow begins with something a person did, waits, asks, writes, and hands over: “three days after the white paper, send the follow-up; who clicks and is ready goes to sales”."
          {...(status || reason
            ? {}
            : { action: { label: 'Make the first workflow', onClick: creating.open } })}
        />
      )}
      {items.length > 0 && (
        <Table.ScrollContainer minWidth={760}>
          <Table highlightOnHover verticalSpacing="sm" stickyHeader>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Workflow</Table.Th>
                <Table.Th>State</Table.Th>
                <Table.Th>Health</Table.Th>
                <Table.Th ta="right">In it now</Table.Th>
                <Table.Th ta="right">Ever entered</Table.Th>
                <Table.Th>Owner</Table.Th>
                <Table.Th>Review</Table.Th>
                <Table.Th>Changed</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {items.map(workflow => (
                <Table.Tr key={workflow.id}>
                  <Table.Td>
                    <Anchor component={Link} to={`/workflows/${workflow.id}`} fw={600} size="sm">
                      {workflow.name}
                    </Anchor>
                    {workflow.liveVersion !== null && (
                      <Text size="xs" c="dimmed">
                        version {workflow.liveVersion}
                      </Text>
                    )}
                  </Table.Td>
                  <Table.Td>
                    <Status status={workflow.status} />
                  </Table.Td>
                  <Table.Td>
                    <Health workflow={workflow} />
                  </Table.Td>
                  <Table.Td ta="right" className="numbers">
                    {workflow.liveVersion === null ? '-' : formatNumber(workflow.inside)}
                  </Table.Td>
                  <Table.Td ta="right" className="numbers">
                    {workflow.liveVersion === null ? '-' : formatNumber(workflow.entered)}
                  </Table.Td>
                  <Table.Td>
                    <OwnerName id={workflow.ownerId} />
                  </Table.Td>
                  <Table.Td>{workflow.reviewOn ? formatDay(workflow.reviewOn) : '-'}</Table.Td>
                  <Table.Td>
                    <When at={workflow.updatedAt} />
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
        noun="workflow"
        placeholder="White paper follow-up"
        onCreate={async name => {
          const made = await call(client.POST('/api/v1/workflows', { body: { name } }))
          await go({ to: `/workflows/${made.id}` })
        }}
      />
    </Page>
  )
}

/** What wants a person: those who cannot go on, and a review that is due. */
function Health({
  workflow,
}: {
  workflow: { id: string; status: State; parked: number; reviewOn: string | null }
}) {
  const today = useBusinessNow().toISOString().slice(0, 10)
  const runs = workflow.status === 'live' || workflow.status === 'paused'
  const isDue = runs && workflow.reviewOn !== null && workflow.reviewOn <= today
  if (!runs && workflow.parked === 0) return <>-</>
  return (
    <Group gap={6}>
      {workflow.parked > 0 && (
        <Anchor
          component={Link}
          to={`/workflows/${workflow.id}`}
          search={{ tab: 'people', status: 'parked' } as never}
          underline="never"
        >
          <Badge
            color="red"
            c="var(--mantine-color-text)"
            leftSection={<IconAlertTriangle size={12} aria-hidden />}
            style={{ cursor: 'pointer' }}
          >
            {formatNumber(workflow.parked)} set aside
          </Badge>
        </Anchor>
      )}
      {isDue && (
        <Badge
          color="yellow"
          c="var(--mantine-color-text)"
          leftSection={<IconCalendarDue size={12} aria-hidden />}
        >
          Review is due
        </Badge>
      )}
      {workflow.parked === 0 && !isDue && (
        <Group gap={4} wrap="nowrap">
          <IconCheck size={14} aria-hidden />
          <Text span size="sm">
            All well
          </Text>
        </Group>
      )}
    </Group>
  )
}
