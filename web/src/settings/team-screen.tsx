import { Button, Code, Group, Modal, Select, Stack, Switch, Table, Text, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconPlus } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call, client } from '@/api/client'
import { useMe } from '@/shell/me'
import { useCreating } from '@/ui/create-dialog'
import { Page } from '@/ui/page'
import { ErrorNote, Loaded } from '@/ui/states'
import { useUsers } from '@/ui/steward'
import { Copy } from './show-once'

const roles = ['owner', 'admin', 'marketer', 'analyst', 'sales', 'viewer'] as const
type Role = (typeof roles)[number]

/** Who works with this installation, and what each may do. */
export function TeamScreen() {
  const queries = useQueryClient()
  const me = useMe().data
  const mayEdit = me?.role === 'owner' || me?.role === 'admin'
  const users = useUsers()
  const words = useQuery({
    queryKey: ['roles'],
    queryFn: () => call(client.GET('/api/v1/roles')),
    staleTime: 600_000,
  })
  const creating = useCreating()
  const [link, setLink] = useState<{ name: string; url: string } | null>(null)
  const change = useMutation({
    mutationFn: ({ id, ...body }: { id: string; role?: Role; active?: boolean }) =>
      call(client.PATCH('/api/v1/users/{id}', { params: { path: { id } }, body })),
    onError: error => notifications.show({ color: 'red', title: 'Not changed', message: error.message }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['users'] }),
  })
  const invite = async (id: string, name: string) => {
    const made = await call(client.POST('/api/v1/users/{id}/sign-in-link', { params: { path: { id } } }))
    setLink({ name, url: made.signInLink })
  }
  return (
    <Page
      title="Team & roles"
      words="Who works with Tend and what each may do."
      actions={
        <Button leftSection={<IconPlus size={16} />} disabled={!mayEdit} onClick={creating.open}>
          Add somebody
        </Button>
      }
    >
      <Loaded query={users}>
        {data => (
          <Table.ScrollContainer minWidth={720}>
            <Table verticalSpacing="sm">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>Person</Table.Th>
                  <Table.Th>Role</Table.Th>
                  <Table.Th>Can sign in</Table.Th>
                  <Table.Th />
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {data.items.map(user => (
                  <Table.Tr key={user.id}>
                    <Table.Td>
                      {user.name}
                      {user.id === me?.id ? ' (you)' : ''}
                      <Text size="sm" c="dimmed">
                        {user.email}
                      </Text>
                    </Table.Td>
                    <Table.Td>
                      <Select
                        aria-label={`Role of ${user.name}`}
                        w={140}
                        data={[...roles]}
                        value={user.role}
                        disabled={!mayEdit || user.id === me?.id}
                        onChange={role => role && change.mutate({ id: user.id, role: role as Role })}
                      />
                    </Table.Td>
                    <Table.Td>
                      <Switch
                        aria-label={`${user.name} can sign in`}
                        checked={user.active}
                        disabled={!mayEdit || user.id === me?.id}
                        onChange={event =>
                          change.mutate({ id: user.id, active: event.currentTarget.checked })
                        }
                      />
                    </Table.Td>
                    <Table.Td ta="right">
                      {mayEdit && user.active && user.id !== me?.id && (
                        <Button
                          size="compact-sm"
                          variant="default"
                          onClick={() => void invite(user.id, user.name)}
                        >
                          Make a sign-in link
                        </Button>
                      )}
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        )}
      </Loaded>
      {words.data && (
        <Stack gap={4}>
          {words.data.items.map(role => (
            <Text size="sm" key={role.role}>
              <b>{role.role}</b>: {role.sentence}
            </Text>
          ))}
        </Stack>
      )}
      <Modal
        opened={link !== null}
        onClose={() => setLink(null)}
        title={`Sign-in link for ${link?.name ?? ''}`}
      >
        <Stack>
          <Code block style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
            {link?.url}
          </Code>
          <Group justify="space-between">
            <Text size="sm">It works once, within 15 minutes.</Text>
            {link && <Copy text={link.url} />}
          </Group>
        </Stack>
      </Modal>
      <AddUser onAdded={setLink} />
    </Page>
  )
}

function AddUser({ onAdded }: { onAdded(link: { name: string; url: string }): void }) {
  const { opened, close } = useCreating()
  const queries = useQueryClient()
  const [name, setName] = useState('')
  const [email, setEmail] = useState('')
  const [role, setRole] = useState<Role>('marketer')
  const add = useMutation({
    mutationFn: () =>
      call(client.POST('/api/v1/users', { body: { name: name.trim(), email: email.trim(), role } })),
    onSuccess: async added => {
      await queries.invalidateQueries({ queryKey: ['users'] })
      close()
      onAdded({ name: added.user.name, url: added.signInLink })
    },
  })
  return (
    <Modal opened={opened} onClose={close} title="Add somebody">
      <Stack>
        <TextInput
          label="Name"
          required
          data-autofocus
          value={name}
          onChange={event => setName(event.currentTarget.value)}
        />
        <TextInput
          label="Address"
          type="email"
          required
          value={email}
          onChange={event => setEmail(event.currentTarget.value)}
        />
        <Select
          label="Role"
          data={[...roles]}
          value={role}
          onChange={value => setRole(roles.find(each => each === value) ?? 'viewer')}
        />
        {add.isError && <ErrorNote error={add.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button
            loading={add.isPending}
            disabled={!name.trim() || !email.trim()}
            onClick={() => add.mutate()}
          >
            Add to the team
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
