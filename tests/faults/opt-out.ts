import { recordConsent } from '#audience/consent.ts'
import { one, sql } from '#platform/db/db.ts'
import type { Services } from '#platform/services.ts'

/** Takes back the consent of a contact, in a transaction of its own; the address it holds for. */
export async function withdrawConsent({ db, clock }: Services, contactId: string): Promise<string> {
  await recordConsent(db, [
    {
      contactId,
      purpose: 'marketing',
      state: 'withdrawn',
      basis: 'opt-out',
      source: 'the town',
      proof: {},
      at: clock.now(),
    },
  ])
  const { email } = await one<{ email: string }>(
    db,
    sql`select email from audience.contact where id = ${contactId}::bigint`,
  )
  return email
}
