import { Alert, Box, Group, Stack, Text } from '@mantine/core'
import { IconCheck, IconX } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call, client } from '@/api/client'
import { ContactPicker } from '@/ui/contact-picker'
import { ErrorNote, Waiting } from '@/ui/states'

export type Part = {
  group: 'all' | 'any' | 'not' | null
  sentence: string
  matched: boolean
  value?: unknown
  parts: Part[]
}

/** Picks a contact and shows every condition with its answer and the value that was found. */
export function SegmentWhy({ id }: { id: string }) {
  const [chosen, setChosen] = useState<string | null>(null)
  const why = useQuery({
    queryKey: ['segment-why', id, chosen],
    queryFn: () =>
      call(
        client.GET('/api/v1/segments/{id}/why/{contactId}', {
          params: { path: { id, contactId: chosen ?? '' } },
        }),
      ),
    enabled: chosen !== null,
  })
  return (
    <Stack maw={760}>
      <ContactPicker label="Contact" value={chosen} onChange={setChosen} />
      {!chosen && (
        <Text size="sm" c="dimmed">
          Choose somebody, and every condition shows its answer with the value that was found.
        </Text>
      )}
      {chosen && why.isPending && <Waiting lines={4} />}
      {why.isError && <ErrorNote error={why.error} />}
      {why.data && (
        <>
          <Alert
            color={why.data.member ? 'tend' : 'gray'}
            icon={why.data.member ? <IconCheck size={18} /> : <IconX size={18} />}
            title={why.data.member ? 'In this segment' : 'Not in this segment'}
          >
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

export function Answer({ part }: { part: Part }) {
  const Icon = part.matched ? IconCheck : IconX
  return (
    <Box>
      <Group gap="xs" wrap="nowrap" align="flex-start">
        <Icon
          size={18}
          color={part.matched ? 'var(--mantine-color-tend-filled)' : 'var(--mantine-color-red-filled)'}
          aria-label={part.matched ? 'Yes' : 'No'}
        />
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
