import {
  ActionIcon,
  Button,
  Group,
  MultiSelect,
  NumberInput,
  Select,
  Stack,
  Switch,
  Text,
  Textarea,
  TextInput,
} from '@mantine/core'
import { IconTrash } from '@tabler/icons-react'
import { useThings } from '@/workflows/pickers'
import type { Field, Option } from './form'

export type Part = { field: Field; change(next: Partial<Field>): void; disabled: boolean }

/** What can be chosen: left the words, right what is kept. */
export function Options({ field, change, disabled }: Part) {
  const options = field.options ?? []
  const put = (at: number, next: Option | null) =>
    change({ options: options.flatMap((each, i) => (i === at ? (next ? [next] : []) : [each])) })
  return (
    <Stack gap={6}>
      <Text size="sm" fw={500}>
        Choices
      </Text>
      {options.map((option, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a choice keeps its place while its value is typed
        <Group key={at} gap={6} wrap="nowrap">
          <TextInput
            size="xs"
            style={{ flex: 2 }}
            aria-label={`Words of choice ${at + 1}`}
            disabled={disabled}
            value={option.label}
            onChange={event => put(at, { ...option, label: event.currentTarget.value })}
          />
          <TextInput
            size="xs"
            style={{ flex: 1 }}
            aria-label={`Stored value of choice ${at + 1}`}
            disabled={disabled}
            value={option.value}
            onChange={event => put(at, { ...option, value: event.currentTarget.value })}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={`Remove ${option.label || option.value}`}
            disabled={disabled || options.length <= 1}
            onClick={() => put(at, null)}
          >
            <IconTrash size={16} />
          </ActionIcon>
        </Group>
      ))}
      <Button
        size="xs"
        variant="default"
        w="fit-content"
        disabled={disabled || options.length >= 300}
        onClick={() => {
          const value = `choice_${options.length + 1}`
          change({ options: [...options, { value, label: `Choice ${options.length + 1}` }] })
        }}
      >
        Add a choice
      </Button>
      <Text size="xs" c="dimmed">
        Left what people read, right what is stored.
      </Text>
    </Stack>
  )
}

/** Lengths for text, bounds for numbers; days are left to their calendar. */
export function Limits({ field, change, disabled }: Part) {
  if (field.maxLength !== undefined)
    return (
      <NumberInput
        label="At most so many characters"
        min={1}
        max={field.type === 'long_text' ? 10_000 : 1_000}
        disabled={disabled}
        value={field.maxLength}
        onChange={n => change({ maxLength: Number(n) || 1 })}
      />
    )
  if (field.type !== 'number') return null
  const bound = (label: string, name: 'min' | 'max') => (
    <NumberInput
      label={label}
      disabled={disabled}
      value={typeof field[name] === 'number' ? field[name] : ''}
      onChange={n => change({ [name]: n === '' ? null : Number(n) })}
    />
  )
  return (
    <Group grow align="flex-end">
      {bound('At least', 'min')}
      {bound('At most', 'max')}
      <Switch
        label="Whole numbers"
        disabled={disabled}
        checked={field.isWhole ?? false}
        onChange={event => change({ isWhole: event.currentTarget.checked })}
      />
    </Group>
  )
}

/** The very words of a consent, and how much they ask. */
export function Consent({ field, change, disabled }: Part) {
  const topics = useThings('topics')
  return (
    <>
      <Textarea
        label="What is agreed to, in these very words"
        description="Each submission keeps the words that were shown, as proof."
        autosize
        minRows={3}
        disabled={disabled}
        value={field.wording ?? ''}
        onChange={event => change({ wording: event.currentTarget.value })}
      />
      <TextInput
        label="Purpose"
        disabled={disabled}
        value={field.purpose ?? ''}
        onChange={event => change({ purpose: event.currentTarget.value })}
      />
      <Select
        label="Topic"
        placeholder="All mail of this purpose"
        clearable
        disabled={disabled}
        data={topics}
        value={field.topicId ?? null}
        onChange={topicId => change({ topicId })}
      />
      <Switch
        label="Double opt-in: a letter with a link has to be answered first"
        disabled={disabled}
        checked={field.doubleOptIn ?? false}
        onChange={event => change({ doubleOptIn: event.currentTarget.checked })}
      />
    </>
  )
}

/** What may be sent along. */
export function Files({ field, change, disabled }: Part) {
  return (
    <>
      <MultiSelect
        label="Kinds of files"
        description="Judged by their first bytes, not by their names."
        disabled={disabled}
        data={['pdf', 'image', 'document', 'sheet', 'slides', 'archive']}
        value={field.accepts ?? []}
        onChange={accepts => accepts.length > 0 && change({ accepts })}
      />
      <Group grow>
        <NumberInput
          label="Files at most"
          min={1}
          max={5}
          disabled={disabled}
          value={field.maxFiles ?? 1}
          onChange={n => change({ maxFiles: Number(n) || 1 })}
        />
        <NumberInput
          label="Megabytes each"
          min={1}
          max={10}
          disabled={disabled}
          value={field.maxMb ?? 5}
          onChange={n => change({ maxMb: Number(n) || 1 })}
        />
      </Group>
    </>
  )
}
