import { Paper, Stack, Text, Title } from '@mantine/core'
import { JobList } from '@/shell/job-list'
import { useJobs } from '@/shell/job-tray'
import { Loaded } from '@/ui/states'

/** Long work: what runs, what failed and why, with Stop and Go on. */
export function SystemJobs() {
  const { jobs, act } = useJobs()
  return (
    <Paper withBorder p="md">
      <Title order={2} mb="sm">
        Jobs
      </Title>
      <Loaded query={jobs} lines={3}>
        {data =>
          data.items.length === 0 ? (
            <Text size="sm" c="dimmed">
              None yet. Imports, exports, rebuilds and nightly checks show here.
            </Text>
          ) : (
            <Stack gap="md">
              <JobList jobs={data.items.slice(0, 30)} onAct={act.mutate} />
            </Stack>
          )
        }
      </Loaded>
    </Paper>
  )
}
