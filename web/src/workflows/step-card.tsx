import { ActionIcon, Badge, Box, Group, Menu, Text, UnstyledButton } from '@mantine/core'
import { IconAlertTriangle, IconArrowDown, IconArrowUp, IconDots, IconTrash } from '@tabler/icons-react'
import type { KeyboardEvent, ReactNode } from 'react'
import { formatNumber } from '@/ui/format'

type Props = {
  id: string
  icon: ReactNode
  title: string
  sentence: string
  selected: boolean
  problems: string[]
  here: number
  onSelect(): void
  onRemove: (() => void) | null
  onUp: (() => void) | null
  onDown: (() => void) | null
  onHere(): void
}

function walk(event: KeyboardEvent<HTMLElement>): void {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
  const all = [...document.querySelectorAll<HTMLElement>('[data-step]')]
  const at = all.indexOf(event.currentTarget)
  all[at + (event.key === 'ArrowDown' ? 1 : -1)]?.focus()
  event.preventDefault()
}

/** One step of the list: what it does in words, what is wrong with it, and who stands there. */
export function StepCard(props: Props) {
  const { id, icon, title, sentence, selected, problems, here, onSelect, onRemove, onUp, onDown } = props
  const border = selected ? 'var(--mantine-primary-color-filled)' : problems.length > 0 ? 'light-dark(#d9a400, #a67c00)' : 'var(--tend-line)'
  return (
    <Box style={{ border: `1px solid ${border}`, boxShadow: selected ? '0 0 0 1px var(--mantine-primary-color-filled)' : undefined, borderRadius: 8, background: 'var(--mantine-color-body)', display: 'flex', alignItems: 'stretch', maxWidth: 560 }}>
      <UnstyledButton
        data-step={id}
        aria-pressed={selected}
        onClick={onSelect}
        onKeyDown={event => {
          if (event.key === 'Delete' && onRemove) onRemove()
          walk(event)
        }}
        px="sm"
        py={10}
        style={{ flex: 1, minWidth: 0, borderRadius: 8 }}
      >
        <Group gap="sm" wrap="nowrap" align="flex-start">
          <Box c="var(--mantine-primary-color-filled)" mt={2} aria-hidden style={{ flexShrink: 0 }}>
            {icon}
          </Box>
          <Box style={{ minWidth: 0 }}>
            <Text size="sm" fw={600}>
              {title}
            </Text>
            {sentence !== title && (
              <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
                {sentence}
              </Text>
            )}
            {problems.map(problem => (
              <Group key={problem} gap={4} wrap="nowrap" mt={2}>
                <IconAlertTriangle size={14} aria-hidden style={{ flexShrink: 0 }} />
                <Text size="sm">{problem}</Text>
              </Group>
            ))}
          </Box>
        </Group>
      </UnstyledButton>
      <Group gap={4} wrap="nowrap" pr={6} pt={6} align="flex-start">
        {here > 0 && (
          <Badge component="button" onClick={props.onHere} style={{ cursor: 'pointer' }} aria-label={`${here} stand here: show them`}>
            {formatNumber(here)} here
          </Badge>
        )}
        {(onRemove || onUp || onDown) && (
          <Menu position="bottom-end" shadow="md">
            <Menu.Target>
              <ActionIcon variant="subtle" color="gray" aria-label={`Actions of the step ${title}`}>
                <IconDots size={16} />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item leftSection={<IconArrowUp size={16} />} disabled={!onUp} onClick={() => onUp?.()}>
                Move up
              </Menu.Item>
              <Menu.Item leftSection={<IconArrowDown size={16} />} disabled={!onDown} onClick={() => onDown?.()}>
                Move down
              </Menu.Item>
              <Menu.Item leftSection={<IconTrash size={16} />} disabled={!onRemove} onClick={() => onRemove?.()}>
                Remove
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        )}
      </Group>
    </Box>
  )
}
