import { type Db, run } from '#platform/db/db.ts'
import { addTraffic, type TrafficRow } from '../intake.sql.ts'

export type Count = Pick<TrafficRow, 'accepted' | 'rejected' | 'bots' | 'optedOut'>
export type Traffic = {
  add(sourceId: string, at: Date, count: Count): void
  /** Writes what has been counted. What cannot be written now is tried again at the next flush. */
  flush(db: Db): Promise<void>
}

/**
 * Counts per source and day in memory. They are for people to look at, so they are written every few seconds
 * and not in the transaction of the events: there one hot row would make all writers wait for each other.
 */
export function createTraffic(): Traffic {
  let counted = new Map<string, TrafficRow>()

  function merge(row: TrafficRow): void {
    const key = `${row.sourceId} ${row.day}`
    const sum = counted.get(key)
    if (!sum) return void counted.set(key, { ...row })
    sum.accepted += row.accepted
    sum.rejected += row.rejected
    sum.bots += row.bots
    sum.optedOut += row.optedOut
    if (row.lastAt > sum.lastAt) sum.lastAt = row.lastAt
  }

  return {
    add: (sourceId, at, count) =>
      merge({ sourceId, day: at.toISOString().slice(0, 10), lastAt: at, ...count }),
    async flush(db) {
      if (counted.size === 0) return
      const rows = [...counted.values()]
      counted = new Map()
      try {
        await run(db, addTraffic(rows))
      } catch (error) {
        rows.forEach(merge)
        throw error
      }
    },
  }
}
