import { contactIdsAfter } from '#audience/by-address.ts'
import { inTransaction } from '#platform/db/db.ts'
import { linksOf } from './links.sql.ts'
import { createdAs, type ObjectMap } from './mapping.ts'
import { enqueue } from './outbox.sql.ts'
import { included } from './push.ts'
import { type Run, workOn } from './run.ts'

const atOnce = 5_000

/**
 * Puts everybody into the outbox who is to be made in the CRM and is not linked yet, some thousands at a time; said
 * twice is said once, so it may begin anew. `isDry` only counts.
 */
export async function queueMissing(
  run: Run,
  tell: (queued: number) => Promise<void>,
  how: { object?: ObjectMap; isDry?: boolean } = {},
): Promise<void> {
  const object = how.object ?? createdAs(run.mapping, 'person')
  if (!object) return
  const { services, connection } = run
  const { db } = services
  let queued = 0
  for (let after = '0'; ; ) {
    const ids = await contactIdsAfter(db, after, atOnce)
    const last = ids.at(-1)
    if (last === undefined) return
    after = last
    const linked = new Set((await linksOf(db, 'person', ids, connection.id)).map(link => link.localId))
    const free = ids.filter(id => !linked.has(id))
    const welcome = await included(workOn(run, object), free)
    const rows = free
      .filter(id => welcome.has(id))
      .map(localId => ({
        connectionId: connection.id,
        kind: 'person' as const,
        localId,
        lane: 'backfill' as const,
      }))
    queued += rows.length
    if (!how.isDry) await inTransaction(db, trx => enqueue(trx, rows, services.clock.now()))
    await tell(queued)
  }
}
