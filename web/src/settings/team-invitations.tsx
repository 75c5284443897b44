import { Badge, Button, Group, Modal, Table } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { call, client } from '@/api/client'
import { useCreating } from '@/ui/create-dialog'
import { Empty } from '@/ui/page'
import { Loaded } from '@/ui/states'
import { RealWhen } from './real-when'
import { MadeInvitation } from './team-invite'

/** Who was asked in and has not come yet. */
export function InvitationTable() {
  const queries = useQueryClient()
  const creating = useCreating()
  const list = useQuery({
    queryKey: ['invitations'],
    queryFn: () => call(client.GET('/api/v1/invitations')),
  })
  const revoke = useMutation({
    mutationFn: (id: string) => call(client.DELETE('/api/v1/invitations/{id}', { params: { path: { id } } })),
    onSuccess: () => notifications.show({ message: 'Taken back: its link leads nowhere now.' }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['invitations'] }),
  })
  const resend = useMutation({
    mutationFn: (id: string) =>
      call(client.POST('/api/v1/invitations/{id}/resend', { params: { path: { id } } })),
    onError: error => notifications.show({ color: 'red', message: error.message }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['invitations'] }),
  })
  const again = resend.data && (
    <Modal opened onClose={() => resend.reset()} title="Invited again">
      <MadeInvitation made={resend.data} />
    </Modal>
  )
  return (
    <>
      {again}
      <Loaded query={list} lines={3}>
        {data =>
          data.items.length === 0 ? (
            <Empty
              title="Nobody is asked in at the moment"
              words="An invitation is a mail with a link that makes an account with the role you choose. It works once, for seven days."
              action={{ label: 'Invite somebody', onClick: creating.open }}
            />
          ) : (
            <Table.ScrollContainer minWidth={560}>
              <Table verticalSpacing="sm">
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>Address</Table.Th>
                    <Table.Th>Role</Table.Th>
                    <Table.Th>Asked by</Table.Th>
                    <Table.Th>Good until</Table.Th>
                    <Table.Th aria-label="Actions" />
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {data.items.map(item => (
                    <Table.Tr key={item.id}>
                      <Table.Td>{item.email}</Table.Td>
                      <Table.Td>{item.role}</Table.Td>
                      <Table.Td>{item.createdByName}</Table.Td>
                      <Table.Td>
                        {new Date(item.expiresAt) > new Date() ? (
                          <RealWhen at={item.expiresAt} />
                        ) : (
                          <Badge color="gray" c="var(--mantine-color-text)">
                            ran out
                          </Badge>
                        )}
                      </Table.Td>
                      <Table.Td ta="right">
                        <Group gap="xs" justify="flex-end" wrap="nowrap">
                          <Button
                            size="compact-sm"
                            variant="default"
                            loading={resend.isPending && resend.variables === item.id}
                            onClick={() => resend.mutate(item.id)}
                          >
                            Send again
                          </Button>
                          <Button size="compact-sm" variant="default" onClick={() => revoke.mutate(item.id)}>
                            Take back
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
    </>
  )
}
