import {
  ActionIcon,
  Badge,
  Button,
  Code,
  Drawer,
  Group,
  Modal,
  Paper,
  Select,
  Stack,
  Switch,
  TagsInput,
  Text,
  TextInput,
  Title,
  Tooltip,
} from '@mantine/core'
import { modals } from '@mantine/modals'
import { notifications } from '@mantine/notifications'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call, client } from '@/api/client'
import { useMe } from '@/shell/me'
import { useCreating } from '@/ui/create-dialog'
import { formatNumber, When } from '@/ui/format'
import { Empty, Page } from '@/ui/page'
import { ErrorNote, Loaded } from '@/ui/states'
import { SourcePrivacy } from './privacy-source'
import { Copy, ShowOnce } from './show-once'
import { Snippets } from './snippets'
import { SourceRejects } from './source-rejects'

const readSources = () => call(client.GET('/api/v1/sources'))
type Source = Awaited<ReturnType<typeof readSources>>['items'][number]

/** Where events come from: servers with a secret key, websites with a public one. */
export function SourcesScreen() {
  const role = useMe().data?.role
  const mayEdit = role === 'owner' || role === 'admin'
  const creating = useCreating()
  const sources = useQuery({ queryKey: ['sources'], queryFn: readSources, refetchInterval: 15_000 })
  const [looking, setLooking] = useState<Source | null>(null)
  return (
    <Page
      title="Events & sources"
      words="What your websites and servers tell Tend. Segment’s SDKs work as they are."
      actions={
        <Tooltip label="Only owners and admins add sources" disabled={mayEdit}>
          <Button leftSection={<IconPlus size={16} />} disabled={!mayEdit} onClick={creating.open}>
            New source
          </Button>
        </Tooltip>
      }
    >
      <Loaded query={sources}>
        {data =>
          data.items.length === 0 ? (
            <Empty
              title="No source yet"
              words="A source is a website or a server that sends page views and events. Its key says who is speaking."
              {...(mayEdit ? { action: { label: 'Make the first source', onClick: creating.open } } : {})}
            />
          ) : (
            <Stack>
              {data.items.map(source => (
                <SourceCard
                  key={source.id}
                  source={source}
                  mayEdit={mayEdit}
                  onRejects={() => setLooking(source)}
                />
              ))}
            </Stack>
          )
        }
      </Loaded>
      <CreateSource />
      <Drawer
        opened={looking !== null}
        onClose={() => setLooking(null)}
        position="right"
        size="lg"
        title={`Not taken from ${looking?.name ?? ''}`}
      >
        {looking && <SourceRejects id={looking.id} />}
      </Drawer>
    </Page>
  )
}

