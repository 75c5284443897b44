import type { NewEvent } from '#engine/reactor.ts'
import { type Db, many, run, sql } from '#platform/db/db.ts'
import { newId } from '#platform/ids.ts'

export const consentStates = ['granted', 'withdrawn', 'pending'] as const
export type ConsentState = (typeof consentStates)[number]

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
  /** Who, how, address and browser as far as they are known. */
  proof: Record<string, unknown>
  at: Date
}

/** The current word per contact, purpose and topic, to join with: `${consentCurrent} consent`. Topic 0 = all of the purpose. */
export const consentCurrent = sql.table('audience.consent_current')

/**
 * Adds to the ledger of consent and sets the current word. The caller decides whether a word may be said: imports,
 * SDKs and workflows may only use `grantIfNone` and withdrawals; loosening needs the person's own act as proof.
 * Returns `consent.*` events to be recorded.
 */
export async function recordConsent(trx: Db, entries: ConsentEntry[]): Promise<NewEvent[]> {
  if (entries.length === 0) return []
  const rows = entries.map(entry => ({ ...entry, id: newId(), topicId: entry.topicId ?? '0' }))
  await run(trx, sql`
    insert into audience.consent (contact_id, id, purpose, topic_id, state, basis, source, wording, proof, at)
    select * from unnest(${rows.map(row => row.contactId)}::bigint[], ${rows.map(row => row.id)}::bigint[],
      ${rows.map(row => row.purpose)}::text[], ${rows.map(row => row.topicId)}::bigint[], ${rows.map(row => row.state)}::text[],
      ${rows.map(row => row.basis)}::text[], ${rows.map(row => row.source)}::text[], ${rows.map(row => row.wording ?? null)}::text[],
      ${rows.map(row => JSON.stringify(row.proof))}::jsonb[], ${rows.map(row => row.at.toISOString())}::timestamptz[])`)
  const last = [...new Map(rows.map(row => [`${row.contactId}|${row.purpose}|${row.topicId}`, row])).values()]
  last.sort((a, b) => (BigInt(a.contactId) < BigInt(b.contactId) ? -1 : 1))
  await run(trx, sql`
    insert into audience.consent_current as current (contact_id, purpose, topic_id, state, since)
    select * from unnest(${last.map(row => row.contactId)}::bigint[], ${last.map(row => row.purpose)}::text[],
      ${last.map(row => row.topicId)}::bigint[], ${last.map(row => row.state)}::text[], ${last.map(row => row.at.toISOString())}::timestamptz[])
    on conflict (contact_id, purpose, topic_id) do update set state = excluded.state, since = excluded.since`)
  return rows.map(row => ({
    contactId: row.contactId,
    type: `consent.${row.state}`,
    at: row.at,
    data: { purpose: row.purpose, topicId: row.topicId === '0' ? null : row.topicId, basis: row.basis, source: row.source },
  }))
}

/**
 * Grants a purpose to those contacts that have said nothing about it yet; it never undoes an opt-out, a pending
 * confirmation or an earlier grant. What SDKs, forms without proof of identity and imports may do.
 */
export async function grantIfNone(trx: Db, entries: Omit<ConsentEntry, 'state' | 'topicId'>[]): Promise<NewEvent[]> {
  if (entries.length === 0) return []
  const spoken = await many<{ contactId: string; purpose: string }>(trx, sql`
    select contact_id as "contactId", purpose from audience.consent_current
    where contact_id = any(${entries.map(entry => entry.contactId)}::bigint[]) and topic_id = 0`)
  const taken = new Set(spoken.map(row => `${row.contactId}|${row.purpose}`))
  const fresh = entries.filter(entry => {
    const key = `${entry.contactId}|${entry.purpose}`
    if (taken.has(key)) return false
    taken.add(key)
    return true
  })
  return recordConsent(trx, fresh.map(entry => ({ ...entry, state: 'granted' as const })))
}

export type ConsentWord = { purpose: string; topicId: string | null; state: ConsentState; since: Date }
export type ConsentRecord = Omit<ConsentEntry, 'contactId' | 'topicId' | 'wording'> & { id: string; topicId: string | null; wording: string | null }

/** What holds now, and every word that led there, newest first, with its proof. */
export async function consentOf(db: Db, contactId: string): Promise<{ current: ConsentWord[]; ledger: ConsentRecord[] }> {
  const [current, ledger] = await Promise.all([
    many<ConsentWord>(db, sql`
      select purpose, nullif(topic_id, 0) as "topicId", state, since from audience.consent_current
      where contact_id = ${contactId}::bigint order by purpose, topic_id`),
    many<ConsentRecord>(db, sql`
      select id, purpose, nullif(topic_id, 0) as "topicId", state, basis, source, wording, proof, at from audience.consent
      where contact_id = ${contactId}::bigint order by id desc limit 500`),
  ])
  return { current, ledger }
}

/** The current words of many contacts about one purpose and its topics, for the gate. */
export function consentsAmong(db: Db, contactIds: string[], purpose: string): Promise<{ contactId: string; topicId: string; state: ConsentState; since: Date }[]> {
  return many(db, sql`
    select contact_id as "contactId", topic_id as "topicId", state, since from audience.consent_current
    where contact_id = any(${contactIds}::bigint[]) and purpose = ${purpose}`)
}
