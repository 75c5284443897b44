import {
  closestCenter,
  DndContext,
  type DragEndEvent,
  KeyboardSensor,
  PointerSensor,
  useSensor,
  useSensors,
} from '@dnd-kit/core'
import {
  SortableContext,
  sortableKeyboardCoordinates,
  useSortable,
  verticalListSortingStrategy,
} from '@dnd-kit/sortable'
import { ActionIcon, Box, Button, Group, Menu, Stack, Text, TextInput, UnstyledButton } from '@mantine/core'
import { IconArrowFork, IconCopy, IconGripVertical, IconPlus, IconTrash } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { call, client } from '@/api/client'
import {
  changeField,
  changeStep,
  copyField,
  type Field,
  type FormDocument,
  makeField,
  makeStep,
  moveField,
  type Step,
  withoutStep,
} from './form'

export type EditorProps = {
  document: FormDocument
  set(document: FormDocument): void
  disabled: boolean
}

/** What stands for a step where fields are chosen by their keys. */
export const stepName = ({ id }: Pick<Step, 'id'>): string => `step:${id}`

/** What forms can be made of, as the server has it. */
function useKit() {
  return useQuery({
    queryKey: ['form-fields'],
    queryFn: () => call(client.GET('/api/v1/form-fields')),
    staleTime: Number.POSITIVE_INFINITY,
  })
}

/** The types of fields with their names. */
export function useFieldTypes(): { type: string; title: string; family: string | null }[] {
  return useKit().data?.items ?? []
}

/** The languages of our own sentences (Next, Back, what is wrong with an answer). */
export function useSpoken(): string[] {
  return useKit().data?.languages ?? []
}

/** The steps of a form with their fields, to be put in order by mouse or keyboard. */
export function FormFields(props: EditorProps & { chosen: string | null; choose(key: string | null): void }) {
  const { document, set, disabled } = props
  const sensors = useSensors(
    useSensor(PointerSensor, { activationConstraint: { distance: 4 } }),
    useSensor(KeyboardSensor, { coordinateGetter: sortableKeyboardCoordinates }),
  )
  const drop = ({ active, over }: DragEndEvent) => {
    if (!over) return
    const target = String(over.id)
    const to = target.startsWith('step:') ? { stepId: target.slice(5) } : { before: target }
    set(moveField(document, String(active.id), to))
  }
  return (
    <DndContext sensors={sensors} collisionDetection={closestCenter} onDragEnd={drop}>
      <Stack gap="lg">
        {document.steps.map((step, index) => (
          <StepBox key={step.id} {...props} step={step} index={index} />
        ))}
        <Button
          variant="default"
          size="xs"
          w="fit-content"
          disabled={disabled || document.steps.length >= 20}
          onClick={() => set({ ...document, steps: [...document.steps, makeStep(document)] })}
        >
          Add a step (page break)
        </Button>
      </Stack>
    </DndContext>
  )
}

function StepBox(
  props: EditorProps & {
    step: Step
    index: number
    chosen: string | null
    choose(key: string | null): void
  },
) {
  const { document, set, disabled, step, index } = props
  const change = (next: Step) => set(changeStep(document, next))
  return (
    <Stack gap={6}>
      {document.steps.length > 1 && (
        <Group gap="xs" wrap="nowrap">
          <TextInput
            size="xs"
            style={{ flex: 1 }}
            aria-label={`Title of step ${index + 1}`}
            placeholder={`Step ${index + 1}`}
            disabled={disabled}
            value={step.title}
            onChange={event => change({ ...step, title: event.currentTarget.value })}
          />
          <ActionIcon
            variant={props.chosen === stepName(step) ? 'light' : 'subtle'}
            color="gray"
            aria-label={`Where step ${index + 1} leads`}
            aria-pressed={props.chosen === stepName(step)}
            onClick={() => props.choose(props.chosen === stepName(step) ? null : stepName(step))}
          >
            <IconArrowFork size={16} />
          </ActionIcon>
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={`Remove step ${index + 1}`}
            disabled={disabled || step.fields.length > 0}
            onClick={() => set(withoutStep(document, step.id))}
          >
            <IconTrash size={16} />
          </ActionIcon>
        </Group>
      )}
      <SortableContext items={step.fields.map(field => field.key)} strategy={verticalListSortingStrategy}>
        {step.fields.map(field => (
          <FieldRow key={field.key} {...props} field={field} />
        ))}
      </SortableContext>
      {step.jumps.length > 0 && (
        <Text size="xs" c="dimmed">
          {step.jumps.length === 1 ? 'One condition leads' : `${step.jumps.length} conditions lead`} past what
          follows
        </Text>
      )}
      <AddField
        disabled={disabled}
        onAdd={type => {
          const field = makeField(document, type)
          change({ ...step, fields: [...step.fields, field] })
          props.choose(field.key)
        }}
      />
    </Stack>
  )
}

