import type { Db } from '#platform/db/db.ts'
import type { Services } from '#platform/services.ts'

/** Something that happened to a contact, as the ledger holds it. */
export type Event = {
  contactId: string
  id: string
  type: string
  name: string | null
  at: Date
  data: Record<string, unknown>
  /** The event of the same contact that led to this one. */
  causeId: string | null
  /** How many events led here, one causing the next. */
  depth: number
}

/** An event to be written. What is left out is made: id, depth (one more than its cause's within a tick). */
export type NewEvent = {
  contactId: string
  type: string
  name?: string | null
  at: Date
  data?: Record<string, unknown>
  /** The data as JSON text that jsonb takes, by who has it at hand and needs no answer with it. Goes before `data`. */
  text?: string
  causeId?: string | null
  id?: string
  depth?: number
  /** The sender's own id of the message: a repetition within 7 days is not recorded again. */
  messageId?: string
  sourceId?: string | null
  receivedAt?: Date
}

/** "Look at this contact again at `dueAt`" (business time). `key` is the id of what waits. */
export type Timer = { contactId: string; kind: string; key: string; dueAt: Date }
export type TimerKey = { contactId: string; kind: string; key: string }

/** What a reactor is given: a batch of many contacts, inside the tick's one transaction. */
export type Tick = {
  /** The tick's transaction. What is written through it stands or falls with the tick. */
  db: Db
  /** Business time; the same for the whole tick. */
  now: Date
  round: number
  /** Events that this reactor has not seen yet, oldest first: from intake, and from all reactors including itself. */
  events: Event[]
  /** Due timers of the reactor's kind (round 0 only). They are gone: set them anew to be called again. */
  timers: Timer[]
  /** Sets timers by (contactId, kind, key); written set-based at the end of the round. */
  setTimers(timers: Timer[]): void
  clearTimers(keys: TimerKey[]): void
  services: Services
}

/**
 * One room's part in a tick: a batch of events and due timers in, its own tables written set-based, new events
 * out. It may be run again with the same input after a failure, always with nothing of the failed run left.
 */
export type Reactor = { name: string; timerKind?: string; run(tick: Tick): Promise<NewEvent[]> }

export type EventRef = { contactId: string; at: Date; id: string }

/** The ledger as the engine needs it; app.ts hands it in, for the engine stands below the ledger. */
export type EventLog = {
  /** The events at these places; those that are gone (erased contacts) are left out. */
  load(db: Db, refs: EventRef[]): Promise<Event[]>
  append(db: Db, events: NewEvent[]): Promise<Event[]>
}
