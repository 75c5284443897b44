import { Box, Group, Paper, SegmentedControl, Stack, Table, Text, Title, Tooltip } from '@mantine/core'
import { useState } from 'react'
import { formatDay, formatNumber } from '@/ui/format'
import type { Overview } from './home-screen'

type Day = Overview['days'][number]
type Measure = { key: 'sent' | 'opened' | 'clicked' | 'unsubscribed'; label: string; meaning: string }

const measures: Measure[] = [
  { key: 'sent', label: 'Sent', meaning: 'Marketing and service mails that the mail server accepted' },
  {
    key: 'opened',
    label: 'Opened by people',
    meaning: 'Opens judged human; proxies and scanners are left out',
  },
  {
    key: 'clicked',
    label: 'Clicked by people',
    meaning: 'Clicks judged human; scanners that follow every link are left out',
  },
  { key: 'unsubscribed', label: 'Opted out', meaning: 'Withdrawals of consent, wherever they were said' },
]

const sum = (days: Day[], key: Measure['key']) => days.reduce((total, day) => total + day[key], 0)

/** Thirty days of mail in bars from zero, or as a table; what machines did is counted apart. */
export function MailMonth({ days }: { days: Day[] }) {
  const [view, setView] = useState('chart')
  const [measure, setMeasure] = useState<Measure['key']>('sent')
  const machine = days.reduce((total, day) => total + day.machine, 0)
  const most = Math.max(1, ...days.map(day => day[measure]))
  return (
    <Paper withBorder p="md">
      <Group justify="space-between" mb="md">
        <Title order={2}>The last 30 days</Title>
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
      <Group gap="xl" mb="md">
        {measures.map(({ key, label, meaning }) => (
          <Tooltip key={key} label={meaning} multiline maw={260}>
            <Box
              component="button"
              type="button"
              onClick={() => setMeasure(key)}
              aria-pressed={measure === key}
              style={{
                all: 'unset',
                cursor: 'pointer',
                borderBottom: `2px solid ${measure === key ? 'var(--mantine-primary-color-filled)' : 'transparent'}`,
                paddingBottom: 4,
              }}
            >
              <Text size="xl" fw={650} className="numbers">
                {formatNumber(sum(days, key))}
              </Text>
              <Text size="sm" c="dimmed">
                {label}
              </Text>
            </Box>
          </Tooltip>
        ))}
      </Group>
      {days.every(day => day[measure] === 0) ? (
        <Text size="sm" c="dimmed" py="lg">
          Nothing of this in the last 30 days. When workflows write to people, it shows here day by day.
        </Text>
      ) : view === 'chart' ? (
        <Box
          role="img"
          aria-label={`${measures.find(each => each.key === measure)?.label} per day, at most ${most}`}
          style={{
            display: 'flex',
            alignItems: 'flex-end',
            gap: 3,
            height: 120,
            borderBottom: '1px solid var(--tend-line)',
          }}
        >
          {days.map(day => (
            <Tooltip key={day.day} label={`${formatDay(day.day)}: ${formatNumber(day[measure])}`}>
              <Box
                style={{
                  flex: 1,
                  height: `${(100 * day[measure]) / most}%`,
                  minHeight: day[measure] > 0 ? 3 : 0,
                  background: 'var(--mantine-primary-color-filled)',
                  borderRadius: '3px 3px 0 0',
                }}
              />
            </Tooltip>
          ))}
        </Box>
      ) : (
        <Table.ScrollContainer minWidth={480} mah={300}>
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Day</Table.Th>
                {measures.map(each => (
                  <Table.Th key={each.key} ta="right">
                    {each.label}
                  </Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {[...days].reverse().map(day => (
                <Table.Tr key={day.day}>
                  <Table.Td>{formatDay(day.day)}</Table.Td>
                  {measures.map(each => (
                    <Table.Td key={each.key} ta="right" className="numbers">
                      {formatNumber(day[each.key])}
                    </Table.Td>
                  ))}
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      <Stack gap={0} mt="xs">
        <Text size="xs" c="dimmed">
          Machines besides: {formatNumber(machine)} opens and clicks of scanners and proxies, counted nowhere
          above.
        </Text>
      </Stack>
    </Paper>
  )
}
