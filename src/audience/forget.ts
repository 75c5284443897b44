import { type Db, inTransaction, maybeOne, run, sql } from '#platform/db/db.ts'
import { notFound } from '#platform/errors.ts'
import type { Secrets } from '#platform/secrets.ts'
import { raiseIdentityEpoch } from './identity-memory.ts'
import { forgetRequests } from './requests.ts'
import { suppress } from './suppression.ts'

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

/**
 * Deletes a contact. Whoever had opted out stays suppressed by the hashes of all addresses he had, so that an import or a
 * sync that brings the address back does not bring the mails back.
 */
export async function deleteContact(
  db: Db,
  secrets: Secrets,
  ask: { id: string; now: Date; forgetEverywhere: (trx: Db, id: string) => Promise<void> },
): Promise<void> {
  await inTransaction(db, async trx => {
    const contact = await maybeOne<{ addresses: string[]; optedOut: boolean }>(
      trx,
      sql`
      select array(select value from audience.identity i where i.contact_id = contact.id and i.kind = 'email') as addresses,
        exists (select from audience.consent_current c
          where c.contact_id = contact.id and c.purpose = 'marketing' and c.topic_id = 0 and c.state = 'withdrawn') as "optedOut"
      from audience.contact contact where id = ${ask.id}::bigint`,
    )
    if (!contact) throw notFound('contact')
    if (contact.optedOut) {
      const why = { reason: 'unsubscribed' as const, source: 'contact deleted', at: ask.now }
      await suppress(
        trx,
        secrets,
        contact.addresses.map(address => ({ address, ...why })),
      )
    }
    await ask.forgetEverywhere(trx, ask.id)
  })
}
