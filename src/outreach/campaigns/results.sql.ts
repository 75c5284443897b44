import { type Db, many, type RawBuilder, sql } from '#platform/db/db.ts'
import type { Test } from './definition.ts'

export type Tally = {
  wave: number
  /** 0: has no message yet and waits for the winner. */
  variant: number
  /** `waiting`: has no message yet. */
  state: string
  n: number
  opened: number
  clicked: number
  machine: number
  bounced: number
  unsubscribed: number
}

const judged = (kind: 'open' | 'click', verdict: 'human' | 'machine') => sql`exists (
  select from outreach.hit h where h.contact_id = m.contact_id and h.message_id = m.id
    and h.kind = ${kind} and h.verdict = ${verdict})`

/**
 * What became of everybody, counted from the rows: by wave, variant and state. Opens and clicks only where a human
 * gave them; `machine`: messages that only machines clicked in.
 */
export function tallyCampaign(db: Db, campaignId: string): Promise<Tally[]> {
  return many(
    db,
    sql`
    select wave, variant, state, count(*)::int as n, count(*) filter (where opened)::int as opened,
      count(*) filter (where clicked)::int as clicked, count(*) filter (where machine and not clicked)::int as machine,
      count(*) filter (where bounced)::int as bounced, count(*) filter (where unsubscribed)::int as unsubscribed
    from (
      select r.wave, coalesce(m.variant, r.variant) as variant, coalesce(m.state, 'waiting') as state,
        m.opened_at is not null and ${judged('open', 'human')} as opened,
        m.clicked_at is not null and ${judged('click', 'human')} as clicked,
        m.sent_at is not null and ${judged('click', 'machine')} as machine,
        m.bounced_at is not null as bounced,
        m.sent_at is not null and exists (
          select from activity.event e where e.contact_id = m.contact_id and e.at >= m.sent_at
            and e.type = 'email.unsubscribed' and e.data->>'messageId' = m.id::text) as unsubscribed
      from outreach.campaign_recipient r
      left join outreach.message m on m.contact_id = r.contact_id and m.id = r.message_id
      where r.campaign_id = ${campaignId}::bigint) each
    group by wave, variant, state order by wave, variant, state`,
  )
}

function isHit(test: Test): RawBuilder<unknown> {
  if (test.metric === 'clicks') return sql`m.clicked_at is not null and ${judged('click', 'human')}`
  if (test.metric === 'opens') return sql`m.opened_at is not null and ${judged('open', 'human')}`
  const { event, name } = test.goal ?? { event: '', name: null }
  return sql`exists (
    select from activity.event e where e.contact_id = m.contact_id and e.at > m.sent_at
      and e.at <= m.sent_at + make_interval(hours => ${test.hours}::int) and e.type = ${event}
      ${name ? sql`and e.name = ${name}` : sql``}
      and coalesce(e.data->>'bot', '') <> 'true' and coalesce(e.data->>'verdict', 'human') = 'human')`
}

/** For each variant of the sample: mails that left, and those that did what the test counts. */
export function tallyTest(
  db: Db,
  campaignId: string,
  test: Test,
): Promise<{ variant: number; n: number; hits: number }[]> {
  return many(
    db,
    sql`
    select m.variant, count(*)::int as n, count(*) filter (where ${isHit(test)})::int as hits
    from outreach.campaign_recipient r
    join outreach.message m on m.contact_id = r.contact_id and m.id = r.message_id
    where r.campaign_id = ${campaignId}::bigint and r.wave = 1 and m.state = 'sent'
    group by m.variant order by m.variant`,
  )
}

export type RecipientRow = {
  contactId: string
  email: string | null
  firstName: string | null
  lastName: string | null
  messageId: string | null
  variant: number
  wave: number
  state: string
  verdict: string | null
  verdictReason: string | null
  replyCode: number | null
  replyStatus: string | null
  replyText: string | null
  dueAt: Date
  notBefore: Date | null
  sentAt: Date | null
  openedAt: Date | null
  clickedAt: Date | null
}

const rare = ['failed', 'deferred', 'unknown', 'suppressed', 'cancelled']

/** Recipients in the order of their ids; those that did not simply leave are found by an index of their own. */
export function selectRecipients(
  db: Db,
  ask: { campaignId: string; state: string | null; after: string; limit: number },
): Promise<RecipientRow[]> {
  const { state } = ask
  const chosen =
    state === null
      ? sql``
      : state === 'waiting'
        ? sql`and r.message_id is null`
        : rare.includes(state)
          ? sql`and m.campaign_id = r.campaign_id and m.state = ${sql.lit(state)}`
          : sql`and m.state = ${state}`
  return many(
    db,
    sql`
    select r.contact_id as "contactId", contact.email, contact.first_name as "firstName", contact.last_name as "lastName",
      r.message_id as "messageId", coalesce(m.variant, r.variant) as variant, r.wave, coalesce(m.state, 'waiting') as state,
      m.verdict, m.verdict_reason as "verdictReason", m.reply_code as "replyCode", m.reply_status as "replyStatus",
      m.reply_text as "replyText", r.due_at as "dueAt", m.not_before as "notBefore", m.sent_at as "sentAt",
      m.opened_at as "openedAt", m.clicked_at as "clickedAt"
    from outreach.campaign_recipient r
    left join outreach.message m on m.contact_id = r.contact_id and m.id = r.message_id
    left join audience.contact contact on contact.id = r.contact_id
    where r.campaign_id = ${ask.campaignId}::bigint and r.contact_id > ${ask.after}::bigint ${chosen}
    order by r.contact_id limit ${ask.limit}`,
  )
}
