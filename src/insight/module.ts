import type { Module } from '#engine/module.ts'
import { type Db, many, maybeOne, run, sql } from '#platform/db/db.ts'
import type { Services } from '#platform/services.ts'
import { exportRun, exportUpkeep } from './exports/export.job.ts'
import { forgetExports } from './exports/export.sql.ts'
import { exportRoutes } from './exports.routes.ts'
import { insightRoutes } from './insight.routes.ts'
import { markAllOf, markContacts } from './marks.ts'
import { reportRoutes } from './reports.routes.ts'
import { recountReports } from './rollup.jobs.ts'
import { rollupLoop } from './rollup.loop.ts'
import { rollupReactor } from './rollup.reactor.ts'

async function health({ db }: Services): Promise<{ ok: boolean; words: string }[]> {
  const row = await maybeOne<{ at: string; days: number; differences: number }>(
    db,
    sql`select value->>'at' as at, (value->>'days')::int as days, (value->>'differences')::int as differences
      from insight.state where name = 'recount'`,
  )
  if (!row) return [{ ok: true, words: 'The reports have not been through their nightly recount yet.' }]
  const day = row.at.slice(0, 10)
  const words =
    row.differences === 0
      ? `The recount of ${day} found every number of the reports equal to the ledgers (${row.days} days).`
      : `The recount of ${day} found ${row.differences} numbers of the reports that differed from the ledgers, and corrected them.`
  return [{ ok: true, words }]
}

/** Which zone the days were counted in: erasure and merging must mark the same days. */
async function countedZone(trx: Db): Promise<string> {
  const row = await maybeOne<{ zone: string }>(
    trx,
    sql`select value->>'zone' as zone from insight.state where name = 'built'`,
  )
  return row?.zone ?? 'UTC'
}

async function dropFacts(trx: Db, contactIds: string[]): Promise<void> {
  for (const table of ['response', 'stage_stay', 'origin', 'contact_mark']) {
    await run(
      trx,
      sql`delete from ${sql.table(`insight.${table}`)} where contact_id = any(${contactIds}::bigint[])`,
    )
  }
}

/** Numbers: reads everywhere, writes only its own. */
export const insightModule: Module = {
  name: 'insight',
  routes: [...insightRoutes, ...reportRoutes, ...exportRoutes],
  reactors: [rollupReactor],
  jobs: [recountReports, exportRun, exportUpkeep],
  loops: [rollupLoop],
  health,
  // The rooms below still hold everything at this moment: their days are marked, and counted without it afterwards.
  async forget(trx, contactIds) {
    await markAllOf(trx, contactIds, await countedZone(trx))
    await dropFacts(trx, contactIds)
    await forgetExports(trx, contactIds)
  },
  async exportContact(db, contactId) {
    return {
      origin: await many(
        db,
        sql`select source, medium, campaign, referrer, via from insight.origin where contact_id = ${contactId}::bigint`,
      ),
      stages: await many(
        db,
        sql`select stage, entered_at as "enteredAt", left_at as "leftAt" from insight.stage_stay
          where contact_id = ${contactId}::bigint order by entered_at, id`,
      ),
    }
  },
  // Comes after the rooms below: what was the one's is the other's already.
  async repoint(trx, from, to) {
    await dropFacts(trx, [from])
    await markContacts(trx, [to])
    await markAllOf(trx, [to], await countedZone(trx))
  },
}
