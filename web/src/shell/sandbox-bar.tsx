import { Anchor, Box, Button, Group, Loader, Text, Tooltip } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconClock, IconFlask } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { formatExact, formatMinute } from '@/ui/format'
import { type Move, useClock, useMoveClock } from './clock'
import { useHold } from './hold-bar'
import { useEditReason } from './me'

const moves: { label: string; move: Move }[] = [
  { label: '+1 hour', move: { advance: 'PT1H' } },
  { label: '+1 day', move: { advance: 'P1D' } },
  { label: '+3 days', move: { advance: 'P3D' } },
  { label: 'Next thing due', move: { next: true } },
]

/** On every screen of a sandbox: that no real mail leaves, what time it is for contacts, and how to move it. */
export function SandboxBar() {
  const clock = useClock()
  const mover = useMoveClock()
  const held = useHold().data?.hold
  const role = useEditReason()
  const reason = held ? 'Time stands still until Tend is armed' : role
  if (clock.data?.mode !== 'sandbox') return null
  const { now, nextDue } = clock.data
  const go = (move: Move) =>
    mover.mutate(move, {
      onSuccess: after =>
        notifications.show({
          message: `It is now ${formatExact(after.now)}. Everything due by then has happened.`,
        }),
      onError: error =>
        notifications.show({ color: 'red', title: 'The clock did not move', message: error.message }),
    })
  return (
    <Box
      component="section"
      aria-label="Sandbox"
      px="md"
      py={6}
      style={{
        background: 'light-dark(#fff6dd, #33290f)',
        borderBottom: '1px solid light-dark(#ecd9a0, #5a4a1d)',
        color: 'light-dark(#4d3c05, #f2e3b6)',
      }}
    >
      <Group gap="sm" justify="space-between">
        <Group gap="xs">
          <IconFlask size={16} aria-hidden />
          <Text size="sm" fw={600}>
            Sandbox
          </Text>
          <Text size="sm" visibleFrom="md">
            Mail goes to the{' '}
            <Anchor component={Link} to="/mailbox" size="sm" c="inherit" underline="always">
              built-in mailbox
            </Anchor>
            .
          </Text>
        </Group>
        <Group gap={6}>
          <Tooltip label={nextDue ? `Next due: ${formatExact(nextDue)}` : 'Nothing waits for its time'}>
            <Group gap={4} mr={4}>
              {mover.isPending ? (
                <Loader size={14} color="currentColor" />
              ) : (
                <IconClock size={16} aria-hidden />
              )}
              <Text size="sm" className="numbers" aria-live="polite">
                {formatMinute(now)}
              </Text>
            </Group>
          </Tooltip>
          {moves.map(({ label, move }) => (
            <Button
              key={label}
              size="compact-xs"
              variant="default"
              disabled={reason !== null || mover.isPending || ('next' in move && !nextDue)}
              title={reason ?? undefined}
              onClick={() => go(move)}
            >
              {label}
            </Button>
          ))}
        </Group>
      </Group>
    </Box>
  )
}
