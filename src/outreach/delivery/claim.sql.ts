import { type Db, many, one, run, sql } from '#platform/db/db.ts'
import { isHeld } from '#platform/hold.ts'
import { lines } from '../lines.sql.ts'
import type { Channel, MessageClass, Payload } from '../messages.ts'

/** A message whose time has come, as the gate sees it. */
export type Due = {
  contactId: string
  id: string
  channel: Channel
  class: MessageClass
  emailVersionId: string | null
  recipient: string | null
  payload: Payload | null
  causeId: string | null
  purpose: string
  topicId: string
  queuedAt: Date
  attempt: number
  campaignId: string | null
  variant: number | null
}

/**
 * Sessions of a process that was stopped in the middle of a claim end after this, and free its lanes. Answers
 * whether sending is held after a restore: then nothing may be claimed.
 */
export async function limitIdle(db: Db, ms: number): Promise<boolean> {
  const { held } = await one<{ held: boolean }>(
    db,
    sql`select set_config('idle_in_transaction_session_timeout', ${String(ms)}, true), ${isHeld} as held`,
  )
  return held
}

/** The messages of these lanes whose time has come: what somebody waits for first, then the oldest. */
export function selectDue(db: Db, ask: { lanes: number[]; now: Date; limit: number }): Promise<Due[]> {
  return many(
    db,
    sql`
    select due.contact_id as "contactId", due.id, due.channel, due.class, due.email_version_id as "emailVersionId",
      due.recipient, due.payload, due.cause_id as "causeId", due.purpose, due.topic_id as "topicId",
      greatest(due.queued_at, due.resumed_at) as "queuedAt", due.attempt, due.campaign_id as "campaignId", due.variant
    from unnest(${ask.lanes}::smallint[]) as mine (lane)
    cross join ${lines} line
    cross join lateral (
      select m.contact_id, m.id, m.channel, m.class, m.email_version_id, m.recipient, m.payload, m.cause_id, m.purpose,
        m.topic_id, m.queued_at, m.attempt, m.urgency, m.not_before, m.campaign_id, m.variant, line.resumed_at
      from outreach.message m
      where m.lane = mine.lane and m.urgency = line.urgency
        and coalesce(m.campaign_id, 0) = line.campaign_id and m.state in ('queued', 'deferred')
        and m.not_before <= ${ask.now.toISOString()}::timestamptz
      order by m.not_before, m.id
      limit ${Math.max(4, Math.ceil((ask.limit * 4) / ask.lanes.length))}) due
    order by due.urgency, due.not_before, due.id
    limit ${ask.limit}`,
  )
}

/** Which of these messages the sandbox's mailbox shows already. */
export async function selectShown(db: Db, due: Due[]): Promise<Set<string>> {
  const rows = await many<{ id: string }>(
    db,
    sql`
    select m.id from unnest(${due.map(row => row.contactId)}::bigint[], ${due.map(row => row.id)}::bigint[])
      as asked (contact_id, id)
    join outreach.mailbox m on m.contact_id = asked.contact_id and m.id = asked.id`,
  )
  return new Set(rows.map(row => row.id))
}

/** When each of these contacts got marketing mails since `since`; what may have left counts as sent. */
export function selectMarketingSent(
  db: Db,
  contactIds: string[],
  since: Date,
): Promise<{ contactId: string; at: Date }[]> {
  return many(
    db,
    sql`
    select contact_id as "contactId", coalesce(sent_at, sending_at) as at from outreach.message
    where contact_id = any(${contactIds}::bigint[]) and class = 'marketing' and channel = 'email'
      and state in ('sending', 'sent', 'unknown') and coalesce(sent_at, sending_at) > ${since.toISOString()}::timestamptz`,
  )
}

