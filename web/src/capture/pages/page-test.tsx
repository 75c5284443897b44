import {
  Button,
  Group,
  NumberInput,
  SegmentedControl,
  Select,
  Stack,
  Switch,
  Text,
  TextInput,
} from '@mantine/core'
import { type Alternative, copySection, type PageDocument, sectionsOf, type Variant } from './page'
import type { DraftProps } from './page-screen'

type Props = DraftProps & { variant: Variant }
const letters = ['b', 'c', 'd', 'e'] as const

/** Which version is being built, where the page has more than one. */
export function VariantTabs({ draft, variant, choose }: Props & { choose(variant: Variant): void }) {
  const { alternatives } = draft.document.test
  if (alternatives.length === 0) return null
  return (
    <SegmentedControl
      size="xs"
      aria-label="Version that is built"
      data={['a', ...alternatives.map(each => each.key)].map(value => ({
        value,
        label: alternatives.length > 2 ? value.toUpperCase() : `Version ${value.toUpperCase()}`,
      }))}
      value={variant}
      onChange={next => choose(next as Variant)}
    />
  )
}

/** The page as a whole: its name, and a test of versions with its goal. */
export function PageTest({ draft, set, disabled, variant }: Props) {
  const { document } = draft
  const { test } = document
  const put = (next: Partial<PageDocument['test']>) =>
    set({ document: { ...document, test: { ...test, ...next } } })
  const free = letters.find(letter => !test.alternatives.some(each => each.key === letter))
  const add = (key: Alternative['key']) => {
    const sections = sectionsOf(document, variant).map(copySection)
    const made = { key, name: `Version ${key.toUpperCase()}`, weight: 50, sections }
    put({ alternatives: [...test.alternatives, made] })
  }
  return (
    <Stack gap="sm">
      <Text fw={600}>The page</Text>
      <TextInput
        label="Name (for you)"
        disabled={disabled}
        value={draft.name}
        onChange={event => set({ name: event.currentTarget.value })}
      />
      <Text size="sm" c="dimmed">
        Choose a section or block on the left to change it.
      </Text>
      <Text fw={600} mt="sm">
        Test of versions
      </Text>
      {test.alternatives.length === 0 ? (
        <Text size="sm" c="dimmed">
          Show another version to a share of the visitors, and see which one brings more.
        </Text>
      ) : (
        <>
          <Share
            label="Share of version A"
            value={test.weight}
            disabled={disabled}
            onChange={weight => put({ weight })}
          />
          {test.alternatives.map((each, at) => (
            <Group key={each.key} gap="xs" align="flex-end" wrap="nowrap">
              <Share
                label={`Share of version ${each.key.toUpperCase()}`}
                value={each.weight}
                disabled={disabled}
                onChange={weight => put({ alternatives: test.alternatives.with(at, { ...each, weight }) })}
              />
              <Button
                variant="subtle"
                color="red"
                disabled={disabled}
                onClick={() => put({ alternatives: test.alternatives.toSpliced(at, 1) })}
              >
                Remove
              </Button>
            </Group>
          ))}
        </>
      )}
      <Button
        size="xs"
        variant="default"
        w="fit-content"
        disabled={disabled || !free}
        onClick={() => free && add(free)}
      >
        {test.alternatives.length === 0 ? 'Test another version' : 'Add a version'}
      </Button>
      <Goal goal={test.goal} disabled={disabled} onChange={goal => put({ goal })} />
      {test.alternatives.length > 0 && (
        <Switch
          label="End the test by itself when there is a winner"
          disabled={disabled}
          checked={test.autoStop}
          onChange={event => put({ autoStop: event.currentTarget.checked })}
        />
      )}
    </Stack>
  )
}

function Share(props: { label: string; value: number; disabled: boolean; onChange(value: number): void }) {
  return (
    <NumberInput
      style={{ flex: 1 }}
      label={props.label}
      min={0}
      max={100}
      clampBehavior="strict"
      allowDecimal={false}
      disabled={props.disabled}
      value={props.value}
      onChange={next => props.onChange(Number(next) || 0)}
    />
  )
}

type GoalOf = PageDocument['test']['goal']

function Goal({
  goal,
  disabled,
  onChange,
}: {
  goal: GoalOf
  disabled: boolean
  onChange(goal: GoalOf): void
}) {
  const turn = (type: string | null) => {
    if (type === 'event') onChange({ type, name: 'purchase' })
    else if (type === 'url') onChange({ type, path: '/thanks' })
    else onChange({ type: 'form' })
  }
  return (
    <>
      <Select
        label="What counts as a conversion"
        allowDeselect={false}
        disabled={disabled}
        data={[
          { value: 'form', label: 'A form on the page is sent' },
          { value: 'event', label: 'An event happens in the visit' },
          { value: 'url', label: 'Another page is reached' },
        ]}
        value={goal.type}
        onChange={turn}
      />
      {goal.type === 'event' && (
        <TextInput
          label="Name of the event"
          disabled={disabled}
          value={goal.name}
          onChange={event => onChange({ ...goal, name: event.currentTarget.value })}
        />
      )}
      {goal.type === 'url' && (
        <TextInput
          label="Path of the page"
          description="* stands for anything"
          disabled={disabled}
          value={goal.path}
          onChange={event => onChange({ ...goal, path: event.currentTarget.value })}
        />
      )}
    </>
  )
}
