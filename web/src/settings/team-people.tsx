import { Badge, Group, Select, Table, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { call, client } from '@/api/client'
import { useMe } from '@/shell/me'
import { Loaded } from '@/ui/states'
import { useUsers } from '@/ui/steward'
import { type Role, roleOf, useGivableRoles, useIsAdmin } from './roles'
import { PersonMenu } from './team-person-menu'

/** Everybody with an account. */
export function PeopleTable() {
  const users = useUsers()
  const me = useMe().data
  const mayEdit = useIsAdmin()
  const givable = useGivableRoles()
  const queries = useQueryClient()
  const change = useMutation({
    mutationFn: ({ id, role }: { id: string; role: Role }) =>
      call(client.PATCH('/api/v1/users/{id}', { params: { path: { id } }, body: { role } })),
    onSuccess: user => notifications.show({ message: `${user.name} is ${user.role} now and signs in anew.` }),
    onError: error => notifications.show({ color: 'red', title: 'Not changed', message: error.message }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['users'] }),
  })
  return (
    <Loaded query={users}>
      {data => (
        <Table.ScrollContainer minWidth={680}>
          <Table verticalSpacing="sm">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Person</Table.Th>
                <Table.Th>Role</Table.Th>
                <Table.Th>Second factor</Table.Th>
                <Table.Th>Account</Table.Th>
                <Table.Th aria-label="Actions" />
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {data.items.map(user => {
                const isMine = user.id === me?.id
                const mayTouch = mayEdit && !isMine && givable.includes(user.role)
                return (
                  <Table.Tr key={user.id}>
                    <Table.Td>
                      {user.name}
                      {isMine ? ' (you)' : ''}
                      <Text size="sm" c="dimmed">
                        {user.email}
                      </Text>
                    </Table.Td>
                    <Table.Td>
                      {mayTouch ? (
                        <Select
                          aria-label={`Role of ${user.name}`}
                          w={140}
                          data={givable}
                          allowDeselect={false}
                          value={user.role}
                          onChange={role => role && change.mutate({ id: user.id, role: roleOf(role) })}
                        />
                      ) : (
                        user.role
                      )}
                    </Table.Td>
                    <Table.Td>{user.secondFactor ? 'on' : 'off'}</Table.Td>
                    <Table.Td>
                      <Group gap={6}>
                        <Badge
                          color={user.active ? 'tend' : 'gray'}
                          c={user.active ? undefined : 'var(--mantine-color-text)'}
                        >
                          {user.active ? 'Open' : 'Closed'}
                        </Badge>
                        {user.active && !user.hasPassword && (
                          <Text span size="sm" c="dimmed">
                            no password
                          </Text>
                        )}
                      </Group>
                    </Table.Td>
                    <Table.Td ta="right">{mayTouch && <PersonMenu person={user} />}</Table.Td>
                  </Table.Tr>
                )
              })}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </Loaded>
  )
}
