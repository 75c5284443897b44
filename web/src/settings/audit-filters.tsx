import { Group, Select, TextInput } from '@mantine/core'
import { useUsers } from '@/ui/steward'

export type AuditSearch = {
  actor?: string
  action?: string
  subject?: string
  from?: string
  to?: string
}

/** Kinds of change by how their action begins. */
const kinds = [
  { value: 'access.', label: 'Signing in' },
  { value: 'users.', label: 'People' },
  { value: 'keys.', label: 'API keys' },
  { value: 'contacts.', label: 'Contacts' },
  { value: 'consents.', label: 'Consent' },
  { value: 'segments.', label: 'Segments' },
  { value: 'emails.', label: 'Emails' },
  { value: 'workflows.', label: 'Workflows' },
  { value: 'campaigns.', label: 'Campaigns' },
  { value: 'scores.', label: 'Scores' },
  { value: 'sources.', label: 'Sources' },
  { value: 'settings.', label: 'Settings' },
]

/** Days of the screen as moments of the API: the last day is included. */
export function queryOf(search: AuditSearch): Record<string, string> {
  const dayAfter = (day: string) => new Date(new Date(day).getTime() + 86_400_000).toISOString()
  const isDay = (day: string | undefined): day is string => !Number.isNaN(Date.parse(day ?? ''))
  return {
    ...(search.actor ? { actor: search.actor } : {}),
    ...(search.action ? { action: search.action } : {}),
    ...(search.subject ? { subject: search.subject } : {}),
    ...(isDay(search.from) ? { from: new Date(search.from).toISOString() } : {}),
    ...(isDay(search.to) ? { to: dayAfter(search.to) } : {}),
  }
}

export function AuditFilters(props: { value: AuditSearch; onChange(change: AuditSearch): void }) {
  const users = useUsers()
  const { value, onChange } = props
  const known = (users.data?.items ?? []).map(user => ({ value: user.id, label: user.name }))
  const people = [...known, { value: 'system', label: 'Tend itself' }]
  const other = value.actor && !people.some(each => each.value === value.actor)
  return (
    <Group gap="sm" align="flex-end">
      <Select
        label="Who"
        placeholder="Anybody"
        clearable
        searchable
        w={180}
        data={other ? [...people, { value: value.actor ?? '', label: `key ${value.actor}` }] : people}
        value={value.actor ?? null}
        onChange={actor => onChange({ actor: actor ?? '' })}
      />
      <Select
        label="What"
        placeholder="Anything"
        clearable
        searchable
        w={160}
        data={kinds}
        value={value.action ?? null}
        onChange={action => onChange({ action: action ?? '' })}
      />
      <TextInput
        label="Id of the thing"
        placeholder="Any"
        w={180}
        defaultValue={value.subject ?? ''}
        onBlur={event => onChange({ subject: event.currentTarget.value.trim() })}
        onKeyDown={event => event.key === 'Enter' && onChange({ subject: event.currentTarget.value.trim() })}
      />
      <TextInput
        label="From"
        type="date"
        value={value.from ?? ''}
        onChange={event => onChange({ from: event.currentTarget.value })}
      />
      <TextInput
        label="To"
        type="date"
        value={value.to ?? ''}
        onChange={event => onChange({ to: event.currentTarget.value })}
      />
    </Group>
  )
}
