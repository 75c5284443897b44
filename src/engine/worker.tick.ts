import { type Db, inTransaction, one, sql } from '#platform/db/db.ts'
import { isHeld } from '#platform/hold.ts'
import type { Services } from '#platform/services.ts'
import { fenceLanes } from './lanes.ts'
import { insertParked } from './parked.ts'
import type { EventLog, EventRef, Reactor, Timer } from './reactor.ts'
import { takeDueTimers, takeTimers } from './timers.ts'
import { type Entry, entriesOf, entryFor, type RowKey, rowsOf, type WorkRow } from './work.entries.ts'
import { heldContacts, insertWork, notifyWork, takeFresh, takeRetries, takeRows } from './work.sql.ts'
import { type Fed, type Rest, runRounds } from './worker.rounds.ts'

export type TickDeps = {
  owner: string
  services: Services
  reactors: readonly Reactor[]
  log: EventLog
  limits: {
    /** Contacts (more exactly, entries) of one tick. */
    batch: number
    rounds: number
    depth: number
    /** The session of a process that has stopped in the middle of a tick ends after this, and frees its lanes. */
    idleMs: number
    statementMs: number
  }
}

/** What a tick takes: what is due, what is due once more, or exactly these rows and timers. */
export type Pick =
  | { kind: 'fresh' }
  | { kind: 'retries' }
  | { kind: 'exactly'; rows: RowKey[]; timers: Timer[] }

/** What a tick has taken, so that after a failure the same can be taken again in parts. */
export type Taken = { rows: RowKey[]; timers: Timer[]; entries: Entry[] }

export type TickResult = {
  contacts: number
  took: boolean
  retrying: boolean
  /** Timers wait until a person arms the installation; there is no sense in looking for them. */
  held: boolean
  oldestMs: number | null
}

/** A tick that failed, with what it had taken (all of which is back in its place). */
export class TickFailure extends Error {
  readonly taken: Taken
  constructor(cause: unknown, taken: Taken) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
    this.taken = taken
  }
}

const nothing: TickResult = { contacts: 0, took: false, retrying: false, held: false, oldestMs: null }

/**
 * One tick: fence, take, load, react, write back; one transaction of set-based statements. A process that dies
 * at any point leaves everything as it was before; one that has lost its lanes takes nothing.
 */
export async function runTick(
  deps: TickDeps,
  lanes: ReadonlyMap<number, string>,
  pick: Pick,
): Promise<TickResult> {
  if (lanes.size === 0) return nothing
  let taken: Taken = { rows: [], timers: [], entries: [] }
  try {
    return await inTransaction(deps.services.db, async trx => {
      taken = { rows: [], timers: [], entries: [] }
      const fence = await openTick(deps, trx, lanes)
      if (fence.lanes.length === 0) return nothing
      taken = await take(deps, trx, { lanes: fence.lanes, pick, held: fence.held })
      const retrying = fence.retrying.length > 0
      const { held } = fence
      if (taken.entries.length === 0) return { ...nothing, retrying, held }
      const entries =
        pick.kind === 'fresh' ? await holdBack(trx, fence.retrying, taken.entries) : taken.entries
      await react(deps, trx, { lanes: new Set(fence.lanes), entries })
      const contacts = new Set(entries.map(entry => entry.contactId)).size
      return { contacts, took: true, retrying, held, oldestMs: oldestOf(entries) }
    })
  } catch (error) {
    throw new TickFailure(error, taken)
  }
}

/** Sets the limits of the session and asks the fence which of the lanes are ours; `held`: timers are to wait. */
export async function openTick(
  { owner, limits }: { owner: string; limits: { idleMs: number; statementMs: number } },
  trx: Db,
  lanes: ReadonlyMap<number, string>,
): Promise<{ lanes: number[]; retrying: number[]; held: boolean }> {
  const { held } = await one<{ held: boolean }>(
    trx,
    sql`
    select set_config('idle_in_transaction_session_timeout', ${String(limits.idleMs)}, true),
      set_config('statement_timeout', ${String(limits.statementMs)}, true), ${isHeld} as held`,
  )
  const ours = await fenceLanes(trx, owner, lanes)
  const retrying = ours.filter(row => row.retrying).map(row => row.lane)
  return { lanes: ours.map(row => row.lane), retrying, held }
}

