import { ActionIcon, Button, Group, SegmentedControl, Select, Stack, Text, TextInput } from '@mantine/core'
import { IconTrash } from '@tabler/icons-react'
import type { Field, Logic } from './form'

type Question = Extract<Logic, { field: string }>
type Props = {
  label: string
  /** Fields that the condition can look at: those before. */
  before: Field[]
  value: Logic | null
  onChange(value: Logic | null): void
  disabled: boolean
}

const operators = [
  { value: 'is', label: 'is' },
  { value: 'is_not', label: 'is not' },
  { value: 'contains', label: 'contains' },
  { value: 'starts_with', label: 'begins with' },
  { value: 'ends_with', label: 'ends with' },
  { value: 'more_than', label: 'is more than' },
  { value: 'less_than', label: 'is less than' },
  { value: 'before', label: 'is before' },
  { value: 'after', label: 'is after' },
  { value: 'is_set', label: 'is answered' },
  { value: 'is_not_set', label: 'is not answered' },
]
const withoutValue = ['is_set', 'is_not_set']
const numeric = ['more_than', 'less_than', 'at_least', 'at_most']

/** A flat group of questions, as this editor makes them; null for a tree that only the API writes. */
function flatOf(logic: Logic | null): { join: 'all' | 'any'; questions: Question[] } | null {
  if (logic === null) return { join: 'all', questions: [] }
  if ('field' in logic) return { join: 'all', questions: [logic] }
  if ('not' in logic) return null
  const [join, list] = 'all' in logic ? (['all', logic.all] as const) : (['any', logic.any] as const)
  const questions = list.filter((each): each is Question => 'field' in each)
  return questions.length === list.length ? { join, questions } : null
}

const build = (join: 'all' | 'any', questions: Question[]): Logic | null =>
  questions.length === 0 ? null : join === 'all' ? { all: questions } : { any: questions }

/** When something holds: questions about the answers to earlier fields. */
export function FieldLogic({ label, before, value, onChange, disabled }: Props) {
  const flat = flatOf(value)
  const fields = before.filter(field => !['html', 'file'].includes(field.type))
  const first = fields[0]
  if (!flat)
    return (
      <Stack gap={4}>
        <Text size="sm" fw={500}>
          {label}
        </Text>
        <Text size="sm" c="dimmed">
          A nested condition that was written by the API. It holds as it is.
        </Text>
        <Button
          size="xs"
          variant="default"
          w="fit-content"
          disabled={disabled}
          onClick={() => onChange(null)}
        >
          Remove it
        </Button>
      </Stack>
    )
  const { join, questions } = flat
  const put = (at: number, next: Question | null) =>
    onChange(
      build(
        join,
        questions.flatMap((each, i) => (i === at ? (next ? [next] : []) : [each])),
      ),
    )
  return (
    <Stack gap={6}>
      <Group justify="space-between">
        <Text size="sm" fw={500}>
          {label}
        </Text>
        {questions.length > 1 && (
          <SegmentedControl
            size="xs"
            disabled={disabled}
            data={[
              { value: 'all', label: 'all hold' },
              { value: 'any', label: 'any holds' },
            ]}
            value={join}
            onChange={next => onChange(build(next as 'all' | 'any', questions))}
          />
        )}
      </Group>
      {questions.map((question, at) => (
        <QuestionRow
          // biome-ignore lint/suspicious/noArrayIndexKey: questions have no names, and keep their places
          key={at}
          question={question}
          fields={fields}
          disabled={disabled}
          onChange={next => put(at, next)}
        />
      ))}
      {first ? (
        <Button
          size="xs"
          variant="default"
          w="fit-content"
          disabled={disabled || questions.length >= 20}
          onClick={() => onChange(build(join, [...questions, { field: first.key, op: 'is_set' }]))}
        >
          {questions.length === 0 ? 'Add a condition' : 'And another'}
        </Button>
      ) : (
        <Text size="xs" c="dimmed">
          A condition looks at fields before this one; there is none.
        </Text>
      )}
    </Stack>
  )
}

function QuestionRow(props: {
  question: Question
  fields: Field[]
  disabled: boolean
  onChange(next: Question | null): void
}) {
  const { question, fields, disabled, onChange } = props
  const about = fields.find(field => field.key === question.field)
  const read = (text: string): string | number | boolean => {
    if (about?.type === 'checkbox' || about?.type === 'consent') return text === 'true'
    return numeric.includes(question.op) || about?.type === 'number' ? Number(text) || 0 : text
  }
  const choices =
    about?.type === 'checkbox' || about?.type === 'consent'
      ? [
          { value: 'true', label: 'ticked' },
          { value: 'false', label: 'not ticked' },
        ]
      : about?.options
  return (
    <Group gap={6} wrap="nowrap" align="flex-start">
      <Stack gap={4} style={{ flex: 1 }}>
        <Group gap={6} grow>
          <Select
            size="xs"
            aria-label="Field"
            disabled={disabled}
            data={fields.map(field => ({ value: field.key, label: field.label || field.key }))}
            value={question.field}
            onChange={key => key && onChange({ field: key, op: 'is_set' })}
          />
          <Select
            size="xs"
            aria-label="Operator"
            disabled={disabled}
            data={operators}
            value={question.op}
            onChange={op =>
              op &&
              onChange(
                withoutValue.includes(op)
                  ? { field: question.field, op }
                  : { ...question, op, value: question.value ?? '' },
              )
            }
          />
        </Group>
        {!withoutValue.includes(question.op) &&
          (choices ? (
            <Select
              size="xs"
              aria-label="Value"
              disabled={disabled}
              data={choices.map(option => ({ value: option.value, label: option.label || option.value }))}
              value={String(question.value ?? '')}
              onChange={text => text !== null && onChange({ ...question, value: read(text) })}
            />
          ) : (
            <TextInput
              size="xs"
              aria-label="Value"
              disabled={disabled}
              value={String(question.value ?? '')}
              onChange={event => onChange({ ...question, value: read(event.currentTarget.value) })}
            />
          ))}
      </Stack>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label="Remove the condition"
        disabled={disabled}
        onClick={() => onChange(null)}
      >
        <IconTrash size={16} />
      </ActionIcon>
    </Group>
  )
}
