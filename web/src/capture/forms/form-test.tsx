import {
  Badge,
  Button,
  Group,
  Modal,
  NumberInput,
  Paper,
  Select,
  Slider,
  Stack,
  Switch,
  Text,
} from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { modals } from '@mantine/modals'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call, client } from '@/api/client'
import { useEditReason } from '@/shell/me'
import { formatDay, formatNumber, When } from '@/ui/format'
import { PlainTable } from '@/ui/list'
import { ErrorNote, Loaded } from '@/ui/states'
import type { Form } from './form'

const readTest = (id: string) => call(client.GET('/api/v1/forms/{id}/test', { params: { path: { id } } }))
type Tried = Awaited<ReturnType<typeof readTest>>
const percent = (part: number) => `${(part * 100).toFixed(1)} %`

/** The test of two versions: how it does, and the ways to begin and to end it. */
export function FormTest({ form }: { form: Form }) {
  const disabled = useEditReason() !== null
  const tried = useQuery({
    queryKey: ['form-test', form.id, form.version],
    queryFn: () => readTest(form.id),
    enabled: form.test !== null,
  })
  if (form.test === null) return <Offer form={form} disabled={disabled} />
  return (
    <Paper withBorder p="md">
      <Loaded query={tried}>{data => <Running form={form} tried={data} disabled={disabled} />}</Loaded>
    </Paper>
  )
}

function Running({ form, tried, disabled }: { form: Form; tried: Tried; disabled: boolean }) {
  const queries = useQueryClient()
  const decide = useMutation({
    mutationFn: (winner: number) =>
      call(
        client.POST('/api/v1/forms/{id}/test/conclude', {
          params: { path: { id: form.id } },
          body: { winner },
        }),
      ),
    onSuccess: (_done, winner) => {
      notifications.show({ message: `The test has ended: everybody gets version ${winner}.` })
      void queries.invalidateQueries({ queryKey: ['form', form.id] })
    },
  })
  const ask = (each: Tried['versions'][number]) => {
    const views = formatNumber(tried.versions.reduce((sum, version) => sum + version.views, 0))
    const verdict =
      tried.conclusion.winner === each.number
        ? 'It is the winner.'
        : `No winner is sure: ${tried.conclusion.words}`
    modals.openConfirmModal({
      title: `Show version ${each.number} to everybody?`,
      children: `The test ends after ${views} showings. ${formatNumber(each.completions)} of ${formatNumber(each.views)} who saw version ${each.number} sent it. ${verdict}`,
      labels: { confirm: `Show version ${each.number}`, cancel: 'Go on testing' },
      onConfirm: () => decide.mutate(each.number),
    })
  }
  return (
    <Stack gap="sm">
      <Group justify="space-between">
        <Text fw={600}>The test</Text>
        <Text size="sm" c="dimmed">
          Begun <When at={tried.test?.startedAt ?? ''} /> by {tried.test?.startedBy}
          {tried.test?.autoStop ? ', ends by itself' : ''}
        </Text>
      </Group>
      <Text size="sm">{tried.conclusion.words}</Text>
      {decide.isError && <ErrorNote error={decide.error} />}
      <PlainTable
        minWidth={760}
        items={tried.versions.map(each => ({ ...each, id: String(each.number) }))}
        columns={[
          {
            title: 'Version',
            cell: each => (
              <Group gap="xs" wrap="nowrap">
                {each.number}
                {each.isLive && <Badge variant="light">live</Badge>}
                {tried.conclusion.winner === each.number && <Badge color="teal">winner</Badge>}
              </Group>
            ),
          },
          { title: 'Share', isNumber: true, cell: each => `${each.weight} %` },
          { title: 'Saw it', isNumber: true, cell: each => formatNumber(each.views) },
          { title: 'Began', isNumber: true, cell: each => formatNumber(each.starts) },
          { title: 'Sent it', isNumber: true, cell: each => formatNumber(each.completions) },
          {
            title: 'Rate (likely between)',
            isNumber: true,
            cell: each => `${percent(each.rate)} (${percent(each.low)} to ${percent(each.high)})`,
          },
          { title: 'Is the best', isNumber: true, cell: each => `${Math.round(each.best * 100)} %` },
          {
            title: '',
            cell: each => (
              <Button
                size="xs"
                variant="default"
                disabled={disabled || decide.isPending}
                onClick={() => ask(each)}
              >
                Show it to everybody
              </Button>
            ),
          },
        ]}
      />
    </Stack>
  )
}

