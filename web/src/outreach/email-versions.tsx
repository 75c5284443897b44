import { Anchor, Stack, Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { call, client } from '@/api/client'
import { When } from '@/ui/format'
import { Loaded } from '@/ui/states'

/** What was published and when. A version never changes. */
export function EmailVersions({ id }: { id: string }) {
  const versions = useQuery({
    queryKey: ['email-versions', id],
    queryFn: () => call(client.GET('/api/v1/emails/{id}/versions', { params: { path: { id } } })),
  })
  return (
    <Loaded query={versions} lines={3}>
      {data =>
        data.items.length === 0 ? (
          <Text size="sm" c="dimmed">
            Not published yet.
          </Text>
        ) : (
          <Table maw={760}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Version</Table.Th>
                <Table.Th>Subject</Table.Th>
                <Table.Th>Links</Table.Th>
                <Table.Th>Published</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {data.items.map(version => (
                <Table.Tr key={version.id}>
                  <Table.Td>{version.number}</Table.Td>
                  <Table.Td>{version.subject}</Table.Td>
                  <Table.Td>{version.links.length}</Table.Td>
                  <Table.Td>
                    <When at={version.publishedAt} /> by {version.publishedBy}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        )
      }
    </Loaded>
  )
}

export function EmailUse({ id }: { id: string }) {
  const users = useQuery({
    queryKey: ['email-use', id],
    queryFn: () => call(client.GET('/api/v1/emails/{id}/used-by', { params: { path: { id } } })),
  })
  return (
    <Loaded query={users} lines={3}>
      {data =>
        data.items.length === 0 ? (
          <Text size="sm" c="dimmed">
            Nothing sends this email.
          </Text>
        ) : (
          <Stack gap="xs">
            {data.items.map(user => (
              <Anchor key={user.id} component={Link} to={`/workflows/${user.id}`} size="sm">
                {user.name}
              </Anchor>
            ))}
          </Stack>
        )
      }
    </Loaded>
  )
}
