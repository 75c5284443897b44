import { Group, MultiSelect, Paper, Select, SimpleGrid, Stack, Switch, TextInput, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { call, client } from '@/api/client'
import { type ObjectMap, spoken } from './crm'

type Props = {
  object: ObjectMap
  /** By which of our fields records of this kind can be recognised; none where they cannot. */
  matchKeys: string[]
  disabled: boolean
  onChange(object: ObjectMap): void
}

/** Who may be made where, what a delete means, and who wins where both have changed. */
export function MappingPolicy({ object, matchKeys, disabled, onChange }: Props) {
  const set = (change: Partial<ObjectMap>) => onChange({ ...object, ...change })
  const isPerson = object.kind === 'person'
  return (
    <Paper withBorder p="md">
      <Stack gap="sm">
        <Title order={2}>Making and deleting</Title>
        <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
          <Stack gap="sm">
            {matchKeys.length > 0 && (
              <MultiSelect
                label="Who is not linked yet is recognised by"
                description="Tend’s own id goes first where it is mapped, then these in their order."
                disabled={disabled}
                data={matchKeys.map(key => ({ value: key, label: spoken(key) }))}
                value={object.matchKeys}
                onChange={next => set({ matchKeys: next })}
              />
            )}
            <Switch
              label="Records of the CRM become new ones here"
              disabled={disabled}
              checked={object.createHere}
              onChange={event => set({ createHere: event.currentTarget.checked })}
            />
            <Switch
              label="New ones from here are made in the CRM"
              disabled={disabled}
              checked={object.createThere}
              onChange={event => set({ createThere: event.currentTarget.checked })}
            />
            {isPerson && object.createThere && <Inclusion object={object} disabled={disabled} set={set} />}
            {isPerson && (
              <Switch
                label="Follow a converted lead to what it became"
                disabled={disabled}
                checked={object.followConversions}
                onChange={event => set({ followConversions: event.currentTarget.checked })}
              />
            )}
          </Stack>
          <Stack gap="sm">
            <Group grow align="flex-end">
              <Select
                label="Deleted in the CRM"
                allowDeselect={false}
                disabled={disabled}
                data={[
                  { value: 'unlink', label: 'keep it here' },
                  { value: 'delete', label: 'delete it here' },
                ]}
                value={object.deletedThere}
                onChange={next => set({ deletedThere: next === 'delete' ? 'delete' : 'unlink' })}
              />
              <Select
                label="Deleted here"
                allowDeselect={false}
                disabled={disabled}
                data={[
                  { value: 'unlink', label: 'keep it there' },
                  { value: 'delete', label: 'delete it there' },
                ]}
                value={object.deletedHere}
                onChange={next => set({ deletedHere: next === 'delete' ? 'delete' : 'unlink' })}
              />
            </Group>
            <Select
              label="Where both sides changed a two-way field"
              allowDeselect={false}
              disabled={disabled}
              data={[
                { value: 'crm', label: 'the CRM wins' },
                { value: 'tend', label: 'Tend wins' },
                { value: 'newer', label: 'the later change wins' },
              ]}
              value={object.winner}
              onChange={next => next && set({ winner: next as ObjectMap['winner'] })}
            />
            {isPerson && (
              <TextInput
                label="On what ground the CRM’s “may be written to” counts as consent"
                description="Empty: never. A word against it always counts, on whichever side it was said."
                disabled={disabled}
                maxLength={120}
                value={object.consentBasis ?? ''}
                onChange={event => set({ consentBasis: event.currentTarget.value || null })}
              />
            )}
          </Stack>
        </SimpleGrid>
      </Stack>
    </Paper>
  )
}

function Inclusion({
  object,
  disabled,
  set,
}: {
  object: ObjectMap
  disabled: boolean
  set(change: Partial<ObjectMap>): void
}) {
  const segments = useQuery({
    queryKey: ['segments', 'live'],
    queryFn: () => call(client.GET('/api/v1/segments', { params: { query: { limit: 200 } } })),
  })
  return (
    <Select
      label="Only contacts of this segment"
      placeholder="all that are asked for"
      clearable
      searchable
      disabled={disabled}
      data={(segments.data?.items ?? []).map(segment => ({ value: segment.id, label: segment.name }))}
      value={object.inclusionSegmentId}
      onChange={inclusionSegmentId => set({ inclusionSegmentId })}
    />
  )
}