function Offer({ form, disabled }: { form: Form; disabled: boolean }) {
  const [opened, dialog] = useDisclosure(false)
  const versions = useQuery({
    queryKey: ['form-versions', form.id, 'choice'],
    queryFn: () =>
      call(
        client.GET('/api/v1/forms/{id}/versions', {
          params: { path: { id: form.id }, query: { limit: 50 } },
        }),
      ),
    enabled: form.status === 'live',
  })
  const others = (versions.data?.items ?? []).filter(each => each.number !== form.liveVersion)
  const words =
    form.status !== 'live'
      ? 'Two versions can be tried side by side once the form is live.'
      : others.length === 0
        ? 'Two versions can be tried side by side: publish a second one first.'
        : 'Show another version to a share of the visitors, and see which one brings more.'
  return (
    <Group gap="md">
      <Button size="xs" variant="default" disabled={disabled || others.length === 0} onClick={dialog.open}>
        Test two versions
      </Button>
      <Text size="sm" c="dimmed">
        {words}
      </Text>
      <Modal opened={opened} onClose={dialog.close} title="Test two versions">
        <Ask form={form} others={others} onDone={dialog.close} />
      </Modal>
    </Group>
  )
}

type Other = { number: number; fields: number; publishedAt: string }

function Ask({ form, others, onDone }: { form: Form; others: Other[]; onDone(): void }) {
  const queries = useQueryClient()
  const [number, setNumber] = useState(String(others[0]?.number ?? ''))
  const [weight, setWeight] = useState(50)
  const [minimum, setMinimum] = useState(100)
  const [autoStop, setAutoStop] = useState(false)
  const start = useMutation({
    mutationFn: () =>
      call(
        client.POST('/api/v1/forms/{id}/test', {
          params: { path: { id: form.id } },
          body: { number: Number(number), weight, minimum, autoStop },
        }),
      ),
    onSuccess: () => {
      onDone()
      void queries.invalidateQueries({ queryKey: ['form', form.id] })
    },
  })
  return (
    <Stack>
      <Select
        label={`Beside version ${form.liveVersion}, which is live`}
        allowDeselect={false}
        data={others.map(each => ({
          value: String(each.number),
          label: `Version ${each.number}: ${each.fields} fields, published ${formatDay(each.publishedAt.slice(0, 10))}`,
        }))}
        value={number}
        onChange={next => next && setNumber(next)}
      />
      <Stack gap={4}>
        <Text size="sm" fw={500}>
          {weight} of 100 visitors get version {number}
        </Text>
        <Slider min={1} max={99} thumbLabel="Share" label={null} value={weight} onChange={setWeight} />
      </Stack>
      <NumberInput
        label="Showings of each before there may be a winner"
        description="A winner also needs a probability of 95 % to be the best."
        min={20}
        max={1_000_000}
        allowDecimal={false}
        value={minimum}
        onChange={next => setMinimum(Number(next) || 20)}
      />
      <Switch
        label="End the test by itself when there is a winner"
        checked={autoStop}
        onChange={event => setAutoStop(event.currentTarget.checked)}
      />
      <Text size="sm" c="dimmed">
        A browser keeps its version. Programs are not counted. Publishing a new version ends the test.
      </Text>
      {start.isError && <ErrorNote error={start.error} />}
      <Group justify="flex-end">
        <Button variant="default" onClick={onDone}>
          Not now
        </Button>
        <Button loading={start.isPending} disabled={number === ''} onClick={() => start.mutate()}>
          Begin the test
        </Button>
      </Group>
    </Stack>
  )
}
