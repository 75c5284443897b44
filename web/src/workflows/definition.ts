import type { Demand, Filter } from '@/decisions/filter'

/** A workflow as the editor writes it: the server's definition, any part of which may still be missing. */
export type EventMatch = { event?: string; name?: string | null; where?: Demand[] }
export type Placed = {
  type: string
  settings: Record<string, unknown>
  exits: Record<string, string | null>
  title?: string | null
}
export type Reentry = 'once' | 'after_exit' | { afterDays: number }
export type Definition = {
  trigger?: (EventMatch & { filter?: Filter | null }) | null
  reentry?: Reentry
  exit?: { filter: Filter } | null
  goal?: Filter | null
  start?: string | null
  nodes?: Record<string, Placed>
}

/** A place where a way may lead on: the start of all, or one way out of a step; `before` a step means every way to it. */
export type Slot = { from: string | null; exit: string; before?: string }

/** The order in which ways are read: the database keeps none. A split's follow its paths. */
export function exitsOf(step: Placed): string[] {
  const order = [...(exitsFor(step.type, step.settings) ?? []), ...Object.keys(exitWords)]
  const place = (exit: string) => (order.includes(exit) ? order.indexOf(exit) : order.length)
  return Object.keys(step.exits).sort((a, b) => place(a) - place(b) || a.localeCompare(b))
}

export const nodesOf = (definition: Definition): Record<string, Placed> => definition.nodes ?? {}

export function targetOf(definition: Definition, { from, exit }: Slot): string | null {
  if (from === null) return definition.start ?? null
  return nodesOf(definition)[from]?.exits[exit] ?? null
}

/** The same definition with one way leading elsewhere. */
export function lead(definition: Definition, { from, exit }: Slot, target: string | null): Definition {
  if (from === null) return { ...definition, start: target }
  const step = nodesOf(definition)[from]
  if (!step) return definition
  return {
    ...definition,
    nodes: { ...nodesOf(definition), [from]: { ...step, exits: { ...step.exits, [exit]: target } } },
  }
}

/** Every way that leads to a step. */
export function waysTo(definition: Definition, id: string): Slot[] {
  const ways: Slot[] = definition.start === id ? [{ from: null, exit: 'start' }] : []
  for (const [from, step] of Object.entries(nodesOf(definition))) {
    for (const [exit, target] of Object.entries(step.exits)) if (target === id) ways.push({ from, exit })
  }
  return ways
}

function freshId(definition: Definition, type: string): string {
  const taken = nodesOf(definition)
  let n = 1
  while (taken[`${type}-${n}`]) n += 1
  return `${type}-${n}`
}

/** Puts a new step into a way; what came there before follows on the new step's first way out. */
export function insertStep(
  definition: Definition,
  slot: Slot,
  placed: Omit<Placed, 'exits'> & { exits: string[] },
): { definition: Definition; id: string } {
  const id = freshId(definition, placed.type)
  const after = slot.before ?? targetOf(definition, slot)
  const ways = slot.before === undefined ? [slot] : waysTo(definition, slot.before)
  const exits = Object.fromEntries(placed.exits.map((exit, at) => [exit, at === 0 ? after : null]))
  const nodes = { ...nodesOf(definition), [id]: { ...placed, exits } }
  return {
    definition: ways.reduce<Definition>((draft, way) => lead(draft, way, id), { ...definition, nodes }),
    id,
  }
}

/** Takes a step out: what follows on the kept way closes up; what only its other ways led to goes with it. */
export function removeStep(definition: Definition, id: string, chosen?: string): Definition {
  const step = nodesOf(definition)[id]
  if (!step) return definition
  const kept = chosen ?? exitsOf(step)[0]
  const after = (kept === undefined ? null : step.exits[kept]) ?? null
  const closed = waysTo(definition, id).reduce(
    (draft, way) => lead(draft, way, after === id ? null : after),
    definition,
  )
  const { [id]: _gone, ...nodes } = nodesOf(closed)
  return prune({ ...closed, nodes }, reachable(definition))
}

