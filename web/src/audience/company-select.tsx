import { Select } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call, client } from '@/api/client'

type Props = {
  known: { id: string; name: string } | null
  value: string | null
  onChange(id: string | null): void
}

/** Finds a company by the beginning of its name or domain. */
export function CompanySelect({ known, value, onChange }: Props) {
  const [text, setText] = useState('')
  const [asked] = useDebouncedValue(text === known?.name ? '' : text.trim(), 200)
  const found = useQuery({
    queryKey: ['companies', 'pick', asked],
    queryFn: () =>
      call(
        client.GET('/api/v1/companies', { params: { query: { limit: 20, ...(asked ? { q: asked } : {}) } } }),
      ),
    placeholderData: keepPreviousData,
  })
  const options = new Map((found.data?.items ?? []).map(company => [company.id, company.name]))
  if (known) options.set(known.id, known.name)
  return (
    <Select
      label="Company"
      placeholder="None"
      searchable
      clearable
      data={[...options].map(([id, name]) => ({ value: id, label: name }))}
      filter={({ options: all }) => all}
      nothingFoundMessage="No company begins with that"
      value={value}
      onChange={onChange}
      onSearchChange={setText}
    />
  )
}