function FieldRow(
  props: EditorProps & { field: Field; chosen: string | null; choose(key: string | null): void },
) {
  const { field, document, set, disabled, chosen, choose } = props
  const types = useFieldTypes()
  const sortable = useSortable({ id: field.key, disabled })
  const isChosen = chosen === field.key
  const name = field.label || field.wording || field.key
  return (
    <Group
      ref={sortable.setNodeRef}
      gap={4}
      wrap="nowrap"
      px={6}
      py={4}
      bd={`1px solid var(--mantine-color-${isChosen ? 'primary-filled' : 'default-border'})`}
      bdrs="sm"
      bg={isChosen ? 'var(--mantine-primary-color-light)' : 'var(--mantine-color-body)'}
      style={{
        transform: sortable.transform ? `translateY(${Math.round(sortable.transform.y)}px)` : undefined,
        transition: sortable.transition,
        zIndex: sortable.isDragging ? 2 : undefined,
        position: 'relative',
      }}
    >
      <ActionIcon
        variant="subtle"
        color="gray"
        disabled={disabled}
        style={{ cursor: 'grab', touchAction: 'none' }}
        {...sortable.attributes}
        {...sortable.listeners}
        aria-label={`Move ${name}`}
      >
        <IconGripVertical size={16} />
      </ActionIcon>
      <UnstyledButton
        style={{ flex: 1, minWidth: 0 }}
        aria-pressed={isChosen}
        onClick={() => choose(isChosen ? null : field.key)}
      >
        <Text size="sm" fw={500} truncate>
          {name}
          {field.required ? ' *' : ''}
        </Text>
        <Text size="xs" c="dimmed" truncate>
          {types.find(type => type.type === field.type)?.title ?? field.type}
          {field.show ? ', shown on a condition' : ''}
        </Text>
      </UnstyledButton>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={`Copy ${name}`}
        disabled={disabled}
        onClick={() => {
          const copy = copyField(document, field)
          const steps = document.steps.map(step => {
            const at = step.fields.findIndex(each => each.key === field.key)
            return at < 0 ? step : { ...step, fields: step.fields.toSpliced(at + 1, 0, copy) }
          })
          set({ ...document, steps })
          choose(copy.key)
        }}
      >
        <IconCopy size={16} />
      </ActionIcon>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={`Remove ${name}`}
        disabled={disabled}
        onClick={() => {
          set(changeField(document, field.key, null))
          if (isChosen) choose(null)
        }}
      >
        <IconTrash size={16} />
      </ActionIcon>
    </Group>
  )
}

function AddField({ disabled, onAdd }: { disabled: boolean; onAdd(type: string): void }) {
  const types = useFieldTypes()
  return (
    <Box>
      <Menu position="bottom-start" width={260}>
        <Menu.Target>
          <Button
            size="xs"
            variant="light"
            leftSection={<IconPlus size={14} />}
            disabled={disabled || types.length === 0}
          >
            Add a field
          </Button>
        </Menu.Target>
        <Menu.Dropdown mah={360} style={{ overflowY: 'auto' }}>
          {types.map(({ type, title }) => (
            <Menu.Item key={type} onClick={() => onAdd(type)}>
              {title}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
    </Box>
  )
}
