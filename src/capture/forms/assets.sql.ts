import { type Db, many, maybeOne, run, sql } from '#platform/db/db.ts'

export type Asset = {
  id: string
  name: string
  type: string
  size: number
  createdBy: string
  createdAt: Date
}
const columns = sql`id, name, type, size, created_by as "createdBy", created_at as "createdAt"`

export function selectAsset(db: Db, id: string): Promise<Asset | undefined> {
  return maybeOne(db, sql`select ${columns} from capture.form_asset where id = ${id}::bigint`)
}

/** The newest first. */
export function selectAssets(db: Db, wanted: { before: string | null; limit: number }): Promise<Asset[]> {
  return many(
    db,
    sql`select ${columns} from capture.form_asset
      where ${wanted.before === null ? sql`true` : sql`id < ${wanted.before}::bigint`} order by id desc limit ${wanted.limit}`,
  )
}

export async function insertAsset(trx: Db, asset: Asset): Promise<void> {
  await run(
    trx,
    sql`insert into capture.form_asset (id, name, type, size, created_by, created_at)
      values (${asset.id}::bigint, ${asset.name}, ${asset.type}, ${asset.size}, ${asset.createdBy}, ${asset.createdAt})`,
  )
}

export async function deleteAsset(trx: Db, id: string): Promise<boolean> {
  return (await run(trx, sql`delete from capture.form_asset where id = ${id}::bigint`)) > 0
}
