import { useSortable } from '@dnd-kit/sortable'
import { ActionIcon, Group, Stack, Text, UnstyledButton } from '@mantine/core'
import { IconCopy, IconGripVertical, IconTrash } from '@tabler/icons-react'
import type { ReactNode } from 'react'

/** A section or block in the outline: grip, name, copy, remove, and below it what stands in it. */
export function OutlineRow(props: {
  id: string
  name: string
  detail: string
  data: Record<string, unknown>
  isStrong?: boolean
  isChosen: boolean
  disabled: boolean
  onChoose(): void
  onCopy(): void
  onRemove(): void
  children?: ReactNode
}) {
  const { id, name, detail, isChosen, disabled } = props
  const sortable = useSortable({ id, disabled, data: props.data })
  return (
    <Stack
      ref={sortable.setNodeRef}
      gap={4}
      style={{
        transform: sortable.transform ? `translateY(${Math.round(sortable.transform.y)}px)` : undefined,
        transition: sortable.transition,
        zIndex: sortable.isDragging ? 2 : undefined,
        position: 'relative',
      }}
    >
      <Group
        gap={4}
        wrap="nowrap"
        px={4}
        py={2}
        bd={`1px solid ${isChosen ? 'var(--mantine-primary-color-filled)' : 'var(--mantine-color-default-border)'}`}
        bdrs="sm"
        bg={isChosen ? 'var(--mantine-primary-color-light)' : 'var(--mantine-color-body)'}
      >
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={`Move ${name}`}
          disabled={disabled}
          style={{ cursor: 'grab', touchAction: 'none' }}
          {...sortable.attributes}
          {...sortable.listeners}
        >
          <IconGripVertical size={16} />
        </ActionIcon>
        <UnstyledButton
          onClick={props.onChoose}
          aria-pressed={isChosen}
          style={{ flex: 1, minWidth: 0, borderRadius: 4 }}
        >
          <Text size="sm" fw={props.isStrong ? 600 : 500} truncate>
            {name}
          </Text>
          <Text size="xs" c="dimmed" truncate>
            {detail}
          </Text>
        </UnstyledButton>
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={`Copy ${name}`}
          disabled={disabled}
          onClick={props.onCopy}
        >
          <IconCopy size={14} />
        </ActionIcon>
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={`Remove ${name}`}
          disabled={disabled}
          onClick={props.onRemove}
        >
          <IconTrash size={14} />
        </ActionIcon>
      </Group>
      {props.children && (
        <Stack
          gap={4}
          pl="sm"
          ml="xs"
          style={{ borderLeft: '1px solid var(--mantine-color-default-border)' }}
        >
          {props.children}
        </Stack>
      )}
    </Stack>
  )
}
