import { ActionIcon, Group, Stack, Text, Tooltip } from '@mantine/core'
import { IconAlertTriangle, IconCircleCheck } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { call, client } from '@/api/client'

export function useHealth() {
  return useQuery({
    queryKey: ['health'],
    queryFn: () => call(client.GET('/api/v1/system/health')),
    refetchInterval: 20_000,
  })
}

/** How the installation is, in a sign with a word; the sentences are one hover away. */
export function HealthDot() {
  const health = useHealth()
  const isWell = health.data?.ok ?? !health.isError
  const trouble = health.data?.findings.filter(finding => !finding.ok) ?? []
  const words = isWell ? 'All well' : `${Math.max(1, trouble.length)} to look at`
  return (
    <Tooltip
      multiline
      w={340}
      position="bottom-end"
      label={
        <Stack gap={6}>
          {health.isError && <Text size="sm">Tend does not answer.</Text>}
          {(trouble.length > 0 ? trouble : (health.data?.findings ?? [])).map(finding => (
            <Text size="sm" key={finding.words}>
              {finding.words}
            </Text>
          ))}
        </Stack>
      }
    >
      <ActionIcon
        component={Link}
        to="/system"
        variant="subtle"
        color={isWell ? 'tend' : 'red'}
        w="auto"
        px={8}
        aria-label={`System health: ${words}`}
      >
        <Group gap={6} wrap="nowrap">
          {isWell ? <IconCircleCheck size={18} /> : <IconAlertTriangle size={18} />}
          <Text size="sm" visibleFrom="md">
            {words}
          </Text>
        </Group>
      </ActionIcon>
    </Tooltip>
  )
}
