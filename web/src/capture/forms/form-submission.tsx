import { Anchor, Badge, Button, Group, Stack, Table, Text } from '@mantine/core'
import { modals } from '@mantine/modals'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { call, client } from '@/api/client'
import type { paths } from '@/api/schema'
import { useEditReason } from '@/shell/me'
import { formatExact } from '@/ui/format'
import { showUndo } from '@/ui/undo'
import type { Form } from './form'

export type Submission =
  paths['/api/v1/forms/{id}/submissions']['get']['responses'][200]['content']['application/json']['items'][number]
export type Status = Submission['status']

export const states: Record<Status, { label: string; color: string }> = {
  accepted: { label: 'Taken', color: 'teal' },
  held: { label: 'Waiting for you', color: 'orange' },
  spam: { label: 'Spam', color: 'gray' },
}

/** An answer as words. */
export const said = (value: unknown): string =>
  Array.isArray(value)
    ? value.join(', ')
    : value === true
      ? 'yes'
      : value === false
        ? 'no'
        : String(value ?? '-')

const counted = (n: number, one: string, many: string) => `${n} ${n === 1 ? one : many}`

/** What happens once more when a submission is repeated, in numbers. */
async function repetition(form: Form, submission: Submission): Promise<string> {
  const users = await call(client.GET('/api/v1/forms/{id}/used-by', { params: { path: { id: form.id } } }))
  const { lists, notify } = form.document.after
  const parts = [
    `${counted(users.items.filter(each => each.kind === 'workflow').length, 'workflow that names this form', 'workflows that name this form')} may start again`,
    `${counted(submission.consents.length, 'consent is', 'consents are')} taken down again`,
    `the contact is put on ${counted(lists.length, 'list', 'lists')}`,
    `${counted(notify.length, 'colleague is', 'colleagues are')} told`,
  ]
  return `This cannot be taken back: ${parts.join(', ')}. Points are given once only.`
}

/** One submission with its proof, and what can be done about it. */
export function OneSubmission({
  form,
  submission,
  onChange,
}: {
  form: Form
  submission: Submission
  onChange(next: Submission): void
}) {
  const queries = useQueryClient()
  const reason = useEditReason()
  const params = { path: { id: form.id, submissionId: submission.id } }
  const ways = {
    release: () => call(client.POST('/api/v1/forms/{id}/submissions/{submissionId}/release', { params })),
    spam: () => call(client.POST('/api/v1/forms/{id}/submissions/{submissionId}/spam', { params })),
    notSpam: () => call(client.POST('/api/v1/forms/{id}/submissions/{submissionId}/not-spam', { params })),
    repeat: () => call(client.POST('/api/v1/forms/{id}/submissions/{submissionId}/reprocess', { params })),
  }
  const run = async (way: keyof typeof ways) => {
    onChange(await ways[way]())
    await queries.invalidateQueries({ queryKey: ['form-submissions', form.id] })
  }
  const act = useMutation({
    mutationFn: run,
    onSuccess: (_done, way) => {
      if (way === 'spam') showUndo('Marked as spam. What it did already stays.', () => run('notSpam'))
      if (way === 'notSpam') showUndo('No spam any more.', () => run('spam'))
      if (way === 'release') notifications.show({ message: 'Released: it was worked through.' })
      if (way === 'repeat') notifications.show({ message: 'Worked through once more.' })
    },
    onError: error =>
      notifications.show({ color: 'red', title: 'This was not done', message: error.message }),
  })
  const repeat = useMutation({
    mutationFn: () => repetition(form, submission),
    onSuccess: children =>
      modals.openConfirmModal({
        title: 'Work it through once more?',
        children,
        labels: { confirm: 'Once more', cancel: 'Leave it' },
        onConfirm: () => act.mutate('repeat'),
      }),
  })
  const isDone = submission.reasons.length === 0
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
        <Badge variant="light" color={states[submission.status].color} c="var(--mantine-color-text)">
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
      <Files form={form} submission={submission} />
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
        {!isDone && (
          <Button disabled={reason !== null} loading={act.isPending} onClick={() => act.mutate('release')}>
            Release: work it through
          </Button>
        )}
        {submission.status === 'accepted' && (
          <Button
            variant="default"
            disabled={reason !== null}
            loading={act.isPending || repeat.isPending}
            onClick={() => repeat.mutate()}
          >
            Work it through once more
          </Button>
        )}
        <Button
          variant="default"
          disabled={reason !== null}
          loading={act.isPending}
          onClick={() => act.mutate(submission.status === 'spam' ? 'notSpam' : 'spam')}
        >
          {submission.status === 'spam' ? 'It is no spam' : 'It is spam'}
        </Button>
      </Group>
    </Stack>
  )
}

/** What strangers sent lies in quarantine: it can be saved, and is shown nowhere. */
function Files({ form, submission }: { form: Form; submission: Submission }) {
  const path = { id: form.id, submissionId: submission.id }
  const files = useQuery({
    queryKey: ['form-files', submission.id],
    queryFn: () =>
      call(client.GET('/api/v1/forms/{id}/submissions/{submissionId}/files', { params: { path } })),
    enabled: form.document.steps.some(step => step.fields.some(field => field.type === 'file')),
  })
  if (!files.data || files.data.items.length === 0) return null
  return (
    <Stack gap={4} align="flex-start">
      <Text size="sm" fw={600}>
        Files, as strangers sent them
      </Text>
      {files.data.items.map(each => (
        <Button
          key={each.id}
          component="a"
          variant="default"
          size="compact-sm"
          href={`/api/v1/forms/${form.id}/submissions/${submission.id}/files/${each.id}`}
          download={each.name}
        >
          Save {each.name} ({Math.ceil(each.size / 1024)} KB)
        </Button>
      ))}
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
