import { Button, Select } from '@mantine/core'
import { IconExternalLink } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { call, client } from '@/api/client'
import type { Kind, Search } from './report'

type Props = { search: Search; set(change: Search): void }
const most = { params: { query: { limit: 200 } } }

/** The filters of a report besides its days. */
export function ReportFilters({ kind, ...props }: Props & { kind: Kind }) {
  if (kind.key === 'emails') return <EmailFilter {...props} />
  if (kind.key === 'campaigns') return <CampaignFilter {...props} />
  if (kind.key === 'workflows') return <WorkflowFilter {...props} />
  if (kind.key === 'segments') return <SegmentFilter {...props} />
  if (kind.key === 'growth') return <ListFilter {...props} />
  if (kind.key === 'sources') return <SourceFilter {...props} />
  if (kind.key === 'deliverability' && props.search.provider) {
    return (
      <Button variant="default" onClick={() => props.set({ provider: '' })}>
        {props.search.provider}: show all providers
      </Button>
    )
  }
  return null
}

type Choice = { id: string; name: string }

function Pick(props: {
  label: string
  all: string
  items: Choice[] | undefined
  value: string | undefined
  to?: string
  onPick(id: string): void
}) {
  return (
    <>
      <Select
        label={props.label}
        placeholder={props.all}
        searchable
        clearable
        w={240}
        data={(props.items ?? []).map(item => ({ value: item.id, label: item.name }))}
        value={props.value ?? null}
        onChange={value => props.onPick(value ?? '')}
        clearButtonProps={{ 'aria-label': `Show ${props.all.toLowerCase()}` }}
      />
      {props.value && props.to && (
        <Button
          component={Link}
          to={`${props.to}/${props.value}`}
          variant="subtle"
          leftSection={<IconExternalLink size={14} aria-hidden />}
        >
          Open
        </Button>
      )}
    </>
  )
}

function EmailFilter({ search, set }: Props) {
  const emails = useQuery({
    queryKey: ['emails', 'choice'],
    queryFn: () => call(client.GET('/api/v1/emails', most)),
  })
  return (
    <Pick
      label="Email"
      all="All emails"
      items={emails.data?.items}
      value={search.emailId}
      to="/emails"
      onPick={emailId => set({ emailId, sort: '' })}
    />
  )
}

function CampaignFilter({ search, set }: Props) {
  const campaigns = useQuery({
    queryKey: ['campaigns', 'choice'],
    queryFn: () => call(client.GET('/api/v1/campaigns', most)),
  })
  return (
    <Pick
      label="Campaign"
      all="All campaigns"
      items={campaigns.data?.items}
      value={search.campaignId}
      to="/campaigns"
      onPick={campaignId => set({ campaignId, sort: '' })}
    />
  )
}

function SegmentFilter({ search, set }: Props) {
  const segments = useQuery({
    queryKey: ['segments', 'choice'],
    queryFn: () => call(client.GET('/api/v1/segments', most)),
  })
  return (
    <Pick
      label="Segment"
      all="All segments"
      items={segments.data?.items}
      value={search.segmentId}
      to="/segments"
      onPick={segmentId => set({ segmentId, sort: '' })}
    />
  )
}

function ListFilter({ search, set }: Props) {
  const lists = useQuery({
    queryKey: ['lists', 'choice'],
    queryFn: () => call(client.GET('/api/v1/lists')),
  })
  return (
    <Pick
      label="List"
      all="Everybody"
      items={lists.data?.items}
      value={search.listId}
      onPick={listId => set({ listId, metric: '', sort: '' })}
    />
  )
}

function WorkflowFilter({ search, set }: Props) {
  const workflows = useQuery({
    queryKey: ['workflows', 'choice'],
    queryFn: () => call(client.GET('/api/v1/workflows', most)),
  })
  const chosen = workflows.data?.items.find(item => item.id === search.workflowId)
  const versions = Array.from({ length: chosen?.liveVersion ?? 0 }, (_, index) =>
    String((chosen?.liveVersion ?? 0) - index),
  )
  return (
    <>
      <Pick
        label="Workflow"
        all="All workflows"
        items={workflows.data?.items}
        value={search.workflowId}
        to="/workflows"
        onPick={workflowId => set({ workflowId, version: '', sort: '' })}
      />
      {versions.length > 1 && (
        <Select
          label="Version"
          w={120}
          clearable
          placeholder={`${versions[0]} (live)`}
          data={versions.map(value => ({ value, label: value === versions[0] ? `${value} (live)` : value }))}
          value={search.version ?? null}
          onChange={version => set({ version: version ?? '' })}
        />
      )}
    </>
  )
}

const dimensions = [
  { value: 'source', label: 'Source (utm_source)' },
  { value: 'medium', label: 'Medium (utm_medium)' },
  { value: 'campaign', label: 'Campaign (utm_campaign)' },
  { value: 'referrer', label: 'Referring site' },
  { value: 'via', label: 'Form, import or other door' },
]

function SourceFilter({ search, set }: Props) {
  return (
    <Select
      label="By"
      w={220}
      allowDeselect={false}
      data={dimensions}
      value={search.by ?? 'source'}
      onChange={by => set({ by: by ?? '' })}
    />
  )
}
