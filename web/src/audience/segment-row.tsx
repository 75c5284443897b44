import { Alert, Anchor, Badge, Box, Button, Collapse, Group, Select, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { call, client } from '@/api/client'
import { Answer, type Part } from '@/decisions/segment-why'
import { When } from '@/ui/format'
import { Loaded } from '@/ui/states'
import { type Contact, contactKey } from './contact'

type Segment = { id: string; name: string; status: string; enteredAt: string }

/** A segment the contact is in; one click further stands every condition with what was found. */
export function SegmentRow({ contactId, segment }: { contactId: string; segment: Segment }) {
  const [isOpen, setOpen] = useState(false)
  return (
    <Box py={6} style={{ borderBottom: '1px solid var(--tend-line)' }}>
      <Group justify="space-between" gap="xs">
        <Group gap="xs">
          <Anchor component={Link} to={`/segments/${segment.id}`} size="sm" fw={600}>
            {segment.name}
          </Anchor>
          <Text size="sm" c="dimmed">
            since <When at={segment.enteredAt} />
          </Text>
          {segment.status === 'paused' && (
            <Badge color="yellow" c="var(--mantine-color-text)">
              Paused: it keeps its people as they are
            </Badge>
          )}
        </Group>
        <Button
          size="compact-xs"
          variant="default"
          aria-expanded={isOpen}
          aria-label={`${isOpen ? 'Hide' : 'Why?'} ${segment.name}`}
          onClick={() => setOpen(!isOpen)}
        >
          {isOpen ? 'Hide' : 'Why?'}
        </Button>
      </Group>
      <Collapse expanded={isOpen}>
        {isOpen && <SegmentAnswer contactId={contactId} segmentId={segment.id} />}
      </Collapse>
    </Box>
  )
}

/** Any other segment: what is missing. */
export function WhyNot({ contact, within }: { contact: Contact; within: string[] }) {
  const [chosen, setChosen] = useState<string | null>(null)
  const all = useQuery({
    queryKey: ['segments', 'pick'],
    queryFn: () => call(client.GET('/api/v1/segments', { params: { query: { limit: 200 } } })),
    staleTime: 30_000,
  })
  const others = (all.data?.items ?? []).filter(
    segment => segment.status !== 'archived' && segment.status !== 'draft' && !within.includes(segment.id),
  )
  if (others.length === 0) return null
  return (
    <Stack gap="xs">
      <Select
        label="Why not in another one?"
        placeholder="Choose a segment"
        searchable
        clearable
        maw={360}
        data={others.map(segment => ({ value: segment.id, label: segment.name }))}
        value={chosen}
        onChange={setChosen}
      />
      {chosen && <SegmentAnswer contactId={contact.id} segmentId={chosen} />}
    </Stack>
  )
}

function SegmentAnswer({ contactId, segmentId }: { contactId: string; segmentId: string }) {
  const why = useQuery({
    queryKey: contactKey(contactId, 'segment-why', segmentId),
    queryFn: () =>
      call(
        client.GET('/api/v1/segments/{id}/why/{contactId}', {
          params: { path: { id: segmentId, contactId } },
        }),
      ),
  })
  return (
    <Box p="sm" mt={6} style={{ background: 'var(--tend-quiet)', borderRadius: 8 }}>
      <Loaded query={why} lines={3}>
        {({ member, explanation }) => (
          <Stack gap="xs">
            {member !== (explanation as Part).matched && (
              <Alert p="xs" color="gray">
                <Text size="sm">
                  The conditions answer differently by now; membership follows within a second.
                </Text>
              </Alert>
            )}
            <Answer part={explanation as Part} />
          </Stack>
        )}
      </Loaded>
    </Box>
  )
}
