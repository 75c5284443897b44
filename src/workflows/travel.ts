import type { Event } from '#engine/reactor.ts'
import { idFrom } from '#platform/ids.ts'
import type { Plan, PlanStep } from './definition.ts'
import type { Enrolment, StepRow } from './enrolments.sql.ts'
import { matchesEvent } from './listen.ts'
import type { ContactFacts, Effect, Facts, Heard, Listen, Outcome } from './node.ts'

/** Steps one participant may do within one tick; beyond that something turns in a circle, and he is set aside. */
export const stepsPerTick = 1000

/** How many events that moved him on a participant remembers. */
const keptLinks = 10

/** An effect with the step that asked for it; `seq` numbers the step within the stay. */
export type PlacedEffect = { effect: Effect; node: string; seq: number }

/** A participant on the move within one tick. */
export type Traveller = {
  row: Enrolment
  plan: Plan
  /** What he waits to be told before he can go on; null when the step has been given it. */
  granted: ReadonlyMap<string, boolean> | null
  state: 'moving' | 'asking' | 'resting' | 'ended'
  /** Events of this tick he has not used yet, oldest first. */
  events: Event[]
  /** How far the events of this tick have moved him: later ones may still be heard by later steps. */
  reachedAt: Date | null
  /** The timer that woke him, if one did. */
  dueAt: Date | null
  /** Entered within this very tick. */
  fresh: boolean
  /** The timer that stood before this tick. */
  wakeBefore: Date | null
  spent: number
  depth: number
  zone: string
  causeId: string | null
  last: Heard | null
  steps: StepRow[]
  effects: PlacedEffect[]
  dirty: boolean
}

/** What is the same for all participants of a tick. */
export type World = {
  now: Date
  zone: string
  /** The contacts loaded so far; null for one that has no profile. */
  contacts: Map<string, ContactFacts | null>
  /** Emails that are live, by id, with their version. */
  emails: ReadonlyMap<string, string>
}

/** Walks until a wait, a question to the database, or the end. Changes only the traveller handed in. */
export function walk(traveller: Traveller, world: World): void {
  traveller.state = 'moving'
  while (traveller.state === 'moving') {
    const place = traveller.plan.steps.get(traveller.row.node)
    if (!place) {
      end(traveller, world.now, 'left', 'the step is gone')
      return
    }
    if (isUninformed(traveller, place, world)) {
      traveller.state = 'asking'
      return
    }
    if (traveller.spent >= stepsPerTick) {
      end(traveller, world.now, 'parked', `did ${stepsPerTick} steps without a wait`)
      return
    }
    take(traveller, place, ask(traveller, place, world), world)
  }
}

function isUninformed(traveller: Traveller, place: PlanStep, world: World): boolean {
  const { filters, contact } = place.step.needs
  if (contact && !world.contacts.has(traveller.row.contactId)) return true
  return filters !== undefined && traveller.granted === null
}

function ask(traveller: Traveller, place: PlanStep, world: World): Outcome {
  const { row, granted } = traveller
  const facts: Facts = {
    matches: need => granted?.get(need) ?? false,
    contact: world.contacts.get(row.contactId) ?? null,
    heard: listen => row.state.heard[heardKey(row, listen)] ?? null,
    last: traveller.last,
    zone: world.zone,
  }
  const moment = {
    now: world.now,
    arrivedAt: row.arrivedAt,
    get chance() {
      return chanceOf(row.contactId, row.workflowId, place.id)
    },
  }
  return place.step.run(facts, moment)
}

function take(traveller: Traveller, place: PlanStep, outcome: Outcome, world: World): void {
  if (outcome.does === 'wait') {
    rest(traveller, place, outcome, world)
    return
  }
  const lost = (outcome.effects ?? []).find(
    effect => effect.do === 'email' && !world.emails.has(effect.emailId),
  )
  if (lost) {
    end(traveller, world.now, 'parked', 'the email is not published any more')
    return
  }
  const { row } = traveller
  const seq = row.steps
  if (outcome.does === 'go' && outcome.because) {
    because(traveller, outcome.because)
  }
  for (const effect of outcome.effects ?? []) traveller.effects.push({ effect, node: place.id, seq })
  const exit = outcome.does === 'go' ? outcome.exit : (outcome.exit ?? 'end')
  traveller.steps.push({
    contactId: row.contactId,
    enrolmentId: row.id,
    id: seq,
    node: place.id,
    exit,
    at: world.now,
    causeId: traveller.causeId,
  })
  row.steps += 1
  traveller.spent += 1
  traveller.dirty = true
  if (outcome.does === 'stop') {
    end(traveller, world.now, 'done', outcome.reason)
    return
  }
  const next = place.next(exit)
  if (next === null) {
    end(traveller, world.now, 'done', 'finished')
    return
  }
  arrive(traveller, next, world.now)
}

/** What follows now follows from this event. */
function because(traveller: Traveller, heard: Heard): void {
  traveller.causeId = heard.eventId
  traveller.last = heard
  const link = {
    kind: 'event' as const,
    id: heard.eventId,
    type: heard.type,
    name: heard.name,
    at: heard.at.toISOString(),
    words: heard.summary,
  }
  traveller.row.state.because = [...traveller.row.state.because, link].slice(-keptLinks)
}

