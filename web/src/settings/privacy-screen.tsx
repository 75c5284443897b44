import { Anchor, Badge, Button, Group, Paper, SegmentedControl, Stack, Text, Title } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { call, client } from '@/api/client'
import { useMe } from '@/shell/me'
import { Page } from '@/ui/page'
import { ErrorNote, Loaded } from '@/ui/states'
import { RetentionPanel } from './privacy-retention'

/** Only those who answer for the installation decide about privacy. */
export function usePrivacyReason(): string | null {
  const role = useMe().data?.role
  return role === 'owner' || role === 'admin' ? null : 'Only owners and admins change this.'
}

export function useRequestCounts() {
  return useQuery({
    queryKey: ['privacy', 'requests', 'counts'],
    queryFn: () => call(client.GET('/api/v1/privacy/requests', { params: { query: { limit: 1 } } })),
    refetchInterval: 60_000,
  })
}

/** What is noticed about people, how long it is kept, and what they asked about it. */
export function PrivacyScreen() {
  const counts = useRequestCounts()
  const open = counts.data?.open ?? 0
  const overdue = counts.data?.overdue ?? 0
  return (
    <Page
      title="Privacy"
      words="What is noticed about people, how long it is kept, and what they asked about it."
      actions={
        <Button
          variant="default"
          component={Link}
          to="/settings/privacy/requests"
          rightSection={
            open > 0 ? (
              <Badge color={overdue > 0 ? 'red' : 'tend'} c="var(--mantine-color-text)">
                {overdue > 0 ? `${open} open, ${overdue} late` : `${open} open`}
              </Badge>
            ) : null
          }
        >
          Requests
        </Button>
      }
    >
      <Stack gap="lg">
        <TrackingPanel />
        <RetentionPanel />
      </Stack>
    </Page>
  )
}

const modes = [
  { value: 'always', label: 'Unless objected' },
  { value: 'consent', label: 'With consent' },
  { value: 'never', label: 'Never' },
]
const readTracking = () => call(client.GET('/api/v1/privacy/tracking'))
type Tracking = Awaited<ReturnType<typeof readTracking>>

function TrackingPanel() {
  const tracking = useQuery({ queryKey: ['privacy', 'tracking'], queryFn: readTracking })
  return (
    <Paper withBorder p="md" maw={760}>
      <Stack gap="md">
        <Title order={2}>What mails notice</Title>
        <Loaded query={tracking} lines={3}>
          {data => <TrackingForm tracking={data} />}
        </Loaded>
        <Text size="sm" c="dimmed">
          What a person says stands under <i>Consent</i> on the contact, with its proof. Who withdrew is never
          followed, neither by mails that are out already nor by web sites, whatever is chosen here; nor is a
          browser that sends Global Privacy Control or Do Not Track, unless the person agreed. For web sites:{' '}
          <Anchor component={Link} to="/settings/sources" size="sm">
            Events &amp; sources
          </Anchor>
          .
        </Text>
      </Stack>
    </Paper>
  )
}

function TrackingForm({ tracking }: { tracking: Tracking }) {
  const queries = useQueryClient()
  const reason = usePrivacyReason()
  const save = useMutation({
    mutationFn: (change: Partial<Tracking>) =>
      call(client.PATCH('/api/v1/privacy/tracking', { body: change })),
    onSuccess: () => notifications.show({ message: 'Saved. It holds from the next mail on.' }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['privacy', 'tracking'] }),
  })
  const rows = [
    { name: 'opens' as const, label: 'Opens', words: 'an invisible picture' },
    { name: 'clicks' as const, label: 'Clicks', words: 'links that lead over this server' },
  ]
  return (
    <Stack gap="sm">
      {rows.map(({ name, label, words }) => (
        <Group key={name} justify="space-between" gap="xs">
          <Text size="sm">
            <b>{label}</b>{' '}
            <Text span size="sm" c="dimmed">
              ({words})
            </Text>
          </Text>
          <SegmentedControl
            size="xs"
            aria-label={label}
            data={modes}
            disabled={reason !== null || save.isPending}
            value={tracking[name]}
            onChange={value => save.mutate({ [name]: value as Tracking['opens'] })}
          />
        </Group>
      ))}
      {reason && (
        <Text size="sm" c="dimmed">
          {reason}
        </Text>
      )}
      {save.isError && <ErrorNote error={save.error} />}
    </Stack>
  )
}
