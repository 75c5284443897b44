import { Button, Group, Progress, Stack, Table, Text, Title } from '@mantine/core'
import { useEffect, useRef } from 'react'
import { useEditReason } from '@/shell/me'
import { formatNumber } from '@/ui/format'
import { ErrorNote } from '@/ui/states'
import { Counts } from './import-counts'
import { type DryRun, type Import, useImportDeed } from './import-data'
import { builtIn } from './import-targets'

/** The whole file, tried out: what would happen, in numbers and examples, before anything is written. */
export function ImportDryRun({ found, onBack }: { found: Import; onBack(): void }) {
  const reason = useEditReason()
  const deed = useImportDeed(found.id)
  const { dry, check } = found
  const asked = useRef(false)
  const needed = !dry && !check && reason === null
  useEffect(() => {
    if (!needed || asked.current) return
    asked.current = true
    deed.mutate('check')
  }, [needed, deed.mutate])
  const failed = check?.state === 'failed' || check?.state === 'stopped'
  return (
    <Stack gap="lg">
      {!dry && !failed && !deed.isError && (
        <Stack gap="xs" maw={480} role="status">
          <Text size="sm">
            Going through the file, writing nothing: {formatNumber(check?.done ?? 0)} rows
          </Text>
          <Progress value={100} animated aria-label="The dry run is under way" />
        </Stack>
      )}
      {failed && (
        <ErrorNote
          error={new Error(check?.error ?? 'The dry run was stopped.')}
          onRetry={() => deed.mutate('check')}
        />
      )}
      {deed.isError && <ErrorNote error={deed.error} />}
      {dry && <Findings dry={dry} perHour={found.options?.consent?.lettersPerHour ?? 1_000} />}
      <Group justify="space-between">
        <Button variant="default" onClick={onBack}>
          Back to the options
        </Button>
        {dry && (
          <Button
            loading={deed.isPending}
            disabled={reason !== null || dry.rows === dry.rejected}
            onClick={() => deed.mutate('run')}
          >
            Import: add {formatNumber(dry.added)}, update {formatNumber(dry.updated)}
          </Button>
        )}
      </Group>
    </Stack>
  )
}

function Findings({ dry, perHour }: { dry: DryRun; perHour: number }) {
  const repeated = { label: 'Repeated', value: dry.repeated, words: 'somebody of an earlier row again' }
  const letters = { label: 'Letters', value: dry.asked ?? 0, words: 'asking to confirm' }
  return (
    <>
      <Counts
        items={[
          { label: 'Rows', value: dry.rows },
          { label: 'Would be added', value: dry.added },
          { label: 'Would be updated', value: dry.updated },
          { label: 'Unchanged', value: dry.unchanged },
          { label: 'Would be rejected', value: dry.rejected },
          ...(dry.repeated > 0 ? [repeated] : []),
          ...(letters.value > 0 ? [letters] : []),
        ]}
      />
      {letters.value > 0 && (
        <Text size="sm">
          {formatNumber(letters.value)} people would get a letter that asks them to confirm, at most{' '}
          {formatNumber(perHour)} an hour: the last one leaves {lasts(letters.value / perHour)}. Those who
          have said anything about marketing already are not asked.
        </Text>
      )}
      {dry.suppressed > 0 && (
        <Text size="sm">
          {formatNumber(dry.suppressed)} of the new addresses are on the list of those never to be written to.
          They come in, and stay on it.
        </Text>
      )}
      {dry.reasons && dry.reasons.length > 0 && <Reasons reasons={dry.reasons} />}
      {dry.examples?.some(example => example.changes.length > 0) && <Examples examples={dry.examples} />}
    </>
  )
}

function lasts(hours: number): string {
  if (hours <= 1) return 'within an hour'
  if (hours <= 48) return `after ${formatNumber(Math.ceil(hours))} hours`
  return `after ${formatNumber(Math.ceil(hours / 24))} days`
}

function Reasons({ reasons }: { reasons: NonNullable<DryRun['reasons']> }) {
  return (
    <Stack gap="xs">
      <Title order={2} size="h3">
        Why rows would be rejected
      </Title>
      <Table.ScrollContainer minWidth={520}>
        <Table verticalSpacing="xs">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Reason</Table.Th>
              <Table.Th ta="right">Rows</Table.Th>
              <Table.Th>For example</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {reasons.map(({ reason, count, examples }) => (
              <Table.Tr key={reason}>
                <Table.Td>{reason}</Table.Td>
                <Table.Td ta="right" className="numbers">
                  {formatNumber(count)}
                </Table.Td>
                <Table.Td maw={420}>
                  <Text size="sm" c="dimmed" lineClamp={2}>
                    {examples.map(({ row, text }) => `row ${row}${text ? ` “${text}”` : ''}`).join(', ')}
                  </Text>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Stack>
  )
}

const labels = new Map(builtIn)
const labelOf = (field: string) => labels.get(field) ?? field.replace(/^attrs\./, '')

const words = { added: 'would be added', updated: 'would be updated', unchanged: 'stays as is' }

function Examples({ examples }: { examples: NonNullable<DryRun['examples']> }) {
  return (
    <Stack gap="xs">
      <Title order={2} size="h3">
        Examples
      </Title>
      <Table.ScrollContainer minWidth={620}>
        <Table verticalSpacing="xs">
          <Table.Tbody>
            {examples.map(({ row, address, outcome, changes }) => (
              <Table.Tr key={row}>
                <Table.Td w={80} c="dimmed">
                  Row {row}
                </Table.Td>
                <Table.Td fw={600}>{address}</Table.Td>
                <Table.Td w={150}>{words[outcome]}</Table.Td>
                <Table.Td maw={460}>
                  <Text size="sm" lineClamp={2}>
                    {changes
                      .map(({ field, from, to }) => `${labelOf(field)}: ${from ? `${from} → ` : ''}${to}`)
                      .join(', ')}
                  </Text>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Stack>
  )
}