function arrive(traveller: Traveller, node: string, now: Date): void {
  const { row } = traveller
  for (const key of Object.keys(row.state.heard)) {
    // What was heard for one visit of a step is of no use afterwards.
    if (key.startsWith('@')) delete row.state.heard[key]
  }
  row.node = node
  row.arrivedAt = now
  row.wakeAt = null
  traveller.granted = null
}

function rest(
  traveller: Traveller,
  place: PlanStep,
  outcome: Outcome & { does: 'wait' },
  world: World,
): void {
  const { row } = traveller
  const within = { from: traveller.reachedAt, until: null }
  if (outcome.for && traveller.reachedAt && hearNext(traveller, outcome.for, within)) return
  if (row.wakeAt?.getTime() !== outcome.until?.getTime()) traveller.dirty = true
  row.wakeAt = outcome.until ?? null
  traveller.state = 'resting'
  if (world.now >= (outcome.until ?? new Date(8.64e15))) {
    throw new Error(`step ${place.id} waits until a time that is past`)
  }
}

/** Ends a stay. `done` came to the end, `left` was taken out, `parked` cannot go on and waits for a person. */
export function end(
  traveller: Traveller,
  now: Date,
  status: 'done' | 'left' | 'parked',
  reason: string,
): void {
  traveller.row.status = status
  traveller.row.endedAt = now
  traveller.row.endReason = reason
  traveller.row.wakeAt = null
  traveller.state = 'ended'
  traveller.dirty = true
}

/** Lets a participant hear the events of the tick that he waits for, or that a later step will ask about. */
export function hear(traveller: Traveller): void {
  const { row, plan } = traveller
  const listen = plan.steps.get(row.node)?.step.listens
  if (listen) hearNext(traveller, listen, { from: null, until: row.wakeAt })
  for (const event of traveller.events) {
    for (const later of plan.mailListens) note(traveller, later, event)
  }
  traveller.reachedAt ??= traveller.dueAt
}

/** Takes the first unused event that is listened for; what happened before it is used up. */
function hearNext(
  traveller: Traveller,
  listen: Listen,
  within: { from: Date | null; until: Date | null },
): boolean {
  const { from, until } = within
  const found = traveller.events.find(
    event =>
      (from === null || event.at >= from) &&
      (until === null || event.at <= until) &&
      fits(traveller, listen, event),
  )
  if (!found || !note(traveller, listen, found)) return false
  traveller.reachedAt = found.at
  traveller.events = traveller.events.filter(event => event !== found)
  traveller.depth = Math.max(traveller.depth, found.depth)
  return true
}

function note(traveller: Traveller, listen: Listen, event: Event): boolean {
  const { row } = traveller
  const key = heardKey(row, listen)
  if (row.state.heard[key] || !fits(traveller, listen, event)) return false
  row.state.heard[key] = heardFrom(event)
  traveller.dirty = true
  return true
}

function fits({ row, zone }: Traveller, listen: Listen, event: Event): boolean {
  if (!matchesEvent(listen, event, zone)) return false
  if (listen.email === undefined) return true
  const messageId = row.state.sent[listen.email]
  return messageId !== undefined && String(event.data.messageId) === messageId
}

/** Under which name an event is kept: for a message as long as the stay lasts, otherwise for one visit of a step. */
function heardKey(row: Enrolment, listen: Listen): string {
  if (listen.email === undefined) return `@${row.node}:${row.steps}`
  return JSON.stringify([listen.event, listen.email, listen.name ?? null, listen.where ?? []])
}

/** What is kept of an event that moved somebody on. */
export function heardFrom(event: Event): Heard {
  return { eventId: event.id, type: event.type, name: event.name, at: event.at, summary: wordsFor(event) }
}

/** An event in a few words for the chain of causes and for alerts: "page.viewed: https://example.com/pricing". */
export function wordsFor(event: Event): string {
  const { url, path } = event.data
  const place = typeof url === 'string' ? url : typeof path === 'string' ? path : event.name
  return (place === null ? event.type : `${event.type}: ${place}`).slice(0, 500)
}

/** Event types that may move a resting participant: what he waits for, and what his messages may bring. */
export function listensOf(traveller: Traveller, leaveWakes: string[]): string[] {
  const { row, plan } = traveller
  if (row.status !== 'active') return []
  const place = plan.steps.get(row.node)
  const ofMail = plan.mailListens.filter(listen => row.state.sent[listen.email ?? ''] !== undefined)
  const ofStep = place?.step.listens ? [place.step.listens.event] : []
  return [...new Set([...ofStep, ...ofMail.map(listen => listen.event), ...leaveWakes])].sort()
}

/** A number in [0, 1) that is always the same for this contact at this step. */
export function chanceOf(contactId: string, workflowId: string, node: string): number {
  return Number(BigInt(idFrom(contactId, workflowId, node)) >> 10n) / 2 ** 53
}
