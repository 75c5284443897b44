import { laneCount, laneOf, newId } from '#platform/ids.ts'
import type { EventRef, Timer } from './reactor.ts'

/** One thing to look at: an event or a due timer of a contact. */
export type Entry = {
  contactId: string
  event: EventRef | null
  timer: Timer | null
  /** Failed attempts so far. */
  attempt: number
  queuedAt: Date | null
  /** Machine time; only rows that wait for another attempt have one. */
  notBefore: Date | null
  /** The reactors that still have to see the event; null means all. */
  reactors: string[] | null
}

/** A row of engine.work. The three arrays run in parallel; event id 0 stands for "only timers". */
export type WorkRow = {
  lane: number
  /** Null: now, by the database's clock. */
  queuedAt: Date | null
  id: string
  contactIds: string[]
  eventIds: string[]
  ats: Date[]
  attempt: number
  notBefore: Date | null
  reactors: string[] | null
  timers: Timer[]
}

export type RowKey = { lane: number; queuedAt: Date; id: string }

const noEvent = '0'
const noTime = new Date(0)
/** A row holds no more than this, so that a batch of rows stays near its intended size. */
const entriesPerRow = 1000

/** The entries of a stored row, in their order. */
export function entriesOf(row: WorkRow): Entry[] {
  const { attempt, queuedAt, notBefore, reactors } = row
  const common = { attempt, queuedAt, notBefore, reactors }
  const entries: Entry[] = row.timers.map(timer => ({
    ...common,
    contactId: timer.contactId,
    event: null,
    timer,
  }))
  row.contactIds.forEach((contactId, i) => {
    const [id, at] = [row.eventIds[i] ?? noEvent, row.ats[i] ?? noTime]
    if (id !== noEvent) entries.push({ ...common, contactId, event: { contactId, id, at }, timer: null })
  })
  return entries
}

function emptyRow(entry: Entry, lane: number): WorkRow {
  return {
    lane,
    queuedAt: entry.queuedAt,
    id: newId(),
    contactIds: [],
    eventIds: [],
    ats: [],
    attempt: entry.attempt,
    notBefore: entry.notBefore,
    reactors: entry.reactors,
    timers: [],
  }
}

/**
 * Packs entries into as few rows as possible: one per lane and kind of treatment. Rows of contacts that wait
 * for another attempt hold one contact each.
 */
export function rowsOf(entries: Entry[]): WorkRow[] {
  const open = new Map<string, WorkRow>()
  const full: WorkRow[] = []
  for (const entry of entries) {
    const lane = laneOf(entry.contactId)
    const who = entry.attempt > 0 ? entry.contactId : lane
    const key = `${who}|${entry.attempt}|${entry.queuedAt?.getTime()}|${entry.notBefore?.getTime()}|${entry.reactors}`
    const row = open.get(key) ?? emptyRow(entry, lane)
    open.set(key, row)
    row.contactIds.push(entry.contactId)
    row.eventIds.push(entry.event?.id ?? noEvent)
    row.ats.push(entry.event?.at ?? noTime)
    if (entry.timer) row.timers.push(entry.timer)
    if (row.contactIds.length < entriesPerRow) continue
    full.push(row)
    open.delete(key)
  }
  return [...full, ...open.values()]
}

/** The rows that fresh events make: due at once, for every reactor. The same as by way of entries, but quick. */
export function rowsOfEvents(refs: readonly EventRef[]): WorkRow[] {
  const open = new Array<WorkRow | undefined>(laneCount)
  const full: WorkRow[] = []
  for (const ref of refs) {
    const lane = laneOf(ref.contactId)
    let row = open[lane]
    if (!row || row.contactIds.length >= entriesPerRow) {
      if (row) full.push(row)
      row = emptyRow(entryFor(ref), lane)
      open[lane] = row
    }
    row.contactIds.push(ref.contactId)
    row.eventIds.push(ref.id)
    row.ats.push(ref.at)
  }
  return [...full, ...open.filter(row => row !== undefined)]
}

/** The entries that an event makes: due at once, for every reactor or for `reactors` only. */
export function entryFor(ref: EventRef, reactors: string[] | null = null): Entry {
  const event = { contactId: ref.contactId, id: ref.id, at: ref.at }
  return {
    contactId: ref.contactId,
    event,
    timer: null,
    attempt: 0,
    queuedAt: null,
    notBefore: null,
    reactors,
  }
}
