import { ActionIcon, Badge, Button, Group, Indicator, Popover, Progress, Stack, Text } from '@mantine/core'
import { IconStack2 } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { call, client } from '@/api/client'
import { formatNumber, When } from '@/ui/format'

/** Long work with its progress, and Stop: it survives a reload, because the server keeps it. */
export function JobTray() {
  const queries = useQueryClient()
  const jobs = useQuery({
    queryKey: ['jobs'],
    queryFn: () => call(client.GET('/api/v1/jobs')),
    refetchInterval: query => (query.state.data?.items.some(job => job.state === 'running') ? 1_000 : 10_000),
  })
  const act = useMutation({
    mutationFn: ({ id, what }: { id: string; what: 'stop' | 'resume' }) =>
      call(what === 'stop' ? client.POST('/api/v1/jobs/{id}/stop', { params: { path: { id } } }) : client.POST('/api/v1/jobs/{id}/resume', { params: { path: { id } } })),
    onSettled: () => queries.invalidateQueries({ queryKey: ['jobs'] }),
  })
  const items = jobs.data?.items.slice(0, 12) ?? []
  const open = items.filter(job => job.state === 'running' || job.state === 'queued')
  return (
    <Popover width={380} position="bottom-end" shadow="md">
      <Indicator disabled={open.length === 0} label={open.length} size={16}>
        <Popover.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={open.length > 0 ? `${open.length} jobs are running` : 'Jobs'}>
            <IconStack2 size={20} />
          </ActionIcon>
        </Popover.Target>
      </Indicator>
      <Popover.Dropdown>
        <Stack gap="sm">
          <Text fw={600} size="sm">
            Jobs
          </Text>
          {items.length === 0 && (
            <Text size="sm" c="dimmed">
              Imports, rebuilds and back-fills show here while they run.
            </Text>
          )}
          {items.map(job => (
            <Stack key={job.id} gap={4}>
              <Group justify="space-between" wrap="nowrap" gap="xs">
                <Text size="sm" truncate>
                  {job.title}
                </Text>
                <Badge size="sm" color={job.state === 'failed' ? 'red' : 'gray'} c={job.state === 'failed' ? undefined : 'var(--mantine-color-text)'}>
                  {job.state}
                </Badge>
              </Group>
              {job.state === 'running' && <Progress value={job.total ? (100 * job.done) / job.total : 100} animated={!job.total} aria-label={`Progress of ${job.title}`} />}
              <Group justify="space-between" gap="xs">
                <Text size="xs" c="dimmed">
                  {job.error ?? job.words ?? (job.total ? `${formatNumber(job.done)} of ${formatNumber(job.total)}` : formatNumber(job.done))} · <When at={job.createdAt} size="xs" />
                </Text>
                {(job.state === 'running' || job.state === 'queued') && (
                  <Button size="compact-xs" variant="default" onClick={() => act.mutate({ id: job.id, what: 'stop' })}>
                    Stop
                  </Button>
                )}
                {(job.state === 'failed' || job.state === 'stopped') && (
                  <Button size="compact-xs" variant="default" onClick={() => act.mutate({ id: job.id, what: 'resume' })}>
                    Go on
                  </Button>
                )}
              </Group>
            </Stack>
          ))}
        </Stack>
      </Popover.Dropdown>
    </Popover>
  )
}
