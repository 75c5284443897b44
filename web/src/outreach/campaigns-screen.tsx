import { Anchor, SegmentedControl, Text } from '@mantine/core'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { call, client } from '@/api/client'
import { CreateDialog } from '@/ui/create-dialog'
import { formatMinute, formatNumber } from '@/ui/format'
import {
  type Column,
  CreateButton,
  changedColumn,
  ListTable,
  ownerColumn,
  useFirst,
  useList,
} from '@/ui/list'
import { Empty, Page } from '@/ui/page'
import { CampaignStatus } from './campaign-status'

const readPage = (query: { limit: number; cursor?: string; archived: 'true' | 'false' }) =>
  call(client.GET('/api/v1/campaigns', { params: { query } }))
type Campaign = Awaited<ReturnType<typeof readPage>>['items'][number]

const startOf = (campaign: Campaign) => campaign.startedAt ?? campaign.startsAt

const columns: Column<Campaign>[] = [
  {
    title: 'Campaign',
    maw: 380,
    cell: campaign => (
      <>
        <Anchor component={Link} to={`/campaigns/${campaign.id}`} fw={600} size="sm">
          {campaign.name}
        </Anchor>
        {(campaign.words || campaign.waitsForWinner) && (
          <Text size="sm" c="dimmed" truncate>
            {campaign.words ?? 'The test is over: choose the winner.'}
          </Text>
        )}
      </>
    ),
  },
  { title: 'State', cell: campaign => <CampaignStatus status={campaign.status} /> },
  {
    title: 'Recipients',
    isNumber: true,
    cell: campaign => (campaign.recipients === null ? '-' : formatNumber(campaign.recipients)),
  },
  {
    title: 'Starts or started',
    cell: campaign => {
      const start = startOf(campaign)
      return start ? formatMinute(start) : '-'
    },
  },
  ownerColumn,
  changedColumn,
]

/** All campaigns, the newest first. */
export function CampaignsScreen() {
  const go = useNavigate()
  const first = useFirst('Prepare the first campaign')
  const { shelf = 'current' } = useSearch({ strict: false }) as { shelf?: string }
  const archived = shelf === 'archived'
  const list = useList(
    ['campaigns', shelf],
    page => readPage({ ...page, archived: archived ? 'true' : 'false' }),
    5_000,
  )
  return (
    <Page
      title="Campaigns"
      words="One email to many at once. The audience is counted before, fixed when it starts, and passes the same gate as everything else."
      actions={<CreateButton noun="campaign" />}
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
      <ListTable
        list={list}
        columns={columns}
        minWidth={720}
        empty={
          <Empty
            title={archived ? 'Nothing is archived' : 'No campaign yet'}
            words={
              archived
                ? 'What is over can be put here; its messages and numbers stay.'
                : 'Choose who gets it and who does not, an email or a test of two, and when. Before it leaves you see the number, and why each of the others is left out.'
            }
            {...(archived ? {} : first)}
          />
        }
      />
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
