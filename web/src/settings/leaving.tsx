import { Anchor, Paper, Stack, Table, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { call, client } from '@/api/client'
import { formatNumber } from '@/ui/format'
import { Loaded } from '@/ui/states'

const reasonWords = {
  'too-many': 'Too many emails',
  'not-relevant': 'Not interesting',
  'never-signed-up': 'Never asked for them',
  'other-address': 'Gets them at another address',
  other: 'Something else',
} as const

/** Why people left, where they wanted to say so. */
export function Leaving() {
  const leaving = useQuery({
    queryKey: ['leaving-reasons'],
    queryFn: () => call(client.GET('/api/v1/leaving-reasons')),
  })
  return (
    <Paper withBorder p="md">
      <Stack gap="xs">
        <Title order={2}>Why people left, in the last 90 days</Title>
        <Loaded query={leaving} lines={3}>
          {data =>
            data.items.length === 0 ? (
              <Text size="sm" c="dimmed">
                Nobody has said so. Who unsubscribes is asked one question, and need not answer.
              </Text>
            ) : (
              <Table withRowBorders={false} verticalSpacing={3}>
                <Table.Tbody>
                  {data.items.map(item => (
                    <Table.Tr key={item.reason}>
                      <Table.Td w={70} ta="right" className="numbers">
                        {formatNumber(item.n)}
                      </Table.Td>
                      <Table.Td>{reasonWords[item.reason]}</Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            )
          }
        </Loaded>
        <Anchor
          size="sm"
          href="/contacts?filter=%7B%22type%22%3A%22consent%22%2C%22purpose%22%3A%22marketing%22%2C%22state%22%3A%22withdrawn%22%7D"
        >
          See everybody who left
        </Anchor>
      </Stack>
    </Paper>
  )
}
