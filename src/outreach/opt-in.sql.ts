import { type Db, many, maybeOne, run, sql } from '#platform/db/db.ts'

export type OptInRow = {
  contactId: string
  id: string
  addressHash: Buffer
  askedAt: Date
  confirmedAt: Date | null
}

/** Which of these addresses got a letter since then, as `contactId|hash`. */
export async function recentLetters(
  db: Db,
  asks: { contactId: string; addressHash: Buffer }[],
  since: Date,
): Promise<Set<string>> {
  const rows = await many<{ contactId: string; hash: string }>(
    db,
    sql`
    select o.contact_id as "contactId", encode(o.address_hash, 'hex') as hash from outreach.opt_in o
    where o.contact_id = any(${asks.map(ask => ask.contactId)}::bigint[]) and o.asked_at > ${since.toISOString()}::timestamptz`,
  )
  return new Set(rows.map(row => `${row.contactId}|${row.hash}`))
}

export async function insertOptIns(
  db: Db,
  rows: { contactId: string; id: string; addressHash: Buffer }[],
  now: Date,
): Promise<void> {
  await run(
    db,
    sql`
    insert into outreach.opt_in (contact_id, id, address_hash, asked_at)
    select contact_id, id, address_hash, ${now.toISOString()}::timestamptz
    from unnest(${rows.map(row => row.contactId)}::bigint[], ${rows.map(row => row.id)}::bigint[],
      ${rows.map(row => row.addressHash)}::bytea[]) as fresh (contact_id, id, address_hash)`,
  )
}

export function selectOptIn(db: Db, contactId: string, id: string): Promise<OptInRow | undefined> {
  return maybeOne(
    db,
    sql`
    select contact_id as "contactId", id, address_hash as "addressHash", asked_at as "askedAt", confirmed_at as "confirmedAt"
    from outreach.opt_in where contact_id = ${contactId}::bigint and id = ${id}::bigint`,
  )
}

export async function noteConfirmed(db: Db, { contactId, id }: OptInRow, now: Date): Promise<void> {
  await run(
    db,
    sql`
    update outreach.opt_in set confirmed_at = ${now.toISOString()}::timestamptz
    where contact_id = ${contactId}::bigint and id = ${id}::bigint`,
  )
}
