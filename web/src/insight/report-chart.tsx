import { Group, Paper, SegmentedControl, Table, Text, Title } from '@mantine/core'
import { ChartLegend, TimeChart } from '@/ui/chart-time'
import { formatDay } from '@/ui/format'
import { formatValue, type Metric } from '@/ui/metric'
import type { Report } from './report'

const spanWords = (span: { from: string; to: string }) =>
  span.from === span.to ? formatDay(span.from) : `${formatDay(span.from)} to ${formatDay(span.to)}`
const unitWords = { day: 'day by day', week: 'week by week', month: 'month by month' }

/** The chosen number over time, as a chart or as a table. */
export function ReportChart(props: {
  report: Report
  metrics: Map<string, Metric>
  chosen: string
  view: string
  onChoose(metric: string): void
  onView(view: string): void
}) {
  const { report, metrics } = props
  const line = report.series.lines.find(each => each.metric === props.chosen) ?? report.series.lines[0]
  const metric = line && metrics.get(line.metric)
  if (!line || !metric) return null
  const { unit, before } = report.range
  const isEmpty = line.values.every(value => !value) && (line.before ?? []).every(value => !value)
  const kind = line.metric === 'size' ? 'line' : 'bars'
  return (
    <Paper withBorder p="md">
      <Group justify="space-between" mb="sm" gap="sm">
        <Title order={2}>
          {metric.name}, {unitWords[unit]}
        </Title>
        <Group gap="sm">
          {report.series.lines.length > 1 && (
            <SegmentedControl
              size="xs"
              visibleFrom="md"
              aria-label="What to show over time"
              data={report.series.lines.map(each => ({
                value: each.metric,
                label: metrics.get(each.metric)?.name ?? each.metric,
              }))}
              value={line.metric}
              onChange={props.onChoose}
            />
          )}
          <SegmentedControl
            size="xs"
            aria-label="Chart or table"
            data={[
              { value: 'chart', label: 'Chart' },
              { value: 'table', label: 'Table' },
            ]}
            value={props.view}
            onChange={props.onView}
          />
        </Group>
      </Group>
      {props.view === 'table' ? (
        <PointTable report={report} metrics={metrics} />
      ) : isEmpty ? (
        <Text size="sm" c="dimmed" py="xl" ta="center">
          Nothing of this between {spanWords(report.range)}. A longer time may show some.
        </Text>
      ) : (
        <>
          <TimeChart
            name={metric.name}
            points={report.series.points}
            values={line.values}
            before={line.before}
            unit={unit}
            kind={kind}
            quiet={line.metric.includes('machine')}
            format={value => formatValue(value, metric.unit)}
          />
          <ChartLegend
            name={`${metric.name}, ${spanWords(report.range)}`}
            kind={kind}
            beforeWords={line.before && before ? spanWords(before) : null}
          />
        </>
      )}
    </Paper>
  )
}

function PointTable({ report, metrics }: { report: Report; metrics: Map<string, Metric> }) {
  const { points, lines } = report.series
  return (
    <Table.ScrollContainer minWidth={480} mah={320}>
      <Table stickyHeader>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>
              {report.range.unit === 'day'
                ? 'Day'
                : `${report.range.unit === 'week' ? 'Week' : 'Month'} from`}
            </Table.Th>
            {lines.map(line => (
              <Table.Th key={line.metric} ta="right">
                {metrics.get(line.metric)?.name ?? line.metric}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {points.map((point, index) => (
            <Table.Tr key={point}>
              <Table.Td>{formatDay(point)}</Table.Td>
              {lines.map(line => (
                <Table.Td key={line.metric} ta="right" className="numbers">
                  {formatValue(line.values[index] ?? null, metrics.get(line.metric)?.unit ?? 'count')}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}
