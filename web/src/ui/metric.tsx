import { Box, Stack, Text, Tooltip } from '@mantine/core'
import { IconArrowDownRight, IconArrowRight, IconArrowUpRight } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { call, client } from '@/api/client'
import { formatNumber } from '@/ui/format'

const readMetrics = () => call(client.GET('/api/v1/reports/metrics'))
export type Metric = Awaited<ReturnType<typeof readMetrics>>['items'][number]

/** The dictionary of metrics: the same words on every screen. */
export function useMetrics(): Map<string, Metric> {
  const metrics = useQuery({
    queryKey: ['metrics'],
    queryFn: readMetrics,
    staleTime: Number.POSITIVE_INFINITY,
  })
  return new Map(metrics.data?.items.map(metric => [metric.key, metric]))
}

const percent = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 1 })
const finePercent = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 2 })
const days = new Intl.NumberFormat(undefined, {
  style: 'unit',
  unit: 'day',
  unitDisplay: 'long',
  maximumFractionDigits: 1,
})
const hours = new Intl.NumberFormat(undefined, {
  style: 'unit',
  unit: 'hour',
  unitDisplay: 'long',
  maximumFractionDigits: 0,
})

/** A value in the reader's language: a number, a share, a length of time; a dash where there is none. */
export function formatValue(value: number | null, unit: string): string {
  if (value === null) return '–'
  if (unit === 'share') return (Math.abs(value) < 0.01 && value !== 0 ? finePercent : percent).format(value)
  if (unit === 'days') return value < 2 ? hours.format(value * 24) : days.format(value)
  return formatNumber(value)
}

/** The name of a metric, with what it means one hover, or one Tab, away. */
export function MetricName({ metric, size = 'sm' }: { metric: Metric; size?: string }) {
  return (
    <Tooltip
      multiline
      maw={320}
      events={{ hover: true, focus: true, touch: true }}
      label={
        <Stack gap={2}>
          <Text size="sm" fw={600}>
            {metric.name}
          </Text>
          <Text size="sm">{metric.definition}</Text>
        </Stack>
      }
    >
      <Text
        span
        size={size}
        tabIndex={0}
        style={{ textDecoration: 'underline dotted', textUnderlineOffset: 3, cursor: 'help' }}
      >
        {metric.name}
      </Text>
    </Tooltip>
  )
}

/** How a value changed: an arrow for where it went, words for how much, colour only besides. */
export function Change(props: { value: number | null; before: number | null; metric: Metric }) {
  const { value, before, metric } = props
  if (value === null || before === null) return null
  const { words, direction } = changeOf(value, before, metric.unit)
  const isGood = direction !== 'same' && metric.better === direction
  const isBad = direction !== 'same' && metric.better !== null && !isGood
  const color = isGood ? 'var(--tend-good)' : isBad ? 'var(--tend-bad)' : 'var(--mantine-color-dimmed)'
  const Icon =
    direction === 'up' ? IconArrowUpRight : direction === 'down' ? IconArrowDownRight : IconArrowRight
  return (
    <Tooltip
      label={`${formatValue(before, metric.unit)} in the time before${isGood ? ': better' : isBad ? ': worse' : ''}`}
    >
      <Box component="span" style={{ display: 'inline-flex', alignItems: 'center', gap: 2, color }}>
        <Icon size={14} aria-hidden />
        <Text span size="xs" className="numbers" c="inherit">
          {words}
        </Text>
      </Box>
    </Tooltip>
  )
}

function changeOf(value: number, before: number, unit: string) {
  const difference = value - before
  const direction: 'up' | 'down' | 'same' = difference > 0 ? 'up' : difference < 0 ? 'down' : 'same'
  if (direction === 'same') return { words: 'unchanged', direction }
  const sign = difference > 0 ? '+' : '−'
  if (unit === 'share')
    return {
      words: `${sign}${finePercent.format(Math.abs(difference)).replace(/\s?%/, '')} points`,
      direction,
    }
  if (before === 0) return { words: `${sign}${formatValue(Math.abs(difference), unit)}`, direction }
  return { words: `${sign}${percent.format(Math.abs(difference / before))}`, direction }
}
