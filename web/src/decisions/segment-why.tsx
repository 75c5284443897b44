import { Alert, Box, Group, Select, Stack, Text } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconCheck, IconX } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call, client } from '@/api/client'
import { personName } from '@/ui/format'
import { ErrorNote, Waiting } from '@/ui/states'

type Part = { group: 'all' | 'any' | 'not' | null; sentence: string; matched: boolean; value?: unknown; parts: Part[] }

/** Picks a contact and shows every condition with its answer and the value that was found. */
export function SegmentWhy({ id }: { id: string }) {
  const [text, setText] = useState('')
  const [chosen, setChosen] = useState<string | null>(null)
  const [asked] = useDebouncedValue(text.trim(), 200)
  const found = useQuery({
    queryKey: ['contact-pick', asked],
    queryFn: () => call(client.GET('/api/v1/contacts', { params: { query: { limit: 10, sort: 'email', ...(asked ? { q: asked } : {}) } } })),
  })
  const why = useQuery({
    queryKey: ['segment-why', id, chosen],
    queryFn: () => call(client.GET('/api/v1/segments/{id}/why/{contactId}', { params: { path: { id, contactId: chosen ?? '' } } })),
    enabled: chosen !== null,
  })
  const options = (found.data?.items ?? []).map(person => ({ value: person.id, label: `${personName(person)}${person.email ? ` (${person.email})` : ''}` }))
  return (
    <Stack maw={760}>
      <Select
        label="Contact"
        placeholder="The beginning of a name or address"
        searchable
        clearable
        data={options}
        filter={({ options: all }) => all}
        value={chosen}
        onChange={setChosen}
        onSearchChange={setText}
        nothingFoundMessage="Nobody begins with that"
      />
      {chosen && why.isPending && <Waiting lines={4} />}
      {why.isError && <ErrorNote error={why.error} />}
      {why.data && (
        <>
          <Alert color={why.data.member ? 'tend' : 'gray'} icon={why.data.member ? <IconCheck size={18} /> : <IconX size={18} />} title={why.data.member ? 'In this segment' : 'Not in this segment'}>
            {why.data.member === (why.data.explanation as Part).matched
              ? 'Because of the answers below, as of now.'
              : 'The conditions answer differently by now; membership follows within a second, or the segment is not live.'}
          </Alert>
          <Answer part={why.data.explanation as Part} />
        </>
      )}
    </Stack>
  )
}

const groupWords = { all: 'All of these', any: 'Any of these', not: 'None of this' }

function shown(value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

function Answer({ part }: { part: Part }) {
  const Icon = part.matched ? IconCheck : IconX
  return (
    <Box>
      <Group gap="xs" wrap="nowrap" align="flex-start">
        <Icon size={18} color={part.matched ? 'var(--mantine-color-tend-filled)' : 'var(--mantine-color-red-filled)'} aria-label={part.matched ? 'Yes' : 'No'} />
        <Text size="sm">
          {part.group ? groupWords[part.group] : part.sentence}
          {!part.group && (
            <Text span size="sm" c="dimmed">
              {' '}
              - found: {shown(part.value)}
            </Text>
          )}
        </Text>
      </Group>
      {part.parts.length > 0 && (
        <Stack gap={6} mt={6} pl="lg" style={{ borderLeft: '2px solid var(--tend-line)' }}>
          {part.parts.map((inner, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: an answer never changes its order
            <Answer key={at} part={inner} />
          ))}
        </Stack>
      )}
    </Box>
  )
}
