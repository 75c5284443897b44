import { textArray } from '#platform/db/arrays.ts'
import { type Db, many, run, sql } from '#platform/db/db.ts'
import { newId } from '#platform/ids.ts'
import type { MessageClass } from '../messages.ts'
import type { News } from '../returns.ts'

/** A message as what came back about it needs it. */
export type About = {
  contactId: string
  id: string
  class: MessageClass
  purpose: string
  causeId: string | null
  addressHash: Buffer | null
  emailId: string | null
  emailVersionId: string | null
  emailName: string | null
  campaignId: string | null
  variant: number | null
}
type Key = { contactId: string; messageId: string }

export function selectAbout(db: Db, keys: Key[]): Promise<About[]> {
  return many(
    db,
    sql`
    select m.contact_id as "contactId", m.id, m.class, m.purpose, m.cause_id as "causeId",
      m.address_hash as "addressHash", v.email_id as "emailId", m.email_version_id as "emailVersionId", e.name as "emailName",
      m.campaign_id as "campaignId", m.variant
    from unnest(${keys.map(key => key.contactId)}::bigint[], ${keys.map(key => key.messageId)}::bigint[])
      as wanted (contact_id, id)
    join outreach.message m on m.contact_id = wanted.contact_id and m.id = wanted.id and m.channel = 'email'
    left join outreach.email_version v on v.id = m.email_version_id left join outreach.email e on e.id = v.email_id`,
  )
}

/** Writes what is new; returns `messageId|kind` of it. What was told before is left out. */
export async function insertNews(db: Db, rows: News[]): Promise<Set<string>> {
  const fresh = await many<{ key: string }>(
    db,
    sql`
    insert into outreach.news (contact_id, id, message_id, kind, status, words, source, at)
    select * from unnest(${rows.map(row => row.contactId)}::bigint[], ${rows.map(() => newId())}::bigint[],
      ${rows.map(row => row.messageId)}::bigint[], ${rows.map(row => row.kind)}::text[],
      ${textArray(rows.map(row => row.status))}::text[], ${textArray(rows.map(row => row.words))}::text[],
      ${textArray(rows.map(row => row.source))}::text[], ${rows.map(row => row.at.toISOString())}::timestamptz[])
    on conflict (contact_id, message_id, kind) do nothing
    returning message_id || '|' || kind as key`,
  )
  return new Set(fresh.map(row => row.key))
}

/**
 * Notes on the messages what came of them. The state says how a message left and stays; only one of which nobody knew
 * is known now: whoever tells about it had it. A worse class of bounce replaces a milder one.
 */
export async function noteOutcomes(db: Db, rows: News[]): Promise<void> {
  if (rows.length === 0) return
  const isBounce = (row: News) => row.kind === 'hard' || row.kind === 'soft' || row.kind === 'block'
  const when = (test: (row: News) => boolean) => rows.map(row => (test(row) ? row.at.toISOString() : null))
  await run(
    db,
    sql`
    update outreach.message m set
      bounced_at = coalesce(m.bounced_at, news.bounced),
      bounce = case when m.bounce = 'hard' or news.bounce is null then m.bounce else news.bounce end,
      bounce_words = case when m.bounce = 'hard' or news.bounce is null then m.bounce_words else news.words end,
      complained_at = coalesce(m.complained_at, news.complained),
      state = case when m.state = 'unknown' then 'sent' else m.state end,
      sent_at = case when m.state = 'unknown' then m.sending_at else m.sent_at end,
      history = m.history || news.entries
    from (
      select contact_id, message_id, min(bounced) as bounced, 
        (array_agg(bounce order by bounce = 'hard' desc nulls last, bounce))[1] as bounce,
        (array_agg(words order by bounce = 'hard' desc nulls last, bounce))[1] as words,
        min(complained) as complained,
        coalesce(jsonb_agg(entry::jsonb order by entry) filter (where entry is not null), '[]'::jsonb) as entries
      from unnest(${rows.map(row => row.contactId)}::bigint[], ${rows.map(row => row.messageId)}::bigint[],
        ${when(isBounce)}::timestamptz[], ${rows.map(row => (isBounce(row) ? row.kind : null))}::text[],
        ${rows.map(row => row.words)}::text[], ${when(row => row.kind === 'complaint')}::timestamptz[],
        ${rows.map(entryOf)}::text[]) as told (contact_id, message_id, bounced, bounce, words, complained, entry)
      group by contact_id, message_id) news
    where m.contact_id = news.contact_id and m.id = news.message_id`,
  )
}

const outcomeNames: Partial<Record<News['kind'], string>> = {
  hard: 'bounced for good',
  soft: 'bounced for now',
  block: 'refused as unwanted',
  complaint: 'reported as spam',
  delivered: 'delivered',
}

/** What the history says; a refusal at once is told there by its receipt already. */
function entryOf(row: News): string | null {
  const state = outcomeNames[row.kind]
  return row.late && state
    ? JSON.stringify({ state, at: row.at.toISOString(), words: row.words || null })
    : null
}

/** Of these contacts, those with `most` messages or more that bounced for now since then and since their last sign of life. */
export async function oftenFull(
  db: Db,
  contactIds: string[],
  { since, most }: { since: Date; most: number },
): Promise<Set<string>> {
  const rows = await many<{ contactId: string }>(
    db,
    sql`
    select n.contact_id as "contactId" from outreach.news n
    where n.contact_id = any(${contactIds}::bigint[]) and n.kind = 'soft' and n.at > ${since.toISOString()}::timestamptz
      and n.at > coalesce((
        select max(coalesce(m.clicked_at, m.opened_at)) from outreach.message m
        where m.contact_id = n.contact_id and coalesce(m.clicked_at, m.opened_at) is not null), '-infinity')
    group by n.contact_id having count(*) >= ${most}`,
  )
  return new Set(rows.map(row => row.contactId))
}

/** The hashes of the addresses that deleted contacts had. */
export function farewellHashes(db: Db, contactIds: string[]): Promise<{ contactId: string; hash: Buffer }[]> {
  return many(
    db,
    sql`
    select contact_id as "contactId", address_hash as hash from outreach.farewell
    where contact_id = any(${contactIds}::bigint[])`,
  )
}
