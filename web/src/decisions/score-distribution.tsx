import { Box, Group, Stack, Table, Text } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { call, client } from '@/api/client'
import { formatNumber } from '@/ui/format'
import { Loaded } from '@/ui/states'
import type { ScoreDraft } from './score-model-screen'

const ask = (draft: ScoreDraft) =>
  call(client.POST('/api/v1/score-models/preview', { body: { draft: draft as never } }))

/** What a draft would give on real contacts now: bars from zero, with the same as a table for who reads better so. */
export function ScoreDistribution({ draft, compact = false }: { draft: ScoreDraft; compact?: boolean }) {
  const [settled] = useDebouncedValue(draft, 500)
  const preview = useQuery({
    queryKey: ['score-preview', settled],
    queryFn: () => ask(settled),
    placeholderData: keepPreviousData,
    retry: false,
    enabled: settled.rules.length > 0,
  })
  if (settled.rules.length === 0)
    return (
      <Text size="sm" c="dimmed">
        Without rules everybody has 0 points.
      </Text>
    )
  return (
    <Loaded query={preview} lines={4}>
      {data => {
        const most = Math.max(1, ...data.buckets.map(bucket => bucket.count))
        return (
          <Stack gap="sm">
            <Text size="sm">
              {data.exact ? '' : 'About '}
              {formatNumber(data.sampled)} contacts looked at, {formatNumber(Math.round(data.mean))} points on
              average.{' '}
              {data.thresholds
                .map(threshold => `${formatNumber(threshold.count)} would be at “${threshold.name}” or above`)
                .join('; ')}
            </Text>
            {!compact && (
              <Box maw={640}>
                {data.buckets.map(bucket => (
                  <Group key={bucket.from} gap="sm" wrap="nowrap" mb={4}>
                    <Text size="sm" w={90} ta="right" className="numbers">
                      {bucket.from} to {bucket.to}
                    </Text>
                    <Box
                      h={16}
                      style={{
                        width: `${(70 * bucket.count) / most}%`,
                        minWidth: bucket.count > 0 ? 2 : 0,
                        background: 'var(--mantine-primary-color-filled)',
                        borderRadius: 3,
                      }}
                      aria-hidden
                    />
                    <Text size="sm" className="numbers">
                      {formatNumber(bucket.count)}
                    </Text>
                  </Group>
                ))}
                <Table mt="md" aria-label="The same in a table">
                  <Table.Tbody>
                    {data.thresholds.map(threshold => (
                      <Table.Tr key={threshold.name}>
                        <Table.Td>{threshold.name}</Table.Td>
                        <Table.Td className="numbers">from {formatNumber(threshold.value)} points</Table.Td>
                        <Table.Td className="numbers">{formatNumber(threshold.count)} people</Table.Td>
                      </Table.Tr>
                    ))}
                  </Table.Tbody>
                </Table>
              </Box>
            )}
          </Stack>
        )
      }}
    </Loaded>
  )
}
