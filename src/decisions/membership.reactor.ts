import type { Event, NewEvent, Reactor, Tick } from '#engine/reactor.ts'
import { type Db, run, sql, sqlStateOf } from '#platform/db/db.ts'
import { newId } from '#platform/ids.ts'
import type { Asking } from './compile.ts'
import { metricsOfBound } from './filter.ts'
import { type ReadySegment, readSegments, wakes } from './live-segments.ts'
import { type Finding, markBroken, settleMembers, timerKind } from './membership.sql.ts'
import { lockAsTick } from './metrics.sql.ts'
import { readyMetrics } from './metrics.ts'

/** Which contacts a segment is to be asked about. */
type Woken = Map<string, Set<string>>

/** Memberships follow what happens within the tick in which it happens. */
export const membershipReactor: Reactor = {
  name: 'membership',
  timerKind,
  async run(tick) {
    // What we raised ourselves has been followed already, level by level.
    const events = tick.events.filter(
      event => event.type !== 'segment.entered' && event.type !== 'segment.left',
    )
    if (events.length === 0 && tick.timers.length === 0) return []
    await lockAsTick(tick.db)
    const segments = await readSegments(tick.db)
    const woken = wokenBy(segments, events, tick)
    if (woken.size === 0) return []
    return settle(tick, segments, { woken, events: byContact(events) })
  },
}

function byContact(events: Event[]): Map<string, Event[]> {
  return Map.groupBy(events, event => event.contactId)
}

function wake(woken: Woken, segmentId: string, contactId: string): void {
  const contacts = woken.get(segmentId) ?? new Set()
  contacts.add(contactId)
  woken.set(segmentId, contacts)
}

function wokenBy(segments: ReadySegment[], events: Event[], tick: Tick): Woken {
  const woken: Woken = new Map()
  const byType = new Map<string, ReadySegment[]>()
  for (const segment of segments) {
    for (const type of new Set(segment.wakes.map(each => each.type)))
      byType.set(type, [...(byType.get(type) ?? []), segment])
  }
  for (const event of events) {
    for (const segment of byType.get(event.type) ?? [])
      if (wakes(segment, event)) wake(woken, segment.id, event.contactId)
  }
  const live = new Set(segments.map(segment => segment.id))
  for (const timer of tick.timers) if (live.has(timer.key)) wake(woken, timer.key, timer.contactId)
  return woken
}

type Batch = { woken: Woken; events: Map<string, Event[]> }

/** Level by level: what rests upon other segments is asked when those are settled. */
async function settle(tick: Tick, segments: ReadySegment[], { woken, events }: Batch): Promise<NewEvent[]> {
  const made: NewEvent[] = []
  const counts = segments.some(segment => metricsOfBound(segment.bound).length > 0)
  const metrics = counts ? await readyMetrics(tick.db, tick.services.config.zone) : new Map<string, string>()
  for (const level of Map.groupBy(segments, segment => segment.level).values()) {
    for (const group of groupsOf(level, woken)) {
      const asking = {
        now: tick.now,
        zone: tick.services.config.zone,
        metrics,
        scope: { of: 'ids' as const, ids: group.contactIds },
      }
      for (const finding of await ask(tick.db, group.segments, asking)) {
        const segment = group.segments.find(each => each.id === finding.segmentId)
        if (finding.what === 'turns') setTimer(tick, finding)
        else if (segment) made.push(tell(tick, segment, { finding, events, made, segments, woken }))
      }
    }
  }
  return made
}

function setTimer(tick: Tick, { contactId, segmentId, at }: Finding): void {
  if (at) tick.setTimers([{ contactId, kind: timerKind, key: segmentId, dueAt: at }])
}

/**
 * Segments that are complete are asked together. One whose members are still being written is asked only about
 * contacts whom the writing has passed: the others are judged when it comes to them.
 */
function groupsOf(level: ReadySegment[], woken: Woken): { segments: ReadySegment[]; contactIds: string[] }[] {
  const awake = level.filter(segment => woken.has(segment.id))
  return [...Map.groupBy(awake, segment => segment.builtTo)].flatMap(([builtTo, segments]) => {
    const all = new Set(segments.flatMap(segment => [...(woken.get(segment.id) ?? [])]))
    const contactIds = [...all].filter(id => builtTo === null || BigInt(id) <= BigInt(builtTo))
    return contactIds.length === 0 ? [] : [{ segments, contactIds }]
  })
}

type Telling = {
  finding: Finding
  events: Map<string, Event[]>
  made: NewEvent[]
  segments: ReadySegment[]
  woken: Woken
}

/** Turns a change into an event with its cause, and wakes the segments that rest upon this one. */
function tell(
  tick: Tick,
  segment: ReadySegment,
  { finding, events, made, segments, woken }: Telling,
): NewEvent {
  const { contactId, what } = finding
  for (const above of segments) if (above.restsOn.includes(segment.id)) wake(woken, above.id, contactId)
  const cause = events.get(contactId)?.findLast(event => wakes(segment, event))?.id
  const below = made.findLast(
    event => event.contactId === contactId && segment.restsOn.includes(String(event.data?.segmentId)),
  )
  return {
    contactId,
    id: newId(),
    type: `segment.${what}`,
    name: segment.name,
    at: tick.now,
    data: { segmentId: segment.id, segmentName: segment.name },
    causeId: cause ?? below?.id ?? null,
  }
}

/** An error that lies in what was asked, not in the connection or in somebody else's lock. */
const isOwnFault = (error: unknown) => /^(22|42|54|2F|XX)/.test(sqlStateOf(error) ?? '')

/** Asks segments together; where that fails, in halves, until the one that fails is alone: it is marked as broken. */
async function ask(db: Db, segments: ReadySegment[], asking: Asking): Promise<Finding[]> {
  await run(db, sql`savepoint membership`)
  try {
    const findings = await settleMembers(db, segments, asking)
    await run(db, sql`release savepoint membership`)
    return findings
  } catch (error) {
    if (!isOwnFault(error)) throw error
    await run(db, sql`rollback to savepoint membership`)
    await run(db, sql`release savepoint membership`)
    const [only] = segments
    if (segments.length === 1 && only) {
      await markBroken(
        db,
        only.id,
        `It cannot be asked: ${error instanceof Error ? error.message : String(error)}`,
      )
      return []
    }
    const middle = Math.ceil(segments.length / 2)
    return [
      ...(await ask(db, segments.slice(0, middle), asking)),
      ...(await ask(db, segments.slice(middle), asking)),
    ]
  }
}
