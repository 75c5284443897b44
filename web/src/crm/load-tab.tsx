import { Alert, Button, Group, Paper, Progress, Stack, Table, Text, Title, Tooltip } from '@mantine/core'
import { IconCheck } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { call, client } from '@/api/client'
import { useJobs } from '@/shell/job-tray'
import { formatNumber, When } from '@/ui/format'
import { ErrorNote, Loaded } from '@/ui/states'
import { type Connection, kindWords, shownValue, spoken, useCrmReason } from './crm'

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

const exampleWords: Record<string, string> = { match: 'Matched', conflict: 'Both differ', new: 'New here' }
type Example = Report['examples'][number]
type Side = Record<string, unknown>

/** The best name that the CRM has for a record. */
function nameIn(theirs: Side): string {
  const name = [theirs.first_name, theirs.last_name].filter(Boolean).join(' ')
  return name || shownValue(theirs.name ?? theirs.email)
}

/** What would change about one record, in sentences. */
function changesOf({ detail }: Example): string[] {
  const here = (detail.here ?? {}) as Side
  const there = (detail.there ?? {}) as Side
  const clashes = Array.isArray(detail.conflicts) ? (detail.conflicts as Side[]) : []
  const clashing = new Set(clashes.map(clash => String(clash.field)))
  return [
    ...clashes.map(
      ({ field, ours, theirs, winner }) =>
        `${spoken(String(field))}: here “${shownValue(ours)}”, in the CRM “${shownValue(theirs)}”${winner === 'crm' ? '; the CRM wins' : winner === 'tend' ? '; Tend wins' : ''}`,
    ),
    ...Object.entries(here)
      .filter(([field]) => !clashing.has(field))
      .map(([field, value]) => `${spoken(field)} becomes “${shownValue(value)}” here`),
    ...Object.entries(there)
      .filter(([field]) => !clashing.has(field))
      .map(([field, value]) => `${spoken(field)} becomes “${shownValue(value)}” in the CRM`),
  ]
}

function Examples({ report }: { report: Report }) {
  // A record in conflict is told of as that, and not once more as a match.
  const clashing = new Set(
    report.examples.filter(each => each.what === 'conflict').map(each => each.remoteId),
  )
  const shown = report.examples.filter(each => each.what === 'conflict' || !clashing.has(each.remoteId))
  return (
    <Paper withBorder p="md">
      <Stack gap="sm">
        <Title order={2}>Examples</Title>
        <Table.ScrollContainer minWidth={600}>
          <Table verticalSpacing="xs">
            <Table.Tbody>
              {shown.slice(0, 40).map(example => (
                <ExampleRow key={`${example.object}${example.what}${example.remoteId}`} example={example} />
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      </Stack>
    </Paper>
  )
}

function ExampleRow({ example }: { example: Example }) {
  const changes = changesOf(example)
  return (
    <Table.Tr style={{ verticalAlign: 'top' }}>
      <Table.Td style={{ whiteSpace: 'nowrap' }}>
        <Text size="sm">{exampleWords[example.what] ?? example.what}</Text>
      </Table.Td>
      <Table.Td style={{ whiteSpace: 'nowrap' }}>
        <Text size="sm" fw={600}>
          {nameIn((example.detail.theirs ?? {}) as Side)}
        </Text>
        <Text size="sm" c="dimmed">
          {example.object} {example.remoteId}
        </Text>
      </Table.Td>
      <Table.Td>
        {changes.map(change => (
          <Text size="sm" key={change} style={{ overflowWrap: 'anywhere' }}>
            {change}
          </Text>
        ))}
        {changes.length === 0 && (
          <Text size="sm" c="dimmed">
            {example.what === 'new' ? 'made here with what the CRM has' : 'nothing to change'}
          </Text>
        )}
      </Table.Td>
    </Table.Tr>
  )
}
