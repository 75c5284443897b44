import { isHuman } from '#activity/catalogue.ts'
import { knownAmong } from '#audience/contacts.ts'
import { matchContacts } from '#decisions/match.ts'
import type { Event, NewEvent, Reactor, Tick } from '#engine/reactor.ts'
import { advance, type Waking } from './advance.ts'
import { type Plan, triggers } from './definition.ts'
import {
  type Enrolment,
  loadEnrolments,
  loadListening,
  selectRecent,
  type WhyLink,
} from './enrolments.sql.ts'
import { type Entry, enter } from './enter.ts'
import { type Run, timerKind } from './run.ts'
import type { Published, Shelf } from './shelf.ts'
import { wordsFor } from './travel.ts'

type Bench = { tick: Tick; human: Event[]; published: Map<string, Published>; planOf: Run['planOf'] }

/**
 * Enters contacts into workflows and moves participants on. Both in one reactor: an entry is followed up within
 * the same run, without reading back what was just written.
 */
export function workflowsReactor(shelf: Shelf): Reactor {
  return {
    name: 'workflows',
    timerKind,
    async run(tick) {
      const human = tick.events.filter(event => isHuman(event.data))
      if (human.length === 0 && tick.timers.length === 0) return []
      const published = await shelf.published(tick.db)
      if (published.size === 0) return []
      const rows = await wakeUp(tick, human)
      const planOf = await shelf.plans(tick.db, seats(published, rows))
      const given = { tick, human, published, planOf }
      const entered = new Set<string>()
      const { newcomers, events } = await enrol(given, entered)
      const wakings = [...wakingsOf(given, rows), ...newcomers]
      if (wakings.length === 0) return events
      const world = { now: tick.now, zone: tick.services.config.zone, contacts: new Map(), emails: new Map() }
      const run: Run = { tick, published, planOf, world, out: events, all: [], entered }
      await advance(run, wakings)
      return run.out
    },
  }
}

/** Every version that may be walked in this tick: those participants are in, and all that may take them over. */
function seats(
  published: Map<string, Published>,
  rows: Enrolment[],
): { workflowId: string; number: number }[] {
  const wanted = new Map<string, { workflowId: string; number: number }>()
  const add = (workflowId: string, number: number) =>
    wanted.set(`${workflowId}:${number}`, { workflowId, number })
  for (const row of rows) add(row.workflowId, row.version)
  for (const { id, liveVersion, reseats } of published.values()) {
    add(id, liveVersion)
    for (const { number } of reseats) add(id, number)
  }
  return [...wanted.values()]
}

/** Participants whose timer is due, who were entered by hand, or for whom something happened that they wait for. */
async function wakeUp(tick: Tick, human: Event[]): Promise<Enrolment[]> {
  const refs = tick.timers.map(timer => ({ contactId: timer.contactId, id: timer.key }))
  for (const { type, contactId, data } of human) {
    const { start, enrolmentId } = data
    if (type === 'workflow.entered' && start === true) refs.push({ contactId, id: String(enrolmentId) })
  }
  const heard = human.filter(event => !own.has(event.type))
  const [contacts, types] = [
    new Set(heard.map(event => event.contactId)),
    new Set(heard.map(event => event.type)),
  ]
  const [named, listening] = [
    await loadEnrolments(tick.db, refs),
    await loadListening(tick.db, [...contacts], [...types]),
  ]
  return [...new Map([...named, ...listening].map(row => [row.id, row])).values()]
}

/** Our own events, which nobody waits for: looking for listeners would only cost. */
const own = new Set(['workflow.entered', 'workflow.moved', 'workflow.exited'])

function wakingsOf({ tick, human }: Bench, rows: Enrolment[]): Waking[] {
  const due = new Map(tick.timers.map(timer => [timer.key, timer.dueAt]))
  const byContact = eventsByContact(human)
  return rows.map(row => ({
    row,
    dueAt: due.get(row.id) ?? null,
    events: byContact.get(row.contactId) ?? [],
    from: null,
    fresh: false,
  }))
}

function eventsByContact(events: Event[]): Map<string, Event[]> {
  const byContact = new Map<string, Event[]>()
  for (const event of events) {
    const before = byContact.get(event.contactId)
    if (before) before.push(event)
    else byContact.set(event.contactId, [event])
  }
  for (const each of byContact.values()) each.sort((a, b) => a.at.getTime() - b.at.getTime())
  return byContact
}

