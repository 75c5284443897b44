import { Badge, Button, Group, Paper, Stack, Text, Title, Tooltip } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call, client } from '@/api/client'
import { When } from '@/ui/format'
import { Loaded } from '@/ui/states'
import { type Asked, ConsentDialog } from './consent-dialog'
import { ConsentBadge, ConsentLedger, useTopicName, useTopics } from './consent-ledger'
import { type Contact, contactKey, useContactRights } from './contact'

export const readConsents = (id: string) =>
  call(client.GET('/api/v1/contacts/{id}/consents', { params: { path: { id } } }))
export type Consents = Awaited<ReturnType<typeof readConsents>>

export function useConsents(id: string) {
  return useQuery({
    queryKey: contactKey(id, 'consents'),
    queryFn: () => readConsents(id),
    refetchInterval: 15_000,
  })
}

/** Why nothing goes to an address: in one word for a sign, and in a sentence. */
const suppressions: Record<string, { short: string; words: string }> = {
  unsubscribed: {
    short: 'unsubscribed',
    words: 'This address unsubscribed. No marketing goes there; service mail still does.',
  },
  hard_bounce: {
    short: 'bounced',
    words: 'Mail to this address bounced for good. Nothing goes there any more.',
  },
  complaint: {
    short: 'reported spam',
    words: 'This address reported us as spam. Nothing goes there any more.',
  },
  erased: {
    short: 'asked to be forgotten',
    words: 'This person asked to be forgotten. Nothing goes there any more.',
  },
  manual: {
    short: 'never write here',
    words: 'Somebody decided that nothing goes to this address any more.',
  },
}

export const suppressionOf = (reason: string) =>
  suppressions[reason] ?? {
    short: reason.replaceAll('_', ' '),
    words: 'Nothing goes to this address any more.',
  }

/** What holds now, and the ledger: every word that was ever said about it, with its proof. */
export function ContactConsent({ contact }: { contact: Contact }) {
  const consents = useConsents(contact.id)
  const [asked, setAsked] = useState<Asked | null>(null)
  return (
    <Loaded query={consents}>
      {data => (
        <Stack gap="lg">
          <Current data={data} onAsk={setAsked} />
          <Wishes contactId={contact.id} />
          <ConsentLedger data={data} />
          {asked && <ConsentDialog contactId={contact.id} asked={asked} onClose={() => setAsked(null)} />}
        </Stack>
      )}
    </Loaded>
  )
}

const purposes: Record<string, string> = {
  marketing: 'Marketing, all of it',
  tracking: 'Being followed: opens, clicks, page views',
}

function Current({ data, onAsk }: { data: Consents; onAsk(asked: Asked): void }) {
  const rights = useContactRights()
  const topics = useTopics()
  const name = useTopicName()
  const spoken = new Set(data.current.map(word => `${word.purpose}|${word.topicId ?? ''}`))
  const silent = [
    ...['marketing', 'tracking']
      .filter(purpose => !spoken.has(`${purpose}|`))
      .map(purpose => ({ purpose, topicId: null as string | null })),
    ...(topics.data?.items ?? [])
      .filter(topic => !topic.archived && !spoken.has(`marketing|${topic.id}`))
      .map(topic => ({ purpose: 'marketing', topicId: topic.id as string | null })),
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
                {row.topicId ? name(row.topicId) : (purposes[row.purpose] ?? row.purpose)}
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
                  <Button
                    size="compact-sm"
                    variant="default"
                    disabled={rights.edit !== null}
                    onClick={() => onAsk({ ...row, state: 'granted' })}
                  >
                    Record agreement
                  </Button>
                </Tooltip>
              )}
              {row.state !== 'granted' && (
                <Button
                  size="compact-sm"
                  variant="default"
                  disabled={rights.edit !== null}
                  title={rights.edit ?? undefined}
                  onClick={() => onAsk({ ...row, state: 'pending' })}
                >
                  Ask by mail
                </Button>
              )}
              {row.state !== 'withdrawn' && (
                <Button
                  size="compact-sm"
                  variant="default"
                  disabled={rights.edit !== null}
                  title={rights.edit ?? undefined}
                  onClick={() => onAsk({ ...row, state: 'withdrawn' })}
                >
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

const frequencies = {
  all: 'Whenever there is something',
  weekly: 'At most one marketing email a week',
  monthly: 'At most one marketing email a month',
}

/** What the person chose in the preference centre, where he chose anything. */
function Wishes({ contactId }: { contactId: string }) {
  const wishes = useQuery({
    queryKey: contactKey(contactId, 'preferences'),
    queryFn: () =>
      call(client.GET('/api/v1/contacts/{id}/preferences', { params: { path: { id: contactId } } })),
  })
  const wish = wishes.data
  if (!wish || (wish.frequency === 'all' && !wish.pausedUntil)) return null
  return (
    <Stack gap="xs">
      <Title order={2}>What this person asked for</Title>
      <Paper withBorder px="md" py="sm">
        <Text size="sm">
          {frequencies[wish.frequency]}
          {wish.pausedUntil && (
            <>
              {' '}
              · a pause until <When at={wish.pausedUntil} />
            </>
          )}
        </Text>
      </Paper>
    </Stack>
  )
}
