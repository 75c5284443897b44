import { type Db, maybeOne, run, sql } from '#platform/db/db.ts'
import { type BrandKit, plainBrandKit } from './style.ts'

export type KitRow = { kit: BrandKit; version: number; updatedAt: Date | null; updatedBy: string | null }

/** The brand kit, ours while nobody has set one (version 0). */
export async function readKit(db: Db): Promise<KitRow> {
  const row = await maybeOne<KitRow>(
    db,
    sql`select kit, version, updated_at as "updatedAt", updated_by as "updatedBy" from capture.brand_kit`,
  )
  // What a newer version of the kit has more than the one that is stored.
  return row
    ? { ...row, kit: { ...plainBrandKit, ...row.kit } }
    : { kit: plainBrandKit, version: 0, updatedAt: null, updatedBy: null }
}

/** Saves a kit that still is at `version`; false where somebody was faster. */
export async function writeKit(
  trx: Db,
  row: { kit: BrandKit; version: number; by: string; now: Date },
): Promise<boolean> {
  const saved = await run(
    trx,
    sql`
    insert into capture.brand_kit (kit, version, updated_at, updated_by)
    select ${JSON.stringify(row.kit)}::jsonb, 1, ${row.now}::timestamptz, ${row.by} where ${row.version} = 0
    on conflict do nothing`,
  )
  if (saved === 1) return true
  const changed = await run(
    trx,
    sql`
    update capture.brand_kit set kit = ${JSON.stringify(row.kit)}::jsonb, version = version + 1,
      updated_at = ${row.now}, updated_by = ${row.by}
    where version = ${row.version}`,
  )
  return changed === 1
}
