import type { Module } from '#engine/module.ts'
import { type Db, many, run, sql } from '#platform/db/db.ts'
import { activityRoutes } from './activity.routes.ts'
import { move } from './ledger.ts'
import { partitionLoop } from './partitions.ts'

async function forget(trx: Db, contactIds: string[]): Promise<void> {
  await run(trx, sql`delete from activity.event where contact_id = any(${contactIds}::bigint[])`)
}

function exportContact(db: Db, contactId: string): Promise<unknown> {
  return many(
    db,
    sql`
    select id, at, type, name, data, cause_id as "causeId", source_id as "sourceId", received_at as "receivedAt"
    from activity.event where contact_id = ${contactId}::bigint
    order by at, id`,
  )
}

/** What happened, append-only: everything that the program knows about the past. */
export const activityModule: Module = {
  name: 'activity',
  routes: activityRoutes,
  loops: [partitionLoop],
  forget,
  exportContact,
  repoint: move,
}
