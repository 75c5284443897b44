import { Anchor, Badge, SegmentedControl, Text } from '@mantine/core'
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

const readForms = (query: { limit: number; cursor?: string; status?: 'archived' }) =>
  call(client.GET('/api/v1/forms', { params: { query } }))
type Row = Awaited<ReturnType<typeof readForms>>['items'][number]

const columns: Column<Row>[] = [
  {
    title: 'Form',
    maw: 420,
    cell: form => (
      <>
        <Anchor component={Link} to={`/forms/${form.id}`} fw={600} size="sm">
          {form.name}
        </Anchor>
        <Text size="xs" c="dimmed" truncate>
          {form.url.replace(/^https?:\/\//, '')}
        </Text>
      </>
    ),
  },
  { title: 'State', cell: form => statusColumn.cell(form) },
  { title: 'Saw it, 30 days', isNumber: true, cell: form => formatNumber(form.views) },
  { title: 'Began', isNumber: true, cell: form => formatNumber(form.starts) },
  {
    title: 'Sent it',
    isNumber: true,
    cell: form =>
      `${formatNumber(form.completions)}${form.views > 0 ? ` (${Math.round((form.completions / form.views) * 100)} %)` : ''}`,
  },
  { title: 'Submissions', isNumber: true, cell: form => formatNumber(form.submissions) },
  {
    title: 'Waiting',
    isNumber: true,
    cell: form =>
      form.held > 0 ? (
        <Badge variant="light" color="orange">
          {formatNumber(form.held)} to look at
        </Badge>
      ) : (
        '-'
      ),
  },
  ownerColumn,
  reviewColumn,
  changedColumn,
]

/** Forms: how strangers become contacts. */
export function FormsScreen() {
  const go = useNavigate()
  const { archived = 'false' } = useSearch({ strict: false }) as { archived?: string }
  const first = useFirst('Make the first form')
  const list = useList(['forms', archived], query =>
    readForms(archived === 'true' ? { ...query, status: 'archived' } : query),
  )
  return (
    <Page
      title="Forms"
      words="Ask for what you need, once, with consent in the very words that were shown. Every submission is a contact whose workflows start at once."
      actions={<CreateButton noun="form" />}
    >
      <SegmentedControl
        size="xs"
        w="fit-content"
        aria-label="Which forms"
        data={[
          { value: 'false', label: 'In use' },
          { value: 'true', label: 'Archived' },
        ]}
        value={archived}
        onChange={next => void go({ to: '.', search: { archived: next } as never, replace: true })}
      />
      <ListTable
        list={list}
        columns={columns}
        minWidth={1120}
        empty={
          archived === 'true' ? (
            <Text c="dimmed">Nothing was archived.</Text>
          ) : (
            <Empty
              title="No form yet"
              words="A form stands on a page of its own, inside any website, or on a landing page. It works without JavaScript, asks returning people something new, and keeps robots out without puzzles."
              {...first}
            />
          )
        }
      />
      <CreateDialog
        noun="form"
        placeholder="White paper download"
        onCreate={async name => {
          const made = await call(client.POST('/api/v1/forms', { body: { name } }))
          await go({ to: `/forms/${made.id}` })
        }}
      />
    </Page>
  )
}
