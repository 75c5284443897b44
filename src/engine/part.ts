import type { Db } from '#platform/db/db.ts'
import { laneOf } from '#platform/ids.ts'
import { entriesOf, rowsOf } from './work.entries.ts'
import { insertWork, takeRowsOf } from './work.sql.ts'

/** Gives the waiting work about some events of `from` to `to`: two records that were one are two again. */
export async function partWork(
  trx: Db,
  ask: { from: string; to: string; eventIds: string[] },
): Promise<void> {
  const theirs = new Set(ask.eventIds)
  const entries = (await takeRowsOf(trx, laneOf(ask.from), ask.from)).flatMap(entriesOf)
  await insertWork(
    trx,
    rowsOf(
      entries.map(entry =>
        entry.contactId === ask.from && entry.event && theirs.has(entry.event.id)
          ? { ...entry, contactId: ask.to, event: { ...entry.event, contactId: ask.to } }
          : entry,
      ),
    ),
  )
}
