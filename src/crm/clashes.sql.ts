import { type Db, many, run, sql } from '#platform/db/db.ts'
import type { Value } from './connector.ts'

export type ClashRow = {
  contactId: string
  id: string
  connectionId: string
  field: string
  ours: Value
  theirs: Value
  winner: 'crm' | 'tend'
  at: Date
}

/** Remembers fields that both sides had changed, with both values and who won. */
export async function addClashes(trx: Db, rows: ClashRow[]): Promise<void> {
  if (rows.length === 0) return
  await run(
    trx,
    sql`
    insert into crm.clash (contact_id, id, connection_id, field, ours, theirs, winner, at)
    select "contactId", id, "connectionId", field, ours, theirs, winner, at
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as fresh ("contactId" bigint, id bigint, "connectionId" bigint,
      field text, ours jsonb, theirs jsonb, winner text, at timestamptz)`,
  )
}

/** The last conflicts about a contact. */
export function clashesOf(db: Db, contactId: string): Promise<Omit<ClashRow, 'contactId'>[]> {
  return many(
    db,
    sql`
    select id, connection_id as "connectionId", field, ours, theirs, winner, at from crm.clash
    where contact_id = ${contactId}::bigint order by id desc limit 50`,
  )
}
