import {
  Badge,
  Box,
  Drawer,
  Group,
  SegmentedControl,
  Stack,
  Text,
  TextInput,
  UnstyledButton,
} from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { type ReactNode, useState } from 'react'
import { call, client } from '@/api/client'
import { ExportButton } from '@/ui/export-button'
import { When } from '@/ui/format'
import { ListTable, useList } from '@/ui/list'
import { Empty } from '@/ui/page'
import type { Form } from './form'
import { FormPartials } from './form-partials'
import { OneSubmission, type Status, type Submission, said, states } from './form-submission'

const read = (id: string, query: { limit: number; cursor?: string; status?: Status; search?: string }) =>
  call(client.GET('/api/v1/forms/{id}/submissions', { params: { path: { id }, query } }))

const which = [
  { value: '', label: 'All' },
  { value: 'accepted', label: 'Taken' },
  { value: 'held', label: 'Waiting for you' },
  { value: 'spam', label: 'Spam' },
]

/** What was sent, and what was begun and not sent where the form keeps that. */
export function FormSubmissions({ form }: { form: Form }) {
  const [status, setStatus] = useState<'' | Status | 'partial'>('')
  const data = form.document.savesPartly ? [...which, { value: 'partial', label: 'Not sent' }] : which
  const chooser = (
    <SegmentedControl
      size="xs"
      aria-label="Which submissions"
      data={data}
      value={status}
      onChange={next => setStatus(next as typeof status)}
    />
  )
  if (status !== 'partial') return <Sent form={form} status={status} chooser={chooser} />
  return (
    <Stack gap="md">
      <Group>{chooser}</Group>
      <FormPartials form={form} />
    </Stack>
  )
}

/** What was sent: search, look at one with its proof, release what was held, or take it for spam. */
function Sent({ form, status, chooser }: { form: Form; status: '' | Status; chooser: ReactNode }) {
  const [text, setText] = useState('')
  const [search] = useDebouncedValue(text.trim(), 300)
  const [open, setOpen] = useState<Submission | null>(null)
  const list = useList(['form-submissions', form.id, status, search], query =>
    read(form.id, { ...query, ...(status ? { status } : {}), ...(search ? { search } : {}) }),
  )
  return (
    <Stack gap="md">
      <Group gap="sm">
        {chooser}
        <TextInput
          size="xs"
          w={260}
          aria-label="Search in answers"
          placeholder="Search in answers"
          value={text}
          onChange={event => setText(event.currentTarget.value)}
        />
        <Box ml="auto">
          <ExportButton
            what="these submissions"
            ask={{
              kind: 'submissions',
              formId: form.id,
              ...(status ? { status } : {}),
              ...(search ? { q: search } : {}),
            }}
          />
        </Box>
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
              <Badge variant="light" color={states[each.status].color} c="var(--mantine-color-text)">
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
        {open && <OneSubmission key={open.id} form={form} submission={open} onChange={setOpen} />}
      </Drawer>
    </Stack>
  )
}
