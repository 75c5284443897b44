import {
  Anchor,
  Badge,
  Button,
  Drawer,
  Group,
  SegmentedControl,
  Stack,
  Table,
  Text,
  TextInput,
  UnstyledButton,
} from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { call, client } from '@/api/client'
import { useEditReason } from '@/shell/me'
import { formatExact, When } from '@/ui/format'
import { ListTable, useList } from '@/ui/list'
import { Empty } from '@/ui/page'
import type { Form } from './form'

type Status = 'accepted' | 'held' | 'spam'
const read = (id: string, query: { limit: number; cursor?: string; status?: Status; search?: string }) =>
  call(client.GET('/api/v1/forms/{id}/submissions', { params: { path: { id }, query } }))
type Submission = Awaited<ReturnType<typeof read>>['items'][number]

const states: Record<Status, { label: string; color: string }> = {
  accepted: { label: 'Taken', color: 'teal' },
  held: { label: 'Waiting for you', color: 'orange' },
  spam: { label: 'Spam', color: 'gray' },
}
const said = (value: unknown): string =>
  Array.isArray(value)
    ? value.join(', ')
    : value === true
      ? 'yes'
      : value === false
        ? 'no'
        : String(value ?? '-')

/** What was sent: search, look at one with its proof, release what was held, or take it for spam. */
export function FormSubmissions({ form }: { form: Form }) {
  const [status, setStatus] = useState<'' | Status>('')
  const [text, setText] = useState('')
  const [search] = useDebouncedValue(text.trim(), 300)
  const [open, setOpen] = useState<Submission | null>(null)
  const list = useList(['form-submissions', form.id, status, search], query =>
    read(form.id, { ...query, ...(status ? { status } : {}), ...(search ? { search } : {}) }),
  )
  return (
    <Stack gap="md">
      <Group gap="sm">
        <SegmentedControl
          size="xs"
          aria-label="Which submissions"
          data={[
            { value: '', label: 'All' },
            { value: 'accepted', label: 'Taken' },
            { value: 'held', label: 'Waiting for you' },
            { value: 'spam', label: 'Spam' },
          ]}
          value={status}
          onChange={next => setStatus(next as '' | Status)}
        />
        <TextInput
          size="xs"
          w={260}
          aria-label="Search in answers"
          placeholder="Search in answers"
          value={text}
          onChange={event => setText(event.currentTarget.value)}
        />
      </Group>
      <ListTable
        list={list}
        minWidth={720}
        empty={
          <Empty
            title="Nothing here"
            words="What people send shows up here, with the very words they agreed to. What looks wrong waits here for a look instead of being lost."
          />
        }
        columns={[
          {
            title: 'From',
            maw: 320,
            cell: each => (
              <UnstyledButton onClick={() => setOpen(each)}>
                <Text size="sm" fw={600} truncate>
                  {each.address ?? 'Without an address'}
                </Text>
                <Text size="xs" c="dimmed" truncate maw={300}>
                  {Object.values(each.answers).map(said).join(' · ')}
                </Text>
              </UnstyledButton>
            ),
          },
          {
            title: 'State',
            cell: each => (
              <Badge variant="light" color={states[each.status].color}>
                {states[each.status].label}
              </Badge>
            ),
          },
          { title: 'Why', cell: each => (each.reasons.length > 0 ? each.reasons.join(', ') : '-') },
          { title: 'Agreed', isNumber: true, cell: each => each.consents.length },
          { title: 'Sent', cell: each => <When at={each.at} /> },
        ]}
      />
      <Drawer
        opened={open !== null}
        onClose={() => setOpen(null)}
        position="right"
        size="lg"
        title={open?.address ?? 'Submission'}
      >
        {open && <One key={open.id} formId={form.id} submission={open} onChange={setOpen} />}
      </Drawer>
    </Stack>
  )
}

function One({
  formId,
  submission,
  onChange,
}: {
  formId: string
  submission: Submission
  onChange(next: Submission): void
}) {
  const queries = useQueryClient()
  const reason = useEditReason()
  const params = { path: { id: formId, submissionId: submission.id } }
  const act = useMutation({
    mutationFn: (word: 'release' | 'spam' | 'reprocess') =>
      word === 'release'
        ? call(client.POST('/api/v1/forms/{id}/submissions/{submissionId}/release', { params }))
        : word === 'spam'
          ? call(client.POST('/api/v1/forms/{id}/submissions/{submissionId}/spam', { params }))
          : call(client.POST('/api/v1/forms/{id}/submissions/{submissionId}/reprocess', { params })),
    onSuccess: async next => {
      onChange(next)
      notifications.show({ message: `${states[next.status].label}.` })
      await queries.invalidateQueries({ queryKey: ['form-submissions', formId] })
    },
  })
  const { origin } = submission
  const facts: [string, string | null][] = [
    ['Sent', formatExact(submission.at)],
    ['Version of the form', String(submission.version)],
    ['On the page', origin.url],
    ['Came from', origin.referrer],
    ['Campaign', Object.values(origin.utm).join(' / ') || null],
    ['Network address', origin.ip],
    ['Browser', origin.agent],
    ['Recognised', submission.recognised ? 'yes, by our own token' : 'no'],
  ]
  return (
    <Stack gap="lg">
      <Group gap="xs">
        <Badge variant="light" color={states[submission.status].color}>
          {states[submission.status].label}
        </Badge>
        {submission.reasons.map(each => (
          <Badge key={each} variant="default">
            {each}
          </Badge>
        ))}
        {submission.contactId && (
          <Anchor component={Link} to={`/contacts/${submission.contactId}`} size="sm">
            Open the contact
          </Anchor>
        )}
      </Group>
      <Pairs
        title="Answers"
        rows={Object.entries(submission.answers).map(([key, value]) => [key, said(value)])}
      />
      {submission.consents.map(each => (
        <Stack key={each.field} gap={2}>
          <Text size="sm" fw={600}>
            Agreed to {each.purpose}
            {each.doubleOptIn ? ', once the letter is answered' : ''}
          </Text>
          <Text size="sm" fs="italic">
            “{each.wording}”
          </Text>
        </Stack>
      ))}
      <Pairs title="How it came" rows={facts.flatMap(([name, value]) => (value ? [[name, value]] : []))} />
      <Group gap="sm">
        {submission.status !== 'accepted' && (
          <Button disabled={reason !== null} loading={act.isPending} onClick={() => act.mutate('release')}>
            Release: work it through
          </Button>
        )}
        {submission.status === 'accepted' && (
          <Button
            variant="default"
            disabled={reason !== null}
            loading={act.isPending}
            onClick={() => act.mutate('reprocess')}
          >
            Once more: workflows start again
          </Button>
        )}
        {submission.status !== 'spam' && (
          <Button
            variant="default"
            disabled={reason !== null}
            loading={act.isPending}
            onClick={() => act.mutate('spam')}
          >
            It is spam
          </Button>
        )}
      </Group>
    </Stack>
  )
}

function Pairs({ title, rows }: { title: string; rows: string[][] }) {
  return (
    <Stack gap={4}>
      <Text size="sm" fw={600}>
        {title}
      </Text>
      <Table>
        <Table.Tbody>
          {rows.map(([name, value]) => (
            <Table.Tr key={name}>
              <Table.Td w={160} c="dimmed">
                {name}
              </Table.Td>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>{value}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Stack>
  )
}
