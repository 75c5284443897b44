import { Anchor, Group, Paper, Table, Text, Title } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { formatNumber } from '@/ui/format'
import type { Overview } from './home-screen'

/** Live workflows: who stands in them, who came in, and who got where he was meant to. */
export function Running({ items, contacts }: { items: Overview['running']; contacts: number }) {
  return (
    <Paper withBorder p="md">
      <Group justify="space-between" mb="sm">
        <Title order={2}>Running</Title>
        <Text size="sm" c="dimmed">
          about {formatNumber(contacts)} contacts
        </Text>
      </Group>
      {items.length === 0 ? (
        <Text size="sm" c="dimmed">
          No workflow is live. A workflow begins with an event - a download, a form, a crossed threshold - and
          does the rest.
        </Text>
      ) : (
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Workflow</Table.Th>
              <Table.Th ta="right">In it now</Table.Th>
              <Table.Th ta="right">Entered, 30 days</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {items.map(item => (
              <Table.Tr key={item.id}>
                <Table.Td>
                  <Anchor component={Link} to={`/workflows/${item.id}`} size="sm">
                    {item.name}
                  </Anchor>
                </Table.Td>
                <Table.Td ta="right" className="numbers">
                  {formatNumber(item.people)}
                </Table.Td>
                <Table.Td ta="right" className="numbers">
                  <Anchor
                    component={Link}
                    to="/reports/workflows"
                    search={{ workflowId: item.id } as never}
                    size="sm"
                  >
                    {formatNumber(item.entered)}
                  </Anchor>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Paper>
  )
}
