import { Button, Grid, Group, Paper, SegmentedControl, SimpleGrid, Stack, Text } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call, client } from '@/api/client'
import { formatDay, formatNumber } from '@/ui/format'
import { PlainTable } from '@/ui/list'
import { Loaded } from '@/ui/states'
import type { LandingPage } from './page'

const percent = (part: number, whole: number) =>
  whole === 0 ? '-' : `${((part / whole) * 100).toFixed(1)} %`
const readResults = (id: string, days: number) =>
  call(client.GET('/api/v1/pages/{id}/results', { params: { path: { id }, query: { days } } }))
type Results = Awaited<ReturnType<typeof readResults>>

/** Who came, from where, and what came of it; machines apart. */
export function PageResults({ page, disabled }: { page: LandingPage; disabled: boolean }) {
  const [days, setDays] = useState('30')
  const found = useQuery({
    queryKey: ['page-results', page.id, days],
    queryFn: () => readResults(page.id, Number(days)),
  })
  return (
    <Stack gap="lg">
      <SegmentedControl
        size="xs"
        w="fit-content"
        aria-label="How many days"
        data={['7', '30', '90', '365'].map(value => ({ value, label: `${value} days` }))}
        value={days}
        onChange={setDays}
      />
      <Loaded query={found}>
        {results => (
          <>
            <Totals totals={results.totals} />
            {results.variants.length > 1 && <Test page={page} results={results} disabled={disabled} />}
            <Grid gap="lg">
              <Grid.Col span={{ base: 12, lg: 6 }}>
                <Sources title="Where they came from first" items={results.firstTouch} />
              </Grid.Col>
              <Grid.Col span={{ base: 12, lg: 6 }}>
                <Sources title="Where they came from last" items={results.lastTouch} />
              </Grid.Col>
            </Grid>
            <Days items={results.days} />
          </>
        )}
      </Loaded>
    </Stack>
  )
}

function Totals({ totals }: { totals: Results['totals'] }) {
  const { visitors, views, converted, bounced, scroll, seconds, bots } = totals
  const cards = [
    { label: 'Visitors', value: formatNumber(visitors), note: `${formatNumber(views)} views` },
    { label: 'Converted', value: formatNumber(converted), note: percent(converted, visitors) },
    { label: 'Left at once', value: percent(bounced, visitors), note: `${formatNumber(bounced)} visitors` },
    { label: 'Scrolled', value: scroll === null ? '-' : `${scroll} %`, note: 'of the page, at the middle' },
    { label: 'Stayed', value: seconds === null ? '-' : `${seconds} s`, note: 'at the middle' },
    { label: 'Machines', value: formatNumber(bots), note: 'counted in nothing else' },
  ]
  return (
    <SimpleGrid cols={{ base: 2, sm: 3, lg: 6 }}>
      {cards.map(card => (
        <Paper key={card.label} withBorder p="md">
          <Text size="sm" c="dimmed">
            {card.label}
          </Text>
          <Text fz={22} fw={600} className="numbers">
            {card.value}
          </Text>
          <Text size="xs" c="dimmed">
            {card.note}
          </Text>
        </Paper>
      ))}
    </SimpleGrid>
  )
}

function Test({ page, results, disabled }: { page: LandingPage; results: Results; disabled: boolean }) {
  const decide = useMutation({
    mutationFn: (variant: string | null) =>
      call(
        client.POST('/api/v1/pages/{id}/decide', { params: { path: { id: page.id } }, body: { variant } }),
      ),
    onSuccess: () => window.location.reload(),
  })
  const winner = page.decision?.winner ?? null
  return (
    <Stack gap="sm">
      <Text fw={600}>The test</Text>
      <Text size="sm">
        {winner
          ? `${page.decision?.by} decided: everybody gets version ${winner.toUpperCase()}.`
          : results.conclusion.words}
      </Text>
      <PlainTable
        minWidth={680}
        items={results.variants.map(each => ({ ...each, id: each.key }))}
        columns={[
          { title: 'Version', cell: each => `${each.key.toUpperCase()} ${each.name}` },
          { title: 'Share', isNumber: true, cell: each => each.weight },
          { title: 'Visitors', isNumber: true, cell: each => formatNumber(each.visitors) },
          { title: 'Converted', isNumber: true, cell: each => formatNumber(each.conversions) },
          {
            title: 'Rate (likely between)',
            isNumber: true,
            cell: each =>
              `${(each.rate * 100).toFixed(1)} % (${(each.low * 100).toFixed(1)} to ${(each.high * 100).toFixed(1)})`,
          },
          { title: 'Is the best', isNumber: true, cell: each => `${Math.round(each.best * 100)} %` },
          {
            title: '',
            cell: each => (
              <Button
                size="xs"
                variant="default"
                disabled={disabled || winner === each.key}
                onClick={() => decide.mutate(each.key)}
              >
                Show it to everybody
              </Button>
            ),
          },
        ]}
      />
      {winner && (
        <Group>
          <Button size="xs" variant="default" disabled={disabled} onClick={() => decide.mutate(null)}>
            Go on testing
          </Button>
        </Group>
      )}
    </Stack>
  )
}

function Sources({ title, items }: { title: string; items: Results['firstTouch'] }) {
  return (
    <Stack gap="xs">
      <Text fw={600}>{title}</Text>
      {items.length === 0 ? (
        <Text size="sm" c="dimmed">
          Nobody came yet.
        </Text>
      ) : (
        <PlainTable
          minWidth={420}
          items={items.map(each => ({ ...each, id: `${each.source} ${each.medium} ${each.campaign}` }))}
          columns={[
            {
              title: 'Source',
              cell: each => [each.source, each.medium, each.campaign].filter(Boolean).join(' / ') || 'Direct',
            },
            { title: 'Visitors', isNumber: true, cell: each => formatNumber(each.visitors) },
            { title: 'Converted', isNumber: true, cell: each => formatNumber(each.converted) },
            { title: 'Rate', isNumber: true, cell: each => percent(each.converted, each.visitors) },
          ]}
        />
      )}
    </Stack>
  )
}

function Days({ items }: { items: Results['days'] }) {
  if (items.length === 0) return null
  return (
    <Stack gap="xs">
      <Text fw={600}>Day by day</Text>
      <PlainTable
        minWidth={320}
        items={items.map(each => ({ ...each, id: each.day })).reverse()}
        columns={[
          { title: 'Day', cell: each => formatDay(each.day) },
          { title: 'Visitors', isNumber: true, cell: each => formatNumber(each.visitors) },
          { title: 'Converted', isNumber: true, cell: each => formatNumber(each.converted) },
        ]}
      />
    </Stack>
  )
}
