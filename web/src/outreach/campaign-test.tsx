import {
  ActionIcon,
  Alert,
  Button,
  Group,
  NumberInput,
  Paper,
  Select,
  SimpleGrid,
  Stack,
  Text,
  TextInput,
} from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { letters, type Option, type Test, type Variant } from './campaign'

type Props = {
  test: Test
  emails: Option[]
  subject: string
  disabled: boolean
  onChange(test: Test): void
}

const empty: Variant = { emailId: null, subject: null, fromName: null, fromAddress: null }

/** Variants, what counts, and how it is decided. */
export function CampaignTest({ test, emails, subject, disabled, onChange }: Props) {
  const set = (change: Partial<Test>) => onChange({ ...test, ...change })
  const setVariant = (place: number, change: Partial<Variant>) =>
    set({ variants: test.variants.map((each, i) => (i === place ? { ...each, ...change } : each)) })
  return (
    <Stack>
      {test.variants.map((variant, place) => (
        <VariantCard
          // biome-ignore lint/suspicious/noArrayIndexKey: a variant is known by its letter, which is its place
          key={place}
          letter={letters[place] ?? ''}
          variant={variant}
          isControl={place === 0}
          emails={emails}
          subject={subject}
          disabled={disabled}
          onChange={change => setVariant(place, change)}
          onRemove={
            place > 0 && test.variants.length > 2
              ? () => set({ variants: test.variants.filter((_, i) => i !== place) })
              : null
          }
        />
      ))}
      <Button
        variant="default"
        w="fit-content"
        leftSection={<IconPlus size={16} />}
        disabled={disabled || test.variants.length >= 4}
        onClick={() => set({ variants: [...test.variants, { ...empty, subject: '' }] })}
      >
        Add a variant
      </Button>
      <Rules test={test} disabled={disabled} set={set} />
    </Stack>
  )
}

function VariantCard(props: {
  letter: string
  variant: Variant
  isControl: boolean
  emails: Option[]
  subject: string
  disabled: boolean
  onChange(change: Partial<Variant>): void
  onRemove: (() => void) | null
}) {
  const { letter, variant, disabled, onChange, onRemove } = props
  const text = (key: 'subject' | 'fromName' | 'fromAddress', label: string, same: string) => (
    <TextInput
      label={label}
      placeholder={same}
      disabled={disabled}
      value={variant[key] ?? ''}
      onChange={event => onChange({ [key]: event.currentTarget.value || null })}
    />
  )
  return (
    <Paper withBorder p="sm" component="fieldset">
      <Group justify="space-between" mb="xs">
        <Text fw={600}>
          Variant {letter}
          {props.isControl && ' (the control)'}
        </Text>
        {onRemove && (
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={`Remove variant ${letter}`}
            onClick={onRemove}
          >
            <IconTrash size={16} />
          </ActionIcon>
        )}
      </Group>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        {text('subject', 'Subject', props.subject || 'That of the email')}
        <Select
          label="Content"
          data={props.emails}
          value={variant.emailId}
          onChange={emailId => onChange({ emailId })}
          disabled={disabled}
          clearable
          placeholder="The email of the campaign"
        />
        {text('fromName', 'Sender’s name', 'That of the email')}
        {text('fromAddress', 'Sender’s address', 'That of the email')}
      </SimpleGrid>
    </Paper>
  )
}

function Rules({ test, disabled, set }: { test: Test; disabled: boolean; set(change: Partial<Test>): void }) {
  const number = (
    key: 'share' | 'hours' | 'minimum' | 'confidence',
    label: string,
    min: number,
    max: number,
  ) => (
    <NumberInput
      label={label}
      min={min}
      max={max}
      disabled={disabled}
      value={test[key]}
      onChange={next => typeof next === 'number' && next >= min && next <= max && set({ [key]: next })}
    />
  )
  return (
    <>
      <SimpleGrid cols={{ base: 1, sm: 2, md: 3 }}>
        <Select
          label="What counts"
          data={[
            { value: 'clicks', label: 'Clicks of people' },
            { value: 'goal', label: 'A goal: something that happens' },
            { value: 'opens', label: 'Opens of people' },
          ]}
          allowDeselect={false}
          disabled={disabled}
          value={test.metric}
          onChange={metric =>
            metric &&
            set({
              metric: metric as Test['metric'],
              ...(metric === 'goal' && !test.goal ? { goal: { event: 'event.tracked', name: '' } } : {}),
            })
          }
        />
        {test.metric === 'goal' && (
          <TextInput
            label="Name of the event"
            placeholder="Trial Started"
            disabled={disabled}
            value={test.goal?.name ?? ''}
            onChange={event => set({ goal: { event: 'event.tracked', name: event.currentTarget.value } })}
          />
        )}
        {number('share', 'Percent of the audience in the test', 5, 100)}
        {number('hours', 'Hours until it is decided', 1, 336)}
        {number('minimum', 'Mails needed of each variant', 10, 1_000_000)}
        {number('confidence', 'Probability to be best, percent', 80, 99)}
        <Select
          label="Who decides"
          data={[
            { value: 'automatic', label: 'Tend, when the conditions hold' },
            { value: 'manual', label: 'A person' },
          ]}
          allowDeselect={false}
          disabled={disabled}
          value={test.pick}
          onChange={pick => pick && set({ pick: pick as Test['pick'] })}
        />
        {test.pick === 'automatic' && (
          <Select
            label="Where they do not hold"
            data={[
              { value: 'wait', label: 'Wait for a person' },
              { value: 'control', label: 'Send the control, A' },
            ]}
            allowDeselect={false}
            disabled={disabled}
            value={test.otherwise}
            onChange={otherwise => otherwise && set({ otherwise: otherwise as Test['otherwise'] })}
          />
        )}
      </SimpleGrid>
      {test.metric === 'opens' && (
        <Alert color="yellow" title="Opens say little">
          Many people read without images, and mail programs open for people who never look. Clicks or a goal
          are the better measure.
        </Alert>
      )}
    </>
  )
}
