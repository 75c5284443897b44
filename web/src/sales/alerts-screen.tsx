import { Anchor, Group, SegmentedControl, Text } from '@mantine/core'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { call, client } from '@/api/client'
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
import type { AlertRule } from './alert'

const columns: Column<AlertRule>[] = [
  {
    title: 'Alert',
    maw: 460,
    cell: rule => (
      <>
        <Anchor component={Link} to={`/alerts/${rule.id}`} fw={600} size="sm">
          {rule.name}
        </Anchor>
        <Text size="sm" c="dimmed">
          When somebody {rule.sentence}
        </Text>
      </>
    ),
  },
  statusColumn,
  {
    title: 'Told in 30 days',
    isNumber: true,
    cell: rule => (rule.status === 'draft' ? '-' : formatNumber(rule.raised)),
  },
  {
    title: 'Answered',
    isNumber: true,
    cell: rule => (rule.raised === 0 ? '-' : `${Math.round((rule.acknowledged / rule.raised) * 100)} %`),
  },
  ownerColumn,
  reviewColumn,
  changedColumn,
]

/** Rules that tell sales when somebody is worth a call. */
export function AlertsScreen() {
  const go = useNavigate()
  const { archived = 'false' } = useSearch({ strict: false }) as { archived?: 'true' | 'false' }
  const first = useFirst('Make the first alert')
  const list = useList(['alert-rules', archived], query =>
    call(client.GET('/api/v1/alert-rules', { params: { query: { ...query, archived } } })),
  )
  return (
    <Page
      title="Sales alerts"
      words="Tell the right person of sales at the right moment, with what somebody did, and make sure that he or she answers."
      actions={<CreateButton noun="alert" />}
    >
      <Group>
        <SegmentedControl
          size="xs"
          aria-label="Which alerts"
          data={[
            { value: 'false', label: 'In use' },
            { value: 'true', label: 'Archived' },
          ]}
          value={archived}
          onChange={next => void go({ to: '.', search: { archived: next } as never, replace: true })}
        />
      </Group>
      <ListTable
        list={list}
        columns={columns}
        minWidth={860}
        empty={
          archived === 'true' ? (
            <Text c="dimmed">Nothing was archived.</Text>
          ) : (
            <Empty
              title="No alert yet"
              words="An alert tells the owner of a contact by email, Slack or Teams, for example when somebody comes back to the prices. Machines never set one off."
              {...first}
            />
          )
        }
      />
      <CreateDialog
        noun="alert"
        placeholder="Back on the prices"
        onCreate={async name => {
          const made = await call(client.POST('/api/v1/alert-rules', { body: { name } }))
          await go({ to: `/alerts/${made.id}` })
        }}
      />
    </Page>
  )
}
