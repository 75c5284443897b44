import { Anchor, Box, Group, Paper, Stack, Text, Title } from '@mantine/core'
import { IconAlertTriangle, IconCheck, IconPlayerPause } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import type { Overview } from './home-screen'

type Matter = Overview['stuck'][number]

/** What does not go on by itself, why, and where to do something about it. */
export function Stuck({ items }: { items: Matter[] }) {
  const isBad = items.some(item => item.bad)
  return (
    <Paper withBorder p="md" style={{ minWidth: 280, ...(isBad ? { borderColor: 'var(--tend-bad)' } : {}) }}>
      <Title order={2} mb="sm">
        Stuck
      </Title>
      {items.length === 0 ? (
        <Group gap="xs">
          <IconCheck size={18} color="var(--tend-good)" aria-hidden />
          <Text size="sm">Nothing is stuck.</Text>
        </Group>
      ) : (
        <Stack gap="sm">
          {items.map(item => (
            <MatterLine key={`${item.words}${item.where}`} matter={item} />
          ))}
        </Stack>
      )}
    </Paper>
  )
}

export function MatterLine({ matter }: { matter: Matter }) {
  // Where to go is the server's address of a screen, with what it filters by.
  const [to, query] = matter.where.split('?')
  return (
    <Group gap="sm" wrap="nowrap" align="flex-start">
      <Box
        mt={2}
        style={{ flex: 'none', color: matter.bad ? 'var(--tend-bad)' : 'var(--mantine-color-dimmed)' }}
      >
        {matter.bad ? (
          <IconAlertTriangle size={16} aria-label="Trouble" />
        ) : (
          <IconPlayerPause size={16} aria-label="At rest" />
        )}
      </Box>
      <Box>
        <Anchor
          component={Link}
          to={to ?? '/'}
          search={Object.fromEntries(new URLSearchParams(query)) as never}
          size="sm"
        >
          {matter.words}
        </Anchor>
        {matter.why && (
          <Text size="xs" c="dimmed" lineClamp={2}>
            {matter.why}
          </Text>
        )}
      </Box>
    </Group>
  )
}
