import { hash } from 'node:crypto'
import type { NewEvent } from '#engine/reactor.ts'
import { type Db, many, run, sql } from '#platform/db/db.ts'
import { newId } from '#platform/ids.ts'

export const consentStates = ['granted', 'withdrawn', 'pending'] as const
export type ConsentState = (typeof consentStates)[number]

/**
 * What shows afterwards that it was said (GDPR article 7(1)): as much as the way in knows. When, to which words and
 * for which purpose stand in the entry itself.
 */
export type ConsentProof = {
  /** How it was said: `form`, `confirmation link`, `api`, `by phone`. */
  method?: string
  /** The member of the team who entered it, and what he noted. */
  enteredBy?: string
  note?: string
  formId?: string
  /** The address of the network, as a keyed hash only. */
  ipHash?: string | null
  userAgent?: string | null
  [more: string]: unknown
}

export type ConsentEntry = {
  contactId: string
  purpose: string
  /** Null for the purpose as a whole. */
  topicId?: string | null
  state: ConsentState
  /** On what ground: `opt-in`, `double-opt-in`, `contract`, `legitimate-interest`, `request` (a withdrawal). */
  basis: string
  /** Where it was said: a form, a source of events, the unsubscribe page, a person in the office. */
  source: string
  /** The very words that were agreed to. */
  wording?: string | null
  proof: ConsentProof
  at: Date
}

/** The current word per contact, purpose and topic, to join with: `${consentCurrent} consent`. Topic 0 = all of the purpose. */
export const consentCurrent = sql.table('audience.consent_current')

type Word = Omit<ConsentEntry, 'topicId'> & { id: string; topicId: string }

const wordOf = (entry: ConsentEntry): Word => ({ ...entry, id: newId(), topicId: entry.topicId ?? '0' })
const subjectOf = (word: { contactId: string; purpose: string; topicId: string }) =>
  `${word.contactId}|${word.purpose}|${word.topicId}`

/** Which text it was, for lists and reports; the words themselves stand beside it. */
function proofOf({ proof, wording }: Word): string {
  if (!wording) return JSON.stringify(proof)
  return JSON.stringify({ ...proof, wordingVersion: hash('sha256', wording).slice(0, 12) })
}

/**
 * Adds to the ledger of consent and sets the current word: a withdrawal always, anything else unless a later word
 * stands already. The caller decides whether a word may be said: imports, SDKs and workflows may only use
 * `grantIfNone` and withdrawals; loosening needs the person's own act as proof. Two statements for any number.
 * Returns `consent.*` events to be recorded.
 */
export async function recordConsent(trx: Db, entries: ConsentEntry[]): Promise<NewEvent[]> {
  if (entries.length === 0) return []
  const words = entries.map(wordOf)
  await insertLedger(trx, words)
  await setCurrent(trx, lastWords(words))
  return words.map(eventOf)
}

/** The last word about each subject, by the rule of `recordConsent`. */
function lastWords(words: Word[]): Word[] {
  const last = new Map<string, Word>()
  for (const word of words) {
    const before = last.get(subjectOf(word))
    if (!before || word.at >= before.at) last.set(subjectOf(word), word)
    else if (word.state === 'withdrawn') last.set(subjectOf(word), { ...word, at: before.at })
  }
  return [...last.values()].sort((a, b) => (BigInt(a.contactId) < BigInt(b.contactId) ? -1 : 1))
}

async function insertLedger(trx: Db, words: Word[]): Promise<void> {
  await run(
    trx,
    sql`
    insert into audience.consent (contact_id, id, purpose, topic_id, state, basis, source, wording, proof, at)
    select * from unnest(${words.map(word => word.contactId)}::bigint[], ${words.map(word => word.id)}::bigint[],
      ${words.map(word => word.purpose)}::text[], ${words.map(word => word.topicId)}::bigint[], ${words.map(word => word.state)}::text[],
      ${words.map(word => word.basis)}::text[], ${words.map(word => word.source)}::text[], ${words.map(word => word.wording ?? null)}::text[],
      ${words.map(proofOf)}::jsonb[], ${words.map(word => word.at.toISOString())}::timestamptz[])`,
  )
}

