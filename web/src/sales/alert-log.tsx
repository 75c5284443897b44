import { Anchor, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { call, client } from '@/api/client'
import { When } from '@/ui/format'
import { type Column, ListTable, useList } from '@/ui/list'

const readPage = (query: { limit: number; cursor?: string; ruleId?: string }) =>
  call(client.GET('/api/v1/alerts', { params: { query } }))
type Alert = Awaited<ReturnType<typeof readPage>>['items'][number]

const ways: Record<string, string> = {
  email: 'by email',
  slack: 'in Slack',
  teams: 'in Teams',
  task: 'as a task',
}

const columns: Column<Alert>[] = [
  {
    title: 'About',
    cell: alert => (
      <>
        <Anchor component={Link} to={`/contacts/${alert.contactId}`} fw={600} size="sm">
          {alert.who}
        </Anchor>
        <Text size="sm" c="dimmed">
          {alert.because}
        </Text>
      </>
    ),
  },
  {
    title: 'Told',
    cell: alert =>
      alert.told.length === 0 ? (
        <Text size="sm" c="dimmed">
          nobody: no one was there
        </Text>
      ) : (
        alert.told.map((each, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a short list that never changes its order
          <Text size="sm" key={at}>
            {each.person ?? 'the channel'} {ways[each.channel] ?? each.channel}
            {each.waits ? ', with the next digest' : ''}
          </Text>
        ))
      ),
  },
  { title: 'When', cell: alert => <When at={alert.raisedAt} /> },
  {
    title: 'Answered',
    cell: alert =>
      alert.acknowledgedAt ? (
        <>
          <Text size="sm">{alert.acknowledgedBy}</Text>
          <When at={alert.acknowledgedAt} />
        </>
      ) : (
        <Text size="sm" c="dimmed">
          not yet
        </Text>
      ),
  },
]

/** What a rule has told, to whom, and who answered. */
export function AlertLog({ ruleId }: { ruleId: string }) {
  const list = useList(['alerts', ruleId], query => readPage({ ...query, ruleId }))
  return (
    <ListTable
      list={list}
      columns={columns}
      minWidth={640}
      empty={<Text c="dimmed">It has told nobody yet.</Text>}
    />
  )
}
