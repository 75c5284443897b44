import { record } from '#activity/record.ts'
import { consentsAmong, recordConsent } from '#audience/consent.ts'
import { contactsForRender, knownAmong } from '#audience/contacts.ts'
import { currentIds } from '#audience/identity.ts'
import { openRequest, type RequestKind } from '#audience/requests.ts'
import { liftOptOut } from '#audience/suppression.ts'
import { offeredTopics, type Topic } from '#audience/topics.ts'
import { type Db, inTransaction } from '#platform/db/db.ts'
import type { Services } from '#platform/services.ts'
import { insertLeaving, selectPreferences, upsertPreference, wakeWaiting } from './preferences.sql.ts'
import type { Subject } from './tokens.ts'

export const frequencies = ['all', 'weekly', 'monthly'] as const
export type Frequency = (typeof frequencies)[number]
/** In how many hours a contact who asked for it gets one marketing mail at most. */
export const frequencyHours: Record<Frequency, number> = { all: 0, weekly: 7 * 24, monthly: 30 * 24 }

/** How a contact wants to be written to. The gate asks for it; a message of another class is none of its business. */
export type Preference = { frequency: Frequency; pausedUntil: Date | null }
export const noPreference: Preference = { frequency: 'all', pausedUntil: null }

export const leavingReasons = [
  'too-many',
  'not-relevant',
  'never-signed-up',
  'other-address',
  'other',
] as const
export type LeavingReason = (typeof leavingReasons)[number]

/** Those of these contacts that have said something; the others get everything. */
export async function preferencesOf(db: Db, contactIds: string[]): Promise<Map<string, Preference>> {
  const rows = await selectPreferences(db, contactIds)
  return new Map(rows.map(({ contactId, ...preference }) => [contactId, preference]))
}

/** The person behind a link of ours, as the preference centre may show him to whoever holds the link. */
export type Holder = {
  contactId: string
  /** `a•••@example.org`: a link that was passed on gives no address away. */
  address: string | null
  language: string | null
  topics: (Topic & { wanted: boolean })[]
  /** Whether he gets marketing at all. */
  subscribed: boolean
  preference: Preference
}

/** Where the contact of a token is now; null where it was deleted. */
export async function holderId(db: Db, { contactId }: Subject): Promise<string | null> {
  const current = (await currentIds(db, [contactId])).get(contactId) ?? contactId
  return (await knownAmong(db, [current])).has(current) ? current : null
}

export function maskAddress(address: string): string {
  const at = address.lastIndexOf('@')
  return `${address.slice(0, Math.min(1, at))}•••${address.slice(at)}`
}

export async function readHolder(db: Db, subject: Subject): Promise<Holder | null> {
  const contactId = await holderId(db, subject)
  if (contactId === null) return null
  const [contact] = await contactsForRender(db, [contactId])
  const words = new Map(
    (await consentsAmong(db, [contactId], 'marketing')).map(word => [word.topicId, word.state]),
  )
  const all = words.get('0')
  const topics = (await offeredTopics(db)).map(topic => {
    const word = words.get(topic.id)
    return {
      ...topic,
      wanted: all !== 'withdrawn' && (word === 'granted' || (all === 'granted' && word !== 'withdrawn')),
    }
  })
  return {
    contactId,
    address: contact?.email ? maskAddress(contact.email) : null,
    language: contact?.language ?? null,
    topics,
    subscribed: all === 'granted' || (all !== 'withdrawn' && topics.some(topic => topic.wanted)),
    preference: (await preferencesOf(db, [contactId])).get(contactId) ?? noPreference,
  }
}

/** What is seen of the person who acts: proof, not identity. */
export type Seen = { userAgent: string | null; ipHash: string | null }

export type Choice = {
  /** The topics that were shown, and those of them that were ticked. One that came up meanwhile stays as it is. */
  shown: string[]
  topics: string[]
  frequency: Frequency
  /** Null leaves a pause as it is; 0 ends it. */
  pauseDays: number | null
}

/**
 * Saves what a person chose. Ticking something after having left is a new opt-in, by a link that only the mailbox got;
 * it lifts the old opt-out. Topics that were not shown stay as they are. Saving the same again changes nothing.
 */
