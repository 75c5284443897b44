import { audit } from '#access/audit.ts'
import type { NewEvent } from '#engine/reactor.ts'
import { type Db, maybeOne, sql } from '#platform/db/db.ts'
import { conflict, invalid } from '#platform/errors.ts'
import type { Actor } from '#platform/http/route.ts'
import type { Secrets } from '#platform/secrets.ts'
import { type ConsentState, recordConsent } from './consent.ts'
import type { Contact } from './contacts.ts'
import { askConsent } from './opt-in.ts'
import { liftOptOut } from './suppression.ts'

export type Entered = {
  purpose: string
  topicId?: string | null | undefined
  state: ConsentState
  doubleOptIn?: boolean | undefined
  /** Granting needs the words that were agreed to and how it is known; withdrawing needs nothing. */
  wording?: string | undefined
  note?: string | undefined
}

/**
 * What somebody of the team enters about a contact's consent. A grant is the person's own new opt-in, so it needs
 * proof, and lifts what an earlier opt-out left on the list of suppressed addresses. Returns events to be recorded.
 */
export async function enterConsent(
  trx: Db,
  secrets: Secrets,
  { contact, actor, word, now }: { contact: Contact; actor: Actor; word: Entered; now: Date },
): Promise<NewEvent[]> {
  const isGrant = word.state === 'granted'
  if (word.state === 'pending') requireAddress(contact, word)
  if (isGrant) requireProof(word)
  if (word.topicId) await requireTopic(trx, word.topicId, word.state !== 'withdrawn')
  // A yes to something else is no new yes to mail.
  const isMail = isGrant && word.purpose === 'marketing' && !word.topicId
  if (isMail && contact.email) await liftOptOut(trx, secrets, contact.email)
  await audit(
    trx,
    actor,
    `consents.${word.state}`,
    { kind: 'contact', id: contact.id },
    { purpose: word.purpose },
  )
  const entry = {
    contactId: contact.id,
    purpose: word.purpose,
    topicId: word.topicId ?? null,
    source: 'the office',
    wording: word.wording ?? null,
    proof: { method: 'entered by hand', enteredBy: actor.name, note: word.note ?? '' },
    at: now,
  }
  if (word.state === 'pending') return askConsent(trx, [{ ...entry, basis: 'double-opt-in' }])
  return recordConsent(trx, [{ ...entry, state: word.state, basis: isGrant ? 'opt-in' : 'request' }])
}

/** A wish is only worth something with the letter that asks for its confirmation. */
function requireAddress(contact: Contact, word: Entered): void {
  if (word.doubleOptIn !== true)
    throw invalid('A consent is pending while its person is asked to confirm it.', [
      { path: 'doubleOptIn', message: 'must be true with the state pending' },
    ])
  if (!contact.email) throw conflict('no_address', 'This contact has no address to ask at.')
}

function requireProof({ wording, note }: Entered): void {
  const missing = [
    ...(wording ? [] : [{ path: 'wording', message: 'say to which words the person agreed' }]),
    ...(note ? [] : [{ path: 'note', message: 'say when and how the person agreed' }]),
  ]
  if (missing.length > 0) throw invalid('Granting consent for somebody needs proof.', missing)
}

/** Nothing is granted for a topic that is no longer offered; an opt-out is always taken. */
async function requireTopic(db: Db, id: string, offered: boolean): Promise<void> {
  const topic = await maybeOne<{ archived: boolean }>(
    db,
    sql`
    select archived_at is not null as archived from audience.topic where id = ${id}::bigint`,
  )
  if (!topic || (offered && topic.archived)) {
    throw invalid('There is no such topic.', [
      { path: 'topicId', message: topic ? 'is no longer offered' : 'is no topic' },
    ])
  }
}
