import { type Db, run, sql } from '#platform/db/db.ts'
import { raiseIdentityEpoch } from './identity-memory.ts'
import { forgetImports } from './imports/upkeep.ts'
import { forgetRequests } from './requests.ts'

/** Removes the profile and everything below it. The ledger of events and the rooms above have their own `forget`. */
export async function forgetProfile(trx: Db, contactIds: string[]): Promise<void> {
  await run(trx, sql`delete from audience.list_member where contact_id = any(${contactIds}::bigint[])`)
  await run(trx, sql`delete from audience.consent where contact_id = any(${contactIds}::bigint[])`)
  await run(trx, sql`delete from audience.consent_current where contact_id = any(${contactIds}::bigint[])`)
  await forgetRequests(trx, contactIds)
  await forgetImports(trx, contactIds)
  await run(trx, sql`delete from audience.identity where contact_id = any(${contactIds}::bigint[])`)
  await raiseIdentityEpoch(trx)
  await run(
    trx,
    sql`delete from audience.redirect where contact_id = any(${contactIds}::bigint[]) or to_contact_id = any(${contactIds}::bigint[])`,
  )
  await run(trx, sql`delete from audience.contact where id = any(${contactIds}::bigint[])`)
}
