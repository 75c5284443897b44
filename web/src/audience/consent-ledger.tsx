import { Badge, Stack, Table, Text, Title } from '@mantine/core'
import { IconCheck, IconClock, IconX } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { call, client } from '@/api/client'
import { formatExact } from '@/ui/format'
import type { Consents } from './contact-consent'
import { showValue } from './contact-value'

export function useTopics() {
  return useQuery({
    queryKey: ['topics'],
    queryFn: () => call(client.GET('/api/v1/topics')),
    staleTime: 60_000,
  })
}

export function useTopicName(): (id: string | null) => string {
  const topics = useTopics()
  return id => (id ? (topics.data?.items.find(topic => topic.id === id)?.name ?? 'a topic') : 'all of it')
}

const looks = {
  granted: { color: 'tend', icon: IconCheck, words: 'Agreed' },
  withdrawn: { color: 'red', icon: IconX, words: 'Withdrawn' },
  pending: { color: 'yellow', icon: IconClock, words: 'To be confirmed' },
} as const

export function ConsentBadge({ state }: { state: keyof typeof looks }) {
  const { color, icon: Icon, words } = looks[state]
  return (
    <Badge
      color={color}
      c="var(--mantine-color-text)"
      miw="max-content"
      leftSection={<Icon size={12} aria-hidden />}
    >
      {words}
    </Badge>
  )
}

/** Every word that was ever said, with its proof. */
export function ConsentLedger({ data }: { data: Consents }) {
  const name = useTopicName()
  if (data.ledger.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        The ledger is empty: nobody has recorded a word of this contact yet.
      </Text>
    )
  }
  return (
    <Stack gap="xs">
      <Title order={2}>The ledger</Title>
      <Text size="sm" c="dimmed">
        Every word with its proof. Nothing in here is ever changed or removed, except when the contact is
        deleted.
      </Text>
      <Table.ScrollContainer minWidth={640} type="native">
        <Table verticalSpacing="xs">
          <Table.Thead>
            <Table.Tr>
              <Table.Th w={170}>What was said</Table.Th>
              <Table.Th w={190}>When and where</Table.Th>
              <Table.Th>Proof</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {data.ledger.map(entry => (
              <Table.Tr key={entry.id} style={{ verticalAlign: 'top' }}>
                <Table.Td>
                  <ConsentBadge state={entry.state} />
                  <Text size="sm" mt={4}>
                    {entry.purpose}, {name(entry.topicId)}
                  </Text>
                </Table.Td>
                <Table.Td>
                  <Text size="sm" className="numbers">
                    {formatExact(entry.at)}
                  </Text>
                  <Text size="sm" c="dimmed">
                    {entry.basis}, {entry.source}
                  </Text>
                </Table.Td>
                <Table.Td>
                  {entry.wording && <Text size="sm">“{entry.wording}”</Text>}
                  {proofOf(entry.proof).map(([key, value]) => (
                    <Text key={key} size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
                      {key}: {value}
                    </Text>
                  ))}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Stack>
  )
}

const proofNames: Record<string, string> = {
  method: 'How',
  enteredBy: 'Entered by',
  note: 'Note',
  ipHash: 'Network (hashed)',
  userAgent: 'Browser',
  receivedAt: 'Received',
  wordingVersion: 'Version of the words',
  page: 'Page',
  form: 'Form',
}

function proofOf(proof: unknown): [string, string][] {
  if (typeof proof !== 'object' || proof === null) return []
  return Object.entries(proof).flatMap(([key, value]): [string, string][] =>
    value === null || value === '' || /Id$/.test(key) ? [] : [[proofNames[key] ?? key, showValue(value)]],
  )
}
