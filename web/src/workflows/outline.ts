import { type Definition, exitTitle, nodesOf, type Slot, targetOf } from './definition'

/** A way through the steps until it ends, forks or comes to a step that stands elsewhere already. */
export type Line = { slot: Slot; stops: Stop[]; ending: { kind: 'end' | 'fork' | 'last' } | { kind: 'join'; to: string; slot: Slot } | { kind: 'open'; slot: Slot } }
export type Stop = { id: string; slot: Slot; ways: { exit: string; title: string; line: Line }[] }

/** A graph read as an indented list: every step once, where it is first come to. */
export function outline(definition: Definition): Line {
  return lineFrom(definition, { from: null, exit: 'start' }, new Set())
}

function lineFrom(definition: Definition, from: Slot, seen: Set<string>): Line {
  const nodes = nodesOf(definition)
  const stops: Stop[] = []
  let slot = from
  for (;;) {
    const id = targetOf(definition, slot)
    const step = id === null ? undefined : nodes[id]
    if (id === null || !step) return { slot: from, stops, ending: { kind: 'open', slot } }
    if (seen.has(id)) return { slot: from, stops, ending: { kind: 'join', to: id, slot } }
    seen.add(id)
    const exits = Object.keys(step.exits)
    const goesOn = exits.length === 1 && exits[0] === 'next'
    const ways = goesOn ? [] : exits.map(exit => ({ exit, title: exitTitle(step, exit), line: lineFrom(definition, { from: id, exit }, seen) }))
    stops.push({ id, slot, ways })
    if (!goesOn) return { slot: from, stops, ending: { kind: exits.length === 0 ? 'last' : 'fork' } }
    slot = { from: id, exit: 'next' }
  }
}
