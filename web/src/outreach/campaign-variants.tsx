import { Alert, Badge, Button, Group, Modal, Stack, Table, Text, Title, Tooltip } from '@mantine/core'
import { IconTrophy } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { call, client } from '@/api/client'
import { formatMinute, formatNumber } from '@/ui/format'
import { ErrorNote } from '@/ui/states'
import { type Campaign, isOver, letters, type Results, useSendReason } from './campaign'

const counted = { clicks: 'Clicked', opens: 'Opened', goal: 'Reached the goal' }
const inPercent = (share: number) => `${(share * 100).toFixed(1)} %`

/** The test: rates with their intervals, the probability to be the best, and the winner. */
export function CampaignVariants(props: { campaign: Campaign; results: Results; onReload(): void }) {
  const { campaign, results } = props
  const [choosing, setChoosing] = useState<number | null>(null)
  const reason = useSendReason()
  const { test } = results
  if (!test) return null
  const open = test.winner === null && !isOver(campaign.status) && campaign.isFrozen
  const enough = test.standing.every(row => row.n >= test.minimum)
  return (
    <Stack gap="sm">
      <Title order={2} size="h4">
        Test
      </Title>
      <Verdict test={test} />
      <Table.ScrollContainer minWidth={760}>
        <Table verticalSpacing="xs" aria-label="Variants">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Variant</Table.Th>
              <Table.Th ta="right">Sent in the test</Table.Th>
              <Table.Th ta="right">{counted[test.metric]}</Table.Th>
              <Table.Th ta="right">Rate</Table.Th>
              <Table.Th ta="right">Probably between</Table.Th>
              <Table.Th ta="right">Probability to be best</Table.Th>
              <Table.Th />
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {test.standing.map(row => {
              const variant = results.variants.find(each => each.variant === row.variant)
              return (
                <Table.Tr key={row.variant}>
                  <Table.Td maw={320}>
                    <Group gap={8} wrap="nowrap">
                      <Text fw={600}>{letters[row.variant - 1]}</Text>
                      {test.winner === row.variant && (
                        <Badge leftSection={<IconTrophy size={12} aria-hidden />}>Winner</Badge>
                      )}
                    </Group>
                    <Text size="sm" c="dimmed" truncate>
                      {variant?.subject}
                      {variant?.fromName ? `, from ${variant.fromName}` : ''}
                    </Text>
                  </Table.Td>
                  <Table.Td ta="right">{formatNumber(row.n)}</Table.Td>
                  <Table.Td ta="right">{formatNumber(row.hits)}</Table.Td>
                  <Table.Td ta="right">{row.n === 0 ? '-' : inPercent(row.rate)}</Table.Td>
                  <Table.Td ta="right">
                    {row.n === 0 ? '-' : `${inPercent(row.low)} and ${inPercent(row.high)}`}
                  </Table.Td>
                  <Table.Td ta="right">
                    {enough ? inPercent(Math.floor(row.best * 1000) / 1000) : 'not enough data yet'}
                  </Table.Td>
                  <Table.Td ta="right">
                    {open && (
                      <Tooltip label={reason} disabled={!reason}>
                        <Button
                          size="compact-sm"
                          variant="default"
                          disabled={reason !== null}
                          onClick={() => setChoosing(row.variant)}
                        >
                          Choose {letters[row.variant - 1]}
                        </Button>
                      </Tooltip>
                    )}
                  </Table.Td>
                </Table.Tr>
              )
            })}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      <Text size="sm" c="dimmed">
        Intervals hold with 95 % (Wilson). The probability supposes that nothing was known before (beta
        distributions). Both are about the sample alone.
      </Text>
      <Choose {...props} variant={choosing} onClose={() => setChoosing(null)} />
    </Stack>
  )
}

function Verdict({ test }: { test: NonNullable<Results['test']> }) {
  if (test.decision)
    return (
      <Alert color="tend" title={`Decided by ${test.decision.by}, ${formatMinute(test.decision.at)}`}>
        {test.decision.words}
      </Alert>
    )
  return (
    <Alert color="gray" title={test.waits ? 'Waits for a person' : 'Still open'}>
      {test.words} {test.decideAt && !test.waits && `It is decided ${formatMinute(test.decideAt)}.`}
    </Alert>
  )
}

function Choose(props: {
  campaign: Campaign
  results: Results
  variant: number | null
  onClose(): void
  onReload(): void
}) {
  const { campaign, results, variant } = props
  const choose = useMutation({
    mutationFn: () =>
      call(
        client.POST('/api/v1/campaigns/{id}/winner', {
          params: { path: { id: campaign.id } },
          body: { variant: variant ?? 1 },
        }),
      ),
    onSuccess: () => {
      props.onClose()
      props.onReload()
    },
  })
  const letter = letters[(variant ?? 1) - 1]
  const rest = results.states.waiting ?? 0
  return (
    <Modal opened={variant !== null} onClose={props.onClose} title={`Choose ${letter}`}>
      <Stack>
        <Text>
          The test ends, and <b>{formatNumber(rest)}</b> who have not got it yet get variant {letter}. This
          cannot be undone.
        </Text>
        <Text size="sm" c="dimmed">
          {results.test?.words}
        </Text>
        {choose.isError && <ErrorNote error={choose.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={props.onClose}>
            Not yet
          </Button>
          <Button loading={choose.isPending} onClick={() => choose.mutate()}>
            Send {letter} to the rest
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
