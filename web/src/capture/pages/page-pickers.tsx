import { Autocomplete, Select, Stack, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { call, client } from '@/api/client'
import type { FieldProps, Values } from './spec-fields'

const query = { limit: 200 } as const

/** Choices by id; one that is gone still shows that it was chosen. */
function PickOne({
  label,
  help,
  value,
  disabled,
  onChange,
  items,
  nothing,
}: FieldProps<string | null> & { items: { id: string; name: string }[] | undefined; nothing: string }) {
  const data = (items ?? []).map(each => ({ value: each.id, label: each.name }))
  const isGone = value !== null && items !== undefined && !data.some(each => each.value === value)
  return (
    <Select
      label={label}
      description={help}
      placeholder={nothing}
      searchable
      clearable
      disabled={disabled}
      data={isGone ? [...data, { value, label: 'Not there any more' }] : data}
      value={value}
      onChange={onChange}
    />
  )
}

export function FormField(props: FieldProps<string | null>) {
  const found = useQuery({
    queryKey: ['picker', 'forms'],
    queryFn: () => call(client.GET('/api/v1/forms', { params: { query } })),
    staleTime: 15_000,
  })
  const items = found.data?.items.map(each => ({
    id: each.id,
    name: each.status === 'live' ? each.name : `${each.name} (${each.status})`,
  }))
  return <PickOne {...props} items={items} nothing="Choose a form" />
}

export function SourceField(props: FieldProps<string | null>) {
  const found = useQuery({
    queryKey: ['picker', 'sources'],
    queryFn: () => call(client.GET('/api/v1/sources')),
    staleTime: 15_000,
  })
  const items = found.data?.items.filter(each => each.type === 'browser')
  return <PickOne {...props} items={items} nothing="Nobody is recorded" />
}

/** An address, a path, #anchor, or a page of ours, which it follows when that one moves. */
export function HrefField({ label, help, value, disabled, onChange }: FieldProps<string>) {
  const found = useQuery({
    queryKey: ['picker', 'pages'],
    queryFn: () => call(client.GET('/api/v1/pages', { params: { query } })),
    staleTime: 15_000,
  })
  const pages = (found.data?.items ?? []).filter(each => each.status !== 'archived')
  const own = pages.find(each => `page:${each.id}` === value)
  return (
    <Autocomplete
      label={label}
      description={help ?? (own ? `Our page “${own.name}”` : undefined)}
      placeholder="https://, mailto:, /path, #anchor or a page"
      disabled={disabled}
      data={pages.map(each => `page:${each.id}`)}
      renderOption={({ option }) =>
        pages.find(each => `page:${each.id}` === option.value)?.name ?? option.value
      }
      filter={({ options, search }) =>
        search === '' || search.startsWith('page:')
          ? options
          : options.filter(option => {
              const name =
                'value' in option ? pages.find(each => `page:${each.id}` === option.value)?.name : ''
              return name?.toLowerCase().includes(search.toLowerCase()) ?? false
            })
      }
      value={value}
      onChange={onChange}
    />
  )
}

/** A web address, or null where the field is empty. */
export function AddressField({ label, help, value, disabled, onChange }: FieldProps<string | null>) {
  return (
    <TextInput
      label={label}
      description={help}
      type="url"
      placeholder="https://"
      disabled={disabled}
      value={value ?? ''}
      onChange={event => onChange(event.currentTarget.value || null)}
    />
  )
}

/** As a browser's own field wants it, in the clock of who looks. */
function localMinute(at: string): string {
  const time = new Date(at)
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}

export function MomentField({ label, help, value, disabled, onChange }: FieldProps<string | null>) {
  return (
    <TextInput
      label={label}
      description={help ?? 'In the time of your clock'}
      type="datetime-local"
      disabled={disabled}
      value={value ? localMinute(value) : ''}
      onChange={event => {
        const { value: next } = event.currentTarget
        onChange(next === '' ? null : new Date(next).toISOString())
      }}
    />
  )
}

const audiences = [
  { value: 'all', label: 'Everybody' },
  { value: 'in', label: 'People in a segment' },
  { value: 'out', label: 'Everybody but a segment' },
  { value: 'known', label: 'People we recognise' },
  { value: 'new', label: 'People we do not recognise' },
]

function audienceOf(when: Values | null): string {
  if (when?.type === 'segment') return when.in === true ? 'in' : 'out'
  if (when?.type === 'recognised') return when.is === true ? 'known' : 'new'
  return 'all'
}

/** Whom a section or block is for. */
export function WhenField({ label, value, disabled, onChange }: FieldProps<Values | null>) {
  const found = useQuery({
    queryKey: ['picker', 'segments'],
    queryFn: () => call(client.GET('/api/v1/segments', { params: { query } })),
    staleTime: 15_000,
  })
  const segments = found.data?.items.filter(each => each.status === 'live')
  const audience = audienceOf(value)
  const segmentId = typeof value?.segmentId === 'string' ? value.segmentId : null
  const turn = (next: string | null) => {
    if (next === 'known' || next === 'new') return onChange({ type: 'recognised', is: next === 'known' })
    const first = segmentId ?? segments?.[0]?.id
    if ((next === 'in' || next === 'out') && first)
      return onChange({ type: 'segment', segmentId: first, in: next === 'in' })
    onChange(null)
  }
  return (
    <Stack gap="xs">
      <Select
        label={label}
        allowDeselect={false}
        disabled={disabled}
        data={audiences.map(each => ({
          ...each,
          disabled: (each.value === 'in' || each.value === 'out') && !segments?.length,
        }))}
        value={audience}
        onChange={turn}
      />
      {value?.type === 'segment' && (
        <PickOne
          label="Segment"
          value={segmentId}
          disabled={disabled}
          items={segments}
          nothing="Choose a segment"
          onChange={next => onChange(next ? { ...value, segmentId: next } : null)}
        />
      )}
    </Stack>
  )
}
