import { type Db, inTransaction, run, sql } from '#platform/db/db.ts'
import { defineJob, noInput } from '#platform/jobs.ts'
import { forgetDuplicates } from './duplicates.ts'

const keptDays = 30

/** Every night: what it takes to undo a merge or a bulk change goes when the time to undo it is over. */
export const dropNotes = defineJob({
  name: 'drop-notes',
  schedule: '10 4 * * *',
  input: noInput,
  title: () => 'Forgetting what can no longer be undone',
  async run(_job, { db, clock }) {
    const before = new Date(clock.now().getTime() - keptDays * 86_400_000)
    await inTransaction(db, async trx => {
      await run(
        trx,
        sql`delete from stewardship.merge_row r using stewardship.merge m where m.id = r.merge_id and m.at < ${before}`,
      )
      await run(
        trx,
        sql`delete from stewardship.bulk_change c using stewardship.bulk b where b.id = c.bulk_id and b.at < ${before}`,
      )
    })
  },
})

/**
 * Removes what is noted here about contacts; that they were erased is noted elsewhere. A merge moves none of it: what
 * was done to a record is undone at that record.
 */
export async function forgetNotes(trx: Db, contactIds: string[]): Promise<void> {
  await forgetDuplicates(trx, contactIds)
  await run(trx, sql`delete from stewardship.merge_row where contact_id = any(${contactIds}::bigint[])`)
  await run(trx, sql`delete from stewardship.merge where contact_id = any(${contactIds}::bigint[])`)
  await run(trx, sql`delete from stewardship.bulk_change where contact_id = any(${contactIds}::bigint[])`)
}
