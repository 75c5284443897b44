import { Anchor, Box, Group, Paper, SegmentedControl, Table, Text, Title } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { ChartLegend, TimeChart } from '@/ui/chart-time'
import { formatDay, formatNumber } from '@/ui/format'
import { Change, formatValue, MetricName, useMetrics } from '@/ui/metric'
import type { Overview } from './home-screen'

const shown = ['sent', 'delivered', 'opened', 'clicked', 'unsubscribed'] as const
const shares: Partial<Record<(typeof shown)[number], string>> = {
  delivered: 'delivery_rate',
  opened: 'open_rate',
  clicked: 'click_rate',
  unsubscribed: 'unsubscribe_rate',
}

/** Thirty days of mail with the numbers of the reports; what machines did is counted apart. */
export function MailMonth({ overview }: { overview: Overview }) {
  const [view, setView] = useState('chart')
  const [chosen, setChosen] = useState<(typeof shown)[number]>('sent')
  const metrics = useMetrics()
  const { days, range } = overview
  const metric = metrics.get(chosen)
  const machine = overview.totals.find(each => each.metric === 'machine_hits')
  return (
    <Paper withBorder p="md">
      <Group justify="space-between" mb="md">
        <Title order={2}>Mail of the last 30 days</Title>
        <Group gap="sm">
          <Anchor component={Link} to="/reports/emails" size="sm">
            See the report
          </Anchor>
          <SegmentedControl
            size="xs"
            data={[
              { value: 'chart', label: 'Chart' },
              { value: 'table', label: 'Table' },
            ]}
            value={view}
            onChange={setView}
            aria-label="Chart or table"
          />
        </Group>
      </Group>
      <Group gap="xl" mb="md" align="flex-start">
        {shown.map(key => (
          <Total
            key={key}
            overview={overview}
            metric={key}
            isChosen={chosen === key}
            onChoose={() => setChosen(key)}
          />
        ))}
      </Group>
      {days.every(day => day[chosen] === 0) ? (
        <Text size="sm" c="dimmed" py="lg">
          Nothing of this in the last 30 days. When workflows and campaigns write to people, it shows here day
          by day.
        </Text>
      ) : view === 'chart' ? (
        <>
          <TimeChart
            name={metric?.name ?? ''}
            points={days.map(day => day.day)}
            values={days.map(day => day[chosen])}
            before={null}
            unit="day"
            kind="bars"
            format={value => formatValue(value, 'count')}
          />
          <ChartLegend
            name={`${metric?.name ?? ''}, ${formatDay(range.from)} to ${formatDay(range.to)}`}
            kind="bars"
            beforeWords={null}
          />
        </>
      ) : (
        <Days overview={overview} />
      )}
      <Text size="xs" c="dimmed" mt="xs">
        Each message counts on the day on which it was sent, with all that came of it. Machines besides:{' '}
        {formatNumber(machine?.value ?? 0)} opens and clicks of scanners and proxies, counted nowhere above.
      </Text>
    </Paper>
  )
}

function Total(props: {
  overview: Overview
  metric: (typeof shown)[number]
  isChosen: boolean
  onChoose(): void
}) {
  const metrics = useMetrics()
  const metric = metrics.get(props.metric)
  const total = props.overview.totals.find(each => each.metric === props.metric)
  const shareKey = shares[props.metric]
  const share = props.overview.totals.find(each => each.metric === shareKey)
  const whole = metrics.get(metrics.get(shareKey ?? '')?.of?.whole ?? '')
  if (!metric || !total) return null
  return (
    <Box
      style={{
        borderBottom: `2px solid ${props.isChosen ? 'var(--mantine-primary-color-filled)' : 'transparent'}`,
        paddingBottom: 4,
      }}
    >
      <Group gap={8} align="baseline">
        <Box
          component="button"
          type="button"
          onClick={props.onChoose}
          aria-pressed={props.isChosen}
          aria-label={`${metric.name}: ${formatValue(total.value, 'count')}. Show it day by day`}
          style={{ all: 'unset', cursor: 'pointer' }}
        >
          <Text span fz={24} fw={650} lh={1.3} className="numbers">
            {formatValue(total.value, 'count')}
          </Text>
        </Box>
        <Change value={total.value} before={total.before} metric={metric} />
      </Group>
      <MetricName metric={metric} />
      <Text size="xs" c="dimmed" className="numbers">
        {share?.value == null
          ? '\u00a0'
          : `${formatValue(share.value, 'share')} of ${whole?.name.toLowerCase() ?? 'all'}`}
      </Text>
    </Box>
  )
}

function Days({ overview }: { overview: Overview }) {
  const metrics = useMetrics()
  return (
    <Table.ScrollContainer minWidth={480} mah={300}>
      <Table stickyHeader>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Day</Table.Th>
            {shown.map(key => (
              <Table.Th key={key} ta="right">
                {metrics.get(key)?.name ?? key}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {[...overview.days].reverse().map(day => (
            <Table.Tr key={day.day}>
              <Table.Td>{formatDay(day.day)}</Table.Td>
              {shown.map(key => (
                <Table.Td key={key} ta="right" className="numbers">
                  {formatNumber(day[key])}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}
