import { Group, Select } from '@mantine/core'
import type { Condition, Language } from './filter'
import { ValueInput } from './value-input'

type Company = Extract<Condition, { type: 'company' }>
type Props = { value: Company; onChange(condition: Condition): void; language: Language; disabled: boolean }

const companyFields = [
  { value: 'name', label: 'Company name' },
  { value: 'domain', label: 'Company domain' },
]

/** What your own systems say of companies has no list: it is shown where a filter names it. */
export function CompanyRow({ value, onChange, language, disabled }: Props) {
  const operators = language.operators.text ?? []
  const operator = operators.find(each => each.name === value.op)
  const other = companyFields.some(each => each.value === value.field)
    ? []
    : [{ value: value.field, label: `Company ${value.field.replace('attrs.', '')}` }]
  return (
    <Group gap={6} style={{ rowGap: 6 }}>
      <Select
        w={190}
        aria-label="Field of the company"
        disabled={disabled}
        data={[...companyFields, ...other]}
        value={value.field}
        onChange={field => field && onChange({ ...value, field })}
      />
      <Select
        w={170}
        aria-label="Comparison"
        disabled={disabled}
        data={operators.map(each => ({ value: each.name, label: each.title }))}
        value={value.op}
        onChange={op => {
          const input = operators.find(each => each.name === op)?.input
          if (!op) return
          if (input === 'none') onChange({ type: 'company', field: value.field, op })
          else
            onChange({
              ...value,
              op,
              value: input === operator?.input ? (value.value ?? '') : input === 'list' ? [] : '',
            })
        }}
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
    </Group>
  )
}
