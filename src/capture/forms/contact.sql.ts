import { contactsForRender } from '#audience/contacts.ts'
import { type Db, many, run, sql } from '#platform/db/db.ts'

/** Everything that these people sent, also what waited in quarantine under their addresses, and what they uploaded. */
export async function forgetSubmissions(trx: Db, contactIds: string[]): Promise<void> {
  const rows = await many<{ address: string | null; answers: Record<string, unknown> }>(
    trx,
    sql`delete from capture.form_submission where contact_id = any(${contactIds}::bigint[]) returning address, answers`,
  )
  const people = await contactsForRender(trx, contactIds)
  const addresses = [...new Set([...rows.map(row => row.address), ...people.map(each => each.email)])].filter(
    address => address !== null,
  )
  const held = await many<{ answers: Record<string, unknown> }>(
    trx,
    sql`delete from capture.form_submission where contact_id = 0 and address = any(${addresses}::text[]) returning answers`,
  )
  await run(
    trx,
    sql`delete from capture.form_partial p
      where exists (select from jsonb_each_text(p.answers) a where a.value = any(${addresses}::text[]))`,
  )
  // Loose uploads go with their bytes at the next tidying.
  const ids = [...rows, ...held]
    .flatMap(row => Object.values(row.answers))
    .flatMap(answer => (Array.isArray(answer) ? answer : []))
    .filter(each => typeof each === 'string' && /^\d{15,19}$/.test(each))
  if (ids.length > 0)
    await run(
      trx,
      sql`update capture.form_upload set taken = false, name = '', at = 'epoch' where id = any(${ids}::bigint[])`,
    )
}

/** For the person himself. */
export function exportSubmissions(db: Db, contactId: string): Promise<unknown> {
  return many(
    db,
    sql`
    select f.name as form, s.at, s.answers, s.consents, s.language, s.origin from capture.form_submission s
    left join capture.form f on f.id = s.form_id where s.contact_id = ${contactId}::bigint order by s.id`,
  )
}

export async function repointSubmissions(trx: Db, from: string, to: string): Promise<void> {
  await run(
    trx,
    sql`
    with moved as (delete from capture.form_submission where contact_id = ${from}::bigint returning *)
    insert into capture.form_submission (contact_id, id, form_id, version, at, status, reasons, answers, consents, address,
      words, language, origin, recognised)
    select ${to}::bigint, id, form_id, version, at, status, reasons, answers, consents, address, words, language, origin,
      recognised from moved on conflict do nothing`,
  )
}
