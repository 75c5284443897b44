import { useDebouncedValue } from '@mantine/hooks'
import { Spotlight, type SpotlightActionData, spotlight } from '@mantine/spotlight'
import '@mantine/spotlight/styles.css'
import { IconSearch } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { call, client } from '@/api/client'
import { navigation } from './navigation'

/** Every screen, and whatever begins with the letters. Opens anew whenever `asked` counts up. */
export function Palette({ asked }: { asked: number }) {
  const go = useNavigate()
  const [text, setText] = useState('')
  const [settled] = useDebouncedValue(text.trim(), 120)
  useEffect(() => {
    if (asked > 0) spotlight.open()
  }, [asked])
  const found = useQuery({
    queryKey: ['search', settled],
    queryFn: () => call(client.GET('/api/v1/search', { params: { query: { q: settled } } })),
    enabled: settled.length > 0,
  })
  const places: SpotlightActionData[] = navigation
    .flatMap(group => group.entries.flatMap(entry => entry.children ?? [entry]))
    .filter(entry => entry.label.toLowerCase().includes(text.toLowerCase()))
    .map(entry => ({
      id: entry.to,
      label: entry.label,
      description: 'Screen',
      onClick: () => void go({ to: entry.to }),
    }))
  const hits: SpotlightActionData[] = (found.data?.items ?? []).map(hit => ({
    id: `${hit.kind}-${hit.id}`,
    label: hit.title,
    description: `${hit.kind}${hit.detail ? ` · ${hit.detail}` : ''}`,
    onClick: () => void go({ to: `/${hit.kind}/${hit.id}` }),
  }))
  return (
    <Spotlight
      actions={[...hits, ...places]}
      filter={(_query, actions) => actions}
      onQueryChange={setText}
      query={text}
      nothingFound={found.isFetching ? 'Searching ...' : 'Nothing begins with that.'}
      shortcut={null}
      attributes={{ content: { 'aria-label': 'Search' } }}
      highlightQuery
      scrollable
      maxHeight={420}
      searchProps={{
        leftSection: <IconSearch size={18} />,
        placeholder: 'Search people, segments, workflows, screens ...',
        'aria-label': 'Search',
      }}
    />
  )
}
