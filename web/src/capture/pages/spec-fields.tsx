import {
  Button,
  Checkbox,
  Group,
  Paper,
  Select,
  Stack,
  Switch,
  Text,
  Textarea,
  TextInput,
} from '@mantine/core'
import { ImageField } from './image-field'
import { AddressField, FormField, HrefField, MomentField, SourceField, WhenField } from './page-pickers'
import { RichField } from './rich-field'

export type Values = Record<string, unknown>
/** One thing that can be set: `name` is its path, `settings.title`. */
export type Spec = { name: string; label: string; help?: string } & (
  | { kind: 'line' | 'long' | 'rich' | 'code' | 'lines' | 'switch' }
  | { kind: 'image' | 'href' | 'address' | 'form' | 'source' | 'moment' | 'when' }
  | { kind: 'select'; options: { value: string; label: string }[]; unset?: string }
  | { kind: 'many'; options: { value: string; label: string }[] }
  | { kind: 'optional'; of: Spec[]; fresh: Values }
  | { kind: 'list'; of: Spec[]; fresh: Values; max: number; noun: string }
)

const isValues = (value: unknown): value is Values =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function read(values: Values, path: string): unknown {
  return path.split('.').reduce<unknown>((at, part) => (isValues(at) ? at[part] : undefined), values)
}

function write(values: Values, path: string, value: unknown): Values {
  const [first = '', ...rest] = path.split('.')
  if (rest.length > 0) {
    const below = values[first]
    return { ...values, [first]: write(isValues(below) ? below : {}, rest.join('.'), value) }
  }
  // What is not set at all is as usual.
  if (value === undefined) return Object.fromEntries(Object.entries(values).filter(([key]) => key !== first))
  return { ...values, [first]: value }
}

export type FieldProps<T> = {
  label: string
  help?: string | undefined
  value: T
  disabled: boolean
  onChange(value: T): void
}

/** A panel of everything that `specs` name. */
export function SpecFields(props: {
  specs: Spec[]
  values: Values
  disabled: boolean
  onChange(values: Values): void
}) {
  return (
    <Stack gap="sm">
      {props.specs.map(spec => (
        <SpecField
          key={spec.name}
          spec={spec}
          value={read(props.values, spec.name)}
          disabled={props.disabled}
          onChange={next => props.onChange(write(props.values, spec.name, next))}
        />
      ))}
    </Stack>
  )
}

type One = { spec: Spec; value: unknown; disabled: boolean; onChange(value: unknown): void }

function SpecField({ spec, value, disabled, onChange }: One) {
  const text = typeof value === 'string' ? value : ''
  const id = typeof value === 'string' ? value : null
  const common = { label: spec.label, help: spec.help, disabled, onChange }
  switch (spec.kind) {
    case 'rich':
      return <RichField {...common} value={text} />
    case 'image':
      return <ImageField {...common} value={id} />
    case 'href':
      return <HrefField {...common} value={text} />
    case 'address':
      return <AddressField {...common} value={id} />
    case 'form':
      return <FormField {...common} value={id} />
    case 'source':
      return <SourceField {...common} value={id} />
    case 'moment':
      return <MomentField {...common} value={id} />
    case 'when':
      return <WhenField {...common} value={isValues(value) ? value : null} />
    case 'list':
      return <ListField {...common} spec={spec} value={Array.isArray(value) ? value.filter(isValues) : []} />
    case 'optional':
      return (
        <Stack gap="xs">
          <Switch
            label={spec.label}
            disabled={disabled}
            checked={isValues(value)}
            onChange={event => onChange(event.currentTarget.checked ? structuredClone(spec.fresh) : null)}
          />
          {isValues(value) && (
            <SpecFields specs={spec.of} values={value} disabled={disabled} onChange={onChange} />
          )}
        </Stack>
      )
    default:
      return <PlainField spec={spec} value={value} disabled={disabled} onChange={onChange} />
  }
}

function PlainField({ spec, value, disabled, onChange }: One) {
  const text = typeof value === 'string' ? value : ''
  const list = Array.isArray(value) ? value.map(String) : []
  const common = { label: spec.label, description: spec.help, disabled }
  if (spec.kind === 'switch')
    return (
      <Switch
        {...common}
        checked={value === true}
        onChange={event => onChange(event.currentTarget.checked)}
      />
    )
  if (spec.kind === 'select')
    return (
      <Select
        {...common}
        data={spec.unset ? [{ value: '', label: spec.unset }, ...spec.options] : spec.options}
        allowDeselect={false}
        value={text}
        onChange={next => onChange(next || undefined)}
      />
    )
  if (spec.kind === 'many')
    return (
      <Checkbox.Group {...common} value={list} onChange={onChange}>
        <Group gap="md" mt={6}>
          {spec.options.map(option => (
            <Checkbox key={option.value} value={option.value} label={option.label} disabled={disabled} />
          ))}
        </Group>
      </Checkbox.Group>
    )
  if (spec.kind === 'lines')
    return (
      <Textarea
        {...common}
        autosize
        minRows={2}
        value={list.join('\n')}
        onChange={event =>
          onChange(event.currentTarget.value === '' ? [] : event.currentTarget.value.split('\n'))
        }
      />
    )
  if (spec.kind === 'line')
    return <TextInput {...common} value={text} onChange={event => onChange(event.currentTarget.value)} />
  return (
    <Textarea
      {...common}
      autosize
      minRows={2}
      maxRows={16}
      spellCheck={spec.kind !== 'code'}
      styles={spec.kind === 'code' ? { input: { fontFamily: 'var(--mantine-font-family-monospace)' } } : {}}
      value={text}
      onChange={event => onChange(event.currentTarget.value)}
    />
  )
}

function ListField({
  spec,
  value,
  disabled,
  onChange,
}: FieldProps<Values[]> & { spec: Extract<Spec, { kind: 'list' }> }) {
  const swap = (at: number) => onChange(value.toSpliced(at - 1, 2, ...value.slice(at - 1, at + 1).reverse()))
  return (
    <Stack gap="xs" role="group" aria-label={spec.label}>
      <Text size="sm" fw={500}>
        {spec.label}
      </Text>
      {value.map((item, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: an entry keeps its place while it is typed
        <Paper key={at} withBorder p="sm">
          <SpecFields
            specs={spec.of}
            values={item}
            disabled={disabled}
            onChange={next => onChange(value.with(at, next))}
          />
          <Group gap={4} mt="xs" justify="flex-end">
            {at > 0 && (
              <Button size="compact-xs" variant="subtle" disabled={disabled} onClick={() => swap(at)}>
                Move up
              </Button>
            )}
            <Button
              size="compact-xs"
              variant="subtle"
              color="red"
              disabled={disabled}
              onClick={() => onChange(value.toSpliced(at, 1))}
            >
              Remove this {spec.noun}
            </Button>
          </Group>
        </Paper>
      ))}
      <Button
        size="xs"
        variant="default"
        w="fit-content"
        disabled={disabled || value.length >= spec.max}
        onClick={() => onChange([...value, structuredClone(spec.fresh)])}
      >
        Add a {spec.noun}
      </Button>
    </Stack>
  )
}
