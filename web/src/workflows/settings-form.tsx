import { Checkbox, NumberInput, Select, Stack, Text, Textarea, TextInput } from '@mantine/core'
import type { ReactNode } from 'react'
import type { Filter, Language } from '@/decisions/filter'
import { FilterBuilder } from '@/decisions/filter-builder'
import { type Definition, type EventMatch, nodesOf } from './definition'
import { EventMatchInput } from './event-match'
import { EmailPicker, ListPicker, ScorePicker, TopicPicker, UserPicker, WorkflowPicker } from './pickers'
import {
  FieldValueInput,
  type Length,
  LengthInput,
  PathsInput,
  WeekdaysInput,
  ZoneInput,
} from './settings-parts'
import { choiceWords, hints, labelOf } from './settings-words'

export type Schema = {
  type?: string
  properties?: Record<string, Schema>
  required?: string[]
  enum?: string[]
  maxLength?: number
  minimum?: number
  maximum?: number
  anyOf?: Schema[]
  $ref?: string
  default?: unknown
}
type Settings = Record<string, unknown>
type Props = {
  schema: Schema
  value: Settings
  onChange(settings: Settings): void
  language: Language
  disabled: boolean
  definition: Definition
}
type Place = Props & { name: string; part: Schema; isRequired: boolean; set(next: unknown): void }

/** Draws the settings of a step from their JSON schema; what is known better gets a place of its own. */
export function SettingsForm(props: Props) {
  const { schema, value, onChange } = props
  const required = new Set(schema.required ?? [])
  const names = Object.keys(schema.properties ?? {}).filter(name => !covered(schema, name))
  const setAt = (name: string) => (next: unknown) => {
    const { [name]: _old, ...rest } = value
    onChange(next === undefined ? rest : { ...rest, [name]: next })
  }
  return (
    <Stack>
      {names.map(name => (
        <Part
          key={name}
          {...props}
          name={name}
          part={schema.properties?.[name] ?? {}}
          isRequired={required.has(name)}
          set={setAt(name)}
        />
      ))}
      {names.length === 0 && (
        <Text size="sm" c="dimmed">
          There is nothing to set here.
        </Text>
      )}
    </Stack>
  )
}

/** Parts that are asked for together with another one. */
function covered({ properties = {} }: Schema, name: string): boolean {
  if ('event' in properties && (name === 'name' || name === 'where')) return true
  return 'field' in properties && 'value' in properties && name === 'value'
}

function Part(place: Place): ReactNode {
  const special = specials[place.name]
  if (special) return special(place)
  if (isFilter(place.part)) return <FilterPart {...place} />
  return <PlainPart {...place} />
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : null)
const isFilter = (part: Schema) => part.$ref?.endsWith('/Filter') ?? false

const picker = (Picker: typeof EmailPicker) => (place: Place) => (
  <Picker
    label={labelOf(place.name)}
    value={textOf(place.value[place.name])}
    onChange={id => place.set(id ?? (place.isRequired ? undefined : null))}
    disabled={place.disabled}
    optional={!place.isRequired}
  />
)
const length = (place: Place) => (
  <LengthInput
    label={labelOf(place.name)}
    value={place.value[place.name] as Length | undefined}
    onChange={place.set}
    disabled={place.disabled}
    optional={!place.isRequired}
  />
)

