import { type Db, many, run, sql } from '#platform/db/db.ts'
import { defineJob, noInput } from '#platform/jobs.ts'

const dayMs = 86_400_000

/** How long what is kept: a file nobody went on with, one that stands still, and how contacts were before. */
const days = { draft: 1, paused: 7, undo: 30 }

/** Removes files that nobody went on with, and what is older than an import can be taken back. */
export const importUpkeep = defineJob({
  name: 'import-upkeep',
  schedule: '40 2 * * *',
  input: noInput,
  title: () => 'Removing files of imports that nobody needs any more',
  run: (_job, { db, clock }) => tidyImports(db, clock.now()),
})

export async function tidyImports(db: Db, now: Date): Promise<void> {
  const before = (count: number) => new Date(now.getTime() - count * dayMs)
  await run(
    db,
    sql`
    with gone as (delete from audience.import
      where stage in ('uploading', 'ready') and touched_at < ${before(days.draft)} returning id)
    delete from audience.import_chunk c using gone where c.import_id = gone.id`,
  )
  await run(
    db,
    sql`
    with ended as (update audience.import set stage = 'done', finished_at = ${now}, preview = null
      where stage = 'running' and touched_at < ${before(days.paused)} returning id)
    delete from audience.import_chunk c using ended where c.import_id = ended.id`,
  )
  const old = sql`select id from audience.import where stage in ('done', 'undone') and finished_at < ${before(days.undo)}`
  await run(db, sql`delete from audience.import_reject where import_id in (${old})`)
  while ((await deleteSome(db, old)) > 0);
}

/** In pieces, so that no transaction is long. */
async function deleteSome(db: Db, old: ReturnType<typeof sql>): Promise<number> {
  return run(
    db,
    sql`
    delete from audience.import_change c using (
      select contact_id, import_id from audience.import_change where import_id in (${old}) limit 20000) gone
    where c.contact_id = gone.contact_id and c.import_id = gone.import_id`,
  )
}

/** Removes what imports keep about a contact; his names must still be there. */
export async function forgetImports(trx: Db, contactIds: string[]): Promise<void> {
  await run(
    trx,
    sql`
    delete from audience.import_reject where address in (
      select value from audience.identity where contact_id = any(${contactIds}::bigint[]) and kind = 'email')`,
  )
  await run(trx, sql`delete from audience.import_change where contact_id = any(${contactIds}::bigint[])`)
}

/** Whoever was merged into somebody is never removed by an undo: of what was added, only lists and consent go along. */
export async function repointImports(trx: Db, from: string, to: string): Promise<void> {
  await run(
    trx,
    sql`
    with gone as (delete from audience.import_change where contact_id = ${from}::bigint
      returning import_id, changes, lists, granted, version)
    insert into audience.import_change (contact_id, import_id, kind, changes, lists, granted, version)
    select ${to}::bigint, import_id, 'updated', '{}', lists, granted, version from gone on conflict do nothing`,
  )
}

export function exportImports(db: Db, contactId: string): Promise<unknown[]> {
  return many(
    db,
    sql`
    select i.name, i.started_at, c.kind, c.changes from audience.import_change c
    join audience.import i on i.id = c.import_id where c.contact_id = ${contactId}::bigint order by i.id`,
  )
}
