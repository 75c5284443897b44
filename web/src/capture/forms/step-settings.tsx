import { Button, Paper, Select, Stack, Text, TextInput } from '@mantine/core'
import { FieldLogic } from './field-logic'
import { changeStep, fieldsOf, type Step } from './form'
import type { EditorProps } from './form-fields'

/** The title of a step, and where it leads: to the next one, unless a condition leads further on. */
export function StepSettings({ document, step, set, disabled }: EditorProps & { step: Step }) {
  const at = document.steps.findIndex(each => each.id === step.id)
  const later = document.steps.slice(at + 2).map((each, i) => ({
    value: each.id,
    label: each.title || `Step ${at + 3 + i}`,
  }))
  const targets = [...later, { value: 'end', label: 'The end: it is sent' }]
  const before = fieldsOf({ ...document, steps: document.steps.slice(0, at + 1) })
  const change = (next: Partial<Step>) => set(changeStep(document, { ...step, ...next }))
  const put = (place: number, next: Step['jumps'][number] | null) =>
    change({ jumps: step.jumps.flatMap((jump, i) => (i === place ? (next ? [next] : []) : [jump])) })
  const isLast = at === document.steps.length - 1
  return (
    <Stack gap="sm">
      <TextInput
        label="Title"
        disabled={disabled}
        value={step.title}
        onChange={event => change({ title: event.currentTarget.value })}
      />
      <div>
        <Text size="sm" fw={500}>
          Where it leads
        </Text>
        <Text size="sm" c="dimmed">
          {isLast
            ? 'This is the last step: then it is sent.'
            : 'To the next step, unless one of these holds. The first that holds counts; what is left out is not asked and not kept.'}
        </Text>
      </div>
      {step.jumps.map((jump, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: jumps have no names, and keep their places
        <Paper key={place} withBorder p="sm">
          <Stack gap="xs">
            <FieldLogic
              label="When"
              before={before}
              value={jump.when}
              disabled={disabled}
              onChange={when => put(place, when ? { ...jump, when } : null)}
            />
            <Select
              size="xs"
              label="it goes on with"
              allowDeselect={false}
              disabled={disabled}
              data={targets}
              value={jump.to}
              error={targets.some(each => each.value === jump.to) ? undefined : 'must be a later step'}
              onChange={to => to && put(place, { ...jump, to })}
            />
          </Stack>
        </Paper>
      ))}
      {!isLast && before.some(field => !['html', 'file'].includes(field.type)) && (
        <Button
          size="xs"
          variant="default"
          w="fit-content"
          disabled={disabled || step.jumps.length >= 20}
          onClick={() => {
            const field = before.find(each => !['html', 'file'].includes(each.type))
            if (field)
              change({
                jumps: [...step.jumps, { when: { all: [{ field: field.key, op: 'is_set' }] }, to: 'end' }],
              })
          }}
        >
          Add a condition that leads on
        </Button>
      )}
    </Stack>
  )
}
