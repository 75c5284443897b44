import { Anchor, Button, Table, Text } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { call, client } from '@/api/client'
import { useEditReason } from '@/shell/me'
import { CreateDialog, useCreating } from '@/ui/create-dialog'
import { ExportButton } from '@/ui/export-button'
import { formatNumber, When } from '@/ui/format'
import { Empty, Page } from '@/ui/page'
import { Loaded } from '@/ui/states'

/** Lists made by hand. Segments keep themselves; a list keeps whom you put on it. */
export function ListsScreen() {
  const queries = useQueryClient()
  const creating = useCreating()
  const reason = useEditReason()
  const lists = useQuery({ queryKey: ['lists'], queryFn: () => call(client.GET('/api/v1/lists')) })
  return (
    <Page
      title="Lists"
      words="Whom you put together by hand. For groups that keep themselves up to date, make a segment."
      actions={
        <Button leftSection={<IconPlus size={16} />} disabled={reason !== null} onClick={creating.open}>
          New list
        </Button>
      }
    >
      <Loaded query={lists}>
        {data =>
          data.items.length === 0 ? (
            <Empty
              title="No list yet"
              words="A list keeps exactly whom you or a workflow put on it."
              {...(reason ? {} : { action: { label: 'Make a list', onClick: creating.open } })}
            />
          ) : (
            <Table.ScrollContainer minWidth={520}>
              <Table verticalSpacing="sm" highlightOnHover>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>List</Table.Th>
                    <Table.Th ta="right">People</Table.Th>
                    <Table.Th>Made by</Table.Th>
                    <Table.Th>Since</Table.Th>
                    <Table.Th />
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {data.items.map(list => (
                    <Table.Tr key={list.id}>
                      <Table.Td>
                        <Anchor component={Link} to={`/settings/lists/${list.id}`} size="sm" fw={600}>
                          {list.name}
                        </Anchor>
                        <Text size="sm" c="dimmed">
                          {list.description}
                        </Text>
                      </Table.Td>
                      <Table.Td ta="right" className="numbers">
                        {formatNumber(list.size)}
                      </Table.Td>
                      <Table.Td>{list.createdBy}</Table.Td>
                      <Table.Td>
                        <When at={list.createdAt} />
                      </Table.Td>
                      <Table.Td ta="right">
                        <ExportButton
                          what={`the list “${list.name}”`}
                          ask={{ kind: 'contacts', listId: list.id }}
                        />
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Table.ScrollContainer>
          )
        }
      </Loaded>
      <CreateDialog
        noun="list"
        placeholder="Spring fair visitors"
        onCreate={async name => {
          await call(client.POST('/api/v1/lists', { body: { name } }))
          await queries.invalidateQueries({ queryKey: ['lists'] })
          creating.close()
        }}
      />
    </Page>
  )
}
