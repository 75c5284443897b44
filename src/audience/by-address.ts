import { type Db, many, sql } from '#platform/db/db.ts'

/** Who has these addresses (in their normal form) and is a contact: address -> contact. One statement. */
export async function contactsByAddress(db: Db, addresses: string[]): Promise<Map<string, string>> {
  if (addresses.length === 0) return new Map()
  const rows = await many<{ address: string; contactId: string }>(
    db,
    sql`
    select i.value as address, i.contact_id as "contactId" from audience.identity i
    where i.kind = 'email' and i.value = any(${[...new Set(addresses)]}::text[])
      and exists (select from audience.contact c where c.id = i.contact_id)`,
  )
  return new Map(rows.map(row => [row.address, row.contactId]))
}

/** The ids of contacts after this one, in order. */
export async function contactIdsAfter(db: Db, after: string, limit: number): Promise<string[]> {
  const rows = await many<{ id: string }>(
    db,
    sql`select id from audience.contact where id > ${after}::bigint order by id limit ${limit}`,
  )
  return rows.map(row => row.id)
}
