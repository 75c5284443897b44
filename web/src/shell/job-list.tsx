import { Badge, Button, Group, Progress, Stack, Text } from '@mantine/core'
import { formatNumber, When } from '@/ui/format'
import type { Job, JobAct } from './job-tray'

/** Each job with how far it is, and what can be done about it. */
export function JobList({ jobs, onAct }: { jobs: Job[]; onAct(act: JobAct): void }) {
  return (
    <>
      {jobs.map(job => (
        <Stack key={job.id} gap={4}>
          <Group justify="space-between" wrap="nowrap" gap="xs">
            <Text size="sm" truncate>
              {job.title}
            </Text>
            <Badge
              size="sm"
              color={job.state === 'failed' ? 'red' : 'gray'}
              c={job.state === 'failed' ? undefined : 'var(--mantine-color-text)'}
            >
              {job.state}
            </Badge>
          </Group>
          {job.state === 'running' && (
            <Progress
              value={job.total ? (100 * job.done) / job.total : 100}
              animated={!job.total}
              aria-label={`Progress of ${job.title}`}
            />
          )}
          <Group justify="space-between" gap="xs">
            <Text size="xs" c="dimmed">
              {job.error ??
                job.words ??
                (job.total
                  ? `${formatNumber(job.done)} of ${formatNumber(job.total)}`
                  : formatNumber(job.done))}{' '}
              · <When at={job.createdAt} size="xs" />
            </Text>
            {(job.state === 'running' || job.state === 'queued') && (
              <Button size="compact-xs" variant="default" onClick={() => onAct({ id: job.id, what: 'stop' })}>
                Stop
              </Button>
            )}
            {(job.state === 'failed' || job.state === 'stopped') && (
              <Button
                size="compact-xs"
                variant="default"
                onClick={() => onAct({ id: job.id, what: 'resume' })}
              >
                Go on
              </Button>
            )}
          </Group>
        </Stack>
      ))}
    </>
  )
}
