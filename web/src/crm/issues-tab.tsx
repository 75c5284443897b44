import { Accordion, Anchor, Badge, Button, Code, Group, SegmentedControl, Stack, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { call, client } from '@/api/client'
import { formatNumber, When } from '@/ui/format'
import { useList } from '@/ui/list'
import { Empty } from '@/ui/page'
import { ErrorNote, Waiting } from '@/ui/states'
import { showUndo } from '@/ui/undo'
import { type Connection, useCrmReason } from './crm'

type State = 'open' | 'ignored' | 'resolved'

export function useIssues(connectionId: string, state: State) {
  return useList(
    ['crm', connectionId, 'issues', state],
    query => call(client.GET('/api/v1/crm/issues', { params: { query: { ...query, connectionId, state } } })),
    10_000,
  )
}
type Issue = ReturnType<typeof useIssues>['items'][number]

const empty: Record<State, string> = {
  open: 'Everything passes. What does not will stand here, grouped by cause, with the next step.',
  ignored: 'Nothing is ignored.',
  resolved: 'Nothing was resolved yet.',
}

/** What does not pass, grouped by cause, each with a next step and an exchange as an example. */
export function IssuesTab({ connection }: { connection: Connection }) {
  const go = useNavigate()
  const search = useSearch({ strict: false }) as { issues?: State }
  const state = search.issues ?? 'open'
  const { query, items } = useIssues(connection.id, state)
  return (
    <Stack gap="md">
      <SegmentedControl
        size="xs"
        w="fit-content"
        aria-label="Which issues"
        data={[
          { value: 'open', label: 'Open' },
          { value: 'ignored', label: 'Ignored' },
          { value: 'resolved', label: 'Resolved' },
        ]}
        value={state}
        onChange={next =>
          void go({ to: '.', search: { tab: 'issues', issues: next } as never, replace: true })
        }
      />
      {query.isPending && <Waiting />}
      {query.isError && <ErrorNote error={query.error} onRetry={() => void query.refetch()} />}
      {query.isSuccess && items.length === 0 && <Empty title="No issues" words={empty[state]} />}
      {items.length > 0 && (
        <Accordion variant="separated">
          {items.map(issue => (
            <Accordion.Item key={issue.id} value={issue.id}>
              <Accordion.Control>
                <Title issue={issue} />
              </Accordion.Control>
              <Accordion.Panel>
                <Detail issue={issue} />
              </Accordion.Panel>
            </Accordion.Item>
          ))}
        </Accordion>
      )}
      {query.hasNextPage && (
        <Button
          variant="default"
          w="fit-content"
          loading={query.isFetchingNextPage}
          onClick={() => void query.fetchNextPage()}
        >
          Show more
        </Button>
      )}
    </Stack>
  )
}

const kindLabels: Record<Issue['kind'], string> = {
  auth: 'Sign-in',
  throttle: 'Limit',
  transient: 'Outage',
  lock: 'Locked',
  invalid: 'Refused value',
  duplicate: 'Duplicate',
  denied: 'Not allowed',
  gone: 'Deleted',
  schema: 'Schema',
  conflict: 'Race',
  ambiguous: 'Unclear match',
  merge: 'Merge',
  ping_pong: 'Ping-pong',
  unknown_value: 'Unknown value',
}

function Title({ issue }: { issue: Issue }) {
  return (
    <Group justify="space-between" gap="sm" pr="sm">
      <div style={{ flex: 1, minWidth: 220 }}>
        <Group gap="xs">
          <Badge color="gray" c="var(--mantine-color-text)" style={{ textTransform: 'none' }}>
            {kindLabels[issue.kind]}
          </Badge>
          <Text size="sm" fw={600}>
            {issue.remoteType ?? 'The whole connection'}
            {issue.fields.length > 0 ? `: ${issue.fields.join(', ')}` : ''}
          </Text>
        </Group>
        <Text size="sm">{issue.words}</Text>
      </div>
      <Text size="sm" c="dimmed">
        {formatNumber(issue.count)} {issue.count === 1 ? 'record' : 'records'}, <When at={issue.lastAt} />
      </Text>
    </Group>
  )
}

function Detail({ issue }: { issue: Issue }) {
  return (
    <Stack gap="sm">
      <Text size="sm">
        <Text span size="sm" fw={600}>
          What to do:
        </Text>{' '}
        {issue.nextStep}
      </Text>
      <Acts issue={issue} />
      <Records issue={issue} />
      {issue.sample && (
        <>
          <Text size="sm" c="dimmed">
            An exchange as an example, first <When at={issue.firstAt} />; secrets are taken out.
          </Text>
          <Code block style={{ maxHeight: 260, overflow: 'auto' }} tabIndex={0}>
            {[
              `${issue.sample.method} ${issue.sample.url}`,
              issue.sample.request,
              `-> ${issue.sample.status}`,
              issue.sample.response,
            ]
              .filter(Boolean)
              .join('\n\n')}
          </Code>
        </>
      )}
    </Stack>
  )
}

function Records({ issue }: { issue: Issue }) {
  const { query, items } = useList(['crm-issue', issue.id], ask =>
    call(
      client.GET('/api/v1/crm/issues/{id}/items', {
        params: { path: { id: issue.id }, query: { ...ask, limit: 20 } },
      }),
    ),
  )
  if (query.isPending) return <Waiting lines={2} />
  if (query.isError) return <ErrorNote error={query.error} />
  return (
    <Stack gap={4}>
      {items.map(item => (
        <Group key={item.item} gap="sm" wrap="nowrap">
          {item.localId && item.kind === 'person' && (
            <Anchor component={Link} to={`/contacts/${item.localId}`} size="sm">
              Contact
            </Anchor>
          )}
          {item.remoteId &&
            (item.url ? (
              <Anchor href={item.url} target="_blank" rel="noreferrer" size="sm">
                {item.remoteType} {item.remoteId}
              </Anchor>
            ) : (
              <Text size="sm">
                {item.remoteType} {item.remoteId}
              </Text>
            ))}
          <Text size="sm" c="dimmed" truncate>
            {item.words}
          </Text>
        </Group>
      ))}
      {query.hasNextPage && (
        <Button
          size="compact-sm"
          variant="default"
          w="fit-content"
          onClick={() => void query.fetchNextPage()}
        >
          Show more records
        </Button>
      )}
    </Stack>
  )
}

function Acts({ issue }: { issue: Issue }) {
  const queries = useQueryClient()
  const reason = useCrmReason()
  const path = { id: issue.id }
  const again = () => queries.invalidateQueries({ queryKey: ['crm'] })
  const retry = useMutation({
    mutationFn: () => call(client.POST('/api/v1/crm/issues/{id}/retry', { params: { path } })),
    onSuccess: async ({ retried }) => {
      await again()
      notifications.show({
        message: `${formatNumber(retried)} ${retried === 1 ? 'record is' : 'records are'} tried again.`,
      })
    },
  })
  const ignore = useMutation({
    mutationFn: () => call(client.POST('/api/v1/crm/issues/{id}/ignore', { params: { path } })),
    onSuccess: async () => {
      await again()
      showUndo('Ignored, until the records change.', async () => {
        await call(client.POST('/api/v1/crm/issues/{id}/retry', { params: { path } }))
        await again()
      })
    },
  })
  if (issue.state === 'resolved') return null
  return (
    <>
      <Group gap="xs">
        <Button
          size="compact-sm"
          disabled={reason !== null}
          loading={retry.isPending}
          onClick={() => retry.mutate()}
        >
          Retry {formatNumber(issue.count)} {issue.count === 1 ? 'record' : 'records'}
        </Button>
        {issue.state === 'open' && (
          <Button
            size="compact-sm"
            variant="default"
            disabled={reason !== null}
            loading={ignore.isPending}
            onClick={() => ignore.mutate()}
          >
            Ignore
          </Button>
        )}
      </Group>
      {(retry.isError || ignore.isError) && <ErrorNote error={retry.error ?? ignore.error} />}
    </>
  )
}
