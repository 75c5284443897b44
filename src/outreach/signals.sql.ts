import { type Db, many, maybeOne, run, sql } from '#platform/db/db.ts'
import type { Link } from './render/protocol.ts'
import type { HitKind, HitVerdict, Signals } from './verdict.ts'

/** A message as its links need it. */
export type Tracked = {
  contactId: string
  id: string
  purpose: string
  sentAt: Date | null
  subject: string | null
  emailId: string | null
  emailName: string | null
  emailVersionId: string | null
  links: Link[] | null
  campaignId: string | null
  variant: number | null
}

const columns = sql`m.contact_id as "contactId", m.id, m.purpose, m.sent_at as "sentAt",
  v.subject, v.email_id as "emailId", e.name as "emailName", m.email_version_id as "emailVersionId", v.links,
  m.campaign_id as "campaignId", m.variant`
const joined = sql`outreach.message m
  left join outreach.email_version v on v.id = m.email_version_id left join outreach.email e on e.id = v.email_id`

export function selectTracked(db: Db, contactId: string, id: string): Promise<Tracked | undefined> {
  return maybeOne(
    db,
    sql`select ${columns} from ${joined} where m.contact_id = ${contactId}::bigint and m.id = ${id}::bigint`,
  )
}

export function selectTrackedMany(
  db: Db,
  keys: { contactId: string; messageId: string }[],
): Promise<Tracked[]> {
  return many(
    db,
    sql`
    select ${columns} from ${joined}
    join unnest(${keys.map(key => key.contactId)}::bigint[], ${keys.map(key => key.messageId)}::bigint[])
      as wanted (contact_id, id) on wanted.contact_id = m.contact_id and wanted.id = m.id`,
  )
}

export type HitRow = {
  contactId: string
  id: string
  messageId: string
  kind: HitKind
  linkIndex: number | null
  url: string | null
  at: Date
  signals: Signals
}

/** Whoever reloads a page all day fills no table; and a scanner does not use up what is left for the person. */
const mostHits = 500
const mostPerAgent = 50

/** Keeps a hit as it came; false where there are enough of them. */
export async function insertHit(db: Db, row: HitRow & { judgeAt: Date }): Promise<boolean> {
  const kept = await run(
    db,
    sql`
    insert into outreach.hit (contact_id, id, message_id, kind, link_index, url, at, signals, judge_at)
    select ${row.contactId}::bigint, ${row.id}::bigint, ${row.messageId}::bigint, ${row.kind}::text,
      ${row.linkIndex}::smallint, ${row.url}::text, ${row.at.toISOString()}::timestamptz,
      ${JSON.stringify(row.signals)}::jsonb, ${row.judgeAt.toISOString()}::timestamptz
    from (
      select count(*) as hits, count(*) filter (
        where h.signals->>'userAgent' is not distinct from ${row.signals.userAgent}::text) as own
      from outreach.hit h where h.contact_id = ${row.contactId}::bigint and h.message_id = ${row.messageId}::bigint
        and h.kind = ${row.kind}::text) kept
    where kept.hits < ${mostHits}::int and kept.own < ${mostPerAgent}::int`,
  )
  return kept === 1
}

const hitColumns = sql`h.contact_id as "contactId", h.id, h.message_id as "messageId", h.kind,
  h.link_index as "linkIndex", h.url, h.at, h.signals`

/** Hits whose time for a verdict has come. */
export function selectUnjudged(db: Db, now: Date, limit: number): Promise<HitRow[]> {
  return many(
    db,
    sql`
    select ${hitColumns} from outreach.hit h
    where h.verdict is null and h.judge_at <= ${now.toISOString()}::timestamptz order by h.judge_at limit ${limit}`,
  )
}

/** All clicks on these messages. */
export function selectClicks(db: Db, keys: { contactId: string; messageId: string }[]): Promise<HitRow[]> {
  return many(
    db,
    sql`
    select distinct ${hitColumns} from outreach.hit h
    join unnest(${keys.map(key => key.contactId)}::bigint[], ${keys.map(key => key.messageId)}::bigint[])
      as wanted (contact_id, message_id) on wanted.contact_id = h.contact_id and wanted.message_id = h.message_id
    where h.kind = 'click'`,
  )
}

export type VerdictRow = HitRow & { verdict: HitVerdict; reason: string }

/** Writes verdicts where there is none yet; the ids of those that were. */
export async function writeVerdicts(db: Db, rows: VerdictRow[]): Promise<Set<string>> {
  const written = await many<{ id: string }>(
    db,
    sql`
    update outreach.hit h set verdict = fresh.verdict, verdict_reason = fresh.reason
    from unnest(${rows.map(row => row.contactId)}::bigint[], ${rows.map(row => row.id)}::bigint[],
      ${rows.map(row => row.verdict)}::text[], ${rows.map(row => row.reason)}::text[]
    ) as fresh (contact_id, id, verdict, reason)
    where h.contact_id = fresh.contact_id and h.id = fresh.id and h.verdict is null
    returning h.id`,
  )
  return new Set(written.map(row => row.id))
}

/** Notes the first signal that was not a machine's, and learns from any click that an unknown message arrived. */
export async function noteSignals(db: Db, rows: VerdictRow[]): Promise<void> {
  if (rows.length === 0) return
  const times = (kind: HitKind) =>
    rows.map(row => (row.kind === kind && row.verdict !== 'machine' ? row.at.toISOString() : null))
  await run(
    db,
    sql`
    update outreach.message m set opened_at = coalesce(m.opened_at, fresh.opened), clicked_at = coalesce(m.clicked_at, fresh.clicked),
      state = case when m.state = 'unknown' then 'sent' else m.state end,
      sent_at = case when m.state = 'unknown' then m.sending_at else m.sent_at end,
      history = case when m.state <> 'unknown' then m.history else m.history || jsonb_build_array(jsonb_build_object(
        'state', 'sent', 'at', fresh.at::text, 'words', 'it was opened or clicked, so it arrived')) end
    from (
      select contact_id, message_id, min(opened) as opened, min(clicked) as clicked, min(at) as at
      from unnest(${rows.map(row => row.contactId)}::bigint[], ${rows.map(row => row.messageId)}::bigint[],
        ${times('open')}::timestamptz[], ${times('click')}::timestamptz[], ${rows.map(row => row.at.toISOString())}::timestamptz[]
      ) as hit (contact_id, message_id, opened, clicked, at)
      group by contact_id, message_id) fresh
    where m.contact_id = fresh.contact_id and m.id = fresh.message_id`,
  )
}
