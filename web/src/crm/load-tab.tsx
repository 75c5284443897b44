import { Alert, Button, Group, Paper, Progress, Stack, Table, Text, Title, Tooltip } from '@mantine/core'
import { IconCheck } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { call, client } from '@/api/client'
import { useJobs } from '@/shell/job-tray'
import { formatNumber, When } from '@/ui/format'
import { ErrorNote, Loaded } from '@/ui/states'
import { type Connection, kindWords, shownValue, useCrmReason } from './crm'

const readLoad = (id: string) =>
  call(client.GET('/api/v1/crm/connections/{id}/first-load', { params: { path: { id } } }))
type FirstLoad = Awaited<ReturnType<typeof readLoad>>
type Report = NonNullable<FirstLoad['report']>

/** First a dry run that writes nothing, then its report, then, once accepted, the load. */
export function LoadTab({ connection }: { connection: Connection }) {
  const queries = useQueryClient()
  const load = useQuery({
    queryKey: ['crm', connection.id, 'load'],
    queryFn: async () => {
      const found = await readLoad(connection.id)
      if (found.state !== connection.loadState)
        await queries.invalidateQueries({ queryKey: ['crm', connection.id], exact: true })
      return found
    },
    refetchInterval: query =>
      query.state.data?.state === 'checking' || query.state.data?.state === 'loading' ? 1_500 : 20_000,
  })
  return <Loaded query={load}>{data => <State connection={connection} load={data} />}</Loaded>
}

function State({ connection, load }: { connection: Connection; load: FirstLoad }) {
  return (
    <Stack gap="md" maw={1040}>
      {load.state === 'none' && (
        <Text size="sm">
          The dry run reads everything the mapping names and writes nothing, on neither side. Its report says
          what would be matched, made and overwritten.
        </Text>
      )}
      {(load.state === 'checking' || load.state === 'loading') && (
        <Running jobId={load.jobId} state={load.state} />
      )}
      {load.state === 'done' && load.loadedAt && (
        <Alert color="green" icon={<IconCheck size={18} />} title="Loaded">
          <Text size="sm">
            <When at={load.loadedAt} />. From here on only changes pass.
          </Text>
        </Alert>
      )}
      {load.report && <ReportTable report={load.report} />}
      <Acts connection={connection} load={load} />
      {load.report && load.report.examples.length > 0 && <Examples report={load.report} />}
    </Stack>
  )
}

function Running({ jobId, state }: { jobId: string | null; state: 'checking' | 'loading' }) {
  const { jobs } = useJobs()
  const job = jobs.data?.items.find(each => each.id === jobId)
  const words = job && 'words' in job && typeof job.words === 'string' ? job.words : null
  return (
    <Stack gap={6}>
      <Text size="sm" fw={600}>
        {state === 'checking'
          ? 'The dry run is under way: nothing is written.'
          : 'The first load is under way.'}
      </Text>
      <Progress value={100} animated aria-label="Under way" />
      <Text size="sm" c="dimmed" aria-live="polite">
        {words ?? 'It can be stopped in the job tray, and goes on after a restart.'}
      </Text>
    </Stack>
  )
}

const counts = [
  ['records', 'In the CRM'],
  ['matched', 'Matched'],
  ['createHere', 'New here'],
  ['createThere', 'New there'],
  ['conflicts', 'Differ'],
  ['ambiguous', 'Unclear'],
  ['leftOut', 'Left out'],
] as const

