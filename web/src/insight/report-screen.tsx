import { Anchor, Box, Group, List, Paper, Select, Stack, Text, Title } from '@mantine/core'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { FunnelChart } from '@/ui/chart-funnel'
import { formatValue, type Metric, useMetrics } from '@/ui/metric'
import { Empty, Page } from '@/ui/page'
import { Loaded } from '@/ui/states'
import { RangeBar } from './range-bar'
import {
  type Kind,
  kinds,
  queryOf,
  type Report,
  type Search,
  type Table,
  useReport,
  useReportSearch,
} from './report'
import { ReportChart } from './report-chart'
import { ReportFilters } from './report-filters'
import { ReportTable } from './report-table'
import { Totals } from './totals'

/** One report: days and filters, numbers, the chosen one over time, and tables. */
export function ReportScreen() {
  const { report: key } = useParams({ strict: false }) as { report?: string }
  const kind = kinds.find(each => each.key === key)
  const go = useNavigate()
  if (!kind) {
    return (
      <Page title="Reports">
        <Empty
          title="There is no such report"
          words="It may have been named otherwise."
          action={{ label: 'See all reports', onClick: () => void go({ to: '/reports' }) }}
        />
      </Page>
    )
  }
  return <OneReport kind={kind} key={kind.key} />
}

function OneReport({ kind }: { kind: Kind }) {
  const [search, set] = useReportSearch()
  const report = useReport(kind, search)
  const metrics = useMetrics()
  const go = useNavigate()
  return (
    <Page
      title={kind.title}
      words={
        <>
          <Anchor component={Link} to="/reports" size="sm" underline="always">
            Reports
          </Anchor>
          {' · '}
          {kind.words}
        </>
      }
      actions={
        <Select
          aria-label="Report"
          w={200}
          allowDeselect={false}
          data={kinds.map(each => ({ value: each.key, label: each.title }))}
          value={kind.key}
          onChange={next => next && void go({ to: `/reports/${next}`, search: keepRange(search) as never })}
        />
      }
    >
      <Group gap="sm" align="flex-end">
        <RangeBar search={search} set={set} range={report.data?.range} />
        <ReportFilters kind={kind} search={search} set={set} />
      </Group>
      <Loaded query={report} lines={14}>
        {data => (
          <Shown
            kind={kind}
            report={data}
            metrics={metrics}
            search={search}
            set={set}
            isOld={report.isPlaceholderData}
          />
        )}
      </Loaded>
    </Page>
  )
}

/** Another report is looked at for the same days. */
const keepRange = ({ preset, from, to, compare }: Search) =>
  Object.fromEntries(Object.entries({ preset, from, to, compare }).filter(([, value]) => value))

const picks: Record<string, keyof Search> = {
  'emails:emails': 'emailId',
  'workflows:workflows': 'workflowId',
  'segments:rows': 'segmentId',
  'growth:rows': 'listId',
  'deliverability:providers': 'provider',
  'campaigns:campaigns': 'campaignId',
}

function Shown(props: {
  kind: Kind
  report: Report
  metrics: Map<string, Metric>
  search: Search
  set(change: Search): void
  isOld: boolean
}) {
  const { kind, report, metrics, search, set } = props
  const chosen = search.metric ?? report.series.lines[0]?.metric ?? ''
  return (
    <Stack gap="lg" style={{ opacity: props.isOld ? 0.6 : 1 }} aria-busy={props.isOld}>
      <Totals report={report} metrics={metrics} chosen={chosen} onChoose={metric => set({ metric })} />
      <ReportChart
        report={report}
        metrics={metrics}
        chosen={chosen}
        view={search.view ?? 'chart'}
        onChoose={metric => set({ metric })}
        onView={view => set({ view: view === 'chart' ? '' : view })}
      />
      <Funnel report={report} />
      {report.tables.map(table => {
        const pick = picks[`${kind.key}:${table.key}`]
        return (
          <ReportTable
            key={table.key}
            table={table}
            metrics={metrics}
            csvUrl={csvUrl(kind, search, table)}
            sort={search.sort}
            onSort={sort => set({ sort })}
            onPick={pick && !search[pick] ? row => set({ [pick]: row.key, sort: '' }) : undefined}
          />
        )
      })}
      <Box>
        <List size="sm" c="dimmed" spacing={2}>
          {report.notes.map(note => (
            <List.Item key={note}>{note}</List.Item>
          ))}
          <List.Item>
            Days begin at midnight in {report.range.zone}. A dotted line under a name means: its definition is
            one hover away.
          </List.Item>
        </List>
      </Box>
    </Stack>
  )
}

function csvUrl(kind: Kind, search: Search, table: Table): string {
  const query = new URLSearchParams({ ...queryOf(kind, search), table: table.key })
  return `/api/v1/reports/${kind.key}/csv?${query}`
}

/** Steps of a workflow and stages of the lifecycle as what they are: a funnel. */
function Funnel({ report }: { report: Report }) {
  const steps = report.tables.find(table => table.key === 'steps')
  const stages = report.tables.find(table => table.key === 'stages')
  const table = steps ?? stages
  if (!table || table.rows.length === 0) return null
  const at = (row: Table['rows'][number], key: string) => {
    const cell = row.cells[table.columns.findIndex(column => column.key === key)]
    return typeof cell === 'number' ? cell : null
  }
  const main = steps ? 'flow_arrived' : 'stage_entered'
  return (
    <Paper withBorder p="md">
      <Title order={2} mb={4}>
        {steps ? 'The way through' : 'From stage to stage'}
      </Title>
      <Text size="sm" c="dimmed" mb="md">
        {steps
          ? 'How many arrived at each step in these days, and how many stand there now.'
          : 'How many entered each stage in these days, and the share of them that has gone on.'}
      </Text>
      <FunnelChart
        label={table.title}
        rows={table.rows.map(row => ({
          key: row.key,
          name: String(row.cells[0] ?? ''),
          value: at(row, main) ?? 0,
          words: formatValue(at(row, main), 'count'),
          note: steps
            ? `${formatValue(at(row, 'flow_waiting'), 'count')} waiting now`
            : stageNote(key => at(row, key)),
        }))}
      />
    </Paper>
  )
}

function stageNote(at: (key: string) => number | null): string {
  const median = at('stage_median')
  const went = at('stage_advanced') ? `${formatValue(at('stage_conversion'), 'share')} went on · ` : ''
  const within = median === null ? '' : `half within ${formatValue(median, 'days')} · `
  return `${went}${within}${formatValue(at('stage_now'), 'count')} there now`
}
