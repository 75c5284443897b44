import { Group, Paper, Text } from '@mantine/core'
import { formatNumber } from '@/ui/format'

/** Numbers side by side, each with its word. */
export function Counts({ items }: { items: { label: string; value: number; words?: string }[] }) {
  return (
    <Group gap="sm" align="stretch">
      {items.map(({ label, value, words }) => (
        <Paper key={label} withBorder p="md" miw={132} flex="1 1 132px" maw={240}>
          <Text size="sm" c="dimmed">
            {label}
          </Text>
          <Text fz={26} fw={600} lh={1.2} className="numbers">
            {formatNumber(value)}
          </Text>
          {words && (
            <Text size="xs" c="dimmed">
              {words}
            </Text>
          )}
        </Paper>
      ))}
    </Group>
  )
}
