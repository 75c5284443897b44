import { Autocomplete, Button, Select, Stack } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { DemandRow } from '@/decisions/demand-row'
import type { Demand, Language } from '@/decisions/filter'
import type { EventMatch } from './definition'
import { useThings } from './pickers'

type Props = {
  value: EventMatch
  onChange(match: EventMatch): void
  language: Language
  disabled: boolean
  label: string
}

/** Events about a thing of ours are asked for by that thing, not by writing down its id. */
const about: Record<string, { property: string; of: 'segments' | 'scores' | 'lists'; label: string }> = {
  'segment.entered': { property: 'segmentId', of: 'segments', label: 'Which segment' },
  'segment.left': { property: 'segmentId', of: 'segments', label: 'Which segment' },
  'score.rose': { property: 'modelId', of: 'scores', label: 'Which score' },
  'score.fell': { property: 'modelId', of: 'scores', label: 'Which score' },
  'list.joined': { property: 'listId', of: 'lists', label: 'Which list' },
  'list.left': { property: 'listId', of: 'lists', label: 'Which list' },
}

/** Says which event is meant: its kind, its name, and what its own values must be. */
export function EventMatchInput({ value, onChange, language, disabled, label }: Props) {
  const chosen = language.events.find(each => each.type === value.event)
  const where = value.where ?? []
  const thing = about[value.event ?? '']
  const setWhere = (next: Demand[]) => {
    const { where: _old, ...rest } = value
    onChange(next.length > 0 ? { ...rest, where: next } : rest)
  }
  const replace = (at: number, demand: Demand) => setWhere(where.map((old, i) => (i === at ? demand : old)))
  const shown = where
    .map((demand, at) => ({ demand, at }))
    .filter(({ demand }) => demand.property !== thing?.property)
  const addDemand = () => setWhere([...where, { property: 'path', op: 'starts_with', value: '/' }])
  return (
    <Stack gap="xs">
      <Select
        label={label}
        searchable
        disabled={disabled}
        placeholder="Choose an event"
        data={language.events.map(each => ({ value: each.type, label: each.title }))}
        value={value.event ?? null}
        onChange={event => event && onChange({ event })}
      />
      {chosen?.named && (
        <Autocomplete
          label="Called"
          description="Left empty: whatever it is called."
          clearable
          disabled={disabled}
          placeholder="any name"
          maxLength={200}
          data={chosen.names}
          value={value.name ?? ''}
          onChange={name => {
            const { name: _old, ...rest } = value
            onChange(name ? { ...rest, name } : rest)
          }}
        />
      )}
      {thing && (
        <ThingSelect {...thing} language={language} disabled={disabled} where={where} onChange={setWhere} />
      )}
      {shown.map(({ demand, at }, i) => (
        <DemandRow
          key={at}
          value={demand}
          isFirst={i === 0}
          language={language}
          disabled={disabled}
          onChange={next => replace(at, next)}
          onRemove={() => setWhere(where.filter((_, j) => j !== at))}
          {...(i === shown.length - 1 ? { onAdd: addDemand } : {})}
        />
      ))}
      {shown.length === 0 && !disabled && value.event && (
        <Button
          variant="subtle"
          size="compact-sm"
          leftSection={<IconPlus size={14} />}
          onClick={addDemand}
          style={{ alignSelf: 'flex-start' }}
        >
          Only where ...
        </Button>
      )}
    </Stack>
  )
}

type ThingProps = {
  property: string
  of: 'segments' | 'scores' | 'lists'
  label: string
  language: Language
  disabled: boolean
  where: Demand[]
  onChange(where: Demand[]): void
}

function ThingSelect({ property, of, label, language, disabled, where, onChange }: ThingProps) {
  const models = useThings('score-models')
  const data = of === 'scores' ? models : language[of].map(({ id, name }) => ({ value: id, label: name }))
  const others = where.filter(demand => demand.property !== property)
  const chosen = where.find(demand => demand.property === property)?.value
  return (
    <Select
      label={label}
      searchable
      clearable
      disabled={disabled}
      placeholder="any"
      data={data}
      value={typeof chosen === 'string' ? chosen : null}
      onChange={id => onChange(id ? [{ property, op: 'is', value: id }, ...others] : others)}
    />
  )
}
