import { ActionIcon, Box, Button, Group, Stack, Text, Tooltip } from '@mantine/core'
import { IconBolt, IconCornerDownRight, IconFlag, IconX } from '@tabler/icons-react'
import type { Report } from './check'
import { AddStep } from './add-step'
import { StepIcon, type StepKind } from './catalogue'
import { type Definition, insertStep, lead, looseSteps, moveDown, moveUp, nodesOf, removeStep, type Slot } from './definition'
import { type Line, outline, type Stop } from './outline'
import { StepCard } from './step-card'

export type ListProps = {
  definition: Definition
  kinds: StepKind[]
  sentences: { trigger: string; steps: Record<string, string> }
  report: Report | undefined
  here: (id: string) => number
  selected: string | null
  locked: boolean
  onSelect(id: string | null): void
  onChange(definition: Definition): void
  onRemoved(title: string): void
  onHere(id: string): void
}

export const triggerId = 'trigger'

/** What a step is called: by its own title, or by its kind. */
export function titleOf(definition: Definition, kinds: StepKind[], id: string): string {
  const step = nodesOf(definition)[id]
  return step?.title || kinds.find(kind => kind.type === step?.type)?.title || id
}

/** The workflow as a list read from top to bottom; ways out stand indented under the step that they leave. */
export function StepList(props: ListProps) {
  const { definition, sentences, selected, onSelect } = props
  const loose = looseSteps(definition)
  const triggerProblems = (props.report?.problems ?? []).filter(problem => /^(trigger|reentry|exit|goal)/.test(problem.path)).map(problem => problem.message)
  return (
    <Stack gap={0}>
      <StepCard
        id={triggerId}
        icon={<IconBolt size={18} stroke={1.7} />}
        title="Beginning"
        sentence={definition.trigger?.event ? sentences.trigger : 'Say what a person must do to come in'}
        selected={selected === triggerId}
        problems={triggerProblems.length > 0 && definition.trigger?.event ? triggerProblems : []}
        here={0}
        onSelect={() => onSelect(triggerId)}
        onRemove={null}
        onUp={null}
        onDown={null}
        onHere={() => undefined}
      />
      <LineView {...props} line={outline(definition)} />
      {loose.length > 0 && (
        <Stack mt="lg" gap="xs">
          <Text size="sm" fw={600}>
            No way leads to these steps
          </Text>
          {loose.map(id => (
            <Card key={id} {...props} stop={{ id, slot: { from: null, exit: 'start' }, ways: [] }} />
          ))}
        </Stack>
      )}
    </Stack>
  )
}

const rail = { borderLeft: '2px solid var(--tend-line)' }

function LineView(props: ListProps & { line: Line }) {
  const { line, ...rest } = props
  return (
    <>
      {line.stops.map(stop => (
        <Box key={stop.id}>
          <Connector {...rest} slot={stop.slot} isOpenEnd={false} />
          <Card {...rest} stop={stop} />
          {stop.ways.map(way => (
            <Box key={way.exit} mt={8} ml={20} pl={20} style={rail}>
              <Text size="sm" fw={600}>
                {way.title}
              </Text>
              <LineView {...rest} line={way.line} />
            </Box>
          ))}
        </Box>
      ))}
      <Ending {...rest} line={line} />
    </>
  )
}

function Connector(props: ListProps & { slot: Slot; isOpenEnd: boolean }) {
  const { definition, kinds, locked, slot, isOpenEnd, onChange, onSelect } = props
  const add = (at: Slot, kind: StepKind) => {
    const made = insertStep(definition, at, { type: kind.type, settings: structuredClone(kind.initial), exits: kind.exits ?? ['next'] })
    onChange(made.definition)
    onSelect(made.id)
  }
  const others = Object.keys(nodesOf(definition))
    .filter(id => id !== slot.from)
    .map(id => ({ id, title: titleOf(definition, kinds, id) }))
  return (
    <Group gap={0} ml={20} style={{ position: 'relative', minHeight: locked ? 20 : 32 }}>
      <Box style={{ position: 'absolute', top: 0, bottom: isOpenEnd ? '50%' : 0, left: 0, borderLeft: '2px solid var(--tend-line)' }} />
      {!locked && (
        <Box ml={-11}>
          <AddStep slot={slot} kinds={kinds} others={others} isOpenEnd={isOpenEnd} onAdd={add} onJoin={(at, id) => onChange(lead(definition, at, id))} />
        </Box>
      )}
    </Group>
  )
}

function Ending({ line, ...rest }: ListProps & { line: Line }) {
  const { definition, kinds, onSelect, onChange, locked } = rest
  if (line.ending.kind === 'fork' || line.ending.kind === 'last') return null
  if (line.ending.kind === 'join') {
    const { to, slot } = line.ending
    return (
      <>
        <Connector {...rest} slot={slot} isOpenEnd={false} />
        <Group gap={4}>
          <Button variant="subtle" size="compact-sm" leftSection={<IconCornerDownRight size={16} />} onClick={() => onSelect(to)}>
            Goes on at “{titleOf(definition, kinds, to)}”
          </Button>
          {!locked && (
            <Tooltip label="End here instead">
              <ActionIcon variant="subtle" color="gray" aria-label="End here instead" onClick={() => onChange(lead(definition, slot, null))}>
                <IconX size={14} />
              </ActionIcon>
            </Tooltip>
          )}
        </Group>
      </>
    )
  }
  return (
    <>
      <Connector {...rest} slot={line.ending.kind === 'open' ? line.ending.slot : line.slot} isOpenEnd />
      <Group gap={6} c="dimmed" mb={4} ml={12}>
        <IconFlag size={16} aria-hidden />
        <Text size="sm">End: the person leaves the workflow</Text>
      </Group>
    </>
  )
}

function Card(props: ListProps & { stop: Stop }) {
  const { definition, kinds, sentences, report, selected, locked, onSelect, onChange, stop } = props
  const step = nodesOf(definition)[stop.id]
  if (!step) return null
  const title = titleOf(definition, kinds, stop.id)
  const up = locked ? null : moveUp(definition, stop.id)
  const down = locked ? null : moveDown(definition, stop.id)
  return (
    <StepCard
      id={stop.id}
      icon={<StepIcon type={step.type} />}
      title={title}
      sentence={sentences.steps[stop.id] ?? title}
      selected={selected === stop.id}
      problems={(report?.problems ?? []).filter(problem => problem.node === stop.id).map(problem => problem.message)}
      here={props.here(stop.id)}
      onSelect={() => onSelect(stop.id)}
      onHere={() => props.onHere(stop.id)}
      onUp={up ? () => onChange(up) : null}
      onDown={down ? () => onChange(down) : null}
      onRemove={
        locked
          ? null
          : () => {
              onChange(removeStep(definition, stop.id))
              if (selected === stop.id) onSelect(null)
              props.onRemoved(title)
            }
      }
    />
  )
}
