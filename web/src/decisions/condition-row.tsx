import { Button, Group, NumberInput, Select, Stack, Text, TextInput } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { CompanyRow } from './company-row'
import { DemandRow } from './demand-row'
import { type Condition, fieldCondition, type Language } from './filter'
import { ValueInput } from './value-input'

type Of<T extends Condition['type']> = Extract<Condition, { type: T }>
type Props<C extends Condition> = {
  value: C
  onChange(condition: Condition): void
  language: Language
  disabled: boolean
}

/** One condition as a sentence with places to fill. */
export function ConditionRow({ value, ...rest }: Props<Condition>) {
  switch (value.type) {
    case 'field':
      return <FieldRow value={value} {...rest} />
    case 'event':
      return <EventRow value={value} {...rest} />
    case 'company':
      return <CompanyRow value={value} {...rest} />
    case 'company_people':
      return <CompanyPeopleRow value={value} {...rest} />
    case 'score':
      return <ScoreRow value={value} {...rest} />
    case 'consent':
      return <ConsentRow value={value} {...rest} />
    default:
      return <MemberRow value={value} {...rest} />
  }
}

function Sentence({ children }: { children: ReactNode }) {
  return (
    <Group gap={6} style={{ rowGap: 6 }}>
      {children}
    </Group>
  )
}

const Word = ({ children }: { children: ReactNode }) => (
  <Text size="sm" span>
    {children}
  </Text>
)

function FieldRow({ value, onChange, language, disabled }: Props<Of<'field'>>) {
  const field = language.fields.find(each => each.name === value.field)
  const operators = language.operators[field?.type ?? 'text'] ?? []
  const operator = operators.find(each => each.name === value.op)
  return (
    <Sentence>
      <Select
        w={190}
        searchable
        aria-label="Field"
        disabled={disabled}
        data={language.fields.map(each => ({ value: each.name, label: each.title }))}
        value={value.field}
        onChange={name => name && onChange(fieldCondition(language, name, value.op))}
      />
      <Select
        w={170}
        aria-label="Comparison"
        disabled={disabled}
        data={operators.map(each => ({ value: each.name, label: each.title }))}
        value={value.op}
        onChange={op => {
          if (!op) return
          const fresh = fieldCondition(language, value.field, op)
          const same = operators.find(each => each.name === op)?.input === operator?.input
          onChange(same && value.value !== undefined ? { ...value, op } : fresh)
        }}
      />
      {operator && (
        <ValueInput
          operator={operator}
          choices={field?.choices ?? []}
          value={value.value}
          disabled={disabled}
          onChange={next => onChange({ ...value, value: next })}
        />
      )}
    </Sentence>
  )
}

const times: { value: Of<'event'>['op']; label: string }[] = [
  { value: 'at_least', label: 'did, at least' },
  { value: 'at_most', label: 'did, at most' },
  { value: 'never', label: 'never did' },
]

function EventRow({ value, onChange, language, disabled }: Props<Of<'event'>>) {
  const chosen = language.events.find(each => each.type === value.event)
  const { times: _times, ...rest } = value
  const setOp = (op: Of<'event'>['op']) =>
    onChange(op === 'never' ? { ...rest, op } : { ...rest, op, times: value.times ?? 1 })
  const where = value.where ?? []
  return (
    <Stack gap={6}>
      <Sentence>
        <Select
          w={210}
          searchable
          aria-label="Event"
          disabled={disabled}
          data={language.events.map(each => ({ value: each.type, label: each.title }))}
          value={value.event}
          onChange={event => event && onChange({ ...value, event, name: null })}
        />
        {chosen?.named && (
          <Select
            w={190}
            searchable
            clearable
            aria-label="Name of the event"
            placeholder="any name"
            disabled={disabled}
            data={[...new Set([...(chosen.names ?? []), ...(value.name ? [value.name] : [])])]}
            value={value.name ?? null}
            onChange={name => onChange({ ...value, name })}
          />
        )}
        <Select
          w={130}
          aria-label="How often"
          disabled={disabled}
          data={times}
          value={value.op}
          onChange={op => op && setOp(op as Of<'event'>['op'])}
        />
        {value.op !== 'never' && (
          <>
            <NumberInput
              w={76}
              min={value.op === 'at_least' ? 1 : 0}
              aria-label="Times"
              disabled={disabled}
              value={value.times ?? 1}
              onChange={n => onChange({ ...value, times: Number(n) || (value.op === 'at_least' ? 1 : 0) })}
            />
            <Word>{value.times === 1 ? 'time' : 'times'}</Word>
          </>
        )}
        <Select
          w={130}
          aria-label="Period"
          disabled={disabled}
          data={[
            { value: 'within', label: 'in the last' },
            { value: 'ever', label: 'ever' },
          ]}
          value={value.withinDays ? 'within' : 'ever'}
          onChange={kind => onChange({ ...value, withinDays: kind === 'within' ? 30 : null })}
        />
        {value.withinDays && (
          <>
            <NumberInput
              w={80}
              min={1}
              max={3650}
              aria-label="Days"
              disabled={disabled}
              value={value.withinDays}
              onChange={n => onChange({ ...value, withinDays: Number(n) || 1 })}
            />
            <Word>{value.withinDays === 1 ? 'day' : 'days'}</Word>
          </>
        )}
        {!disabled && where.length === 0 && (
          <Button
            variant="subtle"
            size="compact-xs"
            leftSection={<IconPlus size={12} />}
            onClick={() =>
              onChange({
                ...value,
                where: [
                  { property: value.event === 'page.viewed' ? 'path' : '', op: 'starts_with', value: '' },
                ],
              })
            }
          >
            where
          </Button>
        )}
      </Sentence>
      {where.map((demand, at) => (
        <DemandRow
          // biome-ignore lint/suspicious/noArrayIndexKey: demands have no identity of their own
          key={at}
          isFirst={at === 0}
          value={demand}
          language={language}
          disabled={disabled}
          onChange={next => onChange({ ...value, where: where.map((old, i) => (i === at ? next : old)) })}
          onRemove={() => onChange({ ...value, where: where.filter((_, i) => i !== at) })}
          {...(at === where.length - 1
            ? {
                onAdd: () => onChange({ ...value, where: [...where, { property: '', op: 'is', value: '' }] }),
              }
            : {})}
        />
      ))}
    </Stack>
  )
}

