import { Anchor, Badge, Box, Group, Paper, Progress, Stack, Text, Title } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { formatMinute, formatNumber } from '@/ui/format'
import type { Overview } from './home-screen'

const states: Record<string, string> = { running: 'Sending', paused: 'Paused', scheduled: 'Has a time' }

/** What leaves at this moment, and what has a time to. */
export function SendingNow({ items }: { items: Overview['sending'] }) {
  return (
    <Paper withBorder p="md">
      <Title order={2} mb="sm">
        Sending now
      </Title>
      {items.length === 0 ? (
        <Text size="sm" c="dimmed">
          Nothing leaves at this moment, and no campaign has a time.{' '}
          <Anchor component={Link} to="/campaigns" size="sm" underline="always">
            See campaigns
          </Anchor>
        </Text>
      ) : (
        <Stack gap="md">
          {items.map(item => (
            <Sending key={`${item.kind}${item.id}`} item={item} />
          ))}
        </Stack>
      )}
    </Paper>
  )
}

function Sending({ item }: { item: Overview['sending'][number] }) {
  const isQueue = item.kind === 'queue'
  const words = isQueue
    ? `${formatNumber(item.total ?? 0)} wait in line`
    : item.at
      ? `starts ${formatMinute(item.at)}`
      : item.total
        ? `${formatNumber(item.done)} of ${formatNumber(item.total)}`
        : `${formatNumber(item.done)} so far`
  return (
    <Box>
      <Group justify="space-between" wrap="nowrap">
        <Group gap="xs" wrap="nowrap" style={{ minWidth: 0 }}>
          <Anchor component={Link} to={isQueue ? '/deliveries' : `/campaigns/${item.id}`} size="sm" truncate>
            {isQueue ? 'Messages of workflows' : item.name}
          </Anchor>
          <Badge color={item.state === 'running' ? 'tend' : 'gray'}>{states[item.state] ?? item.state}</Badge>
        </Group>
        <Text size="sm" c="dimmed" className="numbers" style={{ whiteSpace: 'nowrap' }}>
          {words}
        </Text>
      </Group>
      {!isQueue && item.total ? (
        <Progress
          value={Math.min(100, (100 * item.done) / item.total)}
          size="sm"
          mt={6}
          aria-label={`${item.name}: ${words}`}
        />
      ) : null}
    </Box>
  )
}
