import { Anchor, Box, Group, Paper, SegmentedControl, Stack, Text, Title } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { call, client } from '@/api/client'
import { ContactPicker } from '@/ui/contact-picker'
import { formatNumber, When } from '@/ui/format'
import { Loaded } from '@/ui/states'
import type { AlertDraft } from './alert'

type Preview = Awaited<ReturnType<typeof ask>>
type Way = 'email' | 'slack' | 'teams'

const ask = (name: string, draft: AlertDraft, contactId: string | null) =>
  call(client.POST('/api/v1/alert-rules/preview', { body: { name, draft: draft as never, contactId } }))

function usePreview(name: string, draft: AlertDraft, contactId: string | null) {
  const [asked] = useDebouncedValue(JSON.stringify(draft), 500)
  return useQuery({
    queryKey: ['alert-preview', name, asked, contactId],
    queryFn: () => ask(name || 'Alert', JSON.parse(asked) as AlertDraft, contactId),
    placeholderData: keepPreviousData,
    staleTime: 10_000,
  })
}

/** What the rule would have done, and its message about a real person. */
export function AlertPreview({ name, draft }: { name: string; draft: AlertDraft }) {
  const [contactId, setContact] = useState<string | null>(null)
  const preview = usePreview(name, draft, contactId)
  return (
    <Stack gap="md">
      <Paper withBorder p="md">
        <Stack gap="xs">
          <Title order={2}>The last 30 days</Title>
          <Loaded query={preview} lines={3}>
            {data => <Past data={data} />}
          </Loaded>
        </Stack>
      </Paper>
      <Paper withBorder p="md">
        <Stack gap="sm">
          <Title order={2}>The message</Title>
          <ContactPicker label="About" value={contactId} onChange={setContact} />
          <Loaded query={preview} lines={6}>
            {data => <Sample data={data} />}
          </Loaded>
        </Stack>
      </Paper>
    </Stack>
  )
}

/** "It would have told 14 times, about 12 people." */
export function Past({ data }: { data: Preview }) {
  if (data.times === null)
    return <Text size="sm">There is too much to count here and now. It would have told often.</Text>
  return (
    <>
      <Text size="sm">
        It would have told{' '}
        <Text span fw={700}>
          {data.more ? 'more than ' : ''}
          {formatNumber(data.times)} {data.times === 1 ? 'time' : 'times'}
        </Text>
        {data.times > 0 && `, about ${formatNumber(data.people)} ${data.people === 1 ? 'person' : 'people'}`}.
      </Text>
      {data.last.map(each => (
        <Group key={`${each.contactId}${each.at}`} justify="space-between" wrap="nowrap">
          <Anchor component={Link} to={`/contacts/${each.contactId}`} size="sm" truncate>
            {each.who}
          </Anchor>
          <When at={each.at} />
        </Group>
      ))}
    </>
  )
}

function Sample({ data }: { data: Preview }) {
  const [way, setWay] = useState<Way>('email')
  const { sample } = data
  if (!sample)
    return (
      <Text size="sm" c="dimmed">
        Choose a contact to see what sales would read.
      </Text>
    )
  const { subject, text } = way === 'email' ? sample.email : sample.slack
  return (
    <>
      <SegmentedControl
        size="xs"
        w="fit-content"
        aria-label="Which message"
        data={[
          { value: 'email', label: 'Email' },
          { value: 'slack', label: 'Slack' },
          { value: 'teams', label: 'Teams' },
        ]}
        value={way}
        onChange={next => setWay(next as Way)}
      />
      <Text size="sm" c="dimmed">
        {way === 'email'
          ? sample.person
            ? `To ${sample.person.name}`
            : 'To nobody: name somebody who is always told'
          : 'Into the channel'}
      </Text>
      <Box p="sm" style={{ border: '1px solid var(--tend-line)', borderRadius: 8 }}>
        {way === 'email' && (
          <Text size="sm" fw={700} mb="xs">
            {subject}
          </Text>
        )}
        {way === 'teams' ? <Card body={sample.teams.body} /> : <Lines text={text} />}
      </Box>
    </>
  )
}

/** The plain words of a message; addresses of links become what their buttons say. */
function Lines({ text }: { text: string }) {
  return (
    <Stack gap={2}>
      {text.split('\n').map((line, at) => {
        const link = /^(I look after this|See [^:]+): https?:/.exec(line)
        return (
          <Text
            size="sm"
            // biome-ignore lint/suspicious/noArrayIndexKey: lines of a text that is shown as it is
            key={at}
            style={{ overflowWrap: 'anywhere' }}
            {...(link ? { fw: 600, td: 'underline' } : {})}
          >
            {link ? link[1] : plain(line) || '\u00a0'}
          </Text>
        )
      })}
    </Stack>
  )
}

const plain = (line: string) =>
  line
    .replace(/^\*(.*)\*$/, '$1')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')

type Block = { text?: string; weight?: string; isSubtle?: boolean }

/** The texts and buttons of a card, near enough to what Teams makes of them. */
function Card({ body }: { body: unknown }) {
  const content = (
    body as { attachments?: { content?: { body?: Block[]; actions?: { title: string }[] } }[] } | undefined
  )?.attachments?.[0]?.content
  return (
    <Stack gap={6}>
      {(content?.body ?? []).map((block, at) => (
        <Text
          // biome-ignore lint/suspicious/noArrayIndexKey: blocks of a card that is shown as it is
          key={at}
          size="sm"
          fw={block.weight ? 700 : 400}
          {...(block.isSubtle ? { c: 'dimmed' } : {})}
          style={{ whiteSpace: 'pre-line' }}
        >
          {(block.text ?? '').replace(/\\(.)/g, '$1')}
        </Text>
      ))}
      <Group gap="xs">
        {(content?.actions ?? []).map(action => (
          <Text
            key={action.title}
            size="sm"
            px="sm"
            py={4}
            style={{ border: '1px solid var(--tend-line)', borderRadius: 4 }}
          >
            {action.title}
          </Text>
        ))}
      </Group>
    </Stack>
  )
}
