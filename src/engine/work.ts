import type { Db } from '#platform/db/db.ts'
import type { EventRef } from './reactor.ts'
import { rowsOfEvents } from './work.entries.ts'
import { insertWork, measureBacklog, notifyWork } from './work.sql.ts'

/** Queues events for the reactors, one row per lane, and wakes the workers when the transaction commits. */
export async function addWork(trx: Db, events: EventRef[]): Promise<void> {
  await insertWork(trx, rowsOfEvents(events))
}

/** What waits for the workers; `oldestSeconds` is the figure for back-pressure: intake slows down by it. */
export type Backlog = { rows: number; entries: number; oldestSeconds: number }

export function backlog(db: Db): Promise<Backlog> {
  return measureBacklog(db)
}

/** Wakes all workers: timers may have become due (the clock was moved) without a row being added. */
export function nudge(db: Db): Promise<void> {
  return notifyWork(db)
}
