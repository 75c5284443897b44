import { type Db, many, maybeOne, run, sql } from '#platform/db/db.ts'
import type { Picture } from './images.ts'

export type ImageHead = {
  id: string
  name: string
  type: Picture['type']
  hash: string
  width: number
  height: number
  size: number
  createdBy: string
  createdAt: Date
}

const columns = sql`id, name, type, hash, width, height, size, created_by as "createdBy", created_at as "createdAt"`

/** The last part of an image's address: what it shows can never change under it. */
export function imageFile({ id, hash, type }: Pick<ImageHead, 'id' | 'hash' | 'type'>): string {
  return `${id}-${hash.slice(0, 12)}.${type === 'image/jpeg' ? 'jpg' : type.slice(6)}`
}

export function imagesByIds(db: Db, ids: string[]): Promise<ImageHead[]> {
  if (ids.length === 0) return Promise.resolve([])
  return many(db, sql`select ${columns} from capture.page_image where id = any(${ids}::bigint[])`)
}

export function selectImages(db: Db, wanted: { before: string | null; limit: number }): Promise<ImageHead[]> {
  return many(
    db,
    sql`select ${columns} from capture.page_image
      where ${wanted.before === null ? sql`true` : sql`id < ${wanted.before}::bigint`}
      order by id desc limit ${wanted.limit}`,
  )
}

/** Keeps an image; the one that is there already where somebody brought the same before. */
export async function insertImage(
  trx: Db,
  row: Omit<ImageHead, 'size'> & { bytes: Buffer },
): Promise<ImageHead> {
  await run(
    trx,
    sql`
    insert into capture.page_image (id, name, type, hash, width, height, size, bytes, created_by, created_at)
    values (${row.id}::bigint, ${row.name}, ${row.type}, ${row.hash}, ${row.width}, ${row.height}, ${row.bytes.length},
      ${row.bytes}, ${row.createdBy}, ${row.createdAt})
    on conflict (hash) do nothing`,
  )
  const [kept] = await many<ImageHead>(
    trx,
    sql`select ${columns} from capture.page_image where hash = ${row.hash}`,
  )
  if (!kept) throw new Error('an image is gone while it is kept')
  return kept
}

export function selectImageBytes(
  db: Db,
  id: string,
): Promise<(Pick<ImageHead, 'id' | 'hash' | 'type'> & { bytes: Buffer }) | undefined> {
  return maybeOne(db, sql`select id, hash, type, bytes from capture.page_image where id = ${id}::bigint`)
}

/** Drafts and pages in which an image stands now, published like that or not. */
export function draftsWith(db: Db, imageId: string): Promise<{ id: string; name: string }[]> {
  // Ids are 63 bits long and stand as text: they occur as nothing else.
  return many(
    db,
    sql`
    select id, name from capture.page
    where status <> 'archived' and strpos(document::text, ${`"${imageId}"`}) > 0 order by name, id limit 500`,
  )
}

export async function deleteImage(trx: Db, id: string): Promise<boolean> {
  return (await run(trx, sql`delete from capture.page_image where id = ${id}::bigint`)) > 0
}
