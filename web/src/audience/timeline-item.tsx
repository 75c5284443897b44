import {
  Alert,
  Anchor,
  Badge,
  Box,
  Button,
  Code,
  Collapse,
  Group,
  Stack,
  Table,
  Text,
  ThemeIcon,
  Tooltip,
  UnstyledButton,
} from '@mantine/core'
import { IconChevronDown, IconChevronRight, IconRobot } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { call, client } from '@/api/client'
import { formatExact, When } from '@/ui/format'
import { Loaded } from '@/ui/states'
import { Chain } from './chain'
import { contactKey } from './contact'
import { showValue } from './contact-value'
import { groupOf } from './timeline-groups'

const readCauses = (id: string, eventId: string) =>
  call(client.GET('/api/v1/contacts/{id}/timeline/{eventId}/causes', { params: { path: { id, eventId } } }))
export type Item = Awaited<ReturnType<typeof readCauses>>['items'][number]

const clockTime = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' })

/** One thing that happened; behind it, what is known about it and what led to it. */
export function TimelineItem({ contactId, item }: { contactId: string; item: Item }) {
  const [isOpen, setOpen] = useState(false)
  const { icon: Icon, color, title } = groupOf(item.type)
  const panel = `event-${item.id}`
  return (
    <Box style={{ borderBottom: '1px solid var(--tend-line)' }}>
      <UnstyledButton
        w="100%"
        py={7}
        onClick={() => setOpen(!isOpen)}
        aria-expanded={isOpen}
        aria-controls={panel}
      >
        <Group gap="sm" wrap="nowrap" align="flex-start">
          <ThemeIcon size={24} variant="light" color={color} title={title}>
            <Icon size={14} aria-hidden />
          </ThemeIcon>
          <Text
            size="sm"
            flex={1}
            style={{ overflowWrap: 'anywhere' }}
            c={item.isMachine ? 'dimmed' : undefined}
          >
            {capital(item.sentence)}
            {item.isMachine && (
              <Badge
                component="span"
                size="sm"
                color="gray"
                c="var(--mantine-color-text)"
                ml={8}
                leftSection={<IconRobot size={12} aria-hidden />}
              >
                Machine
              </Badge>
            )}
          </Text>
          <Tooltip label={formatExact(item.at)}>
            <Text size="xs" c="dimmed" className="numbers" pt={2} style={{ whiteSpace: 'nowrap' }}>
              <time dateTime={item.at}>{clockTime.format(new Date(item.at))}</time>
            </Text>
          </Tooltip>
          <Box pt={3} c="dimmed">
            {isOpen ? <IconChevronDown size={16} aria-hidden /> : <IconChevronRight size={16} aria-hidden />}
          </Box>
        </Group>
      </UnstyledButton>
      <Collapse expanded={isOpen} id={panel}>
        {isOpen && <Details contactId={contactId} item={item} />}
      </Collapse>
    </Box>
  )
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

function Details({ contactId, item }: { contactId: string; item: Item }) {
  const [isAsking, setAsking] = useState(false)
  const rows = detailsOf(item.data)
  return (
    <Stack gap="sm" pl={36} pb="sm">
      {item.isMachine && (
        <Alert color="gray" p="xs">
          <Text size="sm">
            A bot, a scanner or a mail program did this by itself. It is kept, but neither scores nor
            workflows act on it.
          </Text>
        </Alert>
      )}
      {rows.length > 0 && (
        <Table withRowBorders={false} verticalSpacing={2} layout="auto">
          <Table.Tbody>
            {rows.map(([label, value]) => (
              <Table.Tr key={label}>
                <Table.Th w={160} fw={400} c="dimmed" scope="row" style={{ verticalAlign: 'top' }}>
                  {label}
                </Table.Th>
                <Table.Td style={{ overflowWrap: 'anywhere' }}>{value}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      <Group gap="md">
        <Links data={item.data} />
        <Text size="xs" c="dimmed">
          <When at={item.at} size="xs" />, as event <Code>{item.type}</Code>
        </Text>
        {item.causeId && !isAsking && (
          <Button size="compact-xs" variant="default" onClick={() => setAsking(true)}>
            Why did this happen?
          </Button>
        )}
      </Group>
      {isAsking && <Causes contactId={contactId} eventId={item.id} />}
    </Stack>
  )
}

/** The chain back to the first cause, told forwards. */
function Causes({ contactId, eventId }: { contactId: string; eventId: string }) {
  const causes = useQuery({
    queryKey: contactKey(contactId, 'causes', eventId),
    queryFn: () => readCauses(contactId, eventId),
    staleTime: 60_000,
  })
  return (
    <Loaded query={causes} lines={3}>
      {({ items }) => (
        <Chain
          label="What led to it, the first cause on top"
          links={items.toReversed().map(cause => ({
            key: cause.id,
            icon: groupOf(cause.type).icon,
            title: groupOf(cause.type).title,
            words: capital(cause.sentence),
            at: cause.at,
            isEnd: cause.id === eventId,
          }))}
        />
      )}
    </Loaded>
  )
}

const places: [string, string, string][] = [
  ['workflowId', 'workflows', 'Open the workflow'],
  ['toWorkflowId', 'workflows', 'Open the next workflow'],
  ['segmentId', 'segments', 'Open the segment'],
  ['modelId', 'scoring', 'Open the score model'],
  ['emailId', 'emails', 'Open the email'],
]

function Links({ data }: { data: Record<string, unknown> }) {
  const { messageId } = data
  return (
    <>
      {places.map(([key, path, words]) =>
        typeof data[key] === 'string' ? (
          <Anchor key={key} component={Link} to={`/${path}/${data[key]}`} size="sm">
            {words}
          </Anchor>
        ) : null,
      )}
      {typeof messageId === 'string' && (
        <Anchor component={Link} to="." search={{ tab: 'messages', message: messageId } as never} size="sm">
          See the message
        </Anchor>
      )}
    </>
  )
}

const spoken = (key: string) =>
  capital(
    key
      .replace(/^attrs\./, '')
      .replace(/([a-z])([A-Z])/g, '$1 $2')
      .replaceAll('_', ' ')
      .toLowerCase()
      .replace(/\burl\b/, 'URL'),
  )
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** What is worth reading: without ids, nested parts one by one, changes as before and after. */
function detailsOf(data: Record<string, unknown>): [string, string][] {
  return Object.entries(data).flatMap(([key, value]): [string, string][] => {
    if (value === null || value === undefined || value === '' || /Id$|^id$/.test(key)) return []
    if (key === 'changes' && isRecord(value))
      return Object.entries(value).map(([field, change]) => [spoken(field), changeOf(change)])
    if (isRecord(value))
      return Object.entries(value).flatMap(([inner, part]): [string, string][] =>
        part === null || part === '' ? [] : [[`${spoken(key)}: ${inner}`, showValue(part)]],
      )
    return [
      [
        spoken(key),
        Array.isArray(value) && value.every(part => !isRecord(part)) ? value.join(', ') : showValue(value),
      ],
    ]
  })
}

function changeOf(change: unknown): string {
  if (!isRecord(change)) return showValue(change)
  return `${showValue(change.from) || 'nothing'} → ${showValue(change.to) || 'nothing'}`
}
