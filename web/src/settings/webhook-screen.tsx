import {
  Alert,
  Button,
  Code,
  Group,
  Modal,
  Paper,
  Stack,
  Switch,
  Text,
  TextInput,
  Title,
} from '@mantine/core'
import { modals } from '@mantine/modals'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { call, client } from '@/api/client'
import { countConditions, type Filter, isFinished, useLanguage } from '@/decisions/filter'
import { FilterBuilder } from '@/decisions/filter-builder'
import { Page } from '@/ui/page'
import { ErrorNote, Loaded, LoadedScreen } from '@/ui/states'
import { ShowOnce } from './show-once'
import { TypesInput } from './webhooks-create'
import { useWebhookReason } from './webhooks-data'
import { WebhookLog } from './webhooks-log'
import { ReplayDialog } from './webhooks-replay'
import { WebhookState } from './webhooks-state'

const read = (id: string) => call(client.GET('/api/v1/webhooks/{id}', { params: { path: { id } } }))
type Endpoint = Awaited<ReturnType<typeof read>>

/** One webhook: what it is told, how it is doing, and every call. */
export function WebhookScreen() {
  const { id = '' } = useParams({ strict: false }) as { id?: string }
  const reason = useWebhookReason()
  const webhook = useQuery({
    queryKey: ['webhook', id],
    queryFn: () => read(id),
    refetchInterval: 10_000,
    enabled: reason === null,
  })
  if (reason)
    return (
      <Page title="Webhook">
        <Text size="sm">{reason}.</Text>
      </Page>
    )
  return <LoadedScreen query={webhook}>{data => <Webhook key={data.version} data={data} />}</LoadedScreen>
}

type Change = { name?: string; url?: string; types?: string[]; filter?: Filter | null; state?: 'on' | 'off' }

const isSaid = (filter: Filter) => countConditions(filter) > 0 && isFinished(filter)

function Webhook({ data }: { data: Endpoint }) {
  const { id, version } = data
  const queries = useQueryClient()
  const [name, setName] = useState(data.name)
  const [url, setUrl] = useState(data.url)
  const [types, setTypes] = useState(data.types)
  const [filter, setFilter] = useState(data.filter as Filter | null)
  const [secret, setSecret] = useState<string | null>(null)
  const refresh = () => queries.invalidateQueries({ queryKey: ['webhook', id] })
  const change = useMutation({
    mutationFn: ({ filter: only, ...body }: Change) =>
      call(
        client.PATCH('/api/v1/webhooks/{id}', {
          params: { path: { id } },
          body: { ...body, ...(only === undefined ? {} : { filter: only as never }), version },
        }),
      ),
    onSuccess: after => {
      setSecret(after.secret)
      notifications.show({ message: 'Saved.' })
      void refresh()
    },
  })
  const isChanged =
    name !== data.name ||
    url !== data.url ||
    types.join() !== data.types.join() ||
    JSON.stringify(filter) !== JSON.stringify(data.filter)
  return (
    <Page
      title={data.name}
      words={
        <Group gap="xs">
          <WebhookState {...data} />
          {data.stateWords && <Text size="sm">{data.stateWords}</Text>}
        </Group>
      }
      actions={<Deeds data={data} onSecret={setSecret} onSwitch={state => change.mutate({ state })} />}
    >
      <Paper withBorder p="md">
        <Stack maw={640}>
          <TextInput label="Name" value={name} onChange={event => setName(event.currentTarget.value)} />
          <TextInput
            label="Address"
            description="Another host gets a new secret, so that whoever runs the old one cannot sign for it."
            value={url}
            onChange={event => setUrl(event.currentTarget.value)}
          />
          <TypesInput value={types} onChange={setTypes} />
          <OnlyAbout filter={filter} onChange={setFilter} />
          {change.isError && <ErrorNote error={change.error} onRetry={() => void refresh()} />}
          <Group>
            <Button
              disabled={!isChanged || types.length === 0 || (filter !== null && !isSaid(filter))}
              loading={change.isPending}
              onClick={() => change.mutate({ name, url, types, filter })}
            >
              Save changes
            </Button>
          </Group>
        </Stack>
      </Paper>
      <WebhookLog id={id} />
      <Modal opened={secret !== null} onClose={() => setSecret(null)} title="New signing secret">
        <ShowOnce title="The signing secret" secret={secret ?? ''} words="It is shown only now." />
      </Modal>
    </Page>
  )
}