const specials: Record<string, ((place: Place) => ReactNode) | undefined> = {
  emailId: picker(EmailPicker),
  workflowId: picker(WorkflowPicker),
  modelId: picker(ScorePicker),
  listId: picker(ListPicker),
  topicId: picker(TopicPicker),
  fallbackUserId: picker(UserPicker),
  for: length,
  atMost: length,
  at: place => (
    <TextInput
      type="time"
      label={labelOf('at')}
      disabled={place.disabled}
      value={textOf(place.value.at) ?? ''}
      onChange={event => place.set(event.currentTarget.value || undefined)}
    />
  ),
  weekdays: place => (
    <WeekdaysInput
      label={labelOf('weekdays')}
      value={(place.value.weekdays as number[] | undefined) ?? []}
      onChange={place.set}
      disabled={place.disabled}
    />
  ),
  zone: place =>
    place.value.at || place.value.weekdays ? (
      <ZoneInput
        label={labelOf('zone')}
        value={textOf(place.value.zone) ?? undefined}
        onChange={place.set}
        disabled={place.disabled}
      />
    ) : null,
  paths: place => (
    <PathsInput
      value={(place.value.paths as { id: string; share: number }[] | undefined) ?? []}
      onChange={place.set}
      disabled={place.disabled}
    />
  ),
  field: place => (
    <FieldValueInput
      field={textOf(place.value.field) ?? ''}
      value={place.value.value}
      onChange={change => place.onChange({ ...place.value, ...change })}
      language={place.language}
      disabled={place.disabled}
    />
  ),
  event: place => (
    <EventMatchInput
      label="What to wait for"
      value={place.value as EventMatch}
      onChange={match => place.onChange(withMatch(place.value, match))}
      language={place.language}
      disabled={place.disabled}
    />
  ),
  email: EmailStepPart,
  webhookUrl: place => (
    <TextInput
      type="url"
      label={labelOf('webhookUrl')}
      placeholder="https://hooks.slack.com/..."
      disabled={place.disabled}
      value={textOf(place.value.webhookUrl) ?? ''}
      onChange={event => place.set(event.currentTarget.value || null)}
    />
  ),
}

function withMatch(settings: Settings, match: EventMatch): Settings {
  const { event: _event, name: _name, where: _where, ...rest } = settings
  return { ...rest, ...match }
}

/** Which of this workflow's own emails the open or click must come from. */
function EmailStepPart({ value, set, disabled, definition }: Place) {
  if (!textOf(value.event)?.startsWith('email.')) return null
  const steps = Object.entries(nodesOf(definition)).filter(([, step]) => step.type === 'send-email')
  const data = steps.map(([id, step]) => ({ value: id, label: step.title || id }))
  return (
    <Select
      label={labelOf('email')}
      clearable
      placeholder="any email"
      disabled={disabled}
      data={data}
      value={textOf(value.email)}
      onChange={id => set(id ?? undefined)}
    />
  )
}

function FilterPart({ name, value, set, isRequired, language, disabled }: Place) {
  const filter = value[name] as Filter | undefined
  return (
    <Stack gap="xs">
      {!isRequired && (
        <Checkbox
          label="Only those who match"
          checked={filter !== undefined}
          disabled={disabled}
          onChange={event => set(event.currentTarget.checked ? { all: [] } : undefined)}
        />
      )}
      {filter !== undefined && (
        <FilterBuilder value={filter} onChange={set} language={language} disabled={disabled} />
      )}
    </Stack>
  )
}

function PlainPart({ name, part, value, set, isRequired, disabled }: Place) {
  const given = value[name] ?? part.default
  const shared = { label: labelOf(name), description: hints[name], withAsterisk: isRequired, disabled }
  if (part.enum)
    return (
      <Select
        {...shared}
        data={part.enum.map(word => ({ value: word, label: choiceWords[word] ?? word }))}
        value={textOf(given)}
        onChange={word => word && set(word)}
      />
    )
  if (part.type === 'boolean')
    return (
      <Checkbox
        label={labelOf(name)}
        disabled={disabled}
        checked={given === true}
        onChange={event => set(event.currentTarget.checked)}
      />
    )
  if (part.type === 'integer' || part.type === 'number') {
    const limits = {
      ...(part.minimum === undefined ? {} : { min: part.minimum }),
      ...(part.maximum === undefined ? {} : { max: part.maximum }),
    }
    return (
      <NumberInput
        {...shared}
        {...limits}
        allowDecimal={part.type === 'number'}
        value={typeof given === 'number' ? given : ''}
        onChange={n => set(n === '' ? undefined : Number(n))}
      />
    )
  }
  const text = textOf(given) ?? ''
  if ((part.maxLength ?? 0) > 500)
    return (
      <Textarea
        {...shared}
        autosize
        minRows={2}
        value={text}
        onChange={event => set(event.currentTarget.value)}
      />
    )
  return (
    <TextInput
      {...shared}
      value={text}
      onChange={event => set(event.currentTarget.value || (isRequired ? '' : undefined))}
    />
  )
}
