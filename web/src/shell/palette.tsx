import { Spotlight, type SpotlightActionData, spotlight } from '@mantine/spotlight'
import { useDebouncedValue } from '@mantine/hooks'
import { IconSearch } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { call, client } from '@/api/client'
import { navigation } from './navigation'

export const openPalette = () => spotlight.open()

/** Ctrl/Cmd+K: every screen, and whatever begins with the letters. */
export function Palette() {
  const go = useNavigate()
  const [text, setText] = useState('')
  const [asked] = useDebouncedValue(text.trim(), 120)
  const found = useQuery({
    queryKey: ['search', asked],
    queryFn: () => call(client.GET('/api/v1/search', { params: { query: { q: asked } } })),
    enabled: asked.length > 0,
  })
  const places: SpotlightActionData[] = navigation
    .flatMap(group => group.entries.flatMap(entry => entry.children ?? [entry]))
    .filter(entry => entry.label.toLowerCase().includes(text.toLowerCase()))
    .map(entry => ({ id: entry.to, label: entry.label, description: 'Screen', onClick: () => void go({ to: entry.to }) }))
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
      shortcut={['mod + K', '/']}
      highlightQuery
      scrollable
      maxHeight={420}
      searchProps={{ leftSection: <IconSearch size={18} />, placeholder: 'Search people, segments, workflows, screens ...', 'aria-label': 'Search' }}
    />
  )
}
