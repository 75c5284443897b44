import {
  ActionIcon,
  Alert,
  Button,
  Group,
  NumberInput,
  Paper,
  Stack,
  Switch,
  Text,
  Textarea,
  TextInput,
  Title,
} from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconPlus, IconX } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call, client } from '@/api/client'
import { useEditReason, useMe } from '@/shell/me'
import { Page } from '@/ui/page'
import { ErrorNote, Loaded } from '@/ui/states'
import { ReturnsPanel } from './returns-panel'

const readSending = () => call(client.GET('/api/v1/sending'))
type Sending = Awaited<ReturnType<typeof readSending>>
type Settings = Sending['settings']

const routes: Record<Sending['route'], string> = {
  smtp: 'Mail leaves by your mail server.',
  mailbox: 'This is a sandbox: mail stays in the built-in mailbox.',
  both: 'This is a sandbox with a mail server: mail goes to the mailbox and to that server.',
  none: 'No mail server is set (TEND_SMTP_URL): messages wait until there is one.',
}

/** How considerate sending is: limits, quiet hours, who writes; and the switch that stops it all. */
export function SendingScreen() {
  const sending = useQuery({ queryKey: ['sending'], queryFn: readSending })
  return (
    <Page
      title="Sending"
      words="Every message passes one gate, whoever wrote it. This is what the gate asks for."
    >
      <Loaded query={sending}>
        {data => (
          <Stack maw={760} gap="lg">
            <Halt sending={data} />
            <Form key={JSON.stringify(data.settings)} settings={data.settings} />
            <ReturnsPanel />
          </Stack>
        )}
      </Loaded>
    </Page>
  )
}

function Halt({ sending }: { sending: Sending }) {
  const reason = useEditReason()
  const queries = useQueryClient()
  const toggle = useMutation({
    mutationFn: async () => {
      if (sending.pause) await call(client.POST('/api/v1/sending/resume', {}))
      else
        await call(client.POST('/api/v1/sending/pause', { body: { words: 'stopped on the screen Sending' } }))
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ['sending'] }),
  })
  return (
    <Alert
      color={sending.pause ? 'red' : 'gray'}
      title={sending.pause ? `Sending is stopped, by ${sending.pause.by}` : 'Sending is on'}
    >
      <Stack gap="sm" align="flex-start">
        <Text size="sm">{sending.pause ? sending.pause.words : routes[sending.route]}</Text>
        {sending.unknown > 0 && (
          <Text size="sm">
            {sending.unknown} messages may or may not have arrived; none of them is sent again by itself.
          </Text>
        )}
        {toggle.isError && <ErrorNote error={toggle.error} />}
        <Button
          size="compact-md"
          color={sending.pause ? 'tend' : 'red'}
          variant={sending.pause ? 'filled' : 'light'}
          loading={toggle.isPending}
          disabled={reason !== null}
          title={reason ?? undefined}
          onClick={() => toggle.mutate()}
        >
          {sending.pause ? 'Let sending go on' : 'Stop all sending now'}
        </Button>
      </Stack>
    </Alert>
  )
}

function Form({ settings }: { settings: Settings }) {
  const queries = useQueryClient()
  const role = useMe().data?.role
  const locked = role !== 'owner' && role !== 'admin'
  const [draft, setDraft] = useState(settings)
  const set = (change: Partial<Settings>) => setDraft({ ...draft, ...change })
  const save = useMutation({
    mutationFn: () => call(client.PATCH('/api/v1/sending', { body: draft })),
    onSuccess: () => notifications.show({ message: 'Saved. It holds from the next message on.' }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['sending'] }),
  })
  const cap = (at: number, change: Partial<Settings['caps'][number]>) =>
    set({ caps: draft.caps.map((old, i) => (i === at ? { ...old, ...change } : old)) })
  return (
    <Paper withBorder p="md">
      <Stack gap="md">
        <Title order={2}>Limits per person</Title>
        {draft.caps.map((limit, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: limits have no identity of their own
          <Group key={at} gap="xs">
            <Text size="sm">At most</Text>
            <NumberInput
              w={80}
              min={1}
              max={100}
              aria-label="Mails"
              disabled={locked}
              value={limit.count}
              onChange={n => cap(at, { count: Number(n) || 1 })}
            />
            <Text size="sm">marketing {limit.count === 1 ? 'mail' : 'mails'} in</Text>
            <NumberInput
              w={90}
              min={1}
              max={2160}
              aria-label="Hours"
              disabled={locked}
              value={limit.hours}
              onChange={n => cap(at, { hours: Number(n) || 1 })}
            />
            <Text size="sm">hours</Text>
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label="Remove this limit"
              disabled={locked}
              onClick={() => set({ caps: draft.caps.filter((_, i) => i !== at) })}
            >
              <IconX size={16} />
            </ActionIcon>
          </Group>
        ))}
        <Button
          variant="subtle"
          size="compact-sm"
          w="fit-content"
          leftSection={<IconPlus size={14} />}
          disabled={locked || draft.caps.length >= 5}
          onClick={() => set({ caps: [...draft.caps, { count: 10, hours: 720 }] })}
        >
          Limit
        </Button>
        <Title order={2}>Quiet hours</Title>
        <Switch
          label="Marketing waits while it is night where the person lives"
          disabled={locked}
          checked={draft.quietHours !== null}
          onChange={event =>
            set({ quietHours: event.currentTarget.checked ? { from: '21:00', to: '08:00' } : null })
          }
        />
        {draft.quietHours && (
          <Group gap="xs">
            <Text size="sm">from</Text>
            <TextInput
              type="time"
              aria-label="Night begins"
              disabled={locked}
              value={draft.quietHours.from}
              onChange={event =>
                set({ quietHours: { from: event.currentTarget.value, to: draft.quietHours?.to ?? '08:00' } })
              }
            />
            <Text size="sm">until</Text>
            <TextInput
              type="time"
              aria-label="Night ends"
              disabled={locked}
              value={draft.quietHours.to}
              onChange={event =>
                set({
                  quietHours: { from: draft.quietHours?.from ?? '21:00', to: event.currentTarget.value },
                })
              }
            />
          </Group>
        )}
        <Group gap="xs">
          <Text size="sm">A mail that waited longer than</Text>
          <NumberInput
            w={90}
            min={1}
            max={720}
            aria-label="Hours until it is stale"
            disabled={locked}
            value={draft.longestWaitHours}
            onChange={n => set({ longestWaitHours: Number(n) || 1 })}
          />
          <Text size="sm">hours is stale and not sent.</Text>
        </Group>
        <Title order={2}>Who writes</Title>
        <TextInput
          label="Sender’s name"
          disabled={locked}
          value={draft.fromName}
          onChange={event => set({ fromName: event.currentTarget.value })}
        />
        <Textarea
          label="Postal address"
          description="Stands under every marketing mail; the law of several countries asks for it"
          autosize
          minRows={2}
          disabled={locked}
          value={draft.postalAddress}
          onChange={event => set({ postalAddress: event.currentTarget.value })}
        />
        {save.isError && <ErrorNote error={save.error} />}
        <Group justify="flex-end">
          {locked && (
            <Text size="sm" c="dimmed">
              Only owners and admins change this.
            </Text>
          )}
          <Button
            disabled={locked || draft === settings}
            loading={save.isPending}
            onClick={() => save.mutate()}
          >
            Save these settings
          </Button>
        </Group>
      </Stack>
    </Paper>
  )
}
