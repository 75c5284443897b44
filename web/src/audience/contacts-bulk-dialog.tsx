import {
  Alert,
  Button,
  Group,
  Modal,
  NumberInput,
  SegmentedControl,
  Select,
  Stack,
  Text,
  TextInput,
} from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call, client } from '@/api/client'
import type { paths } from '@/api/schema'
import { formatNumber } from '@/ui/format'
import { ErrorNote, Waiting } from '@/ui/states'
import { showUndo } from '@/ui/undo'
import { useFields, useLists } from './contact'

type Body = paths['/api/v1/contacts/bulk']['post']['requestBody']['content']['application/json']
export type Target = Body['target']
type Action = Body['action']
export type Kind = Action['kind']

const titles: Record<Kind, string> = {
  field: 'Set a field',
  list: 'Put on a list, or take off it',
  consent: 'Withdraw consent',
  delete: 'Delete contacts',
}
const typedAbove = 100

/** First what it would do, in exact numbers; then it is confirmed, and runs as a job. */
export function BulkDialog(props: { kind: Kind; target: Target; onClose(): void; onDone(): void }) {
  const { kind, target, onClose, onDone } = props
  const queries = useQueryClient()
  const [action, setAction] = useState<Action | null>(
    kind === 'delete' ? { kind } : kind === 'consent' ? { kind, purpose: 'marketing' } : null,
  )
  const [typed, setTyped] = useState<string | number>('')
  const preview = useQuery({
    queryKey: ['bulk-preview', target, action],
    queryFn: () =>
      call(client.POST('/api/v1/contacts/bulk/preview', { body: { target, action: action as Action } })),
    enabled: action !== null,
    gcTime: 0,
    retry: false,
  })
  const total = preview.data?.total ?? 0
  const mustType = total > typedAbove || kind === 'delete'
  const start = useMutation({
    mutationFn: () =>
      call(
        client.POST('/api/v1/contacts/bulk', { body: { target, action: action as Action, expected: total } }),
      ),
    onSuccess: bulk => {
      void queries.invalidateQueries({ queryKey: ['jobs'] })
      const words = `${bulk.title}: runs for ${formatNumber(bulk.total)} contacts.`
      if (kind === 'delete') notifications.show({ message: words })
      else
        showUndo(words, async () => {
          await call(client.POST('/api/v1/contacts/bulk/{id}/undo', { params: { path: { id: bulk.id } } }))
          await queries.invalidateQueries({ queryKey: ['contacts'] })
        })
      window.setTimeout(() => void queries.invalidateQueries({ queryKey: ['contacts'] }), 1_500)
      onDone()
      onClose()
    },
  })
  const isConfirmed = !mustType || Number(typed) === total
  return (
    <Modal opened onClose={onClose} title={titles[kind]} size="md">
      <Stack>
        {kind === 'field' && <FieldChoice onChoose={setAction} />}
        {kind === 'list' && <ListChoice onChoose={setAction} />}
        {kind === 'consent' && (
          <Text size="sm">
            They get no marketing any more until they agree again themselves. Consent can only be made
            stricter for many at once.
          </Text>
        )}
        {action && preview.isPending && <Waiting lines={2} />}
        {preview.isError && <ErrorNote error={preview.error} />}
        {preview.data && (
          <Alert color={kind === 'delete' ? 'red' : 'gray'} title={preview.data.title}>
            <Text size="sm">
              {formatNumber(total)} {total === 1 ? 'contact' : 'contacts'} in all,{' '}
              {formatNumber(preview.data.changed)} will change.
            </Text>
            {Object.entries(preview.data.skipped).map(([reason, count]) => (
              <Text size="sm" key={reason}>
                {formatNumber(count)} left out: {reason}
              </Text>
            ))}
            {Object.entries(preview.data.consequences).map(([what, count]) => (
              <Text size="sm" key={what}>
                {formatNumber(count)} {what} end with it
              </Text>
            ))}
            <Text size="sm" mt={4} fw={600}>
              {kind === 'delete'
                ? 'Everything about them is erased for good. This cannot be taken back.'
                : 'It can be taken back for 30 days, under Data quality.'}
            </Text>
          </Alert>
        )}
        {preview.data && mustType && (
          <NumberInput
            label={`Type ${total} to confirm`}
            value={typed}
            onChange={setTyped}
            hideControls
            allowDecimal={false}
          />
        )}
        {start.isError && <ErrorNote error={start.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button
            color={kind === 'delete' ? 'red' : undefined}
            disabled={!preview.data || preview.data.changed === 0 || !isConfirmed}
            loading={start.isPending}
            onClick={() => start.mutate()}
          >
            {kind === 'delete' ? 'Delete' : 'Change'} {preview.data ? formatNumber(preview.data.changed) : ''}{' '}
            {preview.data?.changed === 1 ? 'contact' : 'contacts'}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}

const core = [
  ['stage', 'Stage'],
  ['country', 'Country'],
  ['language', 'Language'],
  ['time_zone', 'Time zone'],
  ['job_title', 'Job title'],
  ['first_name', 'First name'],
  ['last_name', 'Last name'],
  ['phone', 'Phone'],
] as const

function FieldChoice({ onChoose }: { onChoose(action: Action | null): void }) {
  const fields = useFields()
  const [field, setField] = useState<string | null>(null)
  const [value, setValue] = useState('')
  const own = (fields.data?.items ?? []).filter(each => each.archivedAt === null)
  const known = own.find(each => `attrs.${each.key}` === field)
  const choose = (nextField: string | null, text: string) => {
    setField(nextField)
    setValue(text)
    const found = own.find(each => `attrs.${each.key}` === nextField)
    const read = found?.type === 'number' ? Number(text) : found?.type === 'boolean' ? text === 'true' : text
    onChoose(nextField ? { kind: 'field', field: nextField, value: text === '' ? null : read } : null)
  }
  const choices =
    known?.type === 'boolean' ? ['true', 'false'] : known?.type === 'choice' ? known.choices : null
  return (
    <Group grow align="flex-start">
      <Select
        label="Field"
        searchable
        limit={100}
        data={[
          ...core.map(([key, label]) => ({ value: key, label })),
          ...own.map(each => ({ value: `attrs.${each.key}`, label: each.label })),
        ]}
        value={field}
        onChange={next => choose(next, '')}
      />
      {choices ? (
        <Select
          label="New value"
          data={choices}
          value={value || null}
          clearable
          onChange={next => choose(field, next ?? '')}
        />
      ) : (
        <TextInput
          label="New value"
          description="Empty clears it"
          value={value}
          type={known?.type === 'number' ? 'number' : known?.type === 'date' ? 'date' : 'text'}
          onChange={event => choose(field, event.currentTarget.value)}
        />
      )}
    </Group>
  )
}

function ListChoice({ onChoose }: { onChoose(action: Action | null): void }) {
  const lists = useLists()
  const [listId, setList] = useState<string | null>(null)
  const [joins, setJoins] = useState(true)
  const choose = (id: string | null, isIn: boolean) => {
    setList(id)
    setJoins(isIn)
    onChoose(id ? { kind: 'list', listId: id, in: isIn } : null)
  }
  const open = (lists.data?.items ?? []).filter(list => list.archivedAt === null)
  return (
    <Stack gap="xs">
      <SegmentedControl
        aria-label="Put on or take off"
        data={[
          { value: 'in', label: 'Put on' },
          { value: 'out', label: 'Take off' },
        ]}
        value={joins ? 'in' : 'out'}
        onChange={next => choose(listId, next === 'in')}
      />
      <Select
        label="List"
        searchable
        nothingFoundMessage="There is no such list. Make one under Settings, Lists."
        data={open.map(list => ({ value: list.id, label: list.name }))}
        value={listId}
        onChange={next => choose(next, joins)}
      />
    </Stack>
  )
}
