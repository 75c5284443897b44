import { plainArray } from '#platform/db/arrays.ts'
import { type Db, many, maybeOne, one, run, sql } from '#platform/db/db.ts'
import { laneCount } from '#platform/ids.ts'

const lanes = Array.from({ length: laneCount }, (_, lane) => lane)

export type FreshRecipient = { contactId: string; wave: number; variant: number; dueAt: Date }

/** Freezes recipients; one that is there already stays as he is. */
export function insertRecipients(trx: Db, campaignId: string, rows: FreshRecipient[]): Promise<number> {
  if (rows.length === 0) return Promise.resolve(0)
  return run(
    trx,
    sql`
    insert into outreach.campaign_recipient (contact_id, campaign_id, wave, variant, due_at)
    select contact_id, ${campaignId}::bigint, wave, variant, due_at
    from unnest(${plainArray(rows.map(row => row.contactId))}::bigint[], ${plainArray(rows.map(row => row.wave))}::smallint[],
      ${plainArray(rows.map(row => row.variant))}::smallint[],
      ${plainArray(rows.map(row => row.dueAt.toISOString()))}::timestamptz[]) as fresh (contact_id, wave, variant, due_at)
    on conflict do nothing`,
  )
}

export type Waiting = { contactId: string; variant: number; generation: number }

/** Recipients whose turn has come and who have no message yet, the longest due first. */
export function selectWaiting(
  trx: Db,
  ask: { campaignId: string; wave: number; now: Date; limit: number },
): Promise<Waiting[]> {
  return many(
    trx,
    sql`
    select due.contact_id as "contactId", due.variant, due.generation from generate_series(1, ${ask.wave}::int) w
    cross join lateral (
      select r.contact_id, r.variant, r.generation, r.due_at from outreach.campaign_recipient r
      where r.campaign_id = ${ask.campaignId}::bigint and r.wave = w and r.message_id is null
        and r.due_at <= ${ask.now.toISOString()}::timestamptz
      order by r.due_at, r.contact_id limit ${ask.limit}) due
    order by due.due_at, due.contact_id limit ${ask.limit}`,
  )
}

/** When the next recipient's turn comes; the past where somebody's has come already. */
export async function nextTurn(trx: Db, ask: { campaignId: string; wave: number }): Promise<Date | null> {
  const row = await maybeOne<{ at: Date | null }>(
    trx,
    sql`
    select min(due.due_at) as at from generate_series(1, ${ask.wave}::int) w
    cross join lateral (
      select r.due_at from outreach.campaign_recipient r
      where r.campaign_id = ${ask.campaignId}::bigint and r.wave = w and r.message_id is null
      order by r.due_at limit 1) due`,
  )
  return row?.at ?? null
}

/** Notes which message each became: the one of this reason and generation. */
export function noteMessages(
  trx: Db,
  campaignId: string,
  given: { reason: string; rows: Waiting[] },
): Promise<number> {
  return run(
    trx,
    sql`
    update outreach.campaign_recipient r set message_id = m.id
    from unnest(${plainArray(given.rows.map(row => row.contactId))}::bigint[],
        ${plainArray(given.rows.map(row => row.generation))}::int[]) as fresh (contact_id, generation)
      join outreach.message m on m.contact_id = fresh.contact_id and m.reason = ${given.reason}
        and m.generation = fresh.generation
    where r.contact_id = fresh.contact_id and r.campaign_id = ${campaignId}::bigint and r.message_id is null`,
  )
}

/** Cancels what waits in the campaign's line, so many at a time. Returns how many. */
export function cancelQueued(
  trx: Db,
  campaignId: string,
  given: { words: string; now: Date; limit: number },
): Promise<number> {
  const entry = JSON.stringify([{ state: 'cancelled', at: given.now.toISOString(), words: given.words }])
  return run(
    trx,
    sql`
    update outreach.message m set state = 'cancelled', history = m.history || ${entry}::jsonb
    from (
      select waiting.contact_id, waiting.id from unnest(${lanes}::smallint[]) as every (lane)
      cross join lateral (
        select q.contact_id, q.id from outreach.message q
        where q.lane = every.lane and q.urgency = 1 and coalesce(q.campaign_id, 0) = ${campaignId}::bigint
          and q.state in ('queued', 'deferred') order by q.not_before, q.id
        limit ${Math.ceil(given.limit / lanes.length)}) waiting) gone
    where m.contact_id = gone.contact_id and m.id = gone.id and m.state in ('queued', 'deferred')`,
  )
}

const waitsInLine = (campaign: ReturnType<typeof sql>) => sql`exists (
  select from unnest(${lanes}::smallint[]) as every (lane)
  cross join lateral (
    select from outreach.message q
    where q.lane = every.lane and q.urgency = 1 and coalesce(q.campaign_id, 0) = ${campaign}
      and q.state in ('queued', 'deferred') limit 1) waiting)`
const isLeaving = (campaign: ReturnType<typeof sql>) =>
  sql`exists (select from outreach.message s where s.state = 'sending' and s.campaign_id = ${campaign})`

/** Whether messages of a campaign are just on their way to the server. */
export async function isSending(trx: Db, campaignId: string): Promise<boolean> {
  const { busy } = await one<{ busy: boolean }>(
    trx,
    sql`select ${isLeaving(sql`${campaignId}::bigint`)} as busy`,
  )
  return busy
}

/** Running campaigns of which nothing is left to queue, to send or to decide. */
export async function selectEnded(db: Db): Promise<string[]> {
  const rows = await many<{ id: string }>(
    db,
    sql`
    select c.id from outreach.campaign c
    where c.status = 'running' and c.due_at is null and c.frozen_at is not null and not c.waits
      and not ${waitsInLine(sql`c.id`)} and not ${isLeaving(sql`c.id`)}
    order by c.id limit 20`,
  )
  return rows.map(row => row.id)
}

/** Lets those whose message failed have another one: their generation grows. Returns how many. */
export function renewFailed(trx: Db, campaignId: string, now: Date): Promise<number> {
  return run(
    trx,
    sql`
    update outreach.campaign_recipient r
    set generation = r.generation + 1, message_id = null, due_at = ${now.toISOString()}::timestamptz
    from outreach.message m
    where m.campaign_id = ${campaignId}::bigint and m.state = 'failed' and r.contact_id = m.contact_id
      and r.campaign_id = ${campaignId}::bigint and r.message_id = m.id`,
  )
}

/** How many of a campaign's messages failed and were not repeated since. */
export async function countFailed(db: Db, campaignId: string): Promise<number> {
  const { n } = await one<{ n: number }>(
    db,
    sql`
    select count(*)::int as n from outreach.message m
    join outreach.campaign_recipient r on r.contact_id = m.contact_id and r.campaign_id = m.campaign_id and r.message_id = m.id
    where m.campaign_id = ${campaignId}::bigint and m.state = 'failed'`,
  )
  return n
}
