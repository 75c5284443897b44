import { Checkbox, Divider, Group, NumberInput, Radio, Stack, Text } from '@mantine/core'
import type { Filter } from '@/decisions/filter'
import { FilterBuilder } from '@/decisions/filter-builder'
import { usePreview } from '@/decisions/segment-preview'
import { formatNumber } from '@/ui/format'
import type { Definition } from './definition'
import { useEditor } from './editor-context'
import { EventMatchInput } from './event-match'

/** The panel of the trigger: what lets somebody in, how often, and what ends it early. */
export function TriggerSettings() {
  const { definition, change, language, disabled } = useEditor()
  const set = (part: Partial<Definition>) => change({ ...definition, ...part })
  const begins = definition.trigger ?? {}
  const { reentry } = definition
  const often = typeof reentry === 'object' ? 'days' : (reentry ?? null)
  return (
    <Stack>
      <EventMatchInput
        label="Begins when this happens"
        value={begins}
        language={language}
        disabled={disabled}
        onChange={match =>
          set({ trigger: begins.filter === undefined ? match : { ...match, filter: begins.filter } })
        }
      />
      <OptionalFilter
        label="Only for contacts who match"
        words="Asked at the moment it happens."
        value={begins.filter ?? null}
        onChange={filter => set({ trigger: { ...begins, filter } })}
      />
      <Divider />
      <Radio.Group
        label="How often may the same person come in?"
        value={often}
        onChange={value =>
          set({ reentry: value === 'days' ? { afterDays: 30 } : (value as 'once' | 'after_exit') })
        }
      >
        <Stack gap={8} mt={6}>
          <Radio value="once" label="Once, ever" disabled={disabled} />
          <Radio value="after_exit" label="Again after leaving, never twice at once" disabled={disabled} />
          <Radio value="days" label="Again some days after the last time" disabled={disabled} />
          {typeof reentry === 'object' && (
            <Group gap="xs" pl={28}>
              <NumberInput
                w={100}
                min={1}
                max={3660}
                allowDecimal={false}
                aria-label="Days after the last time"
                disabled={disabled}
                value={reentry.afterDays}
                onChange={n => set({ reentry: { afterDays: Math.max(1, Math.trunc(Number(n)) || 1) } })}
              />
              <Text size="sm">days</Text>
            </Group>
          )}
        </Stack>
      </Radio.Group>
      <Divider />
      <OptionalFilter
        label="Leave as soon as this is true"
        words="Wherever somebody stands: became a customer, for instance."
        value={definition.exit?.filter ?? null}
        onChange={filter => set({ exit: filter ? { filter } : null })}
      />
      <OptionalFilter
        label="The goal is reached when this is true"
        words="Counted as reached, and the stay ends."
        value={definition.goal ?? null}
        onChange={goal => set({ goal })}
      />
    </Stack>
  )
}

function OptionalFilter({
  label,
  words,
  value,
  onChange,
}: {
  label: string
  words: string
  value: Filter | null
  onChange(filter: Filter | null): void
}) {
  const { language, disabled } = useEditor()
  return (
    <Stack gap="xs">
      <Checkbox
        label={label}
        description={words}
        disabled={disabled}
        checked={value !== null}
        onChange={event => onChange(event.currentTarget.checked ? { all: [] } : null)}
      />
      {value && <FilterBuilder value={value} onChange={onChange} language={language} disabled={disabled} />}
      {value && <MatchNow filter={value} />}
    </Stack>
  )
}

/** How many match a filter today: a filter that nobody or everybody matches is seen before it runs. */
export function MatchNow({ filter }: { filter: Filter }) {
  const { data } = usePreview(filter)
  if (!data) return null
  return (
    <Text size="xs" c="dimmed" aria-live="polite">
      {data.exact ? '' : 'About '}
      {formatNumber(data.count)} {data.count === 1 ? 'contact matches' : 'contacts match'} now
    </Text>
  )
}
