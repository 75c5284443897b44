import { Anchor, Paper, SimpleGrid, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { call, client } from '@/api/client'
import { formatNumber } from '@/ui/format'
import { Loaded } from '@/ui/states'
import { RealWhen } from './real-when'

const bytes = (value: number) =>
  value >= 2 ** 30 ? `${(value / 2 ** 30).toFixed(1)} GB` : `${(value / 2 ** 20).toFixed(0)} MB`

/** What waits and for how long, what sending says, and what room there is. */
export function SystemNumbers() {
  const numbers = useQuery({
    queryKey: ['system-numbers'],
    queryFn: () => call(client.GET('/api/v1/system/numbers')),
    refetchInterval: 5_000,
  })
  const sending = useQuery({ queryKey: ['sending'], queryFn: () => call(client.GET('/api/v1/sending')) })
  const pause = sending.data?.pause
  return (
    <Loaded query={numbers} lines={3}>
      {data => (
        <SimpleGrid cols={{ base: 2, sm: 3, lg: 4 }} spacing="sm">
          <Fact
            label="Oldest work"
            value={`${data.workAge.toFixed(1)} s`}
            words={`${formatNumber(data.work)} batches wait`}
          />
          <Fact
            label="Steps due"
            value={formatNumber(data.timers)}
            words={data.held ? 'held until armed' : 'whose time has come'}
          />
          <Fact
            label="Messages due"
            value={formatNumber(data.messages)}
            words={data.held ? 'held until armed' : 'about to leave'}
          />
          <Fact
            label="Webhook calls due"
            value={formatNumber(data.calls)}
            words={
              <Anchor component={Link} {...{ to: '/settings/webhooks' }} size="xs">
                See webhooks
              </Anchor>
            }
          />
          <Fact
            label="Breaker"
            value={pause ? 'Sending is stopped' : 'Closed'}
            words={
              pause ? `${pause.by}: ${pause.words}` : 'bounces, complaints and refusals are within limits'
            }
          />
          <Fact
            label="Database"
            value={bytes(data.database)}
            words={data.diskFree === null ? 'on its own server' : `${bytes(data.diskFree)} free on this disk`}
          />
          <Fact
            label="Last backup"
            value={data.lastBackup ? bytes(data.lastBackup.bytes) : 'None yet'}
            words={
              data.lastBackup ? <RealWhen at={data.lastBackup.at} /> : 'tend backup makes one while all runs'
            }
          />
          <Fact
            label="Jobs"
            value={formatNumber(data.jobs)}
            words={
              data.jobsFailed > 0
                ? `${formatNumber(data.jobsFailed)} failed: see below`
                : 'unfinished; none failed'
            }
          />
        </SimpleGrid>
      )}
    </Loaded>
  )
}

function Fact({ label, value, words }: { label: string; value: string; words: ReactNode }) {
  return (
    <Paper withBorder p="sm">
      <Text size="xs" c="dimmed">
        {label}
      </Text>
      <Text fw={600} size="lg" className="numbers">
        {value}
      </Text>
      <Text component="div" size="xs" c="dimmed">
        {words}
      </Text>
    </Paper>
  )
}
