import { Select } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call, client } from '@/api/client'
import { personName } from '@/ui/format'

/** Finds a contact by the beginning of a name or address. */
export function ContactPicker(props: {
  label: string
  placeholder?: string
  value: string | null
  onChange(id: string | null): void
  w?: number | string
}) {
  const [text, setText] = useState('')
  const [asked] = useDebouncedValue(text.trim(), 200)
  const found = useQuery({
    queryKey: ['contact-pick', asked],
    queryFn: () =>
      call(
        client.GET('/api/v1/contacts', {
          params: { query: { limit: 10, sort: 'email', ...(asked ? { q: asked } : {}) } },
        }),
      ),
  })
  const options = (found.data?.items ?? []).map(person => ({
    value: person.id,
    label: `${personName(person)}${person.email ? ` (${person.email})` : ''}`,
  }))
  return (
    <Select
      label={props.label}
      placeholder={props.placeholder ?? 'The beginning of a name or address'}
      searchable
      clearable
      {...(props.w ? { w: props.w } : {})}
      data={options}
      filter={({ options: all }) => all}
      value={props.value}
      onChange={props.onChange}
      onSearchChange={setText}
      nothingFoundMessage="Nobody begins with that"
    />
  )
}