/** Takes rows and timers out of their tables. Entries come oldest row first, events of a row in their order. */
export async function take(
  { services, limits }: { services: Services; limits: { batch: number } },
  trx: Db,
  { lanes, pick, held = false }: { lanes: number[]; pick: Pick; held?: boolean },
): Promise<Taken> {
  const rows = await takeWork(trx, { lanes, pick, batch: limits.batch })
  const timers =
    pick.kind === 'fresh' && !held
      ? await takeDueTimers(trx, lanes, services.clock.now(), limits.batch)
      : pick.kind === 'exactly'
        ? await takeTimers(trx, pick.timers)
        : []
  const fromTimers = timers.map(timer => ({
    ...entryFor({ contactId: timer.contactId, at: timer.dueAt, id: '0' }),
    event: null,
    timer,
  }))
  return {
    rows: rows.map(({ lane, queuedAt, id }) => ({ lane, queuedAt: queuedAt ?? new Date(0), id })),
    timers,
    entries: [...rows.flatMap(entriesOf), ...fromTimers],
  }
}

async function takeWork(
  trx: Db,
  { lanes, pick, batch }: { lanes: number[]; pick: Pick; batch: number },
): Promise<WorkRow[]> {
  const rows =
    pick.kind === 'fresh'
      ? await takeFresh(trx, lanes, batch)
      : pick.kind === 'retries'
        ? await takeRetries(trx, lanes, 100)
        : await takeRows(trx, lanes, pick.rows)
  const age = (row: WorkRow) => row.queuedAt?.getTime() ?? 0
  return rows.sort((a, b) => age(a) - age(b) || compareIds(a.id, b.id))
}

/** Ids are decimal text: the longer one is greater. */
export function compareIds(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0)
}

/** Contacts that wait for another attempt keep their order: what came for them since is put behind it. */
async function holdBack(trx: Db, retryingLanes: number[], entries: Entry[]): Promise<Entry[]> {
  if (retryingLanes.length === 0) return entries
  const held = new Map((await heldContacts(trx, retryingLanes)).map(row => [row.contactId, row]))
  const waiting = entries.flatMap(entry => {
    const row = held.get(entry.contactId)
    return row ? [{ ...entry, attempt: row.attempt, notBefore: row.notBefore }] : []
  })
  await insertWork(trx, rowsOf(waiting))
  return entries.filter(entry => !held.has(entry.contactId))
}

/** Loads the events, runs the reactors and writes what is left for later. */
async function react(deps: TickDeps, trx: Db, tick: { lanes: Set<number>; entries: Entry[] }): Promise<void> {
  if (tick.entries.length === 0) return
  const { services, reactors, log, limits } = deps
  const now = services.clock.now()
  const start = {
    events: await loadEvents(log, trx, tick.entries),
    timers: tick.entries
      .flatMap(entry => (entry.timer ? [entry.timer] : []))
      .sort((a, b) => a.dueAt.getTime() - b.dueAt.getTime()),
  }
  const rest = await runRounds({ trx, now, services, log, reactors, lanes: tick.lanes, limits }, start)
  await writeRest(trx, rest, limits.depth)
}

/** The events of the entries, oldest first; an event that several rows mention comes once. */
async function loadEvents(log: EventLog, trx: Db, entries: Entry[]): Promise<Fed[]> {
  const only = new Map<string, string[] | null>()
  const refs = new Map<string, EventRef>()
  for (const { event, reactors } of entries) {
    if (!event) continue
    const before = only.get(event.id)
    // Named by two rows: together they name the reactors that still have to see it.
    const both = before === null || reactors === null ? null : [...(before ?? []), ...reactors]
    only.set(event.id, both)
    refs.set(event.id, event)
  }
  if (refs.size === 0) return []
  const events = await log.load(trx, [...refs.values()])
  events.sort((a, b) => a.at.getTime() - b.at.getTime() || compareIds(a.id, b.id))
  return events.map(event => ({ event, only: only.get(event.id) ?? null }))
}

async function writeRest(trx: Db, rest: Rest, depth: number): Promise<void> {
  await insertWork(trx, rowsOf(rest.later.map(({ event, only }) => entryFor(event, only))))
  if (rest.nudge.size > 0) await notifyWork(trx, [...rest.nudge])
  const loops = rest.loops.map(event => ({
    kind: 'loop' as const,
    reason: `Events caused each other more than ${depth} deep, ending in ${event.type}. Something goes round in a circle.`,
    detail: null,
    entries: [entryFor(event)],
  }))
  await insertParked(trx, loops)
}

function oldestOf(entries: Entry[]): number | null {
  const times = entries.flatMap(entry => (entry.queuedAt ? [entry.queuedAt.getTime()] : []))
  return times.length === 0 ? null : times.reduce((a, b) => Math.min(a, b))
}
