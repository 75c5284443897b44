import {
  Alert,
  Anchor,
  Button,
  Code,
  Group,
  Modal,
  Paper,
  Stack,
  Table,
  Text,
  TextInput,
  Title,
} from '@mantine/core'
import { modals } from '@mantine/modals'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { call, client } from '@/api/client'
import { useMe } from '@/shell/me'
import { formatNumber, When } from '@/ui/format'
import { ErrorNote, Loaded } from '@/ui/states'
import { Copy, ShowOnce } from './show-once'

const readStatus = () => call(client.GET('/api/v1/returns/status'))
type Status = Awaited<ReturnType<typeof readStatus>>
const readSources = () => call(client.GET('/api/v1/returns/sources'))
type Source = Awaited<ReturnType<typeof readSources>>['items'][number]
type Made = Source & { secret: string }

/** Bounces and complaints: where they come in, what came, and how a provider is told to send them. */
export function ReturnsPanel() {
  const status = useQuery({ queryKey: ['returns', 'status'], queryFn: readStatus, refetchInterval: 15_000 })
  return (
    <Paper withBorder p="md">
      <Loaded query={status} lines={4}>
        {data => (
          <Stack gap="md">
            <Title order={2}>What comes back</Title>
            <Listening status={data} />
            <Week status={data} />
            <Webhooks />
          </Stack>
        )}
      </Loaded>
    </Paper>
  )
}

function Listening({ status }: { status: Status }) {
  return (
    <Stack gap={6}>
      {status.port === null ? (
        <Alert color="gray" title="Nothing listens for bounces by mail">
          <Text size="sm">
            Set <Code>TEND_BOUNCE_PORT</Code>, and let the MX record of <Code>{status.domain}</Code> lead
            there. Or have your provider tell by webhook, below.
          </Text>
        </Alert>
      ) : (
        <Text size="sm">
          Bounces are taken on port {status.port}. The MX record of <Code>{status.domain}</Code> must lead
          there.
        </Text>
      )}
      <Text size="sm">
        Every mail leaves with a return path of its own, <Code>{status.returnPath}</Code>; nobody can make one
        up.
      </Text>
      <Group gap="xs">
        <Text size="sm">Have feedback loops (complaints) and stray bounces sent to</Text>
        {status.reports.map(address => (
          <Group key={address} gap={6} wrap="nowrap">
            <Code>{address}</Code>
            <Copy text={address} />
          </Group>
        ))}
      </Group>
    </Stack>
  )
}

const kinds = [
  { key: 'hard', label: 'bounced for good', words: 'the address is written to no more' },
  { key: 'soft', label: 'bounced for now', words: 'after three in 30 days the address is given up' },
  { key: 'block', label: 'refused as unwanted', words: 'about us or the content; counts for the breakers' },
  { key: 'complaint', label: 'reported as spam', words: 'consent withdrawn, never written to again' },
  { key: 'auto-reply', label: 'automatic answers', words: 'change nothing' },
] as const

