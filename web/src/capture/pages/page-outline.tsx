import {
  DndContext,
  type DragEndEvent,
  KeyboardSensor,
  PointerSensor,
  useDroppable,
  useSensor,
  useSensors,
} from '@dnd-kit/core'
import { arrayMove, SortableContext, verticalListSortingStrategy } from '@dnd-kit/sortable'
import { Box, Button, Menu, Stack, Text } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { blockSpecs } from './block-specs'
import { fitting, nextFitting } from './outline-moves'
import {
  addBlock,
  type Block,
  changeBlock,
  copySection,
  duplicateBlock,
  findBlock,
  isWide,
  makeBlock,
  makeSection,
  moveBlock,
  type Place,
  type Section,
} from './page'
import { OutlineRow } from './page-outline-row'

export type SectionsProps = {
  sections: Section[]
  set(sections: Section[]): void
  chosen: string | null
  choose(id: string | null): void
  disabled: boolean
}

/** What is on the page, to be put in order by mouse or keyboard. */
export function PageOutline(props: SectionsProps) {
  const { sections, set, disabled, choose } = props
  const sensors = useSensors(
    useSensor(PointerSensor, { activationConstraint: { distance: 4 } }),
    useSensor(KeyboardSensor, { coordinateGetter: nextFitting }),
  )
  const drop = ({ active, over }: DragEndEvent) => {
    if (!over || over.id === active.id) return
    const id = String(active.id)
    if (active.data.current?.kind === 'section') {
      const at = (wanted: string) => sections.findIndex(section => section.id === wanted)
      return set(arrayMove(sections, at(id), at(String(over.id))))
    }
    const place = over.data.current?.place as Place | undefined
    set(moveBlock(sections, id, place ?? { at: String(over.id) }))
  }
  return (
    <DndContext sensors={sensors} collisionDetection={fitting} onDragEnd={drop}>
      <Stack gap="sm">
        <SortableContext items={sections.map(section => section.id)} strategy={verticalListSortingStrategy}>
          {sections.map((section, at) => (
            <SectionBox key={section.id} {...props} section={section} at={at} />
          ))}
        </SortableContext>
        <Button
          variant="default"
          size="xs"
          w="fit-content"
          leftSection={<IconPlus size={14} />}
          disabled={disabled || sections.length >= 60}
          onClick={() => {
            const made = makeSection()
            set([...sections, made])
            choose(made.id)
          }}
        >
          Add a section
        </Button>
      </Stack>
    </DndContext>
  )
}

function SectionBox(props: SectionsProps & { section: Section; at: number }) {
  const { section, at, sections, set, choose, chosen } = props
  return (
    <OutlineRow
      id={section.id}
      name={section.name || `Section ${at + 1}`}
      detail={section.when ? 'Section, shown to some' : 'Section'}
      data={{ kind: 'section' }}
      isStrong
      disabled={props.disabled}
      isChosen={chosen === section.id}
      onChoose={() => choose(section.id)}
      onCopy={() => {
        const copy = copySection(section)
        set(sections.toSpliced(at + 1, 0, copy))
        choose(copy.id)
      }}
      onRemove={() => {
        set(sections.toSpliced(at, 1))
        choose(null)
      }}
    >
      <Blocks {...props} blocks={section.blocks} place={{ sectionId: section.id }} />
    </OutlineRow>
  )
}

function Blocks(props: SectionsProps & { blocks: Block[]; place: Place }) {
  const { blocks, place, sections, set, choose, disabled } = props
  const isInner = 'blockId' in place
  const end = useDroppable({
    id: isInner ? `end ${place.blockId} ${place.column}` : `end ${place.sectionId}`,
    data: { kind: 'end', place, isInner },
    disabled: disabled || blocks.length > 0,
  })
  const add = (type: string) => {
    const block = makeBlock(type)
    set(addBlock(sections, place, block))
    choose(block.id)
  }
  return (
    <Stack gap={4} ref={end.setNodeRef}>
      <SortableContext items={blocks.map(block => block.id)} strategy={verticalListSortingStrategy}>
        {blocks.map(block => (
          <BlockBox key={block.id} {...props} block={block} isInner={isInner} />
        ))}
      </SortableContext>
      <AddBlock isInner={isInner} disabled={disabled} onAdd={add} />
    </Stack>
  )
}

/** What people recognise a block by. */
function wordsOf(block: Block): string {
  const said = [block.heading, block.label, block.title, block.name, block.html, block.quote, block.alt]
  const first = said.find(each => typeof each === 'string' && each.trim() !== '')
  return String(first ?? '')
    .replace(/<[^>]*>/g, ' ')
    .trim()
    .slice(0, 80)
}

function BlockBox(props: SectionsProps & { block: Block; isInner: boolean }) {
  const { block, isInner, sections, set, choose, chosen } = props
  const title = blockSpecs[block.type]?.title ?? block.type
  const words = wordsOf(block)
  return (
    <OutlineRow
      id={block.id}
      name={words || title}
      detail={`${title}${block.when ? ', shown to some' : ''}`}
      data={{ kind: 'block', isWide: isWide(block.type), isInner }}
      disabled={props.disabled}
      isChosen={chosen === block.id}
      onChoose={() => choose(block.id)}
      onCopy={() => {
        const next = duplicateBlock(sections, block.id)
        set(next.sections)
        if (next.copy) choose(next.copy.id)
      }}
      onRemove={() => {
        const next = changeBlock(sections, block.id, null)
        set(next)
        if (!findBlock(next, chosen)) choose(null)
      }}
    >
      {block.columns?.map((column, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a column is its place
        <Box key={at}>
          <Text size="xs" c="dimmed">
            Column {at + 1}
          </Text>
          <Blocks {...props} blocks={column.blocks} place={{ blockId: block.id, column: at }} />
        </Box>
      ))}
    </OutlineRow>
  )
}

function AddBlock(props: { isInner: boolean; disabled: boolean; onAdd(type: string): void }) {
  const types = Object.entries(blockSpecs).filter(([type]) => !props.isInner || !isWide(type))
  return (
    <Menu position="bottom-start" width={220}>
      <Menu.Target>
        <Button
          size="compact-xs"
          variant="subtle"
          w="fit-content"
          leftSection={<IconPlus size={12} />}
          disabled={props.disabled}
        >
          Add a block
        </Button>
      </Menu.Target>
      <Menu.Dropdown mah={360} style={{ overflowY: 'auto' }}>
        {types.map(([type, { title }]) => (
          <Menu.Item key={type} onClick={() => props.onAdd(type)}>
            {title}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
