import { Box, Stack, Text } from '@mantine/core'
import type { ReactNode } from 'react'

export type FunnelRow = { key: string; name: string; value: number; words: string; note?: ReactNode }

/** Steps one under the other, each bar from zero and as long as its number: where people get lost shows at once. */
export function FunnelChart({ rows, label }: { rows: FunnelRow[]; label: string }) {
  const most = Math.max(1, ...rows.map(row => row.value))
  return (
    <Stack gap={10} role="list" aria-label={label}>
      {rows.map(row => (
        <Box
          key={row.key}
          role="listitem"
          style={{
            display: 'grid',
            gridTemplateColumns: 'minmax(110px, 220px) 1fr',
            gap: 12,
            alignItems: 'center',
          }}
        >
          <Text size="sm" truncate title={row.name}>
            {row.name}
          </Text>
          <Box style={{ display: 'flex', alignItems: 'center', gap: 10, minWidth: 0 }}>
            <Box
              aria-hidden
              style={{
                width: `${(70 * row.value) / most}%`,
                minWidth: row.value > 0 ? 3 : 0,
                height: 26,
                borderRadius: 4,
                background: 'var(--mantine-primary-color-filled)',
                flex: 'none',
              }}
            />
            <Box style={{ minWidth: 0 }}>
              <Text size="sm" fw={600} className="numbers" lh={1.2}>
                {row.words}
              </Text>
              {row.note && (
                <Text size="xs" c="dimmed" className="numbers" lh={1.3}>
                  {row.note}
                </Text>
              )}
            </Box>
          </Box>
        </Box>
      ))}
    </Stack>
  )
}
