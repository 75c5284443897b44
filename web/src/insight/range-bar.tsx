import { Group, Select, TextInput } from '@mantine/core'
import type { Report, Search } from './report'

const presets = [
  { value: 'last_7_days', label: 'Last 7 days' },
  { value: 'last_30_days', label: 'Last 30 days' },
  { value: 'last_90_days', label: 'Last 90 days' },
  { value: 'last_365_days', label: 'Last 365 days' },
  { value: 'this_month', label: 'This month' },
  { value: 'last_month', label: 'Last month' },
  { value: 'this_year', label: 'This year' },
  { value: 'own', label: 'From … to …' },
]
const comparisons = [
  { value: 'before', label: 'with the time before' },
  { value: 'year', label: 'with a year ago' },
  { value: 'none', label: 'with nothing' },
]

/** Which days, and with which to compare; both stand in the address. */
export function RangeBar({
  search,
  set,
  range,
}: {
  search: Search
  set(change: Search): void
  range?: Report['range'] | undefined
}) {
  const isOwn = Boolean(search.from || search.to)
  return (
    <Group gap="sm" align="flex-end">
      <Select
        label="Days"
        w={160}
        allowDeselect={false}
        data={presets}
        value={isOwn ? 'own' : (search.preset ?? 'last_30_days')}
        onChange={value =>
          value === 'own'
            ? set({ preset: '', from: range?.from ?? '', to: range?.to ?? '' })
            : set({ preset: value ?? '', from: '', to: '' })
        }
      />
      {isOwn && (
        <>
          <TextInput
            type="date"
            label="From"
            value={search.from ?? ''}
            max={search.to ?? ''}
            onChange={event => event.currentTarget.value && set({ from: event.currentTarget.value })}
          />
          <TextInput
            type="date"
            label="To"
            value={search.to ?? ''}
            min={search.from ?? ''}
            onChange={event => event.currentTarget.value && set({ to: event.currentTarget.value })}
          />
        </>
      )}
      <Select
        label="Compare"
        w={190}
        allowDeselect={false}
        data={comparisons}
        value={search.compare ?? 'before'}
        onChange={value => set({ compare: value ?? '' })}
      />
    </Group>
  )
}
