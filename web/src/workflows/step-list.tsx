import { Anchor, Group, Text } from '@mantine/core'
import { IconArrowBackUp, IconArrowDown, IconDoorExit } from '@tabler/icons-react'
import { formatNumber } from '@/ui/format'
import { exitTitle, nodesOf } from './definition'
import css from './editor.module.css'
import { addFirst, nameOf, useEditor } from './editor-context'
import type { Chain, End, Item } from './layout'
import { StepCard } from './step-card'
import { Between } from './step-picker'

/** Steps one under the other, each way of a branch in a column of its own. */
export function StepList({ chain }: { chain: Chain }) {
  const editor = useEditor()
  return (
    <div className={css.chain}>
      {chain.items.map((item, at) => (
        <Step key={item.id} item={item} hasLine={!(at === 0 && chain.slot.exit === 'loose')} />
      ))}
      <EndMark end={chain.end} name={id => nameOf(editor, id)} />
    </div>
  )
}

function Step({ item, hasLine }: { item: Item; hasLine: boolean }) {
  const editor = useEditor()
  return (
    <>
      {hasLine && (
        <>
          <Passed item={item} />
          <Between slot={item.into} label={`Add a step before ${nameOf(editor, item.id)}`} />
        </>
      )}
      <StepCard id={item.id} />
      {item.columns.length > 0 && (
        <>
          <div className={css.line} />
          <div className={css.columns}>
            {item.columns.map(column => (
              <div className={css.column} key={column.exit}>
                <ExitLabel from={item.id} exit={column.exit} />
                <StepList chain={column.chain} />
              </div>
            ))}
          </div>
        </>
      )}
    </>
  )
}

/** How many went this way, so far. */
function useWent(from: string | null, exit: string): number | null {
  const { counts } = useEditor()
  return from === null ? null : (counts?.steps[from]?.exits[exit] ?? null)
}

function ExitLabel({ from, exit }: { from: string; exit: string }) {
  const step = nodesOf(useEditor().definition)[from]
  const went = useWent(from, exit)
  if (!step) return null
  return (
    <Group className={css.exit} gap={6} wrap="nowrap">
      <Text span size="sm" fw={600} truncate>
        {exitTitle(step, exit)}
      </Text>
      {went !== null && (
        <Text span size="xs" c="dimmed" className="numbers" style={{ whiteSpace: 'nowrap' }}>
          {formatNumber(went)} went
        </Text>
      )}
    </Group>
  )
}

/** On a line between two steps: how many have passed, and the name of the only way when it says something. */
function Passed({ item }: { item: Item }) {
  const { definition } = useEditor()
  const { from, exit, before } = item.into
  const step = from === null ? undefined : nodesOf(definition)[from]
  const went = useWent(from, exit)
  const isOnly = step !== undefined && Object.keys(step.exits).length === 1 && before === undefined
  if (!isOnly || (went === null && exit === 'next')) return null
  return (
    <>
      <div className={css.line} style={{ height: 8 }} />
      <Text span size="xs" c="dimmed" className="numbers">
        {[exit === 'next' ? '' : exitTitle(step, exit), went === null ? '' : `${formatNumber(went)} went on`]
          .filter(Boolean)
          .join(' · ')}
      </Text>
    </>
  )
}

function EndMark({ end, name }: { end: End; name(id: string): string }) {
  const editor = useEditor()
  if (end.how === 'final') return null
  const before = (
    <Between
      slot={end.slot}
      label={end.slot.from === null ? addFirst : `Add a step after ${name(end.slot.from)}`}
      canJoin={end.how === 'open' && end.slot.from !== null}
    />
  )
  if (end.how === 'open') {
    return (
      <>
        {before}
        <Group className={css.end} gap={6} wrap="nowrap" style={{ flex: 'none' }}>
          <IconDoorExit size={14} aria-hidden />
          <span>{end.slot.from === null ? 'No step yet' : 'Leaves the workflow'}</span>
        </Group>
      </>
    )
  }
  if (end.how === 'broken') {
    return (
      <>
        {before}
        <span className={css.end}>leads to a step that is not there</span>
      </>
    )
  }
  const { target } = end
  const isBack = isAbove(editor.order, end.slot.from, target)
  const Icon = isBack ? IconArrowBackUp : IconArrowDown
  return (
    <>
      {before}
      <Group className={css.end} gap={6} wrap="nowrap" style={{ flex: 'none' }}>
        <Icon size={14} aria-hidden style={{ flex: 'none' }} />
        <Anchor
          component="button"
          type="button"
          size="sm"
          c="inherit"
          underline="always"
          truncate
          onClick={() => editor.select(target, true)}
        >
          {isBack ? 'Back to' : 'Goes on at'} “{name(target)}”
        </Anchor>
      </Group>
    </>
  )
}

function isAbove(order: string[], from: string | null, target: string): boolean {
  return from !== null && order.indexOf(target) <= order.indexOf(from)
}