/** Whom it is told about: everybody, or those who match a filter at the moment of the event. */
function OnlyAbout({ filter, onChange }: { filter: Filter | null; onChange(filter: Filter | null): void }) {
  const language = useLanguage()
  return (
    <>
      <Switch
        label="Only about some contacts"
        description="Those who match when the event happens. Events of others are not told, not even later."
        checked={filter !== null}
        onChange={event => onChange(event.currentTarget.checked ? { all: [] } : null)}
      />
      {filter !== null && (
        <Loaded query={language}>
          {known => <FilterBuilder value={filter} language={known} onChange={onChange} />}
        </Loaded>
      )}
      {filter !== null && !isSaid(filter) && (
        <Text size="sm" c="dimmed">
          Say who in whole sentences, or switch this off to be told about everybody.
        </Text>
      )}
    </>
  )
}

type DeedProps = { data: Endpoint; onSecret(secret: string): void; onSwitch(state: 'on' | 'off'): void }

function Deeds({ data, onSecret, onSwitch }: DeedProps) {
  const { id } = data
  const go = useNavigate()
  const queries = useQueryClient()
  const [replaying, setReplaying] = useState(false)
  const test = useMutation({
    mutationFn: () => call(client.POST('/api/v1/webhooks/{id}/test', { params: { path: { id } } })),
  })
  const rotate = () =>
    modals.openConfirmModal({
      title: 'Make a new secret?',
      children: (
        <Text size="sm">For 24 hours every call carries both signatures; then only the new one.</Text>
      ),
      labels: { confirm: 'Make a new secret', cancel: 'Keep this one' },
      onConfirm: async () => {
        const { secret } = await call(
          client.POST('/api/v1/webhooks/{id}/rotate', { params: { path: { id } } }),
        )
        onSecret(secret)
      },
    })
  const remove = () =>
    modals.openConfirmModal({
      title: `Remove “${data.name}”?`,
      children: (
        <Text size="sm">Its log goes with it, and what waits is not sent. This cannot be undone.</Text>
      ),
      labels: { confirm: 'Remove the webhook', cancel: 'Keep it' },
      confirmProps: { color: 'red' },
      onConfirm: async () => {
        await call(client.DELETE('/api/v1/webhooks/{id}', { params: { path: { id } } }))
        await queries.invalidateQueries({ queryKey: ['webhooks'] })
        void go({ to: '/settings/webhooks' as never })
      },
    })
  return (
    <>
      <Button variant="default" loading={test.isPending} onClick={() => test.mutate()}>
        Send test event
      </Button>
      <Button variant="default" onClick={() => setReplaying(true)}>
        Tell again ...
      </Button>
      <Button variant="default" onClick={rotate}>
        New secret
      </Button>
      <Button variant="default" onClick={() => onSwitch(data.state === 'on' ? 'off' : 'on')}>
        {data.state === 'on' ? 'Switch off' : 'Switch on'}
      </Button>
      <Button variant="default" color="red" onClick={remove}>
        Remove
      </Button>
      <ReplayDialog id={id} opened={replaying} onClose={() => setReplaying(false)} />
      <Modal opened={test.isSuccess || test.isError} onClose={test.reset} title="Test event" size="lg">
        {test.isError && <ErrorNote error={test.error} />}
        {test.data && (
          <Stack>
            <Alert
              color={test.data.delivered ? 'tend' : 'red'}
              title={
                test.data.status === null && test.data.delivered
                  ? 'Not sent'
                  : test.data.delivered
                    ? 'Taken'
                    : 'Not taken'
              }
            >
              {test.data.words}
              {test.data.status === null ? '' : ` after ${test.data.tookMs} ms`}
            </Alert>
            <Title order={3}>Sent</Title>
            <Code block>{test.data.request}</Code>
            <Title order={3}>Answered</Title>
            <Code block>{test.data.response || '(nothing)'}</Code>
          </Stack>
        )}
      </Modal>
    </>
  )
}
