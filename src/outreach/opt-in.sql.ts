import { type Db, many, maybeOne, run, sql } from '#platform/db/db.ts'

export type OptInRow = {
  contactId: string
  id: string
  addressHash: Buffer
  askedAt: Date
  confirmedAt: Date | null
}

/** Which of these addresses got a letter since then, as `contactId|hash`. One that is to leave later is none yet. */
export async function recentLetters(
  db: Db,
  asks: { contactId: string; addressHash: Buffer }[],
  { since, now }: { since: Date; now: Date },
): Promise<Set<string>> {
  const rows = await many<{ contactId: string; hash: string }>(
    db,
    sql`
    select o.contact_id as "contactId", encode(o.address_hash, 'hex') as hash from outreach.opt_in o
    where o.contact_id = any(${asks.map(ask => ask.contactId)}::bigint[]) and o.asked_at > ${since.toISOString()}::timestamptz
      and o.asked_at <= ${now.toISOString()}::timestamptz`,
  )
  return new Set(rows.map(row => `${row.contactId}|${row.hash}`))
}

/** Strikes letters that are to leave later; returns what is to be taken out of the line. */
export function deleteLater(
  db: Db,
  contactIds: string[],
  now: Date,
): Promise<{ contactId: string; id: string }[]> {
  return many(
    db,
    sql`
    with gone as (
      delete from outreach.opt_in
      where contact_id = any(${contactIds}::bigint[]) and asked_at > ${now.toISOString()}::timestamptz and confirmed_at is null
      returning contact_id, id)
    select m.contact_id as "contactId", m.id from gone
    join outreach.message m on m.contact_id = gone.contact_id and m.reason = 'double-opt-in:' || gone.id`,
  )
}

export async function insertOptIns(
  db: Db,
  rows: { contactId: string; id: string; addressHash: Buffer; leavesAt: Date }[],
): Promise<void> {
  await run(
    db,
    sql`
    insert into outreach.opt_in (contact_id, id, address_hash, asked_at)
    select contact_id, id, address_hash, asked_at
    from unnest(${rows.map(row => row.contactId)}::bigint[], ${rows.map(row => row.id)}::bigint[],
      ${rows.map(row => row.addressHash)}::bytea[], ${rows.map(row => row.leavesAt.toISOString())}::timestamptz[])
      as fresh (contact_id, id, address_hash, asked_at)`,
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
