import { Button, Group, Modal, Paper, Stack, Text, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { ApiError, call, client } from '@/api/client'
import { countConditions, type Filter, useLanguage } from '@/decisions/filter'
import { FilterBuilder } from '@/decisions/filter-builder'
import { usePreview } from '@/decisions/segment-preview'
import { formatNumber } from '@/ui/format'
import { ErrorNote, Loaded } from '@/ui/states'
import { useContactRights } from './contact'

/** The filter of the address bar; what cannot be read is no filter. */
export function readFilter(text: string | undefined): Filter | null {
  if (!text) return null
  try {
    const filter = JSON.parse(text) as Filter
    return typeof filter === 'object' && filter !== null ? filter : null
  } catch {
    return null
  }
}

type Props = { value: Filter | null; onApply(filter: Filter | null): void; onClose(): void }

/** Builds the filter of the list in the sentences of segments, and says how many it will show. */
export function ContactsFilter({ value, onApply, onClose }: Props) {
  const language = useLanguage()
  const [draft, setDraft] = useState<Filter>(value ?? { all: [] })
  const [saving, setSaving] = useState(false)
  const { build } = useContactRights()
  const isEmpty = countConditions(draft) === 0
  return (
    <Paper withBorder p="md" component="section" aria-label="Filter">
      <Stack gap="md">
        <Loaded query={language} lines={3}>
          {data => <FilterBuilder value={draft} onChange={setDraft} language={data} />}
        </Loaded>
        <Group justify="space-between">
          <Group gap="xs">
            <ApplyButton draft={draft} isEmpty={isEmpty} onApply={onApply} />
            <Button variant="default" onClick={() => (value ? onApply(null) : onClose())}>
              {value ? 'Show everybody' : 'Close'}
            </Button>
          </Group>
          {!isEmpty && build === null && (
            <Button variant="subtle" onClick={() => setSaving(true)}>
              Keep as a segment ...
            </Button>
          )}
        </Group>
      </Stack>
      <SaveSegment filter={draft} opened={saving} onClose={() => setSaving(false)} />
    </Paper>
  )
}

function ApplyButton({
  draft,
  isEmpty,
  onApply,
}: {
  draft: Filter
  isEmpty: boolean
  onApply(filter: Filter): void
}) {
  const preview = usePreview(draft)
  if (isEmpty) return <Button disabled>Show contacts</Button>
  const count =
    preview.data && !preview.isError
      ? `${preview.data.exact ? '' : 'about '}${formatNumber(preview.data.count)} `
      : ''
  return (
    <>
      <Button onClick={() => onApply(draft)} disabled={preview.isError}>
        Show {count}
        {preview.data?.count === 1 ? 'contact' : 'contacts'}
      </Button>
      {preview.isError && (
        <Text size="sm" role="status">
          {messageOf(preview.error)}
        </Text>
      )}
    </>
  )
}

function messageOf(error: Error): string {
  const isDraft = error instanceof ApiError && error.problem.status === 422
  return isDraft ? 'Fill in every condition to see who fits.' : error.message
}

function SaveSegment({ filter, opened, onClose }: { filter: Filter; opened: boolean; onClose(): void }) {
  const go = useNavigate()
  const [name, setName] = useState('')
  const save = useMutation({
    mutationFn: () =>
      call(client.POST('/api/v1/segments', { body: { name: name.trim(), filter: filter as never } })),
    onSuccess: made => go({ to: `/segments/${made.id}` }),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (name.trim()) save.mutate()
  }
  return (
    <Modal opened={opened} onClose={onClose} title="Keep as a segment">
      <form onSubmit={submit}>
        <Stack>
          <Text size="sm">
            The segment begins as a draft with these conditions. Published, it keeps itself up to date, and
            workflows can start from it.
          </Text>
          <TextInput
            label="Name"
            placeholder="Evaluating now"
            required
            data-autofocus
            value={name}
            onChange={event => setName(event.currentTarget.value)}
          />
          {save.isError && <ErrorNote error={save.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={save.isPending} disabled={!name.trim()}>
              Create segment
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
