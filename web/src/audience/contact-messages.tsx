import {
  Anchor,
  Badge,
  Box,
  Button,
  Collapse,
  Group,
  Select,
  Stack,
  Text,
  ThemeIcon,
  UnstyledButton,
} from '@mantine/core'
import {
  IconAlertTriangle,
  IconBan,
  IconCheck,
  IconChevronDown,
  IconChevronRight,
  IconClock,
  IconPlayerStop,
  IconQuestionMark,
  IconSend,
} from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { call, client } from '@/api/client'
import { When } from '@/ui/format'
import { Empty } from '@/ui/page'
import { ErrorNote, Waiting } from '@/ui/states'
import { contactKey } from './contact'
import { MessageWhy } from './message-why'

type State = 'queued' | 'sending' | 'sent' | 'failed' | 'deferred' | 'unknown' | 'suppressed' | 'cancelled'
const looks: Record<State, { icon: typeof IconCheck; color: string }> = {
  queued: { icon: IconClock, color: 'gray' },
  deferred: { icon: IconClock, color: 'yellow' },
  sending: { icon: IconSend, color: 'blue' },
  sent: { icon: IconCheck, color: 'tend' },
  failed: { icon: IconAlertTriangle, color: 'red' },
  unknown: { icon: IconQuestionMark, color: 'orange' },
  suppressed: { icon: IconBan, color: 'orange' },
  cancelled: { icon: IconPlayerStop, color: 'gray' },
}
const filters = [
  { value: 'sent', label: 'Sent' },
  { value: 'suppressed', label: 'Not sent' },
  { value: 'queued', label: 'Waiting' },
  { value: 'failed', label: 'Failed' },
  { value: 'unknown', label: 'In doubt' },
]

const readMessages = (id: string, query: { state?: State; cursor?: string; limit: number }) =>
  call(client.GET('/api/v1/contacts/{id}/messages', { params: { path: { id }, query } }))
export type Message = Awaited<ReturnType<typeof readMessages>>['items'][number]

/** Everything this contact was sent and was not sent; behind each the chain of why. */
export function ContactMessages({ id }: { id: string }) {
  const search = useSearch({ strict: false }) as { state?: State; message?: string }
  const { state, message: opened } = search
  const go = useNavigate()
  const list = useInfiniteQuery({
    queryKey: contactKey(id, 'messages', state ?? ''),
    queryFn: ({ pageParam }) =>
      readMessages(id, {
        limit: 50,
        ...(state ? { state } : {}),
        ...(pageParam ? { cursor: pageParam } : {}),
      }),
    initialPageParam: '',
    getNextPageParam: last => last.next ?? undefined,
    refetchInterval: query => (query.state.data && query.state.data.pages.length > 1 ? false : 5_000),
  })
  const set = (change: Record<string, string | undefined>) =>
    void go({ to: '.', search: { ...search, ...change } as never, replace: true })
  const items = list.data?.pages.flatMap(page => page.items) ?? []
  const isMissing = opened !== undefined && list.isSuccess && !items.some(item => item.id === opened)
  return (
    <Stack>
      <Select
        aria-label="Which messages"
        placeholder="All messages"
        clearable
        maw={220}
        data={filters}
        value={state ?? null}
        onChange={next => set({ state: next ?? undefined })}
      />
      {list.isPending && <Waiting />}
      {list.isError && <ErrorNote error={list.error} onRetry={() => void list.refetch()} />}
      {isMissing && <MessageWhy contactId={id} messageId={opened} />}
      {list.isSuccess && items.length === 0 && (
        <Empty
          title={state ? 'No message of this kind' : 'No message yet'}
          words={
            state
              ? 'Choose another kind above.'
              : 'What workflows send to this contact shows here, and what was held back too, each with its why.'
          }
        />
      )}
      <Box>
        {items.map(message => (
          <MessageRow
            key={message.id}
            message={message}
            isOpen={message.id === opened}
            onToggle={() => set({ message: message.id === opened ? undefined : message.id })}
          />
        ))}
      </Box>
      {list.hasNextPage && (
        <Group justify="center">
          <Button
            variant="default"
            loading={list.isFetchingNextPage}
            onClick={() => void list.fetchNextPage()}
          >
            Show earlier
          </Button>
        </Group>
      )}
    </Stack>
  )
}

const classWords: Record<Message['class'], string> = {
  marketing: 'Marketing',
  service: 'Service',
  alert: 'Alert to sales',
  test: 'Test',
}

/** The subject as it was sent is not kept; one that is made per contact is called by the name of its email. */
function titleOf({ subject, emailName, channel, recipient }: Message): string {
  const isTemplate = subject !== null && /\{[{%]/.test(subject)
  if (subject !== null && !(isTemplate && emailName !== null)) return subject
  return emailName ?? (channel === 'webhook' ? `Webhook to ${recipient}` : 'Without a subject')
}

function MessageRow({ message, isOpen, onToggle }: { message: Message; isOpen: boolean; onToggle(): void }) {
  const { icon: Icon, color } = looks[message.state]
  const panel = `message-${message.id}`
  return (
    <Box style={{ borderBottom: '1px solid var(--tend-line)' }}>
      <UnstyledButton w="100%" py="xs" onClick={onToggle} aria-expanded={isOpen} aria-controls={panel}>
        <Group gap="sm" wrap="nowrap" align="flex-start">
          <ThemeIcon size={28} variant="light" color={color}>
            <Icon size={16} aria-hidden />
          </ThemeIcon>
          <Box flex={1} miw={0}>
            <Group gap="xs">
              <Text size="sm" fw={600} style={{ overflowWrap: 'anywhere' }}>
                {titleOf(message)}
              </Text>
              <Badge size="sm" color="gray" c="var(--mantine-color-text)">
                {classWords[message.class]}
                {message.channel === 'webhook' && ' by webhook'}
              </Badge>
            </Group>
            <Text size="sm" c={message.state === 'sent' ? 'dimmed' : undefined}>
              {message.words}
            </Text>
          </Box>
          <When at={message.sentAt ?? message.queuedAt} />
          <Box pt={2} c="dimmed">
            {isOpen ? <IconChevronDown size={16} aria-hidden /> : <IconChevronRight size={16} aria-hidden />}
          </Box>
        </Group>
      </UnstyledButton>
      <Collapse expanded={isOpen} id={panel}>
        {isOpen && (
          <Stack gap="sm" pl={40} pb="sm">
            <MessageWhy contactId={message.contactId} messageId={message.id} />
            <Facts message={message} />
          </Stack>
        )}
      </Collapse>
    </Box>
  )
}

function Facts({ message }: { message: Message }) {
  const reply = [message.replyCode, message.replyStatus, message.replyText].filter(Boolean).join(' ')
  return (
    <Group gap="md">
      {message.emailId && (
        <Anchor component={Link} to={`/emails/${message.emailId}`} size="sm">
          Open the email “{message.emailName}”
        </Anchor>
      )}
      {message.recipient && (
        <Text size="sm" c="dimmed">
          To {message.recipient}
        </Text>
      )}
      {reply && (
        <Text size="sm" c="dimmed">
          The mail server said: {reply}
        </Text>
      )}
    </Group>
  )
}
