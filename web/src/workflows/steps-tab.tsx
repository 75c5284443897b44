import {
  Alert,
  CloseButton,
  Drawer,
  Group,
  Kbd,
  Paper,
  Stack,
  Text,
  Title,
  VisuallyHidden,
} from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { type KeyboardEvent, useEffect, useLayoutEffect, useMemo, useRef } from 'react'
import type { Language } from '@/decisions/filter'
import { type Definition, nodesOf } from './definition'
import css from './editor.module.css'
import { EditorContext, type EditorParts, nameOf, placeId, trigger } from './editor-context'
import { type Kind, KindIcon } from './kinds'
import { layOut } from './layout'
import { Problems } from './problems'
import { RemoveStep } from './remove-step'
import { StepList } from './step-list'
import { StepSettings } from './step-settings'
import { TriggerCard } from './trigger-card'
import { TriggerSettings } from './trigger-settings'
import { useStepEditing } from './use-step-editing'
import { type Check, type Counts, draftOf, type Workflow } from './workflow'

type Props = {
  workflow: Workflow
  definition: Definition
  change(definition: Definition): void
  undo(): void
  redo(): void
  kinds: Kind[]
  language: Language
  check: Check | undefined
  counts: Counts | null
  disabled: boolean
}

/** The editor: trigger, steps with their ways, and the panel of what is chosen. */
export function StepsTab(props: Props) {
  const { workflow, definition, kinds, check } = props
  const layout = useMemo(() => layOut(definition), [definition])
  const saved = useMemo(() => draftOf(workflow.definition), [workflow.definition])
  const editing = useStepEditing({ ...props, order: layout.order, sentences: workflow.sentences })
  const isNarrow = useMediaQuery('(max-width: 62em)') ?? false
  const parts: EditorParts = {
    workflowId: workflow.id,
    definition,
    change: props.change,
    selected: editing.selected,
    select: editing.select,
    order: layout.order,
    kinds,
    language: props.language,
    sentences: workflow.sentences,
    saved,
    // What was said about a step that is gone by now is of no use to anybody.
    problems: (check?.problems ?? []).filter(
      problem => problem.node === null || nodesOf(definition)[problem.node] !== undefined,
    ),
    counts: props.counts,
    disabled: props.disabled,
    insert: editing.insert,
    remove: editing.remove,
  }
  const isOpen =
    editing.selected !== null &&
    (editing.selected === trigger || nodesOf(definition)[editing.selected] !== undefined)
  const canvas = useRef<HTMLDivElement>(null)
  // A wide workflow begins at its middle, where the trigger is.
  useLayoutEffect(() => {
    if (canvas.current)
      canvas.current.scrollLeft = (canvas.current.scrollWidth - canvas.current.clientWidth) / 2
  }, [])
  // The panel takes its room from the steps: what is chosen stays in sight.
  useEffect(() => {
    if (editing.selected)
      document
        .getElementById(placeId(editing.selected))
        ?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  }, [editing.selected])
  const close = () => {
    const id = editing.selected
    editing.select(null)
    if (id) document.getElementById(placeId(id))?.focus()
  }
  return (
    <EditorContext value={parts}>
      <Stack>
        <Problems hints={check?.hints ?? []} />
        <Group align="flex-start" gap="md" wrap="nowrap">
          <Stack style={{ flex: 1, minWidth: 0 }} gap="xs">
            {/* biome-ignore lint/a11y/noStaticElementInteractions: keys of the cards inside are heard here once for all */}
            <div className={css.canvas} ref={canvas} onKeyDown={editing.onKeyDown}>
              <div className={`${css.whole} ${css.chain}`}>
                <TriggerCard />
                <StepList chain={layout.main} />
              </div>
              {layout.loose.length > 0 && (
                <Alert mt="lg" color="orange" variant="light" title="No way leads to these steps">
                  <Text size="sm" mb="sm">
                    Let a way go on at them, or take them out.
                  </Text>
                  <Group align="flex-start" gap="lg" wrap="wrap">
                    {layout.loose.map(chain => (
                      <StepList key={chain.items[0]?.id} chain={chain} />
                    ))}
                  </Group>
                </Alert>
              )}
            </div>
            {!isNarrow && <Keys />}
          </Stack>
          {isOpen && !isNarrow && (
            <Paper
              withBorder
              p="md"
              w={400}
              className={css.panel}
              component="aside"
              aria-label="Settings of what is chosen"
              style={{ flex: 'none' }}
            >
              <Panel parts={parts} onClose={close} />
            </Paper>
          )}
        </Group>
        {isNarrow && (
          <Drawer
            opened={isOpen}
            onClose={close}
            position="bottom"
            size="85%"
            withCloseButton={false}
            title={<VisuallyHidden>Settings of what is chosen</VisuallyHidden>}
          >
            {isOpen && <Panel parts={parts} onClose={close} />}
          </Drawer>
        )}
        {editing.removing && (
          <RemoveStep
            id={editing.removing}
            onClose={editing.stopRemoving}
            onRemove={next => editing.removed(editing.removing ?? '', next)}
          />
        )}
      </Stack>
    </EditorContext>
  )
}

function Panel({ parts, onClose }: { parts: EditorParts; onClose(): void }) {
  const id = parts.selected ?? trigger
  const step = nodesOf(parts.definition)[id]
  const kind = parts.kinds.find(each => each.type === step?.type)
  /** Escape closes a list that stands open first. */
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && (event.target as HTMLElement).getAttribute('aria-expanded') !== 'true')
      onClose()
  }
  return (
    <Stack id="step-settings" onKeyDown={onKeyDown}>
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <Group gap="sm" wrap="nowrap">
          {step && <KindIcon kind={kind} type={step.type} />}
          <div>
            <Title order={2} lh={1.3}>
              {step ? (kind?.title ?? nameOf(parts, id)) : 'How it begins and ends'}
            </Title>
            {kind && (
              <Text size="xs" c="dimmed">
                {kind.words}
              </Text>
            )}
          </div>
        </Group>
        <CloseButton aria-label="Close the settings" onClick={onClose} />
      </Group>
      {step ? <StepSettings key={id} id={id} /> : <TriggerSettings />}
    </Stack>
  )
}

function Keys() {
  return (
    <Text size="xs" c="dimmed">
      <Kbd size="xs">↑</Kbd> <Kbd size="xs">↓</Kbd> from step to step · <Kbd size="xs">Enter</Kbd> settings ·{' '}
      <Kbd size="xs">Alt</Kbd> + <Kbd size="xs">↑</Kbd> <Kbd size="xs">↓</Kbd> move · <Kbd size="xs">Del</Kbd>{' '}
      take out · <Kbd size="xs">Ctrl</Kbd> + <Kbd size="xs">Z</Kbd> undo
    </Text>
  )
}
