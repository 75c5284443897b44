import { type Db, many, run, sql } from '#platform/db/db.ts'
import type { Ending } from './reply.ts'

export type Receipt = { contactId: string; id: string; ending: Ending; notBefore: Date }
export type Written = { contactId: string; id: string }

/**
 * What became of messages of this sender: `sending` goes to its end, or back into the line. A message that was
 * taken for lost meanwhile (`unknown`) still learns its end. Everything else stays as it is. One statement.
 */
export function writeReceipts(
  db: Db,
  rows: Receipt[],
  by: { sender: string; now: Date },
): Promise<Written[]> {
  const now = by.now.toISOString()
  const endings = rows.map(row => row.ending)
  return many(
    db,
    sql`
    update outreach.message m set
      state = fresh.state, not_before = fresh.not_before, attempt = m.attempt + fresh.counts,
      reply_code = fresh.code, reply_status = fresh.status, reply_text = fresh.words,
      sent_at = case when fresh.state = 'sent' then m.sending_at else m.sent_at end,
      history = m.history || jsonb_build_array(jsonb_build_object(
        'state', fresh.state, 'at', ${now}::text, 'words', fresh.words))
    from unnest(${rows.map(row => row.contactId)}::bigint[], ${rows.map(row => row.id)}::bigint[],
      ${endings.map(ending => ending.state)}::text[], ${rows.map(row => row.notBefore.toISOString())}::timestamptz[],
      ${endings.map(ending => (ending.counts ? 1 : 0))}::smallint[], ${endings.map(ending => ending.code)}::smallint[],
      ${endings.map(ending => ending.status)}::text[], ${endings.map(ending => ending.words)}::text[]
    ) as fresh (contact_id, id, state, not_before, counts, code, status, words)
    where m.contact_id = fresh.contact_id and m.id = fresh.id and m.sender = ${by.sender}
      and (m.state = 'sending' or (m.state = 'unknown' and fresh.state in ('sent', 'failed')))
    returning m.contact_id as "contactId", m.id`,
  )
}

export type MailboxRow = {
  contactId: string
  id: string
  channel: string
  sender: string
  recipient: string
  subject: string
  raw: Buffer
  also: string | null
}

export async function insertMailbox(db: Db, rows: MailboxRow[], now: Date): Promise<void> {
  if (rows.length === 0) return
  await run(
    db,
    sql`
    insert into outreach.mailbox (contact_id, id, channel, sender, recipient, subject, at, raw, also)
    select contact_id, id, channel, sender, recipient, subject, ${now.toISOString()}::timestamptz, raw, also
    from unnest(${rows.map(row => row.contactId)}::bigint[], ${rows.map(row => row.id)}::bigint[],
      ${rows.map(row => row.channel)}::text[], ${rows.map(row => row.sender)}::text[],
      ${rows.map(row => row.recipient)}::text[], ${rows.map(row => row.subject.replaceAll('\0', '').toWellFormed())}::text[],
      ${rows.map(row => row.raw)}::bytea[], ${rows.map(row => row.also)}::text[]
    ) as fresh (contact_id, id, channel, sender, recipient, subject, raw, also)
    on conflict (contact_id, id) do update set also = excluded.also`,
  )
}

/** Adds to the hourly counts; additive, so that several workers never wait for each other's reading. */
export async function addTally(db: Db, outcomes: Map<string, number>, now: Date): Promise<void> {
  if (outcomes.size === 0) return
  const rows = [...outcomes].sort(([a], [b]) => (a < b ? -1 : 1))
  await run(
    db,
    sql`
    insert into outreach.tally as tally (hour, outcome, n)
    select date_trunc('hour', ${now.toISOString()}::timestamptz), outcome, n
    from unnest(${rows.map(([outcome]) => outcome)}::text[], ${rows.map(([, n]) => n)}::int[]) as fresh (outcome, n)
    on conflict (hour, outcome) do update set n = tally.n + excluded.n`,
  )
}

/** What became of the messages of the last day. */
export async function readTally(db: Db, now: Date): Promise<Record<string, number>> {
  const since = new Date(now.getTime() - 86_400_000).toISOString()
  const rows = await many<{ outcome: string; n: number }>(
    db,
    sql`select outcome, sum(n)::int as n from outreach.tally where hour > ${since}::timestamptz group by outcome`,
  )
  return Object.fromEntries(rows.map(row => [row.outcome, row.n]))
}
