import { Group, Paper, Progress, Select, SimpleGrid, Stack, Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call, client } from '@/api/client'
import { formatNumber } from '@/ui/format'
import { Loaded } from '@/ui/states'
import type { Form } from './form'
import { FormTest } from './form-test'

const dayMs = 86_400_000
const dayOf = (at: number) => new Date(at).toISOString().slice(0, 10)
const share = (part: number, whole: number) => (whole === 0 ? '-' : `${Math.round((part / whole) * 100)} %`)

/** How many saw it, began and sent it, where they left it, and where they came from. */
export function FormResults({ form }: { form: Form }) {
  const [days, setDays] = useState('30')
  const clock = useQuery({
    queryKey: ['clock'],
    queryFn: () => call(client.GET('/api/v1/sandbox/clock')),
    retry: false,
  })
  const today = Date.parse(clock.data?.now ?? '') || Date.now()
  const range = { from: dayOf(today - (Number(days) - 1) * dayMs), to: dayOf(today) }
  const results = useQuery({
    queryKey: ['form-results', form.id, range],
    enabled: !clock.isPending,
    queryFn: () =>
      call(client.GET('/api/v1/forms/{id}/results', { params: { path: { id: form.id }, query: range } })),
  })
  return (
    <Stack gap="lg">
      <FormTest form={form} />
      <Select
        w={180}
        size="xs"
        aria-label="Days"
        allowDeselect={false}
        data={[
          { value: '7', label: 'Last 7 days' },
          { value: '30', label: 'Last 30 days' },
          { value: '90', label: 'Last 90 days' },
          { value: '365', label: 'Last 365 days' },
        ]}
        value={days}
        onChange={next => next && setDays(next)}
      />
      <Loaded query={results}>
        {({ total, fields, sources, versions }) => (
          <Stack gap="lg">
            <SimpleGrid cols={{ base: 2, sm: 4 }}>
              <Figure name="Saw it" value={formatNumber(total.views)} />
              <Figure
                name="Began"
                value={formatNumber(total.starts)}
                note={share(total.starts, total.views)}
              />
              <Figure
                name="Sent it"
                value={formatNumber(total.completions)}
                note={share(total.completions, total.views)}
              />
              <Figure name="Of those who began" value={share(total.completions, total.starts)} />
            </SimpleGrid>
            <Counts
              title="Field by field"
              note="Machines are not counted. “Left here” are those whose last answer this was."
              head={['Field', 'Answered', 'Left here', '']}
              rows={fields.map(each => ({
                key: each.field,
                cells: [each.label || each.field, formatNumber(each.answered), formatNumber(each.lastOf)],
                part: total.starts === 0 ? 0 : (each.lastOf / total.starts) * 100,
              }))}
            />
            <Counts
              title="Where they came from"
              head={['Source', 'Saw it', 'Sent it', '']}
              rows={sources.map(each => ({
                key: `${each.source}/${each.medium}/${each.campaign}`,
                cells: [
                  [each.source || 'direct', each.medium, each.campaign].filter(Boolean).join(' / '),
                  formatNumber(each.views),
                  `${formatNumber(each.completions)} (${share(each.completions, each.views)})`,
                ],
                part: total.completions === 0 ? 0 : (each.completions / total.completions) * 100,
              }))}
            />
            <Counts
              title="Version by version"
              head={['Version', 'Saw it', 'Sent it', '']}
              rows={versions.map(each => ({
                key: String(each.version),
                cells: [
                  `${each.version}${each.seconds === null ? '' : `, ${Math.round(each.seconds)} s to fill in`}`,
                  formatNumber(each.views),
                  `${formatNumber(each.completions)} (${share(each.completions, each.views)})`,
                ],
                part: total.completions === 0 ? 0 : (each.completions / total.completions) * 100,
              }))}
            />
          </Stack>
        )}
      </Loaded>
    </Stack>
  )
}

function Figure({ name, value, note }: { name: string; value: string; note?: string }) {
  return (
    <Paper withBorder p="md">
      <Text size="sm" c="dimmed">
        {name}
      </Text>
      <Group gap="xs" align="baseline">
        <Text fz={26} fw={700} className="numbers">
          {value}
        </Text>
        {note && (
          <Text size="sm" c="dimmed">
            {note}
          </Text>
        )}
      </Group>
    </Paper>
  )
}

function Counts(props: {
  title: string
  note?: string
  head: string[]
  rows: { key: string; cells: string[]; part: number }[]
}) {
  if (props.rows.length === 0) return null
  return (
    <Stack gap={4}>
      <Text fw={600}>{props.title}</Text>
      {props.note && (
        <Text size="xs" c="dimmed">
          {props.note}
        </Text>
      )}
      <Table.ScrollContainer minWidth={520}>
        <Table verticalSpacing="xs">
          <Table.Thead>
            <Table.Tr>
              {props.head.map((name, i) => (
                <Table.Th key={name || 'bar'} {...(i > 0 && name ? { ta: 'right' as const } : {})}>
                  {name}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {props.rows.map(({ key, cells, part }) => (
              <Table.Tr key={key}>
                {cells.map((cell, i) => (
                  <Table.Td
                    key={`${props.head[i]}`}
                    {...(i > 0 ? { ta: 'right' as const, className: 'numbers' } : {})}
                  >
                    {cell}
                  </Table.Td>
                ))}
                <Table.Td w="30%">
                  <Progress value={part} size="sm" aria-label={`${Math.round(part)} percent`} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Stack>
  )
}
