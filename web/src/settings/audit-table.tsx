import { Anchor, Code, Table, Text } from '@mantine/core'
import { RealWhen } from './real-when'

export type AuditRow = {
  position: string
  at: string
  actorKind: string
  actorId: string
  actorName: string
  action: string
  subjectKind: string
  subjectId: string
  detail: Record<string, unknown>
}

export function AuditTable({ items, onActor }: { items: AuditRow[]; onActor(id: string): void }) {
  return (
    <Table.ScrollContainer minWidth={760}>
      <Table verticalSpacing={6} stickyHeader>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>When</Table.Th>
            <Table.Th>Who</Table.Th>
            <Table.Th>What</Table.Th>
            <Table.Th>Which</Table.Th>
            <Table.Th>More</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {items.map(row => (
            <Table.Tr key={row.position}>
              <Table.Td>
                <RealWhen at={row.at} />
              </Table.Td>
              <Table.Td>
                <Anchor component="button" type="button" size="sm" onClick={() => onActor(row.actorId)}>
                  {row.actorName}
                </Anchor>
                {row.actorKind === 'key' && (
                  <Text span size="sm" c="dimmed">
                    {' '}
                    (key)
                  </Text>
                )}
              </Table.Td>
              <Table.Td>
                <Code>{row.action}</Code>
              </Table.Td>
              <Table.Td>
                <Text size="sm">
                  {row.subjectKind}{' '}
                  <Text span size="sm" c="dimmed">
                    {row.subjectId}
                  </Text>
                </Text>
              </Table.Td>
              <Table.Td maw={360}>
                <Text size="sm" c="dimmed" lineClamp={2} style={{ overflowWrap: 'anywhere' }}>
                  {Object.keys(row.detail).length > 0 && JSON.stringify(row.detail)}
                </Text>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}
