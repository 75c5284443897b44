import { Anchor, Badge, Button, Code, Table, Text, Tooltip } from '@mantine/core'
import { modals } from '@mantine/modals'
import { IconPlus } from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { call, client } from '@/api/client'
import { useCreating } from '@/ui/create-dialog'
import { Empty, Page } from '@/ui/page'
import { Loaded } from '@/ui/states'
import { CreateKey } from './keys-create'
import { RealWhen } from './real-when'
import { useIsAdmin } from './roles'

const soonMs = 14 * 86_400_000

/** Keys for machines: what is shown of each is enough to recognise it and nothing to use it. */
export function KeysScreen() {
  const queries = useQueryClient()
  const mayEdit = useIsAdmin()
  const creating = useCreating()
  const keys = useQuery({
    queryKey: ['api-keys'],
    queryFn: () => call(client.GET('/api/v1/api-keys')),
    enabled: mayEdit,
  })
  const revoke = (id: string, name: string) =>
    modals.openConfirmModal({
      title: `Revoke “${name}”?`,
      children: <Text size="sm">Whatever uses this key is refused from now on. This cannot be undone.</Text>,
      labels: { confirm: 'Revoke the key', cancel: 'Keep it' },
      confirmProps: { color: 'red' },
      onConfirm: async () => {
        await call(client.DELETE('/api/v1/api-keys/{id}', { params: { path: { id } } }))
        await queries.invalidateQueries({ queryKey: ['api-keys'] })
      },
    })
  return (
    <Page
      title="API keys"
      words={
        <>
          For programs. Send one as a bearer token; the API describes itself at{' '}
          <Anchor href="/api/docs" size="sm">
            /api/docs
          </Anchor>
          .
        </>
      }
      actions={
        <Tooltip label="Only owners and admins see keys" disabled={mayEdit}>
          <Button leftSection={<IconPlus size={16} />} disabled={!mayEdit} onClick={creating.open}>
            New key
          </Button>
        </Tooltip>
      }
    >
      {!mayEdit && <Text size="sm">Only owners and admins see API keys. Ask one of them for a key.</Text>}
      {mayEdit && (
        <Loaded query={keys}>
          {data =>
            data.items.length === 0 ? (
              <Empty
                title="No key yet"
                words="A key lets a program do what its role may do, or only what you choose. It is shown once, when it is made."
                action={{ label: 'Make a key', onClick: creating.open }}
              />
            ) : (
              <Table.ScrollContainer minWidth={760}>
                <Table verticalSpacing="sm">
                  <Table.Thead>
                    <Table.Tr>
                      <Table.Th>Name</Table.Th>
                      <Table.Th>Begins with</Table.Th>
                      <Table.Th>May</Table.Th>
                      <Table.Th>Last used</Table.Th>
                      <Table.Th>Runs out</Table.Th>
                      <Table.Th aria-label="Actions" />
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {data.items.map(key => (
                      <Table.Tr key={key.id}>
                        <Table.Td>{key.name}</Table.Td>
                        <Table.Td>
                          <Code>tend_{key.prefix}</Code>
                        </Table.Td>
                        <Table.Td>
                          <Scope role={key.role} scopes={key.scopes} />
                        </Table.Td>
                        <Table.Td>{key.lastUsedAt ? <RealWhen at={key.lastUsedAt} /> : 'never'}</Table.Td>
                        <Table.Td>
                          <End at={key.expiresAt} />
                        </Table.Td>
                        <Table.Td ta="right">
                          <Button
                            size="compact-sm"
                            variant="default"
                            onClick={() => revoke(key.id, key.name)}
                          >
                            Revoke
                          </Button>
                        </Table.Td>
                      </Table.Tr>
                    ))}
                  </Table.Tbody>
                </Table>
              </Table.ScrollContainer>
            )
          }
        </Loaded>
      )}
      {mayEdit && <CreateKey />}
    </Page>
  )
}

function Scope({ role, scopes }: { role: string; scopes: string[] | null }) {
  if (!scopes)
    return (
      <Text span size="sm">
        all of {role}
      </Text>
    )
  return (
    <Tooltip multiline maw={320} label={scopes.join(', ')}>
      <Text span size="sm">
        {scopes.slice(0, 2).join(', ')}
        {scopes.length > 2 && ` and ${scopes.length - 2} more`}
      </Text>
    </Tooltip>
  )
}

function End({ at }: { at: string | null }) {
  if (!at)
    return (
      <Text span size="sm" c="dimmed">
        never
      </Text>
    )
  const left = new Date(at).getTime() - Date.now()
  return (
    <>
      <RealWhen at={at} />
      {left < soonMs && (
        <Badge ml={6} color={left < 0 ? 'gray' : 'yellow'} c="var(--mantine-color-text)">
          {left < 0 ? 'ran out' : 'soon'}
        </Badge>
      )}
    </>
  )
}
