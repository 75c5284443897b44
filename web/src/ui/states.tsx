import { Alert, Button, Code, Group, Skeleton, Stack, Text } from '@mantine/core'
import { IconAlertTriangle, IconLock } from '@tabler/icons-react'
import type { UseQueryResult } from '@tanstack/react-query'
import { useNavigate, useRouterState } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { ApiError } from '@/api/client'
import { Empty, Page } from '@/ui/page'

/** What went wrong, what can be done, and the id under which the log has it. */
export function ErrorNote({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const problem = error instanceof ApiError ? error.problem : null
  const isForbidden = problem?.status === 403
  return (
    <Alert
      color={isForbidden ? 'gray' : 'red'}
      variant="light"
      icon={isForbidden ? <IconLock size={18} /> : <IconAlertTriangle size={18} />}
      title={isForbidden ? 'Not for your role' : 'This did not work'}
      role="alert"
    >
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{error instanceof Error ? error.message : 'Something went wrong.'}</Text>
        {problem?.fields?.map(field => (
          <Text size="sm" key={`${field.path}${field.message}`}>
            <Code>{field.path}</Code> {field.message}
          </Text>
        ))}
        <Group gap="xs">
          {onRetry && !isForbidden && (
            <Button size="compact-sm" variant="default" onClick={onRetry}>
              Try again
            </Button>
          )}
          {problem?.requestId && (
            <Text size="xs" c="dimmed">
              Request {problem.requestId}
            </Text>
          )}
        </Group>
      </Stack>
    </Alert>
  )
}

export function Waiting({ lines = 6 }: { lines?: number }) {
  return (
    <Stack gap="sm" role="status" aria-busy="true" aria-label="Loading">
      {Array.from({ length: lines }, (_, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: skeleton lines are all alike and never move
        <Skeleton key={i} height={20} width={`${95 - ((i * 17) % 40)}%`} />
      ))}
    </Stack>
  )
}

/** A thing that was deleted, or never was: said as a page, with the way back to its list. */
function NotHere() {
  const go = useNavigate()
  const path = useRouterState({ select: state => state.location.pathname })
  const list = path.slice(0, path.lastIndexOf('/')) || '/'
  return (
    <Page title="This is not here any more">
      <Empty
        title="Nothing stands at this address"
        words="It was deleted, merged into another one, or the address was cut short on its way."
        action={{ label: 'Back to the list', onClick: () => void go({ to: list }) }}
      />
    </Page>
  )
}

/** The one thing that a screen is about, in each of its states; a page of its own says that it is gone. */
export function LoadedScreen<T>(props: {
  query: UseQueryResult<T>
  lines?: number
  children: (data: T) => ReactNode
}) {
  const { error } = props.query
  if (error instanceof ApiError && error.problem.status === 404) return <NotHere />
  return <Loaded {...props} />
}

/** Shows a query in each of its states. */
export function Loaded<T>(props: {
  query: UseQueryResult<T>
  lines?: number
  children: (data: T) => ReactNode
}) {
  const { query } = props
  if (query.isPending) return <Waiting lines={props.lines ?? 6} />
  if (query.isError) return <ErrorNote error={query.error} onRetry={() => void query.refetch()} />
  return <>{props.children(query.data)}</>
}