function MemberRow({ value, onChange, language, disabled }: Props<Of<'list'> | Of<'segment'>>) {
  const isList = value.type === 'list'
  const options = isList ? language.lists : language.segments
  return (
    <Sentence>
      <Select
        w={150}
        aria-label="Whether"
        disabled={disabled}
        data={
          isList
            ? [
                { value: 'yes', label: 'is on the list' },
                { value: 'no', label: 'is not on the list' },
              ]
            : [
                { value: 'yes', label: 'is in the segment' },
                { value: 'no', label: 'is not in the segment' },
              ]
        }
        value={value.in ? 'yes' : 'no'}
        onChange={word => onChange({ ...value, in: word === 'yes' })}
      />
      <Select
        w={260}
        searchable
        aria-label={isList ? 'List' : 'Segment'}
        disabled={disabled}
        data={options.map(each => ({ value: each.id, label: each.name }))}
        value={isList ? value.listId : value.segmentId}
        onChange={id => id && onChange(isList ? { ...value, listId: id } : { ...value, segmentId: id })}
      />
    </Sentence>
  )
}

function ConsentRow({ value, onChange, disabled }: Props<Of<'consent'>>) {
  return (
    <Sentence>
      <Word>Consent to</Word>
      <TextInput
        w={150}
        aria-label="Purpose"
        disabled={disabled}
        value={value.purpose}
        onChange={event => onChange({ ...value, purpose: event.currentTarget.value })}
      />
      <Word>is</Word>
      <Select
        w={200}
        aria-label="State of the consent"
        disabled={disabled}
        data={[
          { value: 'granted', label: 'given' },
          { value: 'withdrawn', label: 'withdrawn' },
          { value: 'pending', label: 'asked for, not confirmed' },
          { value: 'none', label: 'neither given nor refused' },
        ]}
        value={value.state}
        onChange={state => state && onChange({ ...value, state: state as Of<'consent'>['state'] })}
      />
    </Sentence>
  )
}

function CompanyPeopleRow({ value, onChange, disabled }: Props<Of<'company_people'>>) {
  return (
    <Sentence>
      <Word>Their company has</Word>
      <Select
        w={130}
        aria-label="Comparison"
        disabled={disabled}
        data={[
          { value: 'at_least', label: 'at least' },
          { value: 'less_than', label: 'fewer than' },
        ]}
        value={value.op}
        onChange={op => op && onChange({ ...value, op: op as Of<'company_people'>['op'] })}
      />
      <NumberInput
        w={90}
        min={1}
        max={1_000_000}
        allowDecimal={false}
        aria-label="People"
        disabled={disabled}
        value={value.value}
        onChange={n => onChange({ ...value, value: Number(n) || 1 })}
      />
      <Word>contacts</Word>
    </Sentence>
  )
}

function ScoreRow({ value, onChange, language, disabled }: Props<Of<'score'>>) {
  return (
    <Sentence>
      <Select
        w={210}
        aria-label="Score model"
        disabled={disabled}
        data={language.scoreModels.map(each => ({ value: each.id, label: each.name }))}
        value={value.modelId}
        onChange={modelId => modelId && onChange({ ...value, modelId })}
      />
      <Select
        w={130}
        aria-label="Comparison"
        disabled={disabled}
        data={[
          { value: 'at_least', label: 'is at least' },
          { value: 'less_than', label: 'is less than' },
        ]}
        value={value.op}
        onChange={op => op && onChange({ ...value, op: op as Of<'score'>['op'] })}
      />
      <NumberInput
        w={90}
        aria-label="Points"
        disabled={disabled}
        value={value.value}
        onChange={n => onChange({ ...value, value: Number(n) || 0 })}
      />
    </Sentence>
  )
}
