import {
  Autocomplete,
  NumberInput,
  SegmentedControl,
  Select,
  TagsInput,
  Text,
  TextInput,
} from '@mantine/core'
import type { Operator, Value } from './filter'

type Props = {
  operator: Operator
  choices: string[]
  value: Value | undefined
  onChange(value: Value): void
  disabled: boolean
}

/** The place for an operator's value, in the form that it asks for. */
export function ValueInput({ operator, choices, value, onChange, disabled }: Props) {
  switch (operator.input) {
    case 'none':
      return null
    case 'yes-no':
      return (
        <SegmentedControl
          size="xs"
          disabled={disabled}
          data={[
            { value: 'true', label: 'yes' },
            { value: 'false', label: 'no' },
          ]}
          value={String(value ?? true)}
          onChange={word => onChange(word === 'true')}
        />
      )
    case 'number':
      return (
        <NumberInput
          w={110}
          aria-label="Value"
          disabled={disabled}
          value={Number(value ?? 0)}
          onChange={n => onChange(Number(n) || 0)}
        />
      )
    case 'days':
      return (
        <>
          <NumberInput
            w={86}
            min={1}
            aria-label="Days"
            disabled={disabled}
            value={Number(value ?? 30)}
            onChange={n => onChange(Number(n) || 1)}
          />
          <Text size="sm" span>
            days
          </Text>
        </>
      )
    case 'day':
      return (
        <TextInput
          w={150}
          type="date"
          aria-label="Day"
          disabled={disabled}
          value={String(value ?? '')}
          onChange={event => onChange(event.currentTarget.value)}
        />
      )
    case 'list':
      return (
        <TagsInput
          w={300}
          aria-label="Values"
          placeholder="Type and press Enter"
          disabled={disabled}
          data={choices}
          value={Array.isArray(value) ? value.map(String) : []}
          onChange={onChange}
        />
      )
    default:
      return choices.length > 0 ? (
        <Select
          w={200}
          searchable
          aria-label="Value"
          disabled={disabled}
          data={choices}
          value={String(value ?? '')}
          onChange={next => next && onChange(next)}
        />
      ) : (
        <Autocomplete
          w={200}
          aria-label="Value"
          placeholder="value"
          disabled={disabled}
          data={[]}
          value={String(value ?? '')}
          onChange={onChange}
        />
      )
  }
}
