import {
  ActionIcon,
  Button,
  Chip,
  Group,
  Input,
  NumberInput,
  Select,
  Stack,
  Text,
  TextInput,
} from '@mantine/core'
import { IconPlus, IconX } from '@tabler/icons-react'
import { fieldCondition, type Language, type Value } from '@/decisions/filter'
import { ValueInput } from '@/decisions/value-input'

export type Length = { amount: number; unit: string }

const units = ['minutes', 'hours', 'days', 'weeks']

/** "3 days". */
export function LengthInput(props: {
  label: string
  value: Length | undefined
  onChange(length: Length | undefined): void
  disabled: boolean
  optional: boolean
}) {
  const { label, value, onChange, disabled, optional } = props
  return (
    <Input.Wrapper label={label} withAsterisk={!optional}>
      <Group gap="xs" wrap="nowrap">
        <NumberInput
          w={110}
          min={0}
          max={100_000}
          allowDecimal={false}
          disabled={disabled}
          aria-label={`${label}: how many`}
          value={value?.amount ?? ''}
          onChange={n =>
            n === '' && optional
              ? onChange(undefined)
              : onChange({ amount: Math.trunc(Number(n)) || 0, unit: value?.unit ?? 'days' })
          }
        />
        <Select
          w={130}
          disabled={disabled}
          aria-label={`${label}: unit`}
          data={units}
          value={value?.unit ?? 'days'}
          onChange={unit => unit && onChange({ amount: value?.amount ?? 1, unit })}
        />
      </Group>
    </Input.Wrapper>
  )
}

const days = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']

export function WeekdaysInput(props: {
  label: string
  value: number[]
  onChange(days: number[] | undefined): void
  disabled: boolean
}) {
  return (
    <Input.Wrapper label={props.label} description="None chosen means any day.">
      <Chip.Group
        multiple
        value={props.value.map(String)}
        onChange={next => props.onChange(next.length > 0 ? next.map(Number).sort() : undefined)}
      >
        <Group gap={6} mt={4}>
          {days.map((day, at) => (
            <Chip key={day} size="xs" value={String(at + 1)} disabled={props.disabled}>
              {day}
            </Chip>
          ))}
        </Group>
      </Chip.Group>
    </Input.Wrapper>
  )
}

const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone

export function ZoneInput(props: {
  label: string
  value: string | undefined
  onChange(zone: string): void
  disabled: boolean
}) {
  const named = ['contact', 'workspace']
  const data = [
    { value: 'contact', label: 'Where the contact lives' },
    { value: 'workspace', label: 'Where we are' },
    ...[
      ...new Set([
        ownZone,
        'UTC',
        ...(props.value && !named.includes(props.value) ? [props.value] : []),
        ...Intl.supportedValuesOf('timeZone'),
      ]),
    ].map(zone => ({ value: zone, label: zone })),
  ]
  return (
    <Select
      label={props.label}
      searchable
      limit={60}
      disabled={props.disabled}
      data={data}
      value={props.value ?? 'contact'}
      onChange={zone => zone && props.onChange(zone)}
    />
  )
}

type Path = { id: string; title?: string; share: number }

/** Shares of a split: they need not add up to a hundred, the percentage is shown. */
export function PathsInput(props: { value: Path[]; onChange(paths: Path[]): void; disabled: boolean }) {
  const { value, onChange, disabled } = props
  const all = value.reduce((sum, path) => sum + path.share, 0)
  const replace = (at: number, change: Partial<Path>) =>
    onChange(value.map((path, i) => (i === at ? { ...path, ...change } : path)))
  const next = () =>
    [...'abcdefghijklmnopqrst'].find(id => !value.some(path => path.id === id)) ?? String(value.length)
  return (
    <Input.Wrapper label="Paths" description="Everybody is assigned once, by chance, and keeps the path.">
      <Stack gap={6} mt={4}>
        {value.map((path, at) => (
          <Group key={path.id} gap="xs" wrap="nowrap">
            <TextInput
              style={{ flex: 1 }}
              aria-label={`Name of path ${path.id}`}
              placeholder={`Path ${path.id.toUpperCase()}`}
              disabled={disabled}
              value={path.title ?? ''}
              onChange={event => replace(at, { title: event.currentTarget.value })}
            />
            <NumberInput
              w={84}
              min={1}
              max={1000}
              aria-label={`Share of path ${path.id}`}
              disabled={disabled}
              value={path.share}
              onChange={n => replace(at, { share: Number(n) || 1 })}
            />
            <Text size="sm" c="dimmed" w={44} ta="right" className="numbers">
              {all > 0 ? Math.round((100 * path.share) / all) : 0} %
            </Text>
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={`Remove path ${path.id}`}
              disabled={disabled || value.length <= 2}
              onClick={() => onChange(value.filter((_, i) => i !== at))}
            >
              <IconX size={16} />
            </ActionIcon>
          </Group>
        ))}
        <Button
          variant="subtle"
          size="compact-sm"
          leftSection={<IconPlus size={14} />}
          disabled={disabled || value.length >= 20}
          onClick={() => onChange([...value, { id: next(), share: 50 }])}
          style={{ alignSelf: 'flex-start' }}
        >
          Path
        </Button>
      </Stack>
    </Input.Wrapper>
  )
}

/** What a workflow cannot write: who somebody is, and what is kept by itself. */
const notOurs = new Set(['email', 'created_at', 'updated_at', 'company_id', 'owner_id'])

/** A contact's field and the value it is to have, in the form that the field's type asks for. */
export function FieldValueInput(props: {
  field: string
  value: unknown
  onChange(change: { field: string; value: unknown }): void
  language: Language
  disabled: boolean
}) {
  const { field, value, onChange, language, disabled } = props
  const known = language.fields.find(each => each.name === field)
  const operator = (language.operators[known?.type ?? 'text'] ?? []).find(
    each => each.name === (known?.type === 'date' ? 'on' : 'is'),
  )
  const setField = (name: string) => {
    const fresh = fieldCondition(language, name, 'is')
    onChange({ field: name, value: 'value' in fresh ? (fresh.value ?? '') : '' })
  }
  return (
    <>
      <Select
        label="Field"
        searchable
        withAsterisk
        disabled={disabled}
        data={language.fields
          .filter(each => !notOurs.has(each.name))
          .map(each => ({ value: each.name, label: each.title }))}
        value={field}
        onChange={name => name && setField(name)}
      />
      <Input.Wrapper label="Is set to" description="Left empty: the field is cleared.">
        {operator ? (
          <ValueInput
            operator={operator}
            choices={known?.choices ?? []}
            value={(value ?? undefined) as Value | undefined}
            disabled={disabled}
            onChange={next => onChange({ field, value: next === '' ? null : next })}
          />
        ) : (
          <TextInput
            aria-label="Value"
            disabled={disabled}
            value={String(value ?? '')}
            onChange={event => onChange({ field, value: event.currentTarget.value || null })}
          />
        )}
      </Input.Wrapper>
    </>
  )
}
