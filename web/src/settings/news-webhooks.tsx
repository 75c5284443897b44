import { Button, Code, Group, Modal, Stack, Table, Text, TextInput } from '@mantine/core'
import { modals } from '@mantine/modals'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { call, client } from '@/api/client'
import { useMe } from '@/shell/me'
import { When } from '@/ui/format'
import { ErrorNote, Loaded } from '@/ui/states'
import { Copy, ShowOnce } from './show-once'

const readSources = () => call(client.GET('/api/v1/returns/sources'))
type Source = Awaited<ReturnType<typeof readSources>>['items'][number]
type Made = Source & { secret: string }

/** Webhooks by which providers tell what came back. */
export function NewsWebhooks() {
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
