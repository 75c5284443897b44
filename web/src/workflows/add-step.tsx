import { ActionIcon, Menu, ScrollArea, Text, Tooltip } from '@mantine/core'
import { IconCornerDownRight, IconPlus } from '@tabler/icons-react'
import { categories, type StepKind, StepIcon } from './catalogue'
import type { Slot } from './definition'

type Props = { slot: Slot; kinds: StepKind[]; others: { id: string; title: string }[]; isOpenEnd: boolean; onAdd(slot: Slot, kind: StepKind): void; onJoin(slot: Slot, id: string): void }

/** The plus on a way: what can be put there, each with a sentence; at an open end also a step that exists already. */
export function AddStep({ slot, kinds, others, isOpenEnd, onAdd, onJoin }: Props) {
  return (
    <Menu position="bottom-start" shadow="md" width={320} withinPortal>
      <Menu.Target>
        <Tooltip label="Add a step here">
          <ActionIcon variant="default" radius="xl" size={24} aria-label="Add a step here">
            <IconPlus size={14} />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        <ScrollArea.Autosize mah={420}>
          {categories.map(category => (
            <div key={category.name}>
              <Menu.Label>{category.title}</Menu.Label>
              {kinds
                .filter(kind => kind.category === category.name)
                .map(kind => (
                  <Menu.Item key={kind.type} leftSection={<StepIcon type={kind.type} />} onClick={() => onAdd(slot, kind)}>
                    <Text size="sm">{kind.title}</Text>
                    <Text size="xs" c="dimmed">
                      {kind.words}
                    </Text>
                  </Menu.Item>
                ))}
            </div>
          ))}
          {isOpenEnd && others.length > 0 && (
            <>
              <Menu.Label>Go on at a step that is there already</Menu.Label>
              {others.map(other => (
                <Menu.Item key={other.id} leftSection={<IconCornerDownRight size={18} stroke={1.7} />} onClick={() => onJoin(slot, other.id)}>
                  <Text size="sm" lineClamp={1}>
                    {other.title}
                  </Text>
                </Menu.Item>
              ))}
            </>
          )}
        </ScrollArea.Autosize>
      </Menu.Dropdown>
    </Menu>
  )
}
