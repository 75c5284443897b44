import { NumberInput, Select, TextInput } from '@mantine/core'
import type { CustomField } from './contact'

export type AttrValue = string | number | boolean | null

type Props = {
  field: CustomField
  value: AttrValue
  onChange(value: AttrValue): void
  error?: string | undefined
}

/** A custom field by its type; empty means nothing is known. */
export function FieldInput({ field, value, onChange, error }: Props) {
  const common = { label: field.label, error }
  const text = value === null ? '' : String(value)
  if (field.type === 'number')
    return (
      <NumberInput
        {...common}
        size="sm"
        value={typeof value === 'number' ? value : ''}
        onChange={next => onChange(typeof next === 'number' ? next : next === '' ? null : Number(next))}
      />
    )
  if (field.type === 'boolean') {
    const word = value === true ? 'yes' : value === false ? 'no' : null
    return (
      <Select
        {...common}
        clearable
        placeholder="Not known"
        data={[
          { value: 'yes', label: 'Yes' },
          { value: 'no', label: 'No' },
        ]}
        value={word}
        onChange={next => onChange(next === null ? null : next === 'yes')}
      />
    )
  }
  if (field.type === 'choice') {
    const choices = text && !field.choices.includes(text) ? [...field.choices, text] : field.choices
    return (
      <Select
        {...common}
        clearable
        searchable
        placeholder="Not known"
        data={choices}
        value={text || null}
        onChange={onChange}
      />
    )
  }
  // A date with a time of day is shown as it is: the picker would cut it.
  const type = field.type === 'date' && text.length <= 10 ? 'date' : 'text'
  return (
    <TextInput
      {...common}
      type={type}
      value={text}
      onChange={event => onChange(event.currentTarget.value || null)}
    />
  )
}
