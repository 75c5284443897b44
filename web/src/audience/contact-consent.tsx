import { Alert, Badge, Button, Group, Paper, Stack, Table, Text, Title, Tooltip } from '@mantine/core'
import { IconBan, IconCheck, IconClock, IconX } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call, client } from '@/api/client'
import { formatExact, When } from '@/ui/format'
import { Loaded } from '@/ui/states'
import { type Contact, contactKey, useContactRights } from './contact'
import { type Asked, ConsentDialog } from './consent-dialog'
import { showValue } from './contact-value'

export const readConsents = (id: string) => call(client.GET('/api/v1/contacts/{id}/consents', { params: { path: { id } } }))
export type Consents = Awaited<ReturnType<typeof readConsents>>

export function useConsents(id: string) {
  return useQuery({ queryKey: contactKey(id, 'consents'), queryFn: () => readConsents(id), refetchInterval: 15_000 })
}

export function useTopics() {
  return useQuery({ queryKey: ['topics'], queryFn: () => call(client.GET('/api/v1/topics')), staleTime: 60_000 })
}

const looks = {
  granted: { color: 'tend', icon: IconCheck, words: 'Agreed' },
  withdrawn: { color: 'red', icon: IconX, words: 'Withdrawn' },
  pending: { color: 'yellow', icon: IconClock, words: 'To be confirmed' },
} as const

export const suppressionWords: Record<string, string> = {
  unsubscribed: 'This address unsubscribed.',
  hard_bounce: 'Mail to this address bounced for good.',
  complaint: 'This address reported us as spam.',
  erased: 'This person asked to be forgotten.',
  manual: 'Somebody put this address on the list of those never to write to.',
}

export function ConsentBadge({ state }: { state: keyof typeof looks }) {
  const { color, icon: Icon, words } = looks[state]
  return (
    <Badge color={color} c="var(--mantine-color-text)" leftSection={<Icon size={12} aria-hidden />}>
      {words}
    </Badge>
  )
}

/** What holds now, and the ledger: every word that was ever said about it, with its proof. */
export function ContactConsent({ contact }: { contact: Contact }) {
  const consents = useConsents(contact.id)
  const [asked, setAsked] = useState<Asked | null>(null)
  return (
    <Loaded query={consents}>
      {data => (
        <Stack gap="lg">
          {data.suppressed && (
            <Alert color="red" icon={<IconBan size={18} />} title="Never written to">
              {suppressionWords[data.suppressed] ?? data.suppressed} No marketing goes there, whatever else is said below.
            </Alert>
          )}
          <Current data={data} onAsk={setAsked} />
          <Ledger data={data} />
          {asked && <ConsentDialog contactId={contact.id} asked={asked} onClose={() => setAsked(null)} />}
        </Stack>
      )}
    </Loaded>
  )
}

function Current({ data, onAsk }: { data: Consents; onAsk(asked: Asked): void }) {
  const rights = useContactRights()
  const topics = useTopics()
  const name = useTopicName()
  const spoken = new Set(data.current.map(word => `${word.purpose}|${word.topicId ?? ''}`))
  const silent = [
    ...(spoken.has('marketing|') ? [] : [{ purpose: 'marketing', topicId: null }]),
    ...(topics.data?.items ?? []).filter(topic => !topic.archived && !spoken.has(`marketing|${topic.id}`)).map(topic => ({ purpose: 'marketing', topicId: topic.id as string | null })),
  ]
  const rows = [...data.current, ...silent.map(word => ({ ...word, state: null, since: null }))]
  return (
    <Stack gap="xs">
      <Title order={2}>What holds now</Title>
      {rows.map(row => (
        <Paper key={`${row.purpose}|${row.topicId}`} withBorder px="md" py="sm">
          <Group justify="space-between">
            <Group gap="sm">
              <Text size="sm" fw={600}>
                {row.topicId ? name(row.topicId) : row.purpose === 'marketing' ? 'Marketing, all of it' : row.purpose}
              </Text>
              {row.state ? (
                <ConsentBadge state={row.state} />
              ) : (
                <Badge color="gray" c="var(--mantine-color-text)">
                  Nothing said
                </Badge>
              )}
              {row.since && <When at={row.since} />}
            </Group>
            <Group gap="xs">
              {row.state !== 'granted' && (
                <Tooltip label={rights.edit ?? 'Needs the proof that the person agreed'}>
                  <Button size="compact-sm" variant="default" disabled={rights.edit !== null} onClick={() => onAsk({ ...row, state: 'granted' })}>
                    Record agreement
                  </Button>
                </Tooltip>
              )}
              {row.state !== 'withdrawn' && (
                <Button size="compact-sm" variant="default" disabled={rights.edit !== null} title={rights.edit ?? undefined} onClick={() => onAsk({ ...row, state: 'withdrawn' })}>
                  Withdraw
                </Button>
              )}
            </Group>
          </Group>
        </Paper>
      ))}
    </Stack>
  )
}

export function useTopicName(): (id: string | null) => string {
  const topics = useTopics()
  return id => (id ? (topics.data?.items.find(topic => topic.id === id)?.name ?? 'a topic') : 'all of it')
}

function Ledger({ data }: { data: Consents }) {
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
        Every word with its proof. Nothing in here is ever changed or removed, except when the contact is deleted.
      </Text>
      <Table.ScrollContainer minWidth={640} type="native">
        <Table verticalSpacing="xs">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>When</Table.Th>
              <Table.Th>Word</Table.Th>
              <Table.Th>About</Table.Th>
              <Table.Th>Ground and source</Table.Th>
              <Table.Th>Proof</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {data.ledger.map(entry => (
              <Table.Tr key={entry.id} style={{ verticalAlign: 'top' }}>
                <Table.Td className="numbers">{formatExact(entry.at)}</Table.Td>
                <Table.Td>
                  <ConsentBadge state={entry.state} />
                </Table.Td>
                <Table.Td>
                  {entry.purpose}, {name(entry.topicId)}
                </Table.Td>
                <Table.Td>
                  {entry.basis}, {entry.source}
                </Table.Td>
                <Table.Td maw={320}>
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

const proofNames: Record<string, string> = { enteredBy: 'Entered by', note: 'Note', ip: 'Address', userAgent: 'Browser', messageId: 'Message', sourceName: 'Source' }

function proofOf(proof: unknown): [string, string][] {
  if (typeof proof !== 'object' || proof === null) return []
  return Object.entries(proof).flatMap(([key, value]): [string, string][] => (value === null || value === '' ? [] : [[proofNames[key] ?? key, showValue(value)]]))
}
