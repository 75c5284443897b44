import { Button, Group, Modal, Radio, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { type Definition, exitsOf, exitTitle, nodesOf, reachable, removeStep } from './definition'
import { nameOf, useEditor } from './editor-context'

/** How many steps go with it when only one way of a step is kept. */
function lost(definition: Definition, id: string, kept: string | undefined): number {
  return reachable(definition).size - reachable(removeStep(definition, id, kept)).size - 1
}

/** True when more than the step itself is at stake, so that a person has to say what is kept. */
export function needsChoice(definition: Definition, id: string): boolean {
  return Object.values(nodesOf(definition)[id]?.exits ?? {}).filter(target => target !== null).length > 1
}

/** Taking a branch out: whose steps stay, and how many go. */
export function RemoveStep({
  id,
  onClose,
  onRemove,
}: {
  id: string
  onClose(): void
  onRemove(definition: Definition): void
}) {
  const editor = useEditor()
  const { definition, counts } = editor
  const step = nodesOf(definition)[id]
  const exits = step ? exitsOf(step) : []
  const [kept, setKept] = useState(exits[0] ?? '')
  if (!step) return null
  const gone = (n: number) =>
    n === 0 ? 'nothing else goes' : n === 1 ? 'one other step goes' : `${n} other steps go`
  const here = counts?.steps[id]?.here ?? 0
  return (
    <Modal opened onClose={onClose} title={`Take out “${nameOf(editor, id)}”`}>
      <Stack>
        <Radio.Group label="Several ways lead on from here. Which one stays?" value={kept} onChange={setKept}>
          <Stack gap="xs" mt="xs">
            {exits.map(exit => (
              <Radio
                key={exit}
                value={exit}
                label={`${exitTitle(step, exit)}: its steps stay, ${gone(lost(definition, id, exit))}`}
              />
            ))}
            <Radio value="" label={`None: ${gone(lost(definition, id, ''))}`} />
          </Stack>
        </Radio.Group>
        {here > 0 && (
          <Text size="sm">
            {here} people stand here now. Nothing happens to them before you publish, and then you decide.
          </Text>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Keep it
          </Button>
          <Button color="red.9" onClick={() => onRemove(removeStep(definition, id, kept))} data-autofocus>
            Take it out
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
