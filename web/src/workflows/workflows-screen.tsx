import { Anchor, Badge, Group, SegmentedControl, Text } from '@mantine/core'
import { IconAlertTriangle, IconCalendarDue, IconCheck } from '@tabler/icons-react'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { call, client } from '@/api/client'
import { useBusinessNow } from '@/shell/clock'
import { CreateDialog } from '@/ui/create-dialog'
import { formatNumber } from '@/ui/format'
import {
  type Column,
  CreateButton,
  changedColumn,
  ListTable,
  ownerColumn,
  reviewColumn,
  statusColumn,
  useFirst,
  useList,
} from '@/ui/list'
import { Empty, Page } from '@/ui/page'

const states = ['draft', 'live', 'paused', 'archived'] as const
type State = (typeof states)[number]

const readPage = (query: { limit: number; cursor?: string; status?: State }) =>
  call(client.GET('/api/v1/workflows', { params: { query } }))
type Workflow = Awaited<ReturnType<typeof readPage>>['items'][number]

const counted = (workflow: Workflow, n: number) => (workflow.liveVersion === null ? '-' : formatNumber(n))

const columns: Column<Workflow>[] = [
  {
    title: 'Workflow',
    cell: workflow => (
      <>
        <Anchor component={Link} to={`/workflows/${workflow.id}`} fw={600} size="sm">
          {workflow.name}
        </Anchor>
        {workflow.liveVersion !== null && (
          <Text size="xs" c="dimmed">
            version {workflow.liveVersion}
          </Text>
        )}
      </>
    ),
  },
  statusColumn,
  { title: 'Health', cell: workflow => <Health workflow={workflow} /> },
  { title: 'In it now', isNumber: true, cell: workflow => counted(workflow, workflow.inside) },
  { title: 'Ever entered', isNumber: true, cell: workflow => counted(workflow, workflow.entered) },
  ownerColumn,
  reviewColumn,
  changedColumn,
]

/** All workflows: their state, who answers for them, how many people are in them. */
export function WorkflowsScreen() {
  const { status } = useSearch({ strict: false }) as { status?: State }
  const go = useNavigate()
  const first = useFirst('Make the first workflow')
  const list = useList(['workflows', status], page => readPage({ ...page, ...(status ? { status } : {}) }))
  return (
    <Page
      title="Workflows"
      words="What happens to a person, step by step, after something has happened."
      actions={<CreateButton noun="workflow" />}
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
      <ListTable
        list={list}
        columns={columns}
        minWidth={760}
        empty={
          <Empty
            title={status ? `No workflow is ${status === 'draft' ? 'a draft' : status}` : 'No workflow yet'}
            words="A workflow begins with something a person did, waits, asks, writes, and hands over: “three days after the white paper, send the follow-up; who clicks and is ready goes to sales”."
            {...(status ? {} : first)}
          />
        }
      />
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
