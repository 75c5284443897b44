import { Alert, Anchor, Autocomplete, Button, Group, Select, Stack, Text, TextInput, Title } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { ApiError, call, client } from '@/api/client'
import { ErrorNote } from '@/ui/states'
import { useUsers } from '@/ui/steward'
import { CompanySelect } from './company-select'
import { type Contact, contactKey, readContact, useFields } from './contact'
import { showValue } from './contact-value'
import { type AttrValue, FieldInput } from './field-input'

const texts = [
  ['email', 'Address'],
  ['firstName', 'First name'],
  ['lastName', 'Last name'],
  ['jobTitle', 'Job title'],
  ['phone', 'Phone'],
  ['country', 'Country'],
  ['language', 'Language'],
] as const
const labels: Record<string, string> = { ...Object.fromEntries(texts), timeZone: 'Time zone', stage: 'Stage', ownerId: 'Owner', companyId: 'Company' }
const stages = ['lead', 'prospect', 'qualified', 'opportunity', 'customer', 'former customer']
const zones = Intl.supportedValuesOf('timeZone')

type Core = Record<(typeof texts)[number][0] | 'timeZone' | 'stage' | 'ownerId' | 'companyId', string>
type Draft = { core: Core; attrs: Record<string, AttrValue> }

const draftOf = (contact: Contact): Draft => ({
  core: {
    email: contact.email ?? '',
    firstName: contact.firstName ?? '',
    lastName: contact.lastName ?? '',
    jobTitle: contact.jobTitle ?? '',
    phone: contact.phone ?? '',
    country: contact.country ?? '',
    language: contact.language ?? '',
    timeZone: contact.timeZone ?? '',
    stage: contact.stage,
    ownerId: contact.ownerId ?? '',
    companyId: contact.company?.id ?? '',
  },
  attrs: contact.attrs as Record<string, AttrValue>,
})

/** Only what was changed is sent, so that two people can work on different fields of one contact. */
function changesOf(before: Draft, after: Draft) {
  const core = Object.entries(after.core).filter(([key, value]) => value.trim() !== before.core[key as keyof Core])
  const attrs = Object.entries(after.attrs).filter(([key, value]) => (value ?? null) !== (before.attrs[key] ?? null))
  return { core: Object.fromEntries(core.map(([key, value]) => [key, value.trim() === '' ? null : value.trim()])), attrs: Object.fromEntries(attrs) }
}

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
      const body = { version, ...core, ...(typeof email === 'string' ? { email } : {}), ...(Object.keys(changes.attrs).length > 0 ? { attrs: changes.attrs } : {}) }
      return call(client.PATCH('/api/v1/contacts/{id}', { params: { path: { id: contact.id } }, body: body as never }))
    },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: contactKey(contact.id) })
      void queries.invalidateQueries({ queryKey: ['contacts'] })
      notifications.show({ message: `Saved: ${[...Object.keys(changes.core).map(key => labels[key] ?? key), ...Object.keys(changes.attrs)].join(', ')}.` })
      onDone()
    },
    onError: async error => {
      if (error instanceof ApiError && error.problem.code === 'stale') setTheirs(await readContact(contact.id))
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (count === 0) onDone()
    else save.mutate(theirs?.version ?? begun.version)
  }
  const problemOf = (path: string) => (save.error instanceof ApiError ? save.error.problem.fields?.find(field => field.path === path || field.path === `attrs.${path}`)?.message : undefined)
  const own = (fields.data?.items ?? []).filter(field => field.archivedAt === null)
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        {texts.map(([key, label]) => (
          <TextInput key={key} label={label} required={key === 'email' && contact.email !== null} error={problemOf(key)} value={draft.core[key]} onChange={event => setCore({ [key]: event.currentTarget.value })} />
        ))}
        <Select label="Time zone" searchable clearable limit={50} data={zones} error={problemOf('timeZone')} value={draft.core.timeZone || null} onChange={value => setCore({ timeZone: value ?? '' })} />
        <Autocomplete label="Stage" data={stages} error={problemOf('stage')} value={draft.core.stage} onChange={stage => setCore({ stage })} />
        <Select
          label="Owner"
          searchable
          clearable
          placeholder="Nobody"
          data={(users.data?.items ?? []).filter(user => user.active || user.id === draft.core.ownerId).map(user => ({ value: user.id, label: user.name }))}
          value={draft.core.ownerId || null}
          onChange={value => setCore({ ownerId: value ?? '' })}
        />
        <CompanySelect known={contact.company} value={draft.core.companyId || null} onChange={value => setCore({ companyId: value ?? '' })} />
        {own.length > 0 && (
          <Title order={3} mt="xs">
            Your fields
          </Title>
        )}
        {own.map(field => (
          <FieldInput key={field.key} field={field} value={draft.attrs[field.key] ?? null} error={problemOf(field.key)} onChange={value => setDraft({ ...draft, attrs: { ...draft.attrs, [field.key]: value } })} />
        ))}
        {theirs ? <Stale before={begun} theirs={theirs} onLoad={onDone} onKeep={() => save.mutate(theirs.version)} /> : save.isError && <SaveError error={save.error} />}
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

function SaveError({ error }: { error: Error }) {
  const taken = error instanceof ApiError && error.problem.code === 'address_taken' ? error.problem.detail?.contactId : undefined
  if (typeof taken !== 'string') return <ErrorNote error={error} />
  return (
    <Alert color="yellow" role="alert" title="Somebody else has this address">
      <Anchor component={Link} to={`/contacts/${taken}`} size="sm">
        Open the other contact
      </Anchor>
    </Alert>
  )
}

/** Somebody was faster: what is different now, and both ways on. */
function Stale({ before, theirs, onLoad, onKeep }: { before: Contact; theirs: Contact; onLoad(): void; onKeep(): void }) {
  const queries = useQueryClient()
  const { core, attrs } = changesOf(draftOf(before), draftOf(theirs))
  const load = () => {
    void queries.invalidateQueries({ queryKey: contactKey(before.id) })
    onLoad()
  }
  return (
    <Alert color="yellow" role="alert" title="This contact was changed meanwhile">
      <Stack gap="xs">
        {[...Object.entries(core), ...Object.entries(attrs)].map(([key, value]) => (
          <Text size="sm" key={key}>
            {labels[key] ?? key} {key === 'ownerId' || key === 'companyId' ? 'is another one now' : `is now “${showValue(value) || 'empty'}”`}
          </Text>
        ))}
        <Text size="sm">Nothing was overwritten. Who did it stands in the timeline.</Text>
        <Group gap="xs">
          <Button size="compact-sm" variant="default" onClick={load}>
            Load theirs
          </Button>
          <Button size="compact-sm" onClick={onKeep}>
            Save mine on top
          </Button>
        </Group>
      </Stack>
    </Alert>
  )
}
