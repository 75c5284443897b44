import {
  Alert,
  Button,
  Code,
  CopyButton,
  Group,
  NumberInput,
  Paper,
  Stack,
  Text,
  TextInput,
  Title,
} from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconCheck } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { ApiError, call, client } from '@/api/client'
import { ErrorNote } from '@/ui/states'
import { type Connection, type Connector, useConnectors, useCrmReason } from './crm'
import { SettingsForm } from './settings-form'

/** How Tend gets in, how much it may ask, and whether that works. */
export function SettingsTab({ connection }: { connection: Connection }) {
  const connectors = useConnectors()
  const connector = connectors.data?.items.find(each => each.id === connection.connector)
  const reason = useCrmReason()
  const queries = useQueryClient()
  const [name, setName] = useState(connection.name)
  const [settings, setSettings] = useState<Record<string, unknown>>(connection.settings)
  const [callsPerDay, setCalls] = useState(connection.callsPerDay)
  const save = useMutation({
    mutationFn: () =>
      call(
        client.PATCH('/api/v1/crm/connections/{id}', {
          params: { path: { id: connection.id } },
          body: { version: connection.version, name: name.trim(), settings, callsPerDay },
        }),
      ),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['crm'] })
      notifications.show({ message: 'Saved.' })
    },
  })
  if (!connector) return null
  const problems = save.error instanceof ApiError ? (save.error.problem.fields ?? []) : []
  const disabled = reason !== null
  return (
    <Stack maw={640} gap="lg">
      <Test connection={connection} byBrowser={signsInByBrowser(connector, connection)} disabled={disabled} />
      <Paper withBorder p="md">
        <Stack>
          <TextInput
            label="Name"
            disabled={disabled}
            value={name}
            onChange={event => setName(event.currentTarget.value)}
          />
          <SettingsForm
            connector={connector}
            settings={settings}
            onChange={setSettings}
            disabled={disabled}
            problems={problems}
            kept
          />
          <NumberInput
            label="Calls per day"
            description="Tend asks the CRM no more often than this; a fifth of it is kept for what people wait for"
            min={1}
            max={100_000_000}
            thousandSeparator=" "
            disabled={disabled}
            value={callsPerDay}
            onChange={next => setCalls(Number(next) || 1)}
          />
          {save.isError && <ErrorNote error={save.error} />}
          <Group>
            <Button
              loading={save.isPending}
              disabled={disabled || !name.trim()}
              onClick={() => save.mutate()}
            >
              Save settings
            </Button>
          </Group>
        </Stack>
      </Paper>
      {connector.takesWebhooks && <HookAddress url={connection.hookUrl} />}
    </Stack>
  )
}

/** Of the ways to sign in that a connector has, this connection may have another one. */
const signsInByBrowser = (connector: Connector, { settings }: Connection) =>
  connector.signsInByBrowser && (settings.sign_in ?? 'browser') === 'browser'

type TestProps = { connection: Connection; byBrowser: boolean; disabled: boolean }

/** Signs in, and has the CRM describe itself. */
function Test({ connection, byBrowser, disabled }: TestProps) {
  const queries = useQueryClient()
  const { try: isNew } = useSearch({ strict: false }) as { try?: string }
  const path = { id: connection.id }
  const test = useMutation({
    mutationFn: () => call(client.POST('/api/v1/crm/connections/{id}/test', { params: { path } })),
    onSettled: () => queries.invalidateQueries({ queryKey: ['crm'] }),
  })
  const signIn = useMutation({
    mutationFn: () => call(client.POST('/api/v1/crm/connections/{id}/sign-in', { params: { path } })),
    onSuccess: ({ url }) => window.location.assign(url),
  })
  // Who has just connected wants to know at once.
  const asked = useRef(false)
  const { mutate } = test
  useEffect(() => {
    if (isNew !== 'yes' || byBrowser || asked.current) return
    asked.current = true
    mutate()
  }, [isNew, byBrowser, mutate])
  return (
    <Stack gap="sm">
      <Group>
        {byBrowser && (
          <Button loading={signIn.isPending} disabled={disabled} onClick={() => signIn.mutate()}>
            Sign in to the CRM
          </Button>
        )}
        <Button
          variant={byBrowser ? 'default' : 'filled'}
          loading={test.isPending}
          disabled={disabled}
          onClick={() => test.mutate()}
        >
          Test the connection
        </Button>
      </Group>
      {test.isSuccess && (
        <Alert color="green" icon={<IconCheck size={18} />} title="It works">
          <Text size="sm">{test.data.words} A first mapping is proposed under Mapping.</Text>
        </Alert>
      )}
      {(test.isError || signIn.isError) && <ErrorNote error={test.error ?? signIn.error} />}
    </Stack>
  )
}

/** Where the CRM may tell that something changed. */
function HookAddress({ url }: { url: string }) {
  return (
    <Paper withBorder p="md">
      <Stack gap="xs">
        <Title order={2}>Have the CRM call Tend</Title>
        <Text size="sm" c="dimmed">
          Optional: where the CRM can call a web address on changes, give it this one. Tend looks every few
          minutes anyway.
        </Text>
        <Group gap="xs" wrap="nowrap">
          <Code style={{ overflowWrap: 'anywhere' }}>{url}</Code>
          <CopyButton value={url}>
            {({ copied, copy }) => (
              <Button size="compact-sm" variant="default" style={{ flex: 'none' }} onClick={copy}>
                {copied ? 'Copied' : 'Copy'}
              </Button>
            )}
          </CopyButton>
        </Group>
      </Stack>
    </Paper>
  )
}