function ReportTable({ report }: { report: Report }) {
  const { calls } = report
  return (
    <Paper withBorder p="md">
      <Stack gap="sm">
        <Group justify="space-between">
          <Title order={2}>What loading would do</Title>
          <When at={report.at} />
        </Group>
        <Table.ScrollContainer minWidth={680}>
          <Table verticalSpacing="xs">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Object</Table.Th>
                {counts.map(([key, label]) => (
                  <Table.Th key={key} ta="right">
                    {label}
                  </Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {report.objects.map(object => (
                <Table.Tr key={object.remote}>
                  <Table.Td>
                    {kindWords[object.kind]} · {object.remote}
                  </Table.Td>
                  {counts.map(([key]) => (
                    <Table.Td key={key} ta="right" className="numbers">
                      {formatNumber(object[key])}
                    </Table.Td>
                  ))}
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
        <Text size="sm" c="dimmed">
          The dry run took {formatNumber(calls.used)} calls. Loading takes about {formatNumber(calls.needed)}{' '}
          of {formatNumber(calls.perDay)} a day:{' '}
          {calls.days <= 1 ? 'it is done within a day' : `${calls.days} days`}.
        </Text>
      </Stack>
    </Paper>
  )
}

function Acts({ connection, load }: { connection: Connection; load: FirstLoad }) {
  const queries = useQueryClient()
  const reason = useCrmReason() ?? (connection.liveMapping === null ? 'Publish the mapping first' : null)
  const path = { id: connection.id }
  const again = () => queries.invalidateQueries({ queryKey: ['crm', connection.id] })
  const check = useMutation({
    mutationFn: () =>
      call(client.POST('/api/v1/crm/connections/{id}/first-load/check', { params: { path } })),
    onSuccess: again,
  })
  const accept = useMutation({
    mutationFn: (reportAt: string) =>
      call(
        client.POST('/api/v1/crm/connections/{id}/first-load/accept', {
          params: { path },
          body: { reportAt },
        }),
      ),
    onSuccess: again,
  })
  const { report, state } = load
  const isBusy = state === 'checking' || state === 'loading'
  const sum = (key: 'createHere' | 'createThere' | 'matched') =>
    formatNumber(report?.objects.reduce((total, object) => total + object[key], 0) ?? 0)
  return (
    <Stack gap="sm">
      {(check.isError || accept.isError) && <ErrorNote error={accept.error ?? check.error} />}
      <Group>
        {state === 'report' && report && (
          <Tooltip label={reason} disabled={reason === null}>
            <Button
              disabled={reason !== null}
              loading={accept.isPending}
              onClick={() => accept.mutate(report.at)}
            >
              Accept: link {sum('matched')}, make {sum('createHere')} here and {sum('createThere')} there
            </Button>
          </Tooltip>
        )}
        {!isBusy && (
          <Tooltip label={reason} disabled={reason === null}>
            <Button
              variant={state === 'none' ? 'filled' : 'default'}
              disabled={reason !== null}
              loading={check.isPending}
              onClick={() => check.mutate()}
            >
              {state === 'none' ? 'Start the dry run' : 'Dry run again'}
            </Button>
          </Tooltip>
        )}
      </Group>
      {state === 'report' && (
        <Text size="sm" c="dimmed">
          No workflow and no alert begins by the load.
        </Text>
      )}
    </Stack>
  )
}

function Examples({ report }: { report: Report }) {
  return (
    <Paper withBorder p="md">
      <Stack gap="sm">
        <Title order={2}>Examples</Title>
        <Table.ScrollContainer minWidth={600}>
          <Table verticalSpacing="xs">
            <Table.Tbody>
              {report.examples.slice(0, 40).map(example => (
                <Table.Tr key={`${example.object}${example.what}${example.remoteId}`}>
                  <Table.Td style={{ whiteSpace: 'nowrap' }}>
                    <Text size="sm" fw={600}>
                      {example.what}
                    </Text>
                    <Text size="sm" c="dimmed">
                      {example.object} {example.remoteId}
                    </Text>
                  </Table.Td>
                  <Table.Td>
                    {Object.entries(example.detail).map(([key, value]) => (
                      <Text size="sm" key={key} style={{ overflowWrap: 'anywhere' }}>
                        <Text span size="sm" c="dimmed">
                          {key}:
                        </Text>{' '}
                        {shownValue(value)}
                      </Text>
                    ))}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      </Stack>
    </Paper>
  )
}
