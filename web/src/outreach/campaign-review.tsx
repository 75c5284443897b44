import {
  Alert,
  Anchor,
  Button,
  Group,
  Paper,
  Progress,
  SimpleGrid,
  Stack,
  Table,
  Text,
  Title,
  Tooltip,
} from '@mantine/core'
import { IconRefresh, IconSend } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { call, client } from '@/api/client'
import { formatMinute, formatNumber, When } from '@/ui/format'
import { ErrorNote, Loaded } from '@/ui/states'
import { type Campaign, type Review, readReview, type Settings, useSendReason } from './campaign'
import { CampaignLaunch } from './campaign-launch'

/** Everything that is to be seen before it leaves: the number, who is left out and why, checks. */
export function CampaignReview(props: {
  campaign: Campaign
  settings: Settings
  before(): Promise<number>
  onLaunched(): void
}) {
  const { campaign, before } = props
  const queries = useQueryClient()
  const reason = useSendReason()
  const [launching, setLaunching] = useState(false)
  const review = useQuery({
    queryKey: ['campaign-review', campaign.id, campaign.version],
    queryFn: () => readReview(campaign.id),
    refetchInterval: query => (query.state.data?.state === 'counting' ? 700 : false),
  })
  const count = useMutation({
    mutationFn: async () => {
      await before()
      return call(client.POST('/api/v1/campaigns/{id}/review', { params: { path: { id: campaign.id } } }))
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ['campaign-review', campaign.id] }),
  })
  return (
    <Loaded query={review}>
      {data => (
        <Stack maw={960}>
          <Problems review={data} />
          <Paper withBorder p="md">
            <Group justify="space-between" align="flex-start">
              <Stack gap={2}>
                <Title order={2} size="h4">
                  Recipients
                </Title>
                <CountLine review={data} />
              </Stack>
              <Button
                variant={data.state === 'none' ? 'filled' : 'default'}
                leftSection={<IconRefresh size={16} />}
                loading={count.isPending || data.state === 'counting'}
                onClick={() => count.mutate()}
              >
                {data.state === 'none' ? 'Count the audience' : 'Count again'}
              </Button>
            </Group>
            {count.isError && <ErrorNote error={count.error} />}
            {data.state === 'counting' && <Progress value={100} animated mt="md" aria-label="Counting" />}
            {data.state === 'done' && <Numbers review={data} />}
          </Paper>
          {data.warnings.length > 0 && (
            <Alert color="yellow" title="Worth a thought">
              {data.warnings.map(warning => (
                <Text size="sm" key={warning}>
                  {warning}
                </Text>
              ))}
            </Alert>
          )}
          <Group>
            <Tooltip label={reason ?? 'Count the audience first'} disabled={!reason && canSend(data)}>
              <Button
                leftSection={<IconSend size={16} />}
                disabled={reason !== null || !canSend(data)}
                onClick={() => setLaunching(true)}
              >
                {props.settings.schedule.kind === 'now' ? 'Send ...' : 'Schedule ...'}
              </Button>
            </Tooltip>
          </Group>
          <CampaignLaunch
            opened={launching}
            onClose={() => setLaunching(false)}
            campaign={campaign}
            settings={props.settings}
            review={data}
            before={before}
            onLaunched={props.onLaunched}
          />
        </Stack>
      )}
    </Loaded>
  )
}

const canSend = (review: Review) =>
  review.state === 'done' && (review.recipients ?? 0) > 0 && review.problems.length === 0

function Problems({ review }: { review: Review }) {
  if (review.problems.length === 0) return null
  return (
    <Alert color="red" title="It cannot be sent yet">
      {review.problems.map(({ path, message }) => (
        <Text size="sm" key={`${path}${message}`}>
          <b>{places[path.split('.')[0] ?? ''] ?? path}</b> {message}
        </Text>
      ))}
    </Alert>
  )
}

const places: Record<string, string> = {
  include: 'The audience',
  exclude: 'What is left out',
  emailId: 'The email',
  test: 'The test',
  schedule: 'The schedule',
}

function CountLine({ review }: { review: Review }) {
  if (review.state !== 'done')
    return (
      <Text size="sm" c="dimmed">
        {review.state === 'counting'
          ? 'Every contact is taken through the gate ...'
          : 'Not counted as it is now. Every contact is taken through the gate that decides when the mail leaves.'}
      </Text>
    )
  return (
    <Text size="sm" c="dimmed">
      Counted {review.at && <When at={review.at} />}, for{' '}
      {review.plannedAt ? formatMinute(review.plannedAt) : 'now'}
    </Text>
  )
}

function Numbers({ review }: { review: Review }) {
  const left = review.excluded.reduce((sum, each) => sum + each.n, 0)
  return (
    <Stack mt="md">
      <SimpleGrid cols={{ base: 1, sm: 3 }}>
        <Figure words="are in the audience" n={review.people ?? 0} />
        <Figure words="are left out" n={left} />
        <Figure words="will get it" n={review.recipients ?? 0} strong />
      </SimpleGrid>
      {(review.duplicates ?? 0) > 0 && (
        <Text size="sm">
          {formatNumber(review.duplicates ?? 0)} memberships are of people who are in there more than once:
          they get it once.
        </Text>
      )}
      <Reasons title="Left out, by the first reason that met them" rows={review.excluded} />
      <Reasons title="Will get it later than the others" rows={review.waiting} />
    </Stack>
  )
}

function Figure({ words, n, strong }: { words: string; n: number; strong?: true }) {
  return (
    <Stack gap={0}>
      <Text fz={28} fw={strong ? 700 : 500} c={strong ? 'tend' : undefined} lh={1.2}>
        {formatNumber(n)}
      </Text>
      <Text size="sm" c="dimmed">
        {words}
      </Text>
    </Stack>
  )
}

/** Reasons with their numbers, and somebody to look at. */
export function Reasons({ title, rows }: { title: string; rows: Review['excluded'] }) {
  if (rows.length === 0) return null
  return (
    <Table.ScrollContainer minWidth={520}>
      <Table verticalSpacing="xs" aria-label={title}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{title}</Table.Th>
            <Table.Th ta="right">People</Table.Th>
            <Table.Th>For example</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map(row => (
            <Table.Tr key={row.reason}>
              <Table.Td>{row.words}</Table.Td>
              <Table.Td ta="right">{formatNumber(row.n)}</Table.Td>
              <Table.Td>
                {row.examples.map(({ contactId, name }, place) => (
                  <Text span size="sm" key={contactId}>
                    {place > 0 && ', '}
                    <Anchor component={Link} to={`/contacts/${contactId}`} size="sm">
                      {name}
                    </Anchor>
                  </Text>
                ))}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}
