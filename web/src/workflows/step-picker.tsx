import { ActionIcon, Box, Group, Menu, Text } from '@mantine/core'
import { IconArrowMerge, IconPlus } from '@tabler/icons-react'
import { Fragment } from 'react'
import { lead, nodesOf, type Slot } from './definition'
import css from './editor.module.css'
import { nameOf, useEditor } from './editor-context'
import { categories, KindIcon } from './kinds'

/** The plus between two steps: every kind of step by what it is for; at an end also the way to a step that is there. */
export function StepPicker({
  slot,
  label,
  canJoin = false,
}: {
  slot: Slot
  label: string
  canJoin?: boolean
}) {
  const editor = useEditor()
  const { kinds, definition } = editor
  if (editor.disabled) return <div className={css.line} style={{ height: 26 }} />
  const known = categories.map(each => each.name)
  const groups = [
    ...categories,
    ...[...new Set(kinds.map(kind => kind.category))]
      .filter(name => !known.includes(name))
      .map(name => ({ name, title: name, color: 'gray' })),
  ]
  const others = canJoin ? Object.keys(nodesOf(definition)).filter(id => id !== slot.from) : []
  return (
    <Menu shadow="md" width={340} position="bottom" withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <ActionIcon className={css.add} variant="default" radius="xl" size={26} aria-label={label}>
          <IconPlus size={15} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown mah="min(480px, 70dvh)" style={{ overflowY: 'auto' }}>
        {groups.map(({ name, title }) => (
          <Fragment key={name}>
            <Menu.Label>{title}</Menu.Label>
            {kinds
              .filter(kind => kind.category === name)
              .map(kind => (
                <Menu.Item
                  key={kind.type}
                  onClick={() => editor.insert(slot, kind)}
                  leftSection={<KindIcon kind={kind} type={kind.type} size={28} />}
                >
                  <Text size="sm" fw={600}>
                    {kind.title}
                  </Text>
                  <Text size="xs" c="dimmed">
                    {kind.words}
                  </Text>
                </Menu.Item>
              ))}
          </Fragment>
        ))}
        {others.length > 0 && (
          <>
            <Menu.Divider />
            <Menu.Label>Go on at a step that is there</Menu.Label>
            {others.map(id => (
              <Menu.Item
                key={id}
                leftSection={<IconArrowMerge size={16} />}
                onClick={() => editor.change(lead(definition, slot, id))}
              >
                <Text size="sm" truncate>
                  {nameOf(editor, id)}
                </Text>
              </Menu.Item>
            ))}
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  )
}

/** A line, the plus on it, and a line again. */
export function Between(props: { slot: Slot; label: string; canJoin?: boolean }) {
  return (
    <>
      <Box className={css.line} />
      <Group gap={0}>
        <StepPicker {...props} />
      </Group>
      <Box className={css.line} />
    </>
  )
}
