import {
  type Active,
  type CollisionDetection,
  closestCenter,
  type DroppableContainer,
  type KeyboardCoordinateGetter,
} from '@dnd-kit/core'

/** A section goes among sections; a block among blocks, and a wide one never into a column. */
function fits(active: Active, container: DroppableContainer): boolean {
  const { kind, isWide } = active.data.current ?? {}
  const there = container.data.current ?? {}
  if (kind === 'section') return there.kind === 'section'
  return there.kind !== 'section' && !(isWide && there.isInner)
}

export const fitting: CollisionDetection = args => {
  const droppableContainers = args.droppableContainers.filter(each => fits(args.active, each))
  return closestCenter({ ...args, droppableContainers })
}

/** The arrow keys go from one place where it fits to the next. */
export const nextFitting: KeyboardCoordinateGetter = (event, { context }) => {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.code]
  const { active, collisionRect, droppableContainers, droppableRects } = context
  if (!by || !active || !collisionRect) return
  event.preventDefault()
  const middle = collisionRect.top + collisionRect.height / 2
  const ahead = droppableContainers
    .getEnabled()
    .filter(each => fits(active, each))
    .flatMap(each => droppableRects.get(each.id) ?? [])
    .map(rect => ({ x: rect.left, middle: rect.top + rect.height / 2 }))
    .filter(place => (place.middle - middle) * by > 1)
    .sort((a, b) => (a.middle - b.middle) * by)
  const [next] = ahead
  return next && { x: next.x, y: next.middle - collisionRect.height / 2 }
}
