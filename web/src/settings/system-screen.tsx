import { Group, Paper, Stack, Text } from '@mantine/core'
import { IconAlertTriangle, IconCheck } from '@tabler/icons-react'
import { useHealth } from '@/shell/health-dot'
import { Page } from '@/ui/page'
import { Loaded } from '@/ui/states'
import { SystemJobs } from './system-jobs'
import { Lanes } from './system-lanes'
import { SystemNumbers } from './system-numbers'
import { Parked } from './system-parked'

/** How the installation is: in sentences first, then lanes, what was put aside, and jobs. */
export function SystemScreen() {
  const health = useHealth()
  return (
    <Page title="System health" words="What is well and what is not, in words.">
      <Loaded query={health}>
        {data => (
          <Paper withBorder p="md">
            <Stack gap={8}>
              {data.findings.map(finding => (
                <Group key={finding.words} gap="sm" wrap="nowrap" align="flex-start">
                  {finding.ok ? (
                    <IconCheck size={18} color="var(--mantine-primary-color-filled)" aria-label="Well" />
                  ) : (
                    <IconAlertTriangle
                      size={18}
                      color="var(--mantine-color-red-filled)"
                      aria-label="Not well"
                    />
                  )}
                  <Text size="sm">{finding.words}</Text>
                </Group>
              ))}
            </Stack>
          </Paper>
        )}
      </Loaded>
      <SystemNumbers />
      <SystemJobs />
      <Parked />
      <Lanes />
    </Page>
  )
}
