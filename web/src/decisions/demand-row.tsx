import { ActionIcon, Autocomplete, Button, Group, Select, Text } from '@mantine/core'
import { IconPlus, IconX } from '@tabler/icons-react'
import { type Demand, emptyValue, type Language, type Operator } from './filter'
import { ValueInput } from './value-input'

type Props = {
  value: Demand
  onChange(demand: Demand): void
  onRemove(): void
  onAdd?(): void
  isFirst: boolean
  language: Language
  disabled: boolean
}

/** Text first, then what numbers can be asked besides: an event's values have no declared type. */
function offered(language: Language): Operator[] {
  const known = new Set<string>()
  return [...(language.operators.text ?? []), ...(language.operators.number ?? [])].filter(
    each => !known.has(each.name) && known.add(each.name),
  )
}

/** "where path starts with /pricing": a demand on the event's own values. */
export function DemandRow({ value, onChange, onRemove, onAdd, isFirst, language, disabled }: Props) {
  const operators = offered(language)
  const operator = operators.find(each => each.name === value.op)
  const setOp = (op: string) => {
    const next = operators.find(each => each.name === op)
    const empty = emptyValue(next)
    const kept = next?.input === operator?.input ? value.value : empty
    onChange({ property: value.property, op, ...(kept === undefined ? {} : { value: kept }) })
  }
  return (
    <Group gap={6} pl="lg" style={{ rowGap: 6 }}>
      <Text size="sm" c="dimmed" w={44} ta="right">
        {isFirst ? 'where' : 'and'}
      </Text>
      <Autocomplete
        w={150}
        aria-label="Property of the event"
        placeholder="property"
        disabled={disabled}
        data={['path', 'url', 'host', 'title', 'referrer', 'utm.source', 'utm.campaign']}
        value={value.property}
        onChange={property => onChange({ ...value, property })}
      />
      <Select
        w={160}
        aria-label="Comparison"
        disabled={disabled}
        data={operators.map(each => ({ value: each.name, label: each.title }))}
        value={value.op}
        onChange={op => op && setOp(op)}
      />
      {operator && (
        <ValueInput
          operator={operator}
          choices={[]}
          value={value.value}
          disabled={disabled}
          onChange={next => onChange({ ...value, value: next })}
        />
      )}
      {!disabled && (
        <ActionIcon
          variant="subtle"
          color="gray"
          size="sm"
          aria-label="Remove this demand"
          onClick={onRemove}
        >
          <IconX size={14} />
        </ActionIcon>
      )}
      {!disabled && onAdd && (
        <Button variant="subtle" size="compact-xs" leftSection={<IconPlus size={12} />} onClick={onAdd}>
          and
        </Button>
      )}
    </Group>
  )
}
