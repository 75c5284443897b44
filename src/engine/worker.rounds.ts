import { type Db, sqlStateOf } from '#platform/db/db.ts'
import { laneOf, newId } from '#platform/ids.ts'
import type { Services } from '#platform/services.ts'
import type { Event, EventLog, NewEvent, Reactor, Timer, TimerKey } from './reactor.ts'
import { clearTimers, keyOf, writeTimers } from './timers.ts'

/** An event on its way through the reactors; `only` names those that still have to see it, null means all. */
export type Fed = { event: Event; only: string[] | null }

export type Rounds = {
  trx: Db
  now: Date
  services: Services
  log: EventLog
  reactors: readonly Reactor[]
  /** The tick's lanes: what reactors say about contacts of other lanes is queued for those lanes' owners. */
  lanes: ReadonlySet<number>
  limits: { rounds: number; depth: number }
}

/** What a tick leaves for later. */
export type Rest = {
  /** Not finished within the bound of rounds, or about contacts of other lanes. */
  later: Fed[]
  /** Deeper than allowed: recorded, but nobody reacts to them. */
  loops: Event[]
  /** Lanes outside the tick in which timers were set. */
  nudge: Set<number>
}

/** An error of one reactor, with its name: what a parked contact shows as its reason. */
export class ReactorError extends Error {
  readonly reactor: string
  /** The database's, so that a deadlock inside a reactor is repeated like any other. */
  readonly code: string | undefined
  constructor(reactor: string, cause: unknown) {
    super(`${reactor}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    this.reactor = reactor
    this.code = sqlStateOf(cause)
  }
}

/**
 * Runs the reactors in order, round by round, until nothing new follows or the bound is hit. A reactor sees
 * every event once: those of earlier reactors in the same round, those of later ones and its own in the next.
 */
export async function runRounds(rounds: Rounds, start: { events: Fed[]; timers: Timer[] }): Promise<Rest> {
  const { reactors, limits } = rounds
  assertHandled(reactors, start.timers)
  const feed = [...start.events]
  const seen = reactors.map(() => 0)
  const rest: Rest = { later: [], loops: [], nudge: new Set() }
  for (let round = 0; round < limits.rounds; round++) {
    const changes: Changes = new Map()
    for (const [place, reactor] of reactors.entries()) {
      const events = unseenBy(reactor, feed, seen[place] ?? 0)
      seen[place] = feed.length
      const timers = round === 0 ? start.timers.filter(timer => timer.kind === reactor.timerKind) : []
      if (events.length === 0 && timers.length === 0) continue
      const made = await runReactor(rounds, { reactor, round, events, timers, changes })
      feed.push(...(await recordMade(rounds, feed, made, rest)))
    }
    await applyTimers(rounds, changes, rest)
    if (seen.every(count => count === feed.length)) return rest
  }
  rest.later.push(...unfinished(reactors, feed, seen))
  return rest
}

/** Timers to set (or, null, to clear), by key. */
type Changes = Map<string, { key: TimerKey; dueAt: Date | null }>

function assertHandled(reactors: readonly Reactor[], timers: Timer[]): void {
  const kinds = new Set(reactors.map(reactor => reactor.timerKind))
  const stray = timers.find(timer => !kinds.has(timer.kind))
  if (stray) throw new Error(`No part of this program handles timers of the kind "${stray.kind}".`)
}

function unseenBy(reactor: Reactor, feed: Fed[], from: number): Event[] {
  const fresh = feed.slice(from).filter(fed => fed.only === null || fed.only.includes(reactor.name))
  return fresh.map(fed => fed.event)
}

/** What some reactors have not seen when the bound is hit, each event with the names of those reactors. */
function unfinished(reactors: readonly Reactor[], feed: Fed[], seen: number[]): Fed[] {
  return feed.flatMap(({ event, only }, index) => {
    const missing = reactors.filter((reactor, place) => {
      return (seen[place] ?? 0) <= index && (only === null || only.includes(reactor.name))
    })
    return missing.length > 0 ? [{ event, only: missing.map(reactor => reactor.name) }] : []
  })
}

async function runReactor(
  { trx, now, services }: Rounds,
  call: { reactor: Reactor; round: number; events: Event[]; timers: Timer[]; changes: Changes },
): Promise<NewEvent[]> {
  const { reactor, round, events, timers, changes } = call
  try {
    return await reactor.run({
      db: trx,
      now,
      round,
      events,
      timers,
      services,
      setTimers(list) {
        for (const timer of list) changes.set(keyOf(timer), { key: timer, dueAt: timer.dueAt })
      },
      clearTimers(list) {
        for (const key of list) changes.set(keyOf(key), { key, dueAt: null })
      },
    })
  } catch (error) {
    throw new ReactorError(reactor.name, error)
  }
}

/** Writes the new events and returns those that the reactors of this tick are to see. */
async function recordMade(rounds: Rounds, feed: Fed[], made: NewEvent[], rest: Rest): Promise<Fed[]> {
  if (made.length === 0) return []
  const depths = new Map(feed.map(({ event }) => [event.id, event.depth]))
  const ready = made.map(event => ({ ...event, id: event.id ?? newId(), depth: depthOf(event, depths) }))
  const fed: Fed[] = []
  for (const event of await rounds.log.append(rounds.trx, ready)) {
    if (event.depth > rounds.limits.depth) rest.loops.push(event)
    else if (rounds.lanes.has(laneOf(event.contactId))) fed.push({ event, only: null })
    else rest.later.push({ event, only: null })
  }
  return fed
}

/** One more than the cause's; a cause outside this tick (an enrolment of days ago) starts the count again. */
function depthOf(event: NewEvent, depths: Map<string, number>): number {
  if (event.depth !== undefined) return event.depth
  return event.causeId ? (depths.get(event.causeId) ?? 0) + 1 : 0
}

async function applyTimers({ trx, lanes }: Rounds, changes: Changes, rest: Rest): Promise<void> {
  const set: Timer[] = []
  const cleared: TimerKey[] = []
  for (const { key, dueAt } of changes.values()) {
    if (dueAt === null) cleared.push(key)
    else set.push({ contactId: key.contactId, kind: key.kind, key: key.key, dueAt })
  }
  await clearTimers(trx, cleared)
  await writeTimers(trx, set)
  for (const { contactId } of set) if (!lanes.has(laneOf(contactId))) rest.nudge.add(laneOf(contactId))
}