/** Every step that some way from the start (and from these steps) leads to, in the order of reading. */
export function reachable(definition: Definition, also: string[] = []): Set<string> {
  const nodes = nodesOf(definition)
  const reached = new Set<string>()
  const open = [...also, definition.start ?? null]
  while (open.length > 0) {
    const id = open.pop()
    if (!id || reached.has(id) || !nodes[id]) continue
    reached.add(id)
    open.push(...Object.values(nodes[id].exits).reverse())
  }
  return reached
}

/** Drops what could be reached before and cannot any more; what was loose already stays, to be seen and wired. */
function prune(definition: Definition, before: Set<string>): Definition {
  const all = Object.keys(nodesOf(definition))
  const now = reachable(
    definition,
    all.filter(id => !before.has(id)),
  )
  const kept = Object.entries(nodesOf(definition)).filter(([id]) => now.has(id))
  return { ...definition, nodes: Object.fromEntries(kept) }
}

/** Steps that no way leads to. */
export function looseSteps(definition: Definition): string[] {
  const reached = reachable(definition)
  return Object.keys(nodesOf(definition)).filter(id => !reached.has(id))
}

/** Steps with exactly one way out can change places with their neighbour. */
export function moveUp(definition: Definition, id: string): Definition | null {
  const step = nodesOf(definition)[id]
  const [way, ...others] = waysTo(definition, id)
  const [only, ...more] = Object.keys(step?.exits ?? {})
  if (!step || !way || way.from === null || others.length > 0 || only === undefined || more.length > 0)
    return null
  const into = waysTo(definition, way.from)
  if (into.length === 0 || into.some(each => each.from === id)) return null
  const closed = lead(definition, way, step.exits[only] ?? null)
  const below = lead(closed, { from: id, exit: only }, way.from)
  return into.reduce((draft, each) => lead(draft, each, id), below)
}

export function moveDown(definition: Definition, id: string): Definition | null {
  const exits = Object.entries(nodesOf(definition)[id]?.exits ?? {})
  const next = exits.length === 1 ? exits[0]?.[1] : null
  const nextExits = next ? Object.keys(nodesOf(definition)[next]?.exits ?? {}) : []
  return next && nextExits.length === 1 ? moveUp(definition, next) : null
}

/** Changes a step's settings; `exits` are the ways out that it has with them. */
export function changeStep(
  definition: Definition,
  id: string,
  change: Partial<Placed>,
  exits?: string[],
): Definition {
  const step = nodesOf(definition)[id]
  if (!step) return definition
  const wired = exits ? Object.fromEntries(exits.map(exit => [exit, step.exits[exit] ?? null])) : step.exits
  const next = {
    ...definition,
    nodes: { ...nodesOf(definition), [id]: { ...step, exits: wired, ...change } },
  }
  return exits ? prune(next, reachable(definition)) : next
}

/** The ways out that settings give where they decide about them; undefined where they never change. */
export function exitsFor(type: string, settings: Record<string, unknown>): string[] | undefined {
  if (type === 'split' && Array.isArray(settings.paths))
    return settings.paths.map(path => String((path as { id: unknown }).id))
  if (type === 'move-to-workflow') return settings.when ? ['otherwise'] : []
  return undefined
}

const exitWords: Record<string, string> = {
  yes: 'Yes',
  no: 'No',
  happened: 'It happened',
  timed_out: 'It did not happen in time',
  otherwise: 'Otherwise',
  next: 'Then',
}

/** A way out in words; a split's by its title and share. */
export function exitTitle(step: Placed, exit: string): string {
  const paths = Array.isArray(step.settings.paths)
    ? (step.settings.paths as { id: string; title?: string; share?: number }[])
    : []
  const path = paths.find(each => each.id === exit)
  if (!path) return exitWords[exit] ?? exit
  const all = paths.reduce((sum, each) => sum + (each.share ?? 0), 0)
  return `${path.title || `Path ${exit.toUpperCase()}`} (${all > 0 ? Math.round((100 * (path.share ?? 0)) / all) : 0} %)`
}
