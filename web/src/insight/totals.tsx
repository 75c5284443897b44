import { Badge, Box, Group, Paper, SimpleGrid, Text } from '@mantine/core'
import { Change, formatValue, type Metric, MetricName } from '@/ui/metric'
import type { Report } from './report'

type Total = Report['totals'][number]

/** The numbers on top; a count carries its share with it, and says of what. Those that have a line can be chosen. */
export function Totals(props: {
  report: Report
  metrics: Map<string, Metric>
  chosen: string
  onChoose(metric: string): void
}) {
  const { report, metrics } = props
  const drawn = new Set(report.series.lines.map(line => line.metric))
  const shares = report.totals.filter(total => metrics.get(total.metric)?.unit === 'share')
  const shareFor = (key: string) => shares.find(total => metrics.get(total.metric)?.of?.part === key)
  const counts = new Set(report.totals.map(total => total.metric))
  const tiles = report.totals.filter(total => {
    const metric = metrics.get(total.metric)
    return metric && !(metric.unit === 'share' && counts.has(metric.of?.part ?? ''))
  })
  return (
    <SimpleGrid cols={{ base: 2, sm: 3, md: 4, xl: 6 }} spacing="sm">
      {tiles.map(total => (
        <Tile
          key={total.metric}
          total={total}
          share={shareFor(total.metric)}
          metrics={metrics}
          isChosen={props.chosen === total.metric}
          onChoose={drawn.has(total.metric) ? () => props.onChoose(total.metric) : undefined}
        />
      ))}
    </SimpleGrid>
  )
}

function Tile(props: {
  total: Total
  share: Total | undefined
  metrics: Map<string, Metric>
  isChosen: boolean
  onChoose: (() => void) | undefined
}) {
  const { total, share, metrics, isChosen, onChoose } = props
  const metric = metrics.get(total.metric)
  const shareMetric = share && metrics.get(share.metric)
  if (!metric) return null
  const whole = metrics.get(shareMetric?.of?.whole ?? '')
  return (
    <Paper
      withBorder
      p="sm"
      style={
        isChosen
          ? {
              borderColor: 'var(--mantine-primary-color-filled)',
              boxShadow: 'inset 0 -2px var(--mantine-primary-color-filled)',
            }
          : undefined
      }
    >
      <Group justify="space-between" gap={4} wrap="nowrap" align="flex-start">
        <MetricName metric={metric} />
        {metric.key.includes('machine') && (
          <Badge size="xs" color="gray">
            apart
          </Badge>
        )}
      </Group>
      <Group gap={8} align="baseline" mt={2}>
        {onChoose ? (
          <Box
            component="button"
            type="button"
            onClick={onChoose}
            aria-pressed={isChosen}
            aria-label={`${metric.name}: ${formatValue(total.value, metric.unit)}. Show it over time`}
            style={{ all: 'unset', cursor: 'pointer' }}
          >
            <Value total={total} metric={metric} />
          </Box>
        ) : (
          <Value total={total} metric={metric} />
        )}
        <Change value={total.value} before={total.before} metric={metric} />
      </Group>
      {share && shareMetric && (
        <Group gap={6}>
          <Text size="xs" c="dimmed" className="numbers" title={shareMetric.definition}>
            {share.value === null
              ? `no ${whole?.name.toLowerCase() ?? 'whole'} yet`
              : `${formatValue(share.value, 'share')} of ${whole?.name.toLowerCase() ?? 'all'}`}
          </Text>
          <Change value={share.value} before={share.before} metric={shareMetric} />
        </Group>
      )}
    </Paper>
  )
}

function Value({ total, metric }: { total: Total; metric: Metric }) {
  return (
    <Text span fz={24} fw={650} lh={1.3} className="numbers">
      {formatValue(total.value, metric.unit)}
    </Text>
  )
}
