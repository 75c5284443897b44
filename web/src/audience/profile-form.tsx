import { Autocomplete, Button, Group, Select, Stack, TextInput, Title } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { ApiError, call, client } from '@/api/client'
import { useUsers } from '@/ui/steward'
import { CompanySelect } from './company-select'
import { type Contact, contactKey, readContact, useFields } from './contact'
import { FieldInput } from './field-input'
import { SaveError, Stale } from './profile-conflict'
import { type Core, changesOf, draftOf, labels, texts } from './profile-draft'

const stages = ['lead', 'prospect', 'qualified', 'opportunity', 'customer', 'former customer']
const zones = Intl.supportedValuesOf('timeZone')

/** Edits a contact in place; nothing is saved before it is asked for. */
export function ProfileForm({ contact, onDone }: { contact: Contact; onDone(): void }) {
  const queries = useQueryClient()
  const users = useUsers()
  const fields = useFields()
  const [begun] = useState(contact)
  const [draft, setDraft] = useState(() => draftOf(contact))
  const [theirs, setTheirs] = useState<Contact | null>(null)
  const changes = changesOf(draftOf(begun), draft)
  const count = Object.keys(changes.core).length + Object.keys(changes.attrs).length
  const setCore = (change: Partial<Core>) => setDraft({ ...draft, core: { ...draft.core, ...change } })
  const save = useMutation({
    mutationFn: (version: number) => {
      const { email, ...core } = changes.core
      const body = {
        version,
        ...core,
        ...(typeof email === 'string' ? { email } : {}),
        ...(Object.keys(changes.attrs).length > 0 ? { attrs: changes.attrs } : {}),
      }
      return call(
        client.PATCH('/api/v1/contacts/{id}', { params: { path: { id: contact.id } }, body: body as never }),
      )
    },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: contactKey(contact.id) })
      void queries.invalidateQueries({ queryKey: ['contacts'] })
      notifications.show({
        message: `Saved: ${[...Object.keys(changes.core).map(key => labels[key] ?? key), ...Object.keys(changes.attrs)].join(', ')}.`,
      })
      onDone()
    },
    onError: async error => {
      if (error instanceof ApiError && error.problem.code === 'stale')
        setTheirs(await readContact(contact.id))
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (count === 0) onDone()
    else save.mutate(theirs?.version ?? begun.version)
  }
  const problemOf = (path: string) =>
    save.error instanceof ApiError
      ? save.error.problem.fields?.find(field => field.path === path || field.path === `attrs.${path}`)
          ?.message
      : undefined
  const own = (fields.data?.items ?? []).filter(field => field.archivedAt === null)
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        {texts.map(([key, label]) => (
          <TextInput
            key={key}
            label={label}
            required={key === 'email' && contact.email !== null}
            error={problemOf(key)}
            value={draft.core[key]}
            onChange={event => setCore({ [key]: event.currentTarget.value })}
          />
        ))}
        <Select
          label="Time zone"
          searchable
          clearable
          limit={50}
          data={zones}
          error={problemOf('timeZone')}
          value={draft.core.timeZone || null}
          onChange={value => setCore({ timeZone: value ?? '' })}
        />
        <Autocomplete
          label="Stage"
          data={stages}
          error={problemOf('stage')}
          value={draft.core.stage}
          onChange={stage => setCore({ stage })}
        />
        <Select
          label="Owner"
          searchable
          clearable
          placeholder="Nobody"
          data={(users.data?.items ?? [])
            .filter(user => user.active || user.id === draft.core.ownerId)
            .map(user => ({ value: user.id, label: user.name }))}
          value={draft.core.ownerId || null}
          onChange={value => setCore({ ownerId: value ?? '' })}
        />
        <CompanySelect
          known={contact.company}
          value={draft.core.companyId || null}
          onChange={value => setCore({ companyId: value ?? '' })}
        />
        {own.length > 0 && (
          <Title order={3} mt="xs">
            Your fields
          </Title>
        )}
        {own.map(field => (
          <FieldInput
            key={field.key}
            field={field}
            value={draft.attrs[field.key] ?? null}
            error={problemOf(field.key)}
            onChange={value => setDraft({ ...draft, attrs: { ...draft.attrs, [field.key]: value } })}
          />
        ))}
        {theirs ? (
          <Stale before={begun} theirs={theirs} onLoad={onDone} onKeep={() => save.mutate(theirs.version)} />
        ) : (
          save.isError && <SaveError error={save.error} />
        )}
        <Group justify="flex-end" pos="sticky" bottom={0} py="xs" bg="var(--mantine-color-body)">
          <Button variant="default" onClick={onDone}>
            {count === 0 ? 'Close' : 'Discard'}
          </Button>
          <Button type="submit" loading={save.isPending} disabled={count === 0 || theirs !== null}>
            {count === 0 ? 'Nothing changed' : `Save ${count === 1 ? '1 change' : `${count} changes`}`}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
