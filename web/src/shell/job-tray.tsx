import { ActionIcon, Indicator, Popover, Stack, Text } from '@mantine/core'
import { IconStack2 } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { lazy, Suspense } from 'react'
import { call, client } from '@/api/client'
import { Waiting } from '@/ui/states'

const JobList = lazy(async () => ({ default: (await import('./job-list')).JobList }))

const readJobs = () => call(client.GET('/api/v1/jobs'))
export type Job = Awaited<ReturnType<typeof readJobs>>['items'][number]
export type JobAct = { id: string; what: 'stop' | 'resume' }

/** All jobs, and what can be done about one. */
export function useJobs() {
  const queries = useQueryClient()
  const jobs = useQuery({
    queryKey: ['jobs'],
    queryFn: readJobs,
    refetchInterval: query => (query.state.data?.items.some(job => job.state === 'running') ? 1_000 : 10_000),
  })
  const act = useMutation({
    mutationFn: ({ id, what }: JobAct) =>
      call(
        what === 'stop'
          ? client.POST('/api/v1/jobs/{id}/stop', { params: { path: { id } } })
          : client.POST('/api/v1/jobs/{id}/resume', { params: { path: { id } } }),
      ),
    onSettled: () => queries.invalidateQueries({ queryKey: ['jobs'] }),
  })
  return { jobs, act }
}

/** Long work with its progress, and Stop: it survives a reload, because the server keeps it. */
export function JobTray() {
  const { jobs, act } = useJobs()
  const items = jobs.data?.items.slice(0, 12) ?? []
  const open = items.filter(job => job.state === 'running' || job.state === 'queued')
  return (
    <Popover width={380} position="bottom-end" shadow="md">
      <Indicator disabled={open.length === 0} label={open.length} size={16}>
        <Popover.Target>
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={open.length > 0 ? `${open.length} jobs are running` : 'Jobs'}
          >
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
          <Suspense fallback={<Waiting lines={3} />}>
            {items.length > 0 && <JobList jobs={items} onAct={act.mutate} />}
          </Suspense>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  )
}