async function setCurrent(trx: Db, last: Word[]): Promise<void> {
  await run(
    trx,
    sql`
    insert into audience.consent_current as current (contact_id, purpose, topic_id, state, since)
    select * from unnest(${last.map(word => word.contactId)}::bigint[], ${last.map(word => word.purpose)}::text[],
      ${last.map(word => word.topicId)}::bigint[], ${last.map(word => word.state)}::text[], ${last.map(word => word.at.toISOString())}::timestamptz[])
    on conflict (contact_id, purpose, topic_id) do update set state = excluded.state, since = greatest(excluded.since, current.since)
    where excluded.state = 'withdrawn' or excluded.since >= current.since`,
  )
}

function eventOf(word: Word): NewEvent {
  const topicId = word.topicId === '0' ? null : word.topicId
  const data = { purpose: word.purpose, topicId, basis: word.basis, source: word.source }
  return { contactId: word.contactId, type: `consent.${word.state}`, at: word.at, data }
}

/**
 * Grants a purpose to those contacts that have said nothing about it yet, not even about one of its topics; it never
 * undoes an opt-out, a pending confirmation or an earlier grant. What SDKs, forms without proof of identity and
 * imports may do. The place of the current word is taken first, so that of an opt-out in the same moment and this,
 * the opt-out holds.
 */
export async function grantIfNone(
  trx: Db,
  entries: Omit<ConsentEntry, 'state' | 'topicId'>[],
): Promise<NewEvent[]> {
  if (entries.length === 0) return []
  const words = new Map<string, Word>()
  for (const entry of entries) {
    const word = wordOf({ ...entry, state: 'granted' })
    if (!words.has(subjectOf(word))) words.set(subjectOf(word), word)
  }
  const asked = [...words.values()].sort((a, b) => (BigInt(a.contactId) < BigInt(b.contactId) ? -1 : 1))
  const taken = await many<{ contactId: string; purpose: string }>(
    trx,
    sql`
    insert into audience.consent_current (contact_id, purpose, topic_id, state, since)
    select asked.contact_id, asked.purpose, 0, 'granted', asked.at
    from unnest(${asked.map(word => word.contactId)}::bigint[], ${asked.map(word => word.purpose)}::text[],
      ${asked.map(word => word.at.toISOString())}::timestamptz[]) as asked (contact_id, purpose, at)
    where not exists (
      select from audience.consent_current said where said.contact_id = asked.contact_id and said.purpose = asked.purpose)
    on conflict do nothing returning contact_id as "contactId", purpose`,
  )
  const granted = taken.flatMap(row => words.get(subjectOf({ ...row, topicId: '0' })) ?? [])
  if (granted.length > 0) await insertLedger(trx, granted)
  return granted.map(eventOf)
}

export type ConsentWord = { purpose: string; topicId: string | null; state: ConsentState; since: Date }
export type ConsentRecord = Omit<ConsentEntry, 'contactId' | 'topicId' | 'wording'> & {
  id: string
  topicId: string | null
  wording: string | null
}

/** What holds now, and every word that led there, newest first, with its proof. */
export async function consentOf(
  db: Db,
  contactId: string,
): Promise<{ current: ConsentWord[]; ledger: ConsentRecord[] }> {
  const [current, ledger] = await Promise.all([
    many<ConsentWord>(
      db,
      sql`
      select purpose, nullif(topic_id, 0) as "topicId", state, since from audience.consent_current
      where contact_id = ${contactId}::bigint order by purpose, topic_id`,
    ),
    many<ConsentRecord>(
      db,
      sql`
      select id, purpose, nullif(topic_id, 0) as "topicId", state, basis, source, wording, proof, at from audience.consent
      where contact_id = ${contactId}::bigint order by id desc limit 500`,
    ),
  ])
  return { current, ledger }
}

/** The current words of many contacts about one purpose and its topics, for the gate. */
export function consentsAmong(
  db: Db,
  contactIds: string[],
  purpose: string,
): Promise<{ contactId: string; topicId: string; state: ConsentState; since: Date }[]> {
  return many(
    db,
    sql`
    select contact_id as "contactId", topic_id as "topicId", state, since from audience.consent_current
    where contact_id = any(${contactIds}::bigint[]) and purpose = ${purpose}`,
  )
}
