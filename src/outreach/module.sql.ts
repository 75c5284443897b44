import { type Db, many, maybeOne, one, run, sql } from '#platform/db/db.ts'
import { laneCount, laneOf } from '#platform/ids.ts'
import { lines } from './lines.sql.ts'

const lanes = Array.from({ length: laneCount }, (_, lane) => lane)

/** Messages that are due or on their way, and signals whose verdict is due; counted up to some thousands. */
export async function countPending(db: Db, now: Date): Promise<number> {
  const at = now.toISOString()
  const { n } = await one<{ n: number }>(
    db,
    sql`
    select (select count(*)::int from unnest(${lanes}::smallint[]) as every (lane)
        cross join ${lines} line
        cross join lateral (
          select from outreach.message m
          where m.lane = every.lane and m.urgency = line.urgency
            and coalesce(m.campaign_id, 0) = line.campaign_id and m.state in ('queued', 'deferred')
            and m.not_before <= ${at}::timestamptz limit 100) due)
      + (select count(*)::int from (select from outreach.message where state = 'sending' limit 1000) busy)
      + (select count(*)::int from (
          select from outreach.hit where verdict is null and judge_at <= ${at}::timestamptz limit 1000) hits) as n`,
  )
  return n
}

/** Messages that would leave, by what they are: what arming a restored installation lets go. */
export async function countWaiting(db: Db): Promise<{ words: string; count: number }[]> {
  const rows = await many<{ class: string; count: number }>(
    db,
    sql`
    select class, count(*)::int as count from (
      select class from outreach.message where state in ('queued', 'deferred') limit 1000000) waiting
    group by class order by class`,
  )
  return rows.map(row => ({ words: `${row.class} messages in the queue`, count: row.count }))
}

/** When the next message or verdict is due. What is held waits for a person, not for a moment. */
export async function nextMoment(db: Db, now: Date): Promise<Date | null> {
  const at = now.toISOString()
  const row = await maybeOne<{ dueAt: Date | null }>(
    db,
    sql`
    select least(
      (select min(first.not_before) from unnest(${lanes}::smallint[]) as every (lane)
        cross join ${lines} line
        cross join lateral (
          select m.not_before from outreach.message m
          where m.lane = every.lane and m.urgency = line.urgency
            and coalesce(m.campaign_id, 0) = line.campaign_id and m.state in ('queued', 'deferred')
            and m.not_before > ${at}::timestamptz and m.verdict is distinct from 'hold'
          order by m.not_before limit 1) first),
      (select min(judge_at) from outreach.hit where verdict is null and judge_at > ${at}::timestamptz)) as "dueAt"`,
  )
  return row?.dueAt ?? null
}

/** How long the oldest message that may go has waited, in seconds of business time. */
export async function oldestDueSeconds(db: Db, now: Date): Promise<number> {
  const row = await maybeOne<{ at: Date | null }>(
    db,
    sql`
    select min(first.not_before) as at from unnest(${lanes}::smallint[]) as every (lane)
    cross join ${lines} line
    cross join lateral (
      select m.not_before from outreach.message m
      where m.lane = every.lane and m.urgency = line.urgency
            and coalesce(m.campaign_id, 0) = line.campaign_id and m.state in ('queued', 'deferred')
      order by m.not_before limit 1) first`,
  )
  return row?.at ? Math.max(0, (now.getTime() - row.at.getTime()) / 1000) : 0
}

export async function countUnknown(db: Db): Promise<number> {
  const { n } = await one<{ n: number }>(
    db,
    sql`select count(*)::int as n from (select from outreach.message where state = 'unknown' limit 10000) u`,
  )
  return n
}

export async function countHeld(db: Db): Promise<{ reason: string; n: number }[]> {
  return many(
    db,
    sql`
    select verdict_reason as reason, count(*)::int as n from (
      select verdict_reason from outreach.message
      where state in ('queued', 'deferred') and verdict = 'hold' limit 10000) held
    group by verdict_reason`,
  )
}

const messageColumns = sql`id, urgency, channel, class, state, reason, generation, email_version_id, recipient,
  address_hash, payload, cause_id, why, purpose, topic_id, queued_at, not_before, attempt, verdict, verdict_reason,
  decided_at, sender, sending_at, sent_at, reply_code, reply_status, reply_text, opened_at, clicked_at, history, campaign_id, variant,
  bounced_at, bounce, bounce_words, complained_at`

/** Gives messages, signals and letters of `from` to `to`. What `to` was already sent for the same reason stays once. */
export async function repoint(trx: Db, from: string, to: string): Promise<void> {
  await run(
    trx,
    sql`
    with gone as (delete from outreach.message where contact_id = ${from}::bigint returning ${messageColumns})
    insert into outreach.message (contact_id, lane, ${messageColumns})
    select ${to}::bigint, ${laneOf(to)}::smallint, ${messageColumns} from gone on conflict do nothing`,
  )
  await run(
    trx,
    sql`
    with gone as (delete from outreach.hit where contact_id = ${from}::bigint
      returning id, message_id, kind, link_index, url, at, signals, verdict, verdict_reason, judge_at)
    insert into outreach.hit (contact_id, id, message_id, kind, link_index, url, at, signals, verdict, verdict_reason, judge_at)
    select ${to}::bigint, id, message_id, kind, link_index, url, at, signals, verdict, verdict_reason, judge_at from gone`,
  )
  await run(
    trx,
    sql`
    with gone as (delete from outreach.mailbox where contact_id = ${from}::bigint
      returning id, channel, sender, recipient, subject, at, raw, also)
    insert into outreach.mailbox (contact_id, id, channel, sender, recipient, subject, at, raw, also)
    select ${to}::bigint, id, channel, sender, recipient, subject, at, raw, also from gone`,
  )
}

/** Removes all that is held, but for the hashes by which its links to unsubscribe still work. */
export async function forget(trx: Db, contactIds: string[]): Promise<void> {
  await run(
    trx,
    sql`
    insert into outreach.farewell (contact_id, address_hash)
    select distinct contact_id, address_hash from outreach.message
    where contact_id = any(${contactIds}::bigint[]) and address_hash is not null and class in ('marketing', 'service')
    on conflict do nothing`,
  )
  await run(trx, sql`delete from outreach.hit where contact_id = any(${contactIds}::bigint[])`)
  await run(trx, sql`delete from outreach.mailbox where contact_id = any(${contactIds}::bigint[])`)
  await run(trx, sql`delete from outreach.message where contact_id = any(${contactIds}::bigint[])`)
}

export async function exportContact(db: Db, contactId: string): Promise<unknown> {
  const [messages, signals] = await Promise.all([
    many(
      db,
      sql`
      select m.id, m.channel, m.class, m.state, m.recipient, e.name as email, m.purpose, m.queued_at as "queuedAt",
        m.sent_at as "sentAt", m.opened_at as "openedAt", m.clicked_at as "clickedAt", m.history
      from outreach.message m left join outreach.email_version v on v.id = m.email_version_id
      left join outreach.email e on e.id = v.email_id
      where m.contact_id = ${contactId}::bigint order by m.id`,
    ),
    many(
      db,
      sql`
      select message_id as "messageId", kind, url, at, signals, verdict from outreach.hit
      where contact_id = ${contactId}::bigint order by id`,
    ),
  ])
  return { messages, signals }
}