function SourceCard({ source, mayEdit, onRejects }: { source: Source; mayEdit: boolean; onRejects(): void }) {
  const queries = useQueryClient()
  const params = { path: { id: source.id } }
  const change = useMutation({
    mutationFn: (enabled: boolean) =>
      call(client.PATCH('/api/v1/sources/{id}', { params, body: { version: source.version, enabled } })),
    onSettled: () => queries.invalidateQueries({ queryKey: ['sources'] }),
  })
  const remove = () =>
    modals.openConfirmModal({
      title: `Remove “${source.name}”?`,
      children: (
        <Text size="sm">
          Its key stops working within a second. The {formatNumber(source.accepted)} calls of the last seven
          days, and all before, stay.
        </Text>
      ),
      labels: { confirm: 'Remove the source', cancel: 'Keep it' },
      confirmProps: { color: 'red' },
      onConfirm: async () => {
        await call(client.DELETE('/api/v1/sources/{id}', { params }))
        notifications.show({ message: `“${source.name}” was removed.` })
        await queries.invalidateQueries({ queryKey: ['sources'] })
      },
    })
  return (
    <Paper withBorder p="md">
      <Stack gap="sm">
        <Group justify="space-between">
          <Group gap="sm">
            <Title order={2}>{source.name}</Title>
            <Badge color="gray" c="var(--mantine-color-text)">
              {source.type === 'server' ? 'Server, secret key' : 'Website, public key'}
            </Badge>
            {!source.enabled && (
              <Badge color="yellow" c="var(--mantine-color-text)">
                Switched off
              </Badge>
            )}
          </Group>
          <Group gap="sm">
            <Switch
              label="Takes events"
              checked={source.enabled}
              disabled={!mayEdit || change.isPending}
              onChange={event => change.mutate(event.currentTarget.checked)}
            />
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={`Remove ${source.name}`}
              disabled={!mayEdit}
              onClick={remove}
            >
              <IconTrash size={18} />
            </ActionIcon>
          </Group>
        </Group>
        <Group gap="lg">
          <Text size="sm">
            <b className="numbers">{formatNumber(source.accepted)}</b> calls in seven days
          </Text>
          <Text size="sm">
            <b className="numbers">{formatNumber(source.bots)}</b> by machines
          </Text>
          {source.rejected > 0 ? (
            <Button variant="subtle" size="compact-sm" color="red" onClick={onRejects}>
              {formatNumber(source.rejected)} not taken: see why
            </Button>
          ) : (
            <Text size="sm" c="dimmed">
              all were taken
            </Text>
          )}
          <Text size="sm" c="dimmed">
            {source.lastAt ? (
              <>
                last heard <When at={source.lastAt} />
              </>
            ) : (
              'nothing heard yet'
            )}
          </Text>
        </Group>
        <Group gap="xs">
          <Text size="sm">Key</Text>
          <Code>{source.publicKey ?? `${source.keyPrefix}...`}</Code>
          {source.publicKey && <Copy text={source.publicKey} />}
        </Group>
        {source.type === 'browser' && <SourcePrivacy source={source} mayEdit={mayEdit} />}
        {source.publicKey && (
          <Snippets writeKey={source.publicKey} type="browser" needsConsent={source.needsConsent} />
        )}
      </Stack>
    </Paper>
  )
}

function CreateSource() {
  const { opened, close } = useCreating()
  const queries = useQueryClient()
  const [name, setName] = useState('')
  const [type, setType] = useState<'server' | 'browser'>('browser')
  const [hosts, setHosts] = useState<string[]>([])
  const create = useMutation({
    mutationFn: () =>
      call(
        client.POST('/api/v1/sources', {
          body: { name: name.trim(), type, ...(type === 'browser' ? { allowedHosts: hosts } : {}) },
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['sources'] }),
  })
  const leave = () => {
    create.reset()
    setName('')
    close()
  }
  return (
    <Modal opened={opened} onClose={leave} title="New source" size="lg">
      {create.data ? (
        <Stack>
          <ShowOnce
            title="The write key"
            secret={create.data.writeKey}
            words={
              type === 'server'
                ? 'It is secret and shown only now: keep it where your server keeps its secrets.'
                : 'It is public: it may stand in your pages.'
            }
          />
          <Snippets writeKey={create.data.writeKey} type={type} />
          <Group justify="flex-end">
            <Button onClick={leave}>I have it</Button>
          </Group>
        </Stack>
      ) : (
        <Stack>
          <TextInput
            label="Name"
            placeholder="acme.com"
            required
            data-autofocus
            value={name}
            onChange={event => setName(event.currentTarget.value)}
          />
          <Select
            label="Kind"
            data={[
              {
                value: 'browser',
                label: 'Website: the key is public, and can neither take over nor reveal a profile',
              },
              {
                value: 'server',
                label: 'Server: the key is secret, and is believed when it says who somebody is',
              },
            ]}
            value={type}
            onChange={value => setType(value === 'server' ? 'server' : 'browser')}
          />
          {type === 'browser' && (
            <TagsInput
              label="Hosts it may speak from"
              description="Empty: any host. Type one and press Enter."
              placeholder="www.acme.com"
              value={hosts}
              onChange={setHosts}
            />
          )}
          {create.isError && <ErrorNote error={create.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={leave}>
              Cancel
            </Button>
            <Button loading={create.isPending} disabled={!name.trim()} onClick={() => create.mutate()}>
              Create source
            </Button>
          </Group>
        </Stack>
      )}
    </Modal>
  )
}
