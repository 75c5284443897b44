import {
  Badge,
  Button,
  Group,
  Modal,
  SimpleGrid,
  Stack,
  Text,
  TextInput,
  UnstyledButton,
} from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { ApiError, call, client } from '@/api/client'
import { useCreating } from '@/ui/create-dialog'
import { ErrorNote, Loaded } from '@/ui/states'
import { type Connector, useConnectors } from './crm'
import { missingIn, SettingsForm } from './settings-form'

/** Which CRM, how to get in, and at once whether that works. Nothing is read or written by it. */
export function ConnectDialog() {
  const { opened, close } = useCreating()
  const connectors = useConnectors()
  const [chosen, setChosen] = useState<Connector | null>(null)
  const leave = () => {
    setChosen(null)
    close()
  }
  return (
    <Modal
      opened={opened}
      onClose={leave}
      size="lg"
      title={chosen ? `Connect ${chosen.name}` : 'Connect a CRM'}
    >
      {chosen ? (
        <Details connector={chosen} onBack={() => setChosen(null)} onDone={leave} />
      ) : (
        <Loaded query={connectors}>
          {({ items }) => (
            <SimpleGrid cols={{ base: 1, sm: 2 }}>
              {items.map(connector => (
                <UnstyledButton
                  key={connector.id}
                  p="md"
                  style={{
                    border: '1px solid var(--tend-line)',
                    borderRadius: 8,
                    display: 'flex',
                    flexDirection: 'column',
                  }}
                  onClick={() => setChosen(connector)}
                >
                  <Group justify="space-between" align="flex-start" wrap="nowrap" gap="xs">
                    <Text fw={600}>{connector.name}</Text>
                    {connector.simulated && (
                      <Badge color="gray" c="var(--mantine-color-text)" flex="none">
                        Simulator
                      </Badge>
                    )}
                  </Group>
                  <Text size="sm" c="dimmed">
                    {connector.proof}
                  </Text>
                </UnstyledButton>
              ))}
            </SimpleGrid>
          )}
        </Loaded>
      )}
    </Modal>
  )
}

type Props = { connector: Connector; onBack(): void; onDone(): void }

function Details({ connector, onBack, onDone }: Props) {
  const queries = useQueryClient()
  const go = useNavigate()
  const [name, setName] = useState(connector.name)
  const [settings, setSettings] = useState<Record<string, unknown>>({})
  const create = useMutation({
    mutationFn: async () => {
      const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== ''))
      const made = await call(
        client.POST('/api/v1/crm/connections', {
          body: { name: name.trim(), connector: connector.id, settings: given },
        }),
      )
      await queries.invalidateQueries({ queryKey: ['crm'] })
      return made
    },
    onSuccess: async made => {
      onDone()
      await go({ to: `/crm/${made.id}`, search: { tab: 'settings', try: 'yes' } as never })
    },
  })
  const problems = create.error instanceof ApiError ? (create.error.problem.fields ?? []) : []
  const missing = missingIn(connector, settings, false)
  return (
    <form
      onSubmit={event => {
        event.preventDefault()
        create.mutate()
      }}
    >
      <Stack>
        <TextInput
          label="Name"
          required
          value={name}
          onChange={event => setName(event.currentTarget.value)}
        />
        <SettingsForm connector={connector} settings={settings} onChange={setSettings} problems={problems} />
        <Text size="sm" c="dimmed">
          Nothing is read or written yet: first you see what would pass, and a dry run says in numbers what
          would happen.
        </Text>
        {create.isError && <ErrorNote error={create.error} />}
        <Group justify="space-between">
          <Button variant="subtle" onClick={onBack}>
            Another CRM
          </Button>
          <Button type="submit" loading={create.isPending} disabled={missing.length > 0 || !name.trim()}>
            Connect and test
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
