import { type Db, run, sql } from '#platform/db/db.ts'
import { raiseIdentityEpoch } from './identity-memory.ts'
import { forgetRequests } from './requests.ts'

/** Removes the profile and everything below it. The ledger of events and the rooms above have their own `forget`. */
export async function forgetProfile(trx: Db, contactId: string): Promise<void> {
  await run(trx, sql`delete from audience.list_member where contact_id = ${contactId}::bigint`)
  await run(trx, sql`delete from audience.consent where contact_id = ${contactId}::bigint`)
  await run(trx, sql`delete from audience.consent_current where contact_id = ${contactId}::bigint`)
  await forgetRequests(trx, contactId)
  await run(trx, sql`delete from audience.identity where contact_id = ${contactId}::bigint`)
  await raiseIdentityEpoch(trx)
  await run(
    trx,
    sql`delete from audience.redirect where contact_id = ${contactId}::bigint or to_contact_id = ${contactId}::bigint`,
  )
  await run(trx, sql`delete from audience.contact where id = ${contactId}::bigint`)
}
