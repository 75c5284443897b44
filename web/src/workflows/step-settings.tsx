import {
  ActionIcon,
  Anchor,
  Button,
  Divider,
  Group,
  Select,
  Stack,
  Text,
  TextInput,
  Tooltip,
} from '@mantine/core'
import { IconArrowDown, IconArrowUp, IconTrash, IconUsers } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { formatNumber } from '@/ui/format'
import {
  changeStep,
  type Definition,
  exitsFor,
  exitsOf,
  exitTitle,
  lead,
  moveDown,
  moveUp,
  nodesOf,
} from './definition'
import { nameOf, useEditor } from './editor-context'
import { problemWords } from './problems'
import { SettingsForm } from './settings-form'

/** The panel of a step: its name, its settings as the catalogue says, where each way leads, its place. */
export function StepSettings({ id }: { id: string }) {
  const editor = useEditor()
  const { definition, change, kinds, disabled, problems, counts } = editor
  const step = nodesOf(definition)[id]
  if (!step) return null
  const kind = kinds.find(each => each.type === step.type)
  const here = counts?.steps[id]?.here ?? 0
  const wrong = problems.filter(problem => problem.node === id)
  return (
    <Stack>
      {wrong.map(problem => (
        <Text size="sm" key={problem.path + problem.message} c="light-dark(#a33a00, #ffa94d)">
          {problemWords(problem)}
        </Text>
      ))}
      {here > 0 && (
        <Anchor
          component={Link}
          to="."
          search={{ tab: 'people', status: 'active', node: id } as never}
          size="sm"
        >
          <Group gap={6} component="span">
            <IconUsers size={14} aria-hidden />
            {formatNumber(here)} {here === 1 ? 'person stands' : 'people stand'} here now
          </Group>
        </Anchor>
      )}
      <TextInput
        label="Name of this step"
        placeholder={kind?.title ?? step.type}
        description="Left empty, it is called by what it does."
        maxLength={200}
        disabled={disabled}
        value={step.title ?? ''}
        onChange={event => change(changeStep(definition, id, { title: event.currentTarget.value || null }))}
      />
      {kind ? (
        <SettingsForm
          schema={kind.settings}
          value={step.settings}
          definition={definition}
          language={editor.language}
          disabled={disabled}
          onChange={settings =>
            change(changeStep(definition, id, { settings }, exitsFor(step.type, settings)))
          }
        />
      ) : (
        <Text size="sm">This kind of step is not known here. It can only be taken away.</Text>
      )}
      <Ways id={id} />
      {!disabled && <Place id={id} />}
    </Stack>
  )
}

const leaves = '@leaves'

/** Where each way out leads: on to any step that is there, or out of the workflow. */
function Ways({ id }: { id: string }) {
  const editor = useEditor()
  const { definition, change, disabled } = editor
  const step = nodesOf(definition)[id]
  const exits = step ? exitsOf(step) : []
  if (!step || exits.length === 0) return null
  const steps = editor.order
    .filter(other => other !== id)
    .map(other => ({ value: other, label: nameOf(editor, other) }))
  return (
    <>
      <Divider />
      {exits.map(exit => (
        <Select
          key={exit}
          label={
            exits.length === 1 && exit === 'next' ? 'Then goes on at' : `${exitTitle(step, exit)}: goes on at`
          }
          searchable
          disabled={disabled}
          data={[{ value: leaves, label: 'Leaves the workflow' }, ...steps]}
          value={step.exits[exit] ?? leaves}
          onChange={value =>
            value && change(lead(definition, { from: id, exit }, value === leaves ? null : value))
          }
        />
      ))}
    </>
  )
}

function Place({ id }: { id: string }) {
  const { definition, change, remove } = useEditor()
  const move = (label: string, keys: string, Icon: typeof IconArrowUp, moved: Definition | null) => (
    <Tooltip label={moved ? `${label} (${keys})` : 'A step with several ways stays where it is'}>
      <ActionIcon
        variant="default"
        size={34}
        aria-label={label}
        disabled={moved === null}
        onClick={() => moved && change(moved)}
      >
        <Icon size={16} />
      </ActionIcon>
    </Tooltip>
  )
  return (
    <>
      <Divider />
      <Group justify="space-between">
        <Group gap="xs">
          {move('Move up', 'Alt ↑', IconArrowUp, moveUp(definition, id))}
          {move('Move down', 'Alt ↓', IconArrowDown, moveDown(definition, id))}
        </Group>
        <Button
          variant="default"
          c="light-dark(#c92a2a, #ff8787)"
          leftSection={<IconTrash size={16} />}
          onClick={() => remove(id)}
        >
          Take this step out
        </Button>
      </Group>
    </>
  )
}
