import { Button, Group, Paper, Text } from '@mantine/core'
import { IconArrowMerge, IconBan, IconListCheck, IconPencil, IconTrash } from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import type { Filter } from '@/decisions/filter'
import { MergeDialog } from '@/stewardship/merge-dialog'
import { formatNumber } from '@/ui/format'
import { useContactRights } from './contact'
import { BulkDialog, type Kind, type Target } from './contacts-bulk-dialog'

const mostMerged = 10

/** What can be done with the chosen ones, or with everybody who matches the filter. */
export function ContactsBulk(props: {
  ids: string[]
  filter: Filter | null
  /** Whether a search narrows the list besides: the filter alone would mean more people than are shown. */
  isSearching: boolean
  onDone(): void
}) {
  const { ids, filter, isSearching, onDone } = props
  const go = useNavigate()
  const rights = useContactRights()
  const [isAll, setAll] = useState(false)
  const [kind, setKind] = useState<Kind | null>(null)
  const [merging, setMerging] = useState(false)
  const target: Target = isAll ? (filter ? { filter: filter as never } : { everybody: true }) : { ids }
  const chosen = ids.length === 1 ? '1 contact chosen' : `${formatNumber(ids.length)} contacts chosen`
  const actions: [Kind, string, typeof IconPencil][] = [
    ['field', 'Set a field', IconPencil],
    ['list', 'Lists', IconListCheck],
    ['consent', 'Opt out', IconBan],
    ['delete', 'Delete', IconTrash],
  ]
  return (
    <Paper
      withBorder
      px="md"
      py="xs"
      component="section"
      aria-label="Chosen contacts"
      style={{ position: 'sticky', bottom: 12, zIndex: 5 }}
      shadow="md"
    >
      <Group justify="space-between">
        <Group gap="xs">
          <Text size="sm" fw={600} aria-live="polite">
            {isAll ? (filter ? 'Everybody who matches the filter' : 'Everybody') : chosen}
          </Text>
          {!isSearching && (
            <Button variant="subtle" size="compact-sm" onClick={() => setAll(!isAll)}>
              {isAll ? 'Only the chosen ones' : filter ? 'Choose everybody who matches' : 'Choose everybody'}
            </Button>
          )}
        </Group>
        <Group gap="xs">
          {actions.map(([each, label, Icon]) => (
            <Button
              key={each}
              variant="default"
              size="compact-sm"
              leftSection={<Icon size={14} />}
              disabled={rights.build !== null}
              title={rights.build ?? undefined}
              onClick={() => setKind(each)}
            >
              {label} ...
            </Button>
          ))}
          {!isAll && ids.length > 1 && ids.length <= mostMerged && (
            <Button
              variant="default"
              size="compact-sm"
              leftSection={<IconArrowMerge size={14} />}
              disabled={rights.build !== null}
              onClick={() => setMerging(true)}
            >
              Merge ...
            </Button>
          )}
          <Button variant="subtle" size="compact-sm" onClick={onDone}>
            Choose none
          </Button>
        </Group>
      </Group>
      {kind && <BulkDialog kind={kind} target={target} onClose={() => setKind(null)} onDone={onDone} />}
      {merging && (
        <MergeDialog
          ids={ids}
          onClose={() => setMerging(false)}
          onMerged={id => void go({ to: `/contacts/${id}` as never })}
        />
      )}
    </Paper>
  )
}
