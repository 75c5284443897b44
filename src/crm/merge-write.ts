import type { Push } from './apply.ts'
import type { CallLane } from './budget.ts'
import type { RemoteRecord } from './connector.ts'
import { type OutboxRow, settle } from './outbox.sql.ts'
import { takeIn } from './pull.ts'
import type { Run } from './run.ts'
import type { Work } from './sides/side.ts'
import { writeUpdates } from './write.ts'

/** The most urgent of them decides for all: they travel together. */
export const laneOf = (rows: Pick<OutboxRow, 'lane'>[]): CallLane =>
  rows.some(row => row.lane === 'interactive')
    ? 'interactive'
    : rows.some(row => row.lane === 'delta')
      ? 'delta'
      : 'backfill'

/** Merges fresh records with ours, takes in what is theirs, and writes what is ours. */
export async function mergeAndWrite(
  work: Work,
  run: Run,
  entries: { row: OutboxRow }[],
  read: { asked: string[]; records: RemoteRecord[]; readAt: Date },
): Promise<void> {
  const rows = new Map(entries.map(({ row }) => [row.localId, row]))
  const { connection } = work
  let pushes: Push[] = []
  await takeIn(work, read, async (trx, applied) => {
    pushes = applied.pushes
    const waiting = new Set(pushes.map(({ link }) => link.localId))
    await settle(
      trx,
      connection.id,
      [...rows.values()].filter(row => !waiting.has(row.localId)),
    )
  })
  const mine = pushes.flatMap(push => {
    const row = rows.get(push.link.localId)
    return row ? [{ ...push, row }] : []
  })
  await writeUpdates(run, work, mine, laneOf([...rows.values()]))
}