type Candidate = Entry & { event: Event }

async function enrol(given: Bench, taken: Set<string>): Promise<{ newcomers: Waking[]; events: NewEvent[] }> {
  const byType = triggersByType(given)
  const earlier = await justBefore(given, [...byType.keys()])
  const candidates = await admitted(given, candidatesOf(given, byType, [...given.human, ...earlier]))
  if (candidates.length === 0) return { newcomers: [], events: [] }
  const { entered, events } = await enter(given.tick.db, candidates, given.tick.now, taken)
  const byContact = eventsByContact(given.human)
  const triggerOf = new Map<Entry, Event>(candidates.map(candidate => [candidate, candidate.event]))
  const newcomers = entered.map(({ entry, row }) => {
    const from = triggerOf.get(entry) ?? null
    const later = (byContact.get(row.contactId) ?? []).filter(
      event => event !== from && from && event.at >= from.at,
    )
    return { row, dueAt: null, events: later, from, fresh: true }
  })
  return { newcomers, events }
}

type Triggers = Map<string, { workflow: Published; plan: Plan }[]>

function triggersByType({ published, planOf }: Bench): Triggers {
  const byType: Triggers = new Map()
  for (const workflow of published.values()) {
    if (workflow.status !== 'live') continue
    const plan = planOf(workflow.id, workflow.liveVersion)
    const { event } = plan.definition.trigger
    byType.set(event, [...(byType.get(event) ?? []), { workflow, plan }])
  }
  return byType
}

/**
 * What visitors did shortly before they became contacts: a page may tell of the download first and of the person
 * a moment later, in another request. Before that moment nobody could come in, so nothing is counted twice.
 */
async function justBefore({ tick, human }: Bench, types: string[]): Promise<Event[]> {
  const created = new Set(
    human.filter(event => event.type === 'contact.created').map(event => event.contactId),
  )
  if (created.size === 0 || types.length === 0) return []
  const seen = new Set(human.map(event => event.id))
  const since = new Date(tick.now.getTime() - visitorMs)
  const found = await selectRecent(tick.db, { contactIds: [...created], types, since })
  return found.filter(event => !seen.has(event.id) && isHuman(event.data))
}
const visitorMs = 3_600_000

/** Which events ask for entry into which workflow: by an index over type, then name and values. */
function candidatesOf({ tick }: Bench, byType: Triggers, events: Event[]): Candidate[] {
  const { zone } = tick.services.config
  const ordered = [...events].sort((a, b) => a.at.getTime() - b.at.getTime())
  return ordered.flatMap(event =>
    (byType.get(event.type) ?? [])
      .filter(({ plan }) => triggers(plan.definition.trigger, event, zone))
      .map(({ workflow, plan }) => ({
        contactId: event.contactId,
        workflow,
        plan,
        why: [linkOf(event)],
        causeId: event.id,
        depth: event.depth,
        event,
      })),
  )
}

/** Those with a profile who pass the trigger's filter. One statement for all filters and contacts. */
async function admitted({ tick }: Bench, candidates: Candidate[]): Promise<Candidate[]> {
  if (candidates.length === 0) return []
  const ids = [...new Set(candidates.map(candidate => candidate.contactId))]
  const asks = new Map<
    string,
    { key: string; filter: NonNullable<Plan['definition']['trigger']['filter']> }
  >()
  for (const { workflow, plan } of candidates) {
    const { filter } = plan.definition.trigger
    if (filter) asks.set(workflow.id, { key: workflow.id, filter })
  }
  const known = await knownAmong(tick.db, ids)
  const zone = tick.services.config.zone
  const matches =
    asks.size > 0 ? await matchContacts(tick.db, [...asks.values()], ids, { now: tick.now, zone }) : null
  return candidates.filter(({ workflow, contactId }) => {
    return known.has(contactId) && (!asks.has(workflow.id) || matches?.get(workflow.id)?.has(contactId))
  })
}

function linkOf(event: Event): WhyLink {
  const { id, type, name, at } = event
  return { kind: 'event', id, type, name, at: at.toISOString(), words: wordsFor(event) }
}