/** Whether anything is due for `lanes`, and whether a signal waits for its verdict: the cheap look before a claim. */
export function peek(db: Db, lanes: number[], now: Date): Promise<{ messages: boolean; hits: boolean }> {
  const at = now.toISOString()
  return one(
    db,
    sql`
    select exists (select from outreach.hit where verdict is null and judge_at <= ${at}::timestamptz) as hits,
      exists (
        select from unnest(${lanes}::smallint[]) as mine (lane)
        cross join ${lines} line
        cross join lateral (
          select from outreach.message m
          where m.lane = mine.lane and m.urgency = line.urgency
        and coalesce(m.campaign_id, 0) = line.campaign_id and m.state in ('queued', 'deferred')
            and m.not_before <= ${at}::timestamptz
          limit 1) due) as messages`,
  )
}

export type Decision = {
  contactId: string
  id: string
  /** The state it goes to: `sending`, `suppressed`, or what it was. */
  state: 'sending' | 'suppressed' | 'queued'
  verdict: 'send' | 'no' | 'later' | 'hold'
  reason: string | null
  words: string | null
  notBefore: Date
  recipient: string | null
  addressHash: Buffer | null
}

/** Writes the gate's verdicts, each guarded by the state it was made in. Returns the ids that were changed. */
export async function writeDecisions(
  db: Db,
  rows: Decision[],
  by: { sender: string; now: Date },
): Promise<Set<string>> {
  if (rows.length === 0) return new Set()
  const now = by.now.toISOString()
  const changed = await many<{ id: string }>(
    db,
    sql`
    update outreach.message m set
      state = case when fresh.state = 'queued' then m.state else fresh.state end,
      verdict = fresh.verdict, verdict_reason = fresh.reason, decided_at = ${now}::timestamptz,
      not_before = fresh.not_before, recipient = coalesce(fresh.recipient, m.recipient),
      address_hash = coalesce(fresh.address_hash, m.address_hash),
      sender = case when fresh.state = 'sending' then ${by.sender} else m.sender end,
      sending_at = case when fresh.state = 'sending' then ${now}::timestamptz else m.sending_at end,
      history = case when fresh.state = 'queued' and m.verdict is not distinct from fresh.verdict
          and m.verdict_reason is not distinct from fresh.reason then m.history
        else m.history || jsonb_build_array(jsonb_build_object(
          'state', case when fresh.state = 'queued' then 'waiting' else fresh.state end,
          'at', ${now}::text, 'words', fresh.words)) end
    from unnest(${rows.map(row => row.contactId)}::bigint[], ${rows.map(row => row.id)}::bigint[],
      ${rows.map(row => row.state)}::text[], ${rows.map(row => row.verdict)}::text[],
      ${rows.map(row => row.reason)}::text[], ${rows.map(row => row.words)}::text[],
      ${rows.map(row => row.notBefore.toISOString())}::timestamptz[], ${rows.map(row => row.recipient)}::text[],
      ${rows.map(row => row.addressHash)}::bytea[]
    ) as fresh (contact_id, id, state, verdict, reason, words, not_before, recipient, address_hash)
    where m.contact_id = fresh.contact_id and m.id = fresh.id and m.state in ('queued', 'deferred')
    returning m.id`,
  )
  return new Set(changed.map(row => row.id))
}

/** Messages that senders other than this one have begun and not ended, by sender. */
export function selectSenders(db: Db, own: string): Promise<{ sender: string; n: number }[]> {
  return many(
    db,
    sql`
    select sender, count(*)::int as n from outreach.message
    where state = 'sending' and sender <> ${own} group by sender limit 1000`,
  )
}

export type Open = { contactId: string; id: string; class: MessageClass }

/** What a sender has begun and not ended. */
export function selectOpen(db: Db, sender: string): Promise<Open[]> {
  return many(
    db,
    sql`
    select contact_id as "contactId", id, class from outreach.message
    where state = 'sending' and sender = ${sender} order by contact_id, id limit 5000`,
  )
}

/** Removes what nobody can look at any more. */
export async function sweepPreviews(db: Db, now: Date): Promise<void> {
  await run(db, sql`delete from outreach.preview where expires_at < ${now.toISOString()}::timestamptz`)
}
