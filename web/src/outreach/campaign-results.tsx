import { Badge, Group, Paper, Progress, SimpleGrid, Stack, Table, Text, Tooltip } from '@mantine/core'
import { formatNumber } from '@/ui/format'
import type { Campaign, Results } from './campaign'
import { Reasons } from './campaign-review'
import { CampaignVariants } from './campaign-variants'

/** A share in percent, or a dash where there is nothing to share. */
export const percent = (part: number, whole: number) =>
  whole === 0 ? '-' : `${((part / whole) * 100).toFixed(1)} %`

const sections = [
  { state: 'sent', words: 'sent', color: 'tend' },
  { state: 'sending', words: 'leaving now', color: 'blue' },
  { state: 'queued', words: 'in the line', color: 'cyan' },
  { state: 'waiting', words: 'waiting for their turn', color: 'gray' },
  { state: 'deferred', words: 'put off by their server', color: 'yellow' },
  { state: 'suppressed', words: 'held back by the gate', color: 'grape' },
  { state: 'failed', words: 'failed', color: 'red' },
  { state: 'unknown', words: 'sent or not, nobody knows', color: 'orange' },
  { state: 'cancelled', words: 'cancelled', color: 'dark' },
]

/** How far it is: everybody is in exactly one of these. */
export function CampaignProgress({ campaign, results }: { campaign: Campaign; results: Results }) {
  const { states, recipients } = results
  const shown = sections.filter(({ state }) => (states[state] ?? 0) > 0)
  return (
    <Paper withBorder p="md">
      <Stack gap="xs">
        <Text size="sm" aria-live="polite">
          {campaign.status === 'scheduled'
            ? 'Its audience is fixed when it starts.'
            : campaign.isFrozen
              ? `${formatNumber(recipients)} recipients`
              : `${formatNumber(recipients)} recipients so far, the audience is being fixed ...`}
        </Text>
        <Progress.Root size={14} aria-label="What became of the recipients">
          {shown.map(({ state, color, words }) => (
            <Tooltip key={state} label={`${formatNumber(states[state] ?? 0)} ${words}`}>
              <Progress.Section
                value={((states[state] ?? 0) / Math.max(1, recipients)) * 100}
                color={color}
                aria-label={words}
              />
            </Tooltip>
          ))}
        </Progress.Root>
        <Group gap="md">
          {shown.map(({ state, color, words }) => (
            <Group key={state} gap={6}>
              <Badge color={color} circle size="xs" variant="filled" aria-hidden />
              <Text size="sm">
                <b>{formatNumber(states[state] ?? 0)}</b> {words}
              </Text>
            </Group>
          ))}
        </Group>
      </Stack>
    </Paper>
  )
}

/** How it did: people only, machines apart; the test; who was left out. */
export function CampaignResults(props: { campaign: Campaign; results: Results; onReload(): void }) {
  const { results } = props
  const { sent } = results
  return (
    <Stack gap="lg">
      <SimpleGrid cols={{ base: 2, sm: 3, md: 5 }}>
        <Figure n={sent} words="Sent" />
        <Figure n={results.clicked} words="Clicked by people" share={percent(results.clicked, sent)} />
        <Figure
          n={results.opened}
          words="Opened by people"
          share={percent(results.opened, sent)}
          note="A hint, not a count of readers: many read without images."
        />
        <Figure n={results.unsubscribed} words="Unsubscribed" share={percent(results.unsubscribed, sent)} />
        <Figure n={results.bounced} words="Came back" share={percent(results.bounced, sent)} />
      </SimpleGrid>
      {results.machineClicked > 0 && (
        <Text size="sm" c="dimmed">
          In {formatNumber(results.machineClicked)} more only machines clicked: scanners that follow every
          link. They count for nothing.
        </Text>
      )}
      <CampaignVariants {...props} />
      <Reasons title="Left out when the audience was fixed" rows={results.excluded} />
      {results.variants.length === 1 && results.variants[0] && (
        <Table.ScrollContainer minWidth={400}>
          <Table verticalSpacing="xs" aria-label="What was sent">
            <Table.Tbody>
              <Table.Tr>
                <Table.Th w={160}>Email</Table.Th>
                <Table.Td>{results.variants[0].emailName}</Table.Td>
              </Table.Tr>
              <Table.Tr>
                <Table.Th>Subject</Table.Th>
                <Table.Td>{results.variants[0].subject}</Table.Td>
              </Table.Tr>
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </Stack>
  )
}

function Figure({ n, words, share, note }: { n: number; words: string; share?: string; note?: string }) {
  const figure = (
    <Paper withBorder p="sm">
      <Text size="sm" c="dimmed">
        {words}
      </Text>
      <Group gap={8} align="baseline">
        <Text fz={24} fw={600}>
          {formatNumber(n)}
        </Text>
        {share && <Text size="sm">{share}</Text>}
      </Group>
    </Paper>
  )
  return note ? <Tooltip label={note}>{figure}</Tooltip> : figure
}
