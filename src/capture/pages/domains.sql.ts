import { type Db, maybeOne, sql } from '#platform/db/db.ts'

/** Whether a domain may show pages; undefined where there is none. */
export async function domainStatus(
  db: Db,
  id: string,
): Promise<'pending' | 'verified' | 'failed' | undefined> {
  const row = await maybeOne<{ status: 'pending' | 'verified' | 'failed' }>(
    db,
    sql`select status from capture.domain where id = ${id}::bigint`,
  )
  return row?.status
}
