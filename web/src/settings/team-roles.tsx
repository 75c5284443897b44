import { Stack, Table, Text, Tooltip } from '@mantine/core'
import { IconCheck, IconMinus } from '@tabler/icons-react'
import { Fragment } from 'react'
import { Loaded } from '@/ui/states'
import { byResource, inWords, roles, useActions, useRoleWords } from './roles'

/** What each role may do: the very table that the server asks. */
export function RoleMatrix() {
  const words = useRoleWords()
  const actions = useActions()
  return (
    <Stack gap="lg">
      <Stack gap={4}>
        {words.data?.items.map(role => (
          <Text size="sm" key={role.role}>
            <b>{role.role}</b>: {role.sentence}
          </Text>
        ))}
      </Stack>
      <Loaded query={actions}>
        {data => (
          <Table.ScrollContainer minWidth={640}>
            <Table verticalSpacing={4} highlightOnHover>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>What can be done</Table.Th>
                  {roles.map(role => (
                    <Table.Th key={role} ta="center">
                      {role}
                    </Table.Th>
                  ))}
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {byResource(data.items).map(([resource, items]) => (
                  <Fragment key={resource}>
                    <Table.Tr>
                      <Table.Th colSpan={roles.length + 1} pt="md">
                        {inWords(resource)}
                      </Table.Th>
                    </Table.Tr>
                    {items.map(item => (
                      <Table.Tr key={item.action}>
                        <Table.Td pl="md">
                          <Tooltip multiline maw={420} label={item.does.slice(0, 6).join(' · ')}>
                            <span>{inWords(item.action.split('.')[1] ?? '')}</span>
                          </Tooltip>
                        </Table.Td>
                        {roles.map(role => (
                          <Table.Td key={role} ta="center">
                            <Mark may={item.roles.includes(role)} />
                          </Table.Td>
                        ))}
                      </Table.Tr>
                    ))}
                  </Fragment>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        )}
      </Loaded>
    </Stack>
  )
}

function Mark({ may }: { may: boolean }) {
  return may ? (
    <IconCheck size={16} role="img" aria-label="yes" />
  ) : (
    <IconMinus size={16} role="img" aria-label="no" opacity={0.35} />
  )
}
