import { Group, Select, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { call, client } from '@/api/client'
import { builtIn } from '@/audience/import-targets'
import type { Field, Mapping } from './form'

const asContact = new Set([
  'email',
  'first_name',
  'last_name',
  'phone',
  'job_title',
  'country',
  'language',
  'time_zone',
])
const merges = [
  { value: 'fill_if_empty', label: 'only where nothing is known yet' },
  { value: 'overwrite', label: 'instead of what is known' },
  { value: 'append', label: 'added to what is known' },
]

const nameOf = (mapping: Mapping | undefined): string | null =>
  mapping ? `${mapping.to}:${mapping.field}` : null

/** Where an answer goes besides the submission and its event, and what happens to what was known. */
export function FieldMapping(props: { field: Field; change(next: Partial<Field>): void; disabled: boolean }) {
  const { field, change, disabled } = props
  const custom = useQuery({ queryKey: ['fields'], queryFn: () => call(client.GET('/api/v1/fields')) })
  const mapping = field.mapping ?? null
  const merge = mapping && 'merge' in mapping ? mapping.merge : 'fill_if_empty'
  const groups = [
    {
      group: 'Contact',
      items: builtIn
        .filter(([key]) => asContact.has(key))
        .map(([key, label]) => ({ value: `contact:${key}`, label })),
    },
    {
      group: 'Custom fields',
      items: (custom.data?.items ?? []).map(each => ({
        value: `contact:attrs.${each.key}`,
        label: each.label || each.key,
      })),
    },
    {
      group: 'Company',
      items: [
        { value: 'company:name', label: 'Company’s name' },
        { value: 'company:domain', label: 'Company’s domain' },
      ],
    },
    { group: 'Event', items: [{ value: `event:${field.key}`, label: 'The event only' }] },
  ]
  const choose = (name: string | null) => {
    const [to, ...rest] = (name ?? '').split(':')
    const target = rest.join(':')
    if (to === 'contact' || to === 'company') change({ mapping: { to, field: target, merge } })
    else change({ mapping: to === 'event' ? { to, field: target } : null })
  }
  return (
    <Stack gap={6}>
      <Group grow align="flex-end">
        <Select
          label="Goes to"
          placeholder="Nowhere: kept with the submission"
          clearable
          searchable
          disabled={disabled}
          data={groups}
          value={nameOf(mapping)}
          onChange={choose}
        />
        {mapping && mapping.to !== 'event' && (
          <Select
            label="And is taken"
            disabled={disabled}
            data={merges}
            value={merge}
            onChange={next =>
              next &&
              change({ mapping: { ...mapping, merge: next as 'overwrite' | 'fill_if_empty' | 'append' } })
            }
          />
        )}
      </Group>
    </Stack>
  )
}
