import { type Db, many, run, sql } from '#platform/db/db.ts'
import { raiseIdentityEpoch } from './identity-memory.ts'

/** From now on `from` means `to`, as do all ids that meant `from`: one step leads from any old id to the living one. */
export async function redirectContact(trx: Db, from: string, to: string, now: Date): Promise<void> {
  await run(
    trx,
    sql`
    insert into audience.redirect (contact_id, to_contact_id, at)
    values (${from}::bigint, ${to}::bigint, ${now}::timestamptz)
    on conflict (contact_id) do update set to_contact_id = excluded.to_contact_id, at = excluded.at`,
  )
  await run(
    trx,
    sql`update audience.redirect set to_contact_id = ${to}::bigint where to_contact_id = ${from}::bigint`,
  )
  await raiseIdentityEpoch(trx)
}

/** Takes that back: `from` is itself again, and so are the ids in `old` that had meant it before. */
export async function unredirectContact(trx: Db, from: string, old: string[]): Promise<void> {
  await run(trx, sql`delete from audience.redirect where contact_id = ${from}::bigint`)
  await run(
    trx,
    sql`update audience.redirect set to_contact_id = ${from}::bigint where contact_id = any(${old}::bigint[])`,
  )
  await raiseIdentityEpoch(trx)
}

/** The ids that lead to this contact. */
export async function idsLeadingTo(db: Db, contactId: string): Promise<string[]> {
  const rows = await many<{ id: string }>(
    db,
    sql`select contact_id as id from audience.redirect where to_contact_id = ${contactId}::bigint`,
  )
  return rows.map(row => row.id)
}

/** A profile that intake wrote for an id in the very moment in which it was merged: the id means another by now. */
export async function dropGhosts(trx: Db, ids: string[]): Promise<void> {
  await run(trx, sql`delete from audience.contact where id = any(${ids}::bigint[])`)
}
