import { record } from '#activity/record.ts'
import { consentsAmong, recordConsent } from '#audience/consent.ts'
import { knownAmong } from '#audience/contacts.ts'
import { currentIds } from '#audience/identity.ts'
import { suppressHashes } from '#audience/suppression.ts'
import { type Db, inTransaction, many, sql } from '#platform/db/db.ts'
import type { Services } from '#platform/services.ts'
import { findTracked, sentEventId } from './signals.ts'
import type { Subject } from './tokens.ts'

export type UnsubscribeProof = {
  way: 'page' | 'one-click' | 'mail' | 'preferences'
  userAgent: string | null
  /** The address of the network as a keyed hash: it proves, and tells nobody where somebody is. */
  ipHash: string | null
}

const sources: Record<UnsubscribeProof['way'], string> = {
  page: 'unsubscribe page',
  'one-click': 'one-click unsubscribe',
  mail: 'mail to the List-Unsubscribe address',
  preferences: 'the preference centre',
}

/**
 * Takes back the consent for the purpose of a message; it holds from the next message on. Repeating it changes
 * nothing. Where the contact was deleted meanwhile, its address is suppressed by the hash that is left of it.
 */
export async function unsubscribe(
  { db, clock }: Pick<Services, 'db' | 'clock'>,
  subject: Subject,
  proof: UnsubscribeProof,
): Promise<void> {
  const now = clock.now()
  await inTransaction(db, async trx => {
    const message = await findTracked(trx, subject)
    const contactId =
      message?.contactId ??
      (await currentIds(trx, [subject.contactId])).get(subject.contactId) ??
      subject.contactId
    const known = await knownAmong(trx, [contactId])
    if (!known.has(contactId)) return suppressFarewell(trx, contactId, now)
    const purpose = message?.purpose ?? 'marketing'
    const before = await consentsAmong(trx, [contactId], purpose)
    if (before.some(word => word.topicId === '0' && word.state === 'withdrawn')) return
    const told = { messageId: subject.messageId, ...proof }
    const events = await recordConsent(trx, [
      {
        contactId,
        purpose,
        state: 'withdrawn',
        basis: 'request',
        source: sources[proof.way],
        proof: { method: proof.way, ...told },
        at: now,
      },
    ])
    const data = {
      messageId: subject.messageId,
      emailId: message?.emailId ?? null,
      emailName: message?.emailName ?? null,
      way: proof.way,
    }
    const said = {
      contactId,
      type: 'email.unsubscribed',
      at: now,
      data,
      causeId: message ? sentEventId(message.id) : null,
    }
    await record(trx, [said, ...events])
  })
}

async function suppressFarewell(trx: Db, contactId: string, now: Date): Promise<void> {
  const rows = await many<{ hash: Buffer }>(
    trx,
    sql`select address_hash as hash from outreach.farewell where contact_id = ${contactId}::bigint`,
  )
  await suppressHashes(
    trx,
    rows.map(({ hash }) => ({
      hash,
      reason: 'unsubscribed' as const,
      source: 'unsubscribe link of a deleted contact',
      at: now,
    })),
  )
}