export async function savePreferences(
  services: Services,
  subject: Subject,
  choice: Choice,
  seen: Seen,
): Promise<boolean> {
  const now = services.clock.now()
  return inTransaction(services.db, async trx => {
    const holder = await readHolder(trx, subject)
    if (!holder) return false
    await saveTopics(trx, services, { holder, choice, seen: { ...seen, messageId: subject.messageId }, now })
    const { preference } = holder
    const pausedUntil =
      choice.pauseDays === null
        ? preference.pausedUntil
        : choice.pauseDays === 0
          ? null
          : new Date(now.getTime() + choice.pauseDays * 86_400_000)
    const isNew =
      choice.frequency !== preference.frequency ||
      pausedUntil?.getTime() !== preference.pausedUntil?.getTime()
    if (isNew) {
      await upsertPreference(trx, holder.contactId, { frequency: choice.frequency, pausedUntil }, now)
      await wakeWaiting(trx, holder.contactId, now)
    }
    return true
  })
}

type Saving = { holder: Holder; choice: Choice; seen: Seen & { messageId: string }; now: Date }

async function saveTopics(
  trx: Db,
  { secrets }: Services,
  { holder, choice, seen, now }: Saving,
): Promise<void> {
  const wanted = new Set(choice.topics)
  const shown = holder.topics.filter(topic => choice.shown.includes(topic.id))
  const base = { contactId: holder.contactId, purpose: 'marketing', source: 'the preference centre', at: now }
  const proof = { method: 'preference centre', ...seen }
  const changed = shown.filter(topic => wanted.has(topic.id) !== topic.wanted)
  const entries = changed.map(topic => ({
    ...base,
    topicId: topic.id,
    state: wanted.has(topic.id) ? ('granted' as const) : ('withdrawn' as const),
    basis: wanted.has(topic.id) ? 'opt-in' : 'request',
    wording: topic.name,
    proof,
  }))
  const comesBack = !holder.subscribed && changed.some(topic => wanted.has(topic.id))
  if (comesBack) {
    const [contact] = await contactsForRender(trx, [holder.contactId])
    if (contact?.email) await liftOptOut(trx, secrets, contact.email)
    // What he did not tick, he does not want: a word for all of marketing would bring it back.
    for (const topic of shown.filter(each => !wanted.has(each.id)))
      entries.push({
        ...base,
        topicId: topic.id,
        state: 'withdrawn',
        basis: 'request',
        wording: topic.name,
        proof,
      })
    await record(
      trx,
      await recordConsent(trx, [
        { ...base, state: 'granted', basis: 'opt-in', wording: 'marketing emails', proof },
      ]),
    )
  }
  await record(trx, await recordConsent(trx, entries))
}

/** Comes back to marketing as a whole; what he said about single topics stays. */
export async function subscribeAgain(services: Services, subject: Subject, seen: Seen): Promise<boolean> {
  const now = services.clock.now()
  return inTransaction(services.db, async trx => {
    const holder = await readHolder(trx, subject)
    if (!holder) return false
    if (holder.subscribed) return true
    const [contact] = await contactsForRender(trx, [holder.contactId])
    if (contact?.email) await liftOptOut(trx, services.secrets, contact.email)
    const entry = {
      contactId: holder.contactId,
      purpose: 'marketing',
      state: 'granted' as const,
      basis: 'opt-in',
      source: 'the preference centre',
      wording: 'marketing emails',
      proof: { method: 'preference centre', ...seen, messageId: subject.messageId },
      at: now,
    }
    await record(trx, await recordConsent(trx, [entry]))
    return true
  })
}

/** Takes down that the person asks for his data or for its erasure, and says so to his own mailbox. */
export async function askForData(
  services: Services,
  subject: Subject,
  kind: RequestKind,
  confirm: (trx: Db, ask: { contactId: string; kind: RequestKind; dueOn: string }) => Promise<void>,
): Promise<{ dueOn: string } | null> {
  const now = services.clock.now()
  return inTransaction(services.db, async trx => {
    const contactId = await holderId(trx, subject)
    if (contactId === null) return null
    const { dueOn, opened } = await openRequest(trx, { contactId, kind, now })
    if (opened) await confirm(trx, { contactId, kind, dueOn })
    return { dueOn }
  })
}

/** Why somebody left; the last answer holds. */
export async function saveReason(
  { db, clock }: Services,
  subject: Subject,
  reason: LeavingReason,
): Promise<void> {
  const contactId = await holderId(db, subject)
  if (contactId !== null)
    await insertLeaving(db, { contactId, messageId: subject.messageId, reason, at: clock.now() })
}
