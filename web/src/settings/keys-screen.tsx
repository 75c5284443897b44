import { Button, Code, Group, Modal, Select, Stack, Table, Text, TextInput, Tooltip } from '@mantine/core'
import { modals } from '@mantine/modals'
import { IconPlus } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call, client } from '@/api/client'
import { useMe } from '@/shell/me'
import { useCreating } from '@/ui/create-dialog'
import { When } from '@/ui/format'
import { Empty, Page } from '@/ui/page'
import { ErrorNote, Loaded } from '@/ui/states'
import { ShowOnce } from './show-once'

const keyRoles = ['admin', 'marketer', 'analyst', 'sales', 'viewer'] as const

/** Keys for machines: what is shown of each is enough to recognise it and nothing to use it. */
export function KeysScreen() {
  const queries = useQueryClient()
  const role = useMe().data?.role
  const mayEdit = role === 'owner' || role === 'admin'
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
      words="For programs. Send one as a bearer token; the API describes itself at /api/openapi.json."
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
                words="A key lets a program do what its role may do. It is shown once, when it is made."
                action={{ label: 'Make a key', onClick: creating.open }}
              />
            ) : (
              <Table.ScrollContainer minWidth={640}>
                <Table verticalSpacing="sm">
                  <Table.Thead>
                    <Table.Tr>
                      <Table.Th>Name</Table.Th>
                      <Table.Th>Begins with</Table.Th>
                      <Table.Th>Role</Table.Th>
                      <Table.Th>Last used</Table.Th>
                      <Table.Th>Runs out</Table.Th>
                      <Table.Th />
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {data.items.map(key => (
                      <Table.Tr key={key.id}>
                        <Table.Td>{key.name}</Table.Td>
                        <Table.Td>
                          <Code>tend_{key.prefix}</Code>
                        </Table.Td>
                        <Table.Td>{key.role}</Table.Td>
                        <Table.Td>{key.lastUsedAt ? <When at={key.lastUsedAt} /> : 'never'}</Table.Td>
                        <Table.Td>{key.expiresAt ? <When at={key.expiresAt} /> : 'never'}</Table.Td>
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
      <CreateKey />
    </Page>
  )
}

function CreateKey() {
  const { opened, close } = useCreating()
  const queries = useQueryClient()
  const [name, setName] = useState('')
  const [role, setRole] = useState<(typeof keyRoles)[number]>('marketer')
  const create = useMutation({
    mutationFn: () => call(client.POST('/api/v1/api-keys', { body: { name: name.trim(), role } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['api-keys'] }),
  })
  const leave = () => {
    create.reset()
    setName('')
    close()
  }
  return (
    <Modal opened={opened} onClose={leave} title="New API key">
      {create.data ? (
        <Stack>
          <ShowOnce
            title="The key"
            secret={create.data.key}
            words="It is shown only now; Tend keeps nothing but its hash."
          />
          <Group justify="flex-end">
            <Button onClick={leave}>I have it</Button>
          </Group>
        </Stack>
      ) : (
        <Stack>
          <TextInput
            label="Name"
            placeholder="Nightly report"
            required
            data-autofocus
            value={name}
            onChange={event => setName(event.currentTarget.value)}
          />
          <Select
            label="Role"
            data={[...keyRoles]}
            value={role}
            onChange={value => setRole(keyRoles.find(each => each === value) ?? 'viewer')}
          />
          {create.isError && <ErrorNote error={create.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={leave}>
              Cancel
            </Button>
            <Button loading={create.isPending} disabled={!name.trim()} onClick={() => create.mutate()}>
              Create key
            </Button>
          </Group>
        </Stack>
      )}
    </Modal>
  )
}
