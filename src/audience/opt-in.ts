import type { NewEvent } from '#engine/reactor.ts'
import { type Db, many, run, sql } from '#platform/db/db.ts'
import { newId } from '#platform/ids.ts'
import type { Secrets } from '#platform/secrets.ts'
import { type ConsentEntry, recordConsent } from './consent.ts'
import { liftOptOut } from './suppression.ts'

/** A wish that its person has not confirmed yet. */
export type Ask = Omit<ConsentEntry, 'state'> & {
  /** The letter leaves no sooner; at once where nothing is said. */
  letterAt?: Date
}
export type OpenAsk = {
  purpose: string
  topicId: string | null
  wording: string | null
  source: string
  at: Date
}

const subjectOf = (ask: Ask) => `${ask.contactId}|${ask.purpose}|${ask.topicId ?? '0'}`

/**
 * Double opt-in, first half: takes down that somebody, perhaps the person, wants mail. Nothing is loosened by it: it
 * becomes the current word only where nothing was said, an opt-out stays the current word until the person confirms,
 * and who has agreed already is not asked. Returns `consent.pending` events; with `confirm: true` in their data,
 * which is what makes outreach write to the address.
 */
export async function askConsent(trx: Db, asks: Ask[]): Promise<NewEvent[]> {
  const last = [...new Map(asks.map(ask => [subjectOf(ask), ask])).values()]
  if (last.length === 0) return []
  const open = await stillToAsk(trx, last)
  if (open.length === 0) return []
  const column = (of: (ask: Ask) => string | null) => open.map(of)
  await run(
    trx,
    sql`
    insert into audience.consent_current as current (contact_id, purpose, topic_id, state, since)
    select contact_id, purpose, topic_id, 'pending', at
    from unnest(${column(ask => ask.contactId)}::bigint[], ${column(ask => ask.purpose)}::text[],
      ${column(ask => ask.topicId ?? '0')}::bigint[], ${column(ask => ask.at.toISOString())}::timestamptz[])
      as asked (contact_id, purpose, topic_id, at)
    order by contact_id, purpose, topic_id
    on conflict (contact_id, purpose, topic_id) do update set since = excluded.since where current.state = 'pending'`,
  )
  await run(
    trx,
    sql`
    insert into audience.consent (contact_id, id, purpose, topic_id, state, basis, source, wording, proof, at)
    select contact_id, id, purpose, topic_id, 'pending', basis, source, wording, proof, at
    from unnest(${column(ask => ask.contactId)}::bigint[], ${open.map(() => newId())}::bigint[],
      ${column(ask => ask.purpose)}::text[], ${column(ask => ask.topicId ?? '0')}::bigint[],
      ${column(ask => ask.basis)}::text[], ${column(ask => ask.source)}::text[], ${column(ask => ask.wording ?? null)}::text[],
      ${column(ask => JSON.stringify(ask.proof))}::jsonb[], ${column(ask => ask.at.toISOString())}::timestamptz[])
      as asked (contact_id, id, purpose, topic_id, basis, source, wording, proof, at)`,
  )
  return open.map(({ contactId, purpose, topicId, basis, source, at, letterAt }) => ({
    contactId,
    type: 'consent.pending',
    at,
    data: {
      purpose,
      topicId: topicId ?? null,
      basis,
      source,
      confirm: true,
      ...(letterAt ? { letterAt: letterAt.toISOString() } : {}),
    },
  }))
}

/** Who has agreed already needs no asking, and who was asked within a day is not asked again. */
async function stillToAsk(trx: Db, asks: Ask[]): Promise<Ask[]> {
  const settled = await many<{ contactId: string; purpose: string; topicId: string }>(
    trx,
    sql`
    select asked.contact_id as "contactId", asked.purpose, asked.topic_id as "topicId"
    from unnest(${asks.map(ask => ask.contactId)}::bigint[], ${asks.map(ask => ask.purpose)}::text[],
      ${asks.map(ask => ask.topicId ?? '0')}::bigint[], ${asks.map(ask => ask.at.toISOString())}::timestamptz[])
      as asked (contact_id, purpose, topic_id, at)
    where exists (
        select from audience.consent_current said where said.contact_id = asked.contact_id
          and said.purpose = asked.purpose and said.topic_id = asked.topic_id and said.state = 'granted')
      or exists (
        select from (
          select state, at from audience.consent word where word.contact_id = asked.contact_id
            and word.purpose = asked.purpose and word.topic_id = asked.topic_id order by id desc limit 1) last
        where last.state = 'pending' and last.at > asked.at - interval '1 day')`,
  )
  const done = new Set(settled.map(row => `${row.contactId}|${row.purpose}|${row.topicId}`))
  return asks.filter(ask => !done.has(subjectOf(ask)))
}

/** What waits for this person's confirmation: the last word in the ledger about each subject, where it is a wish. */
export function openAsks(db: Db, contactId: string): Promise<OpenAsk[]> {
  return many(
    db,
    sql`
    select purpose, nullif(topic_id, 0) as "topicId", wording, source, at from (
      select distinct on (purpose, topic_id) purpose, topic_id, state, wording, source, at from audience.consent
      where contact_id = ${contactId}::bigint order by purpose, topic_id, id desc) said
    where state = 'pending' order by purpose, topic_id`,
  )
}

/**
 * Double opt-in, second half: the person has confirmed from the mailbox itself, so what waited is granted, with the
 * words it was asked in, and what an earlier opt-out left on the list of suppressed addresses is lifted.
 */
export async function confirmAsks(
  trx: Db,
  secrets: Secrets,
  given: { contactId: string; address: string; proof: ConsentEntry['proof']; now: Date },
): Promise<NewEvent[]> {
  const asks = await openAsks(trx, given.contactId)
  if (asks.length === 0) return []
  await liftOptOut(trx, secrets, given.address)
  return recordConsent(
    trx,
    asks.map(({ purpose, topicId, wording, source, at }) => ({
      contactId: given.contactId,
      purpose,
      topicId,
      state: 'granted' as const,
      basis: 'double-opt-in',
      source,
      wording,
      proof: { method: 'confirmation link', askedAt: at.toISOString(), ...given.proof },
      at: given.now,
    })),
  )
}