function Week({ status }: { status: Status }) {
  return (
    <Stack gap={6}>
      <Text size="sm" fw={600}>
        The last seven days
        {status.lastAt && (
          <>
            {' '}
            · last one <When at={status.lastAt} />
          </>
        )}
      </Text>
      <Table withRowBorders={false} verticalSpacing={3}>
        <Table.Tbody>
          {kinds.map(kind => (
            <Table.Tr key={kind.key}>
              <Table.Td w={70} ta="right" className="numbers">
                {formatNumber(status.week[kind.key])}
              </Table.Td>
              <Table.Td>
                {kind.label}{' '}
                <Text span size="sm" c="dimmed">
                  · {kind.words}
                </Text>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {status.parked > 0 && (
        <Text size="sm">
          {status.parked} returned {status.parked === 1 ? 'mail' : 'mails'} could not be read and are kept for
          a week.
        </Text>
      )}
      <Anchor component={Link} to="/deliveries" search={{ came: 'bounced' } as never} size="sm">
        See what bounced
      </Anchor>
    </Stack>
  )
}

function Webhooks() {
  const queries = useQueryClient()
  const role = useMe().data?.role
  const locked = role !== 'owner' && role !== 'admin'
  const [made, setMade] = useState<Made | null>(null)
  const [adding, setAdding] = useState(false)
  const sources = useQuery({ queryKey: ['returns', 'sources'], queryFn: readSources })
  const again = () => queries.invalidateQueries({ queryKey: ['returns', 'sources'] })
  const rotate = (source: Source) =>
    modals.openConfirmModal({
      title: `New secret for “${source.name}”?`,
      children: <Text size="sm">What is signed with the old secret is refused from this moment on.</Text>,
      labels: { confirm: 'Make a new secret', cancel: 'Keep the old one' },
      onConfirm: async () => {
        setMade(
          await call(
            client.POST('/api/v1/returns/sources/{id}/rotate', { params: { path: { id: source.id } } }),
          ),
        )
        await again()
      },
    })
  const remove = (source: Source) =>
    modals.openConfirmModal({
      title: `Remove the webhook “${source.name}”?`,
      children: <Text size="sm">Whatever it posts from now on is refused. This cannot be undone.</Text>,
      labels: { confirm: 'Remove it', cancel: 'Keep it' },
      confirmProps: { color: 'red' },
      onConfirm: async () => {
        await call(client.DELETE('/api/v1/returns/sources/{id}', { params: { path: { id: source.id } } }))
        await again()
      },
    })
  return (
    <Stack gap="xs">
      <Group justify="space-between">
        <Text size="sm" fw={600}>
          Webhooks of providers
        </Text>
        <Button
          size="compact-sm"
          variant="default"
          disabled={locked}
          title={locked ? 'Only owners and admins change this.' : undefined}
          onClick={() => setAdding(true)}
        >
          Add a webhook
        </Button>
      </Group>
      <Loaded query={sources} lines={2}>
        {data =>
          data.items.length === 0 ? (
            <Text size="sm" c="dimmed">
              None. A relay that takes bounces itself can tell of them by a signed webhook.
            </Text>
          ) : (
            <Table.ScrollContainer minWidth={560}>
              <Table>
                <Table.Tbody>
                  {data.items.map(source => (
                    <Table.Tr key={source.id}>
                      <Table.Td>
                        <Text size="sm" fw={600}>
                          {source.name}
                        </Text>
                        <Text size="xs" c="dimmed">
                          {source.lastAt ? (
                            <>
                              last call <When at={source.lastAt} />
                            </>
                          ) : (
                            'has not called yet'
                          )}
                        </Text>
                      </Table.Td>
                      <Table.Td>
                        <Group gap={6} wrap="nowrap">
                          <Code>{source.url}</Code>
                          <Copy text={source.url} />
                        </Group>
                      </Table.Td>
                      <Table.Td ta="right">
                        <Group gap={6} justify="flex-end" wrap="nowrap">
                          <Button
                            size="compact-sm"
                            variant="default"
                            disabled={locked}
                            onClick={() => rotate(source)}
                          >
                            New secret
                          </Button>
                          <Button
                            size="compact-sm"
                            variant="default"
                            disabled={locked}
                            onClick={() => remove(source)}
                          >
                            Remove
                          </Button>
                        </Group>
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Table.ScrollContainer>
          )
        }
      </Loaded>
      {adding && (
        <AddWebhook
          onClose={() => setAdding(false)}
          onMade={source => {
            setAdding(false)
            setMade(source)
            void again()
          }}
        />
      )}
      {made && <Instructions made={made} onClose={() => setMade(null)} />}
    </Stack>
  )
}

function AddWebhook({ onClose, onMade }: { onClose(): void; onMade(made: Made): void }) {
  const [name, setName] = useState('')
  const make = useMutation({
    mutationFn: () =>
      call(client.POST('/api/v1/returns/sources', { body: { name: name.trim().toLowerCase() } })),
    onSuccess: onMade,
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    make.mutate()
  }
  return (
    <Modal opened onClose={onClose} title="Add a webhook">
      <form onSubmit={submit}>
        <Stack>
          <TextInput
            label="Name"
            description="Small letters, digits and hyphens: it stands in the address"
            placeholder="relay"
            required
            data-autofocus
            value={name}
            onChange={event => setName(event.currentTarget.value)}
          />
          {make.isError && <ErrorNote error={make.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={make.isPending} disabled={!name.trim()}>
              Add the webhook
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

/** The secret at the only moment at which it can be seen, and a call that works. */
function Instructions({ made, onClose }: { made: Made; onClose(): void }) {
  const example = `SECRET='${made.secret}'
BODY='{"events":[{"type":"bounce","messageId":"<the Message-ID of our mail>","status":"5.1.1","words":"550 no such user"}]}'
T=$(date +%s)
SIGN=$(printf '%s.%s' "$T" "$BODY" | openssl dgst -sha256 -hmac "$SECRET" | sed 's/^.* //')
curl -H "x-tend-signature: t=$T,v1=$SIGN" -H 'content-type: application/json' -d "$BODY" ${made.url}`
  return (
    <Modal opened onClose={onClose} title={`The webhook “${made.name}”`} size="xl">
      <Stack>
        <ShowOnce
          title="The secret"
          secret={made.secret}
          words="It is shown only now. Give it to the provider: calls are signed with it, as Standard Webhooks says, or by x-tend-signature."
        />
        <Group justify="space-between">
          <Text size="sm" fw={600}>
            A call to try
          </Text>
          <Copy text={example} />
        </Group>
        <Code block style={{ maxHeight: 220, overflow: 'auto' }}>
          {example}
        </Code>
        <Text size="sm">
          Types: <Code>bounce</Code>, <Code>complaint</Code>, <Code>delivered</Code>, <Code>delayed</Code>,{' '}
          <Code>auto-reply</Code>. A message is named by its Message-ID or its return path.
        </Text>
        <Group justify="flex-end">
          <Button onClick={onClose}>I have it</Button>
        </Group>
      </Stack>
    </Modal>
  )
}
