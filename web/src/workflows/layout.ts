import { type Definition, exitsOf, looseSteps, nodesOf, type Slot } from './definition'

/** How a way is drawn: its steps one under the other, and how it ends. */
export type Chain = { slot: Slot; items: Item[]; end: End }
/** One step. With several ways out each has a column; what they share again follows below. */
export type Item = { id: string; into: Slot; columns: Column[] }
export type Column = { exit: string; chain: Chain }
/**
 * `open` ends the stay and can be led on, `joins` goes on at a step that is drawn elsewhere, `final` is a step
 * without ways out, `broken` leads to a step that is not there.
 */
export type End =
  | { how: 'open'; slot: Slot }
  | { how: 'broken'; slot: Slot }
  | { how: 'joins'; slot: Slot; target: string }
  | { how: 'final' }

export type Layout = { main: Chain; loose: Chain[]; order: string[] }

/** Lays a graph of steps out as a list to read from top to bottom: every step is drawn exactly once. */
export function layOut(definition: Definition): Layout {
  const drawn = new Set<string>()
  const nodes = nodesOf(definition)
  const main = chainOf(definition, { from: null, exit: 'start' }, drawn, new Set())
  const loose: Chain[] = []
  for (const id of looseSteps(definition)) {
    if (drawn.has(id)) continue
    const isLedTo = looseSteps(definition).some(
      from => from !== id && !drawn.has(from) && Object.values(nodes[from]?.exits ?? {}).includes(id),
    )
    if (!isLedTo) loose.push(follow(definition, id, { from: null, exit: 'loose' }, drawn, new Set()))
  }
  // What is left leads round in a circle of its own.
  for (const id of looseSteps(definition))
    if (!drawn.has(id)) loose.push(follow(definition, id, { from: null, exit: 'loose' }, drawn, new Set()))
  return { main, loose, order: [...drawn] }
}

function chainOf(definition: Definition, slot: Slot, drawn: Set<string>, later: ReadonlySet<string>): Chain {
  const first = slot.from === null ? definition.start : nodesOf(definition)[slot.from]?.exits[slot.exit]
  return follow(definition, first ?? null, slot, drawn, later)
}

/** `later` holds the steps that are kept for a place further down. */
function follow(
  definition: Definition,
  first: string | null,
  slot: Slot,
  drawn: Set<string>,
  later: ReadonlySet<string>,
): Chain {
  const nodes = nodesOf(definition)
  const items: Item[] = []
  let into = slot
  let id = first
  for (;;) {
    if (id === null) return { slot, items, end: { how: 'open', slot: into } }
    const step = nodes[id]
    if (!step) return { slot, items, end: { how: 'broken', slot: into } }
    if (drawn.has(id) || later.has(id)) return { slot, items, end: { how: 'joins', slot: into, target: id } }
    drawn.add(id)
    const exits = exitsOf(step)
    const [only] = exits
    if (only === undefined)
      return { slot, items: [...items, { id, into, columns: [] }], end: { how: 'final' } }
    if (exits.length === 1) {
      items.push({ id, into, columns: [] })
      into = { from: id, exit: only }
      id = step.exits[only] ?? null
      continue
    }
    const meeting = meetingOf(definition, id, drawn, later)
    const kept = meeting ? new Set([...later, meeting.target]) : later
    const from = id
    items.push({
      id,
      into,
      columns: exits.map(exit => ({ exit, chain: chainOf(definition, { from, exit }, drawn, kept) })),
    })
    if (!meeting) return { slot, items, end: { how: 'final' } }
    into = meeting.by
    id = meeting.target
  }
}

/** The first step at which two ways out of a step come together again, and a way that leads there. */
function meetingOf(
  definition: Definition,
  id: string,
  drawn: ReadonlySet<string>,
  later: ReadonlySet<string>,
): { target: string; by: Slot } | null {
  const nodes = nodesOf(definition)
  const reach = Object.values(nodes[id]?.exits ?? {}).map(first =>
    walk(definition, first, new Set([...drawn, ...later])),
  )
  for (const [at, steps] of reach.entries()) {
    for (const target of steps) {
      if (!reach.some((other, i) => i !== at && other.has(target))) continue
      const by = [id, ...steps].find(from => Object.values(nodes[from]?.exits ?? {}).includes(target)) ?? id
      const exit = Object.entries(nodes[by]?.exits ?? {}).find(([, to]) => to === target)?.[0] ?? 'next'
      return { target, by: { from: by, exit, before: target } }
    }
  }
  return null
}

/** Every step that can be reached, the nearest first. */
function walk(definition: Definition, first: string | null, stop: ReadonlySet<string>): Set<string> {
  const nodes = nodesOf(definition)
  const reached = new Set<string>()
  const queue = [first]
  for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
    const step = id === null || stop.has(id) ? undefined : nodes[id]
    if (id === null || !step || reached.has(id)) continue
    reached.add(id)
    queue.push(...Object.values(step.exits))
  }
  return reached
}
