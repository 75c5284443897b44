import { Anchor, Badge, Group, Text, TextInput, Tooltip } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { IconAlertTriangle, IconSearch } from '@tabler/icons-react'
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
  useFirst,
  useList,
} from '@/ui/list'
import { Empty, Page } from '@/ui/page'
import { Status } from '@/ui/status'

const readPage = (query: { limit: number; cursor?: string; search?: string }) =>
  call(client.GET('/api/v1/segments', { params: { query } }))
type Segment = Awaited<ReturnType<typeof readPage>>['items'][number]

const columns: Column<Segment>[] = [
  {
    title: 'Segment',
    maw: 520,
    cell: segment => (
      <>
        <Anchor component={Link} to={`/segments/${segment.id}`} fw={600} size="sm">
          {segment.name}
        </Anchor>
        <Text size="sm" c="dimmed" lineClamp={1}>
          {segment.sentence ?? 'No conditions yet'}
        </Text>
      </>
    ),
  },
  {
    title: 'State',
    cell: segment => (
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
    ),
  },
  {
    title: 'People',
    isNumber: true,
    cell: segment => (
      <>
        {segment.status === 'draft' ? '-' : formatNumber(segment.size)}
        {segment.building && (
          <Text size="xs" c="dimmed">
            finding people ...
          </Text>
        )}
      </>
    ),
  },
  ownerColumn,
  reviewColumn,
  changedColumn,
]

/** All segments: what they say, how many are in them, who answers for them. */
export function SegmentsScreen() {
  const { q = '' } = useSearch({ strict: false }) as { q?: string }
  const go = useNavigate()
  const first = useFirst('Make the first segment')
  const list = useList(['segments', q], page => readPage({ ...page, ...(q ? { search: q } : {}) }))
  const search = useDebouncedCallback(
    (text: string) => void go({ to: '/segments', search: text ? { q: text } : {}, replace: true }),
    200,
  )
  return (
    <Page
      title="Segments"
      words="Groups of contacts that keep themselves up to date."
      actions={<CreateButton noun="segment" />}
    >
      <TextInput
        maw={320}
        aria-label="Search segments"
        placeholder="Search by name"
        leftSection={<IconSearch size={16} />}
        defaultValue={q}
        onChange={event => search(event.currentTarget.value)}
      />
      <ListTable
        list={list}
        columns={columns}
        minWidth={720}
        empty={
          <Empty
            title={q ? 'No segment has this name' : 'No segment yet'}
            words="A segment says who somebody is and what he did: “viewed the pricing page three times this week and agreed to mail”. Everything else - workflows, scores, campaigns - can stand on it."
            {...(q ? {} : first)}
          />
        }
      />
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
