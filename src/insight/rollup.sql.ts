import { type Db, many, type RawBuilder, run, sql } from '#platform/db/db.ts'
import { mailMetrics } from './metrics.mail.ts'
import { ownDomains, providers } from './providers.ts'

/** The parts of the rollup: each has a ledger, a table of days, and one statement that counts days anew. */
export const parts = ['mail', 'events', 'flow'] as const
export type Part = (typeof parts)[number]

/** Days to count, `2026-11-23`, as they begin and end in `zone`. */
export type Days = { days: string[]; zone: string }

/**
 * The moments that can fall on one of the days, a little wide: it lets the ledger's BRIN index skip the rest. Which
 * day a moment falls on is said by `at time zone` alone, so clocks that are put back count nothing twice.
 */
const within = (column: RawBuilder<unknown>, { days, zone }: Days) => {
  const [first, last] = [days[0] ?? '', days.at(-1) ?? '']
  return sql`${column} >= ((${first}::date - 1)::timestamp + interval '20 hours') at time zone ${zone}
    and ${column} < ((${last}::date + 1)::timestamp + interval '4 hours') at time zone ${zone}
    and (${column} at time zone ${zone})::date = any(${days}::date[])`
}
const dayOf = (column: RawBuilder<unknown>, zone: string) => sql`(${column} at time zone ${zone})::date`

const messageAt = sql`coalesce(m.sent_at, m.sending_at, m.decided_at)`

/** One row per message of the days, with all that came of it: what every metric of messages is counted over. */
export const letters = (ask: Days) => sql`
  select ${dayOf(messageAt, ask.zone)} as day, m.contact_id, m.id, m.state,
    coalesce(v.email_id, 0) as email_id, coalesce(m.email_version_id, 0) as version_id,
    coalesce(m.campaign_id, 0) as campaign_id, coalesce(m.variant::text, '') as variant,
    coalesce(lower(split_part(m.recipient, '@', 2)), '') as domain,
    m.history @> '[{"state": "deferred"}]' as was_deferred,
    m.state = 'sent' or coalesce(back.bounced_hard or back.bounced_soft, false) as is_sent,
    coalesce(back.bounced_hard, false) as bounced_hard, coalesce(back.bounced_soft, false) as bounced_soft,
    coalesce(back.complained, false) as complained, coalesce(back.unsubscribed, false) as unsubscribed,
    coalesce(hits.opened, false) as opened, coalesce(hits.clicked, false) as clicked,
    coalesce(hits.machine_opened, false) as machine_opened, coalesce(hits.machine_clicked, false) as machine_clicked,
    coalesce(hits.machine_hits, 0) as machine_hits
  from outreach.message m
  left join outreach.email_version v on v.id = m.email_version_id
  left join lateral (
    select bool_or(r.kind = 'bounced_hard') as bounced_hard, bool_or(r.kind = 'bounced_soft') as bounced_soft,
      bool_or(r.kind = 'complained') as complained, bool_or(r.kind = 'unsubscribed') as unsubscribed
    from insight.response r where r.contact_id = m.contact_id and r.message_id = m.id) back on true
  left join lateral (
    select bool_or(h.kind = 'open' and h.verdict = 'human') as opened,
      bool_or(h.kind = 'click' and h.verdict = 'human') as clicked,
      bool_or(h.kind = 'open' and h.verdict <> 'human') as machine_opened,
      bool_or(h.kind = 'click' and h.verdict <> 'human') as machine_clicked,
      count(*) filter (where h.verdict <> 'human') as machine_hits
    from outreach.hit h where h.contact_id = m.contact_id and h.message_id = m.id) hits on true
  where m.class in ('marketing', 'service') and m.channel = 'email' and ${within(messageAt, ask)}`

const known = providers.flatMap(({ key, domains }) => domains.map(domain => ({ key, domain })))
const mailColumns = sql.raw(mailMetrics.map(metric => metric.key).join(', '))
const mailCounts = sql.raw(mailMetrics.map(metric => `(${metric.sql})::int as ${metric.key}`).join(', '))

/** The rows of `insight.mail_day` for these days, counted from the ledger of messages. */
export const countMail = (ask: Days) => sql`
  with letter as materialized (${letters(ask)}),
  volume as (
    select day, domain, row_number() over (partition by day order by count(*) desc, domain) as place
    from letter where is_sent or state = 'failed' group by day, domain),
  placed as (
    select letter.*, case when letter.domain = '' then '' when known.key is not null then known.key
      when volume.place <= ${ownDomains} then letter.domain else 'small' end as provider
    from letter
    left join volume on volume.day = letter.day and volume.domain = letter.domain
    left join unnest(${known.map(row => row.domain)}::text[], ${known.map(row => row.key)}::text[]) as known (domain, key)
      on known.domain = letter.domain)
  select day, email_id, version_id, campaign_id, variant, provider, ${mailCounts}
  from placed where is_sent or state in ('failed', 'suppressed', 'unknown')
  group by day, email_id, version_id, campaign_id, variant, provider`

export const eventTypes = [
  'contact.created',
  'list.joined',
  'list.left',
  'consent.granted',
  'consent.withdrawn',
  'segment.entered',
  'segment.left',
]

/** The rows of `insight.event_day`: what an event is about is its key. */
export const countEvents = (ask: Days) => sql`
  select ${dayOf(sql`event.at`, ask.zone)} as day, event.type,
    left(coalesce(case
      when event.type like 'segment.%' then event.data->>'segmentId'
      when event.type like 'list.%' then event.data->>'listId'
      when event.type like 'consent.%' then event.data->>'purpose'
      else event.data->>'source' end, ''), 200) as key, count(*)::int as n
  from activity.event event
  where event.type = any(${eventTypes}::text[]) and ${within(sql`event.at`, ask)}
  group by 1, 2, 3`

/** The rows of `insight.flow_day`: who came in, which way each step was left, and how stays ended. */
export const countFlow = (ask: Days) => sql`
  with passage as (
    select e.workflow_id, ${dayOf(sql`s.at`, ask.zone)} as day, e.version, s.node, 'exit:' || s.exit as what
    from workflows.step s join workflows.enrolment e on e.contact_id = s.contact_id and e.id = s.enrolment_id
    where ${within(sql`s.at`, ask)}
    union all
    select e.workflow_id, ${dayOf(sql`e.entered_at`, ask.zone)}, e.version, '', 'entered'
    from workflows.enrolment e where ${within(sql`e.entered_at`, ask)}
    union all
    select e.workflow_id, ${dayOf(sql`e.ended_at`, ask.zone)}, e.version, e.node,
      case when e.end_reason = 'goal reached' then 'goal' else e.status end
    from workflows.enrolment e where e.status <> 'active' and ${within(sql`e.ended_at`, ask)})
  select workflow_id, day, version, node, what, count(*)::int as n from passage
  group by workflow_id, day, version, node, what`

const tables = {
  mail: {
    name: 'insight.mail_day',
    columns: sql`day, email_id, version_id, campaign_id, variant, provider, ${mailColumns}`,
    rows: countMail,
  },
  events: { name: 'insight.event_day', columns: sql`day, type, key, n`, rows: countEvents },
  flow: {
    name: 'insight.flow_day',
    columns: sql`workflow_id, day, version, node, what, n`,
    rows: countFlow,
  },
} satisfies Record<Part, { name: string; columns: RawBuilder<unknown>; rows(ask: Days): RawBuilder<unknown> }>

/** Counts the days anew and puts the result in the place of what stood there. */
export async function recountDays(trx: Db, part: Part, ask: Days): Promise<void> {
  const { name, columns, rows } = tables[part]
  const table = sql.raw(name)
  await run(trx, sql`delete from ${table} where day = any(${ask.days}::date[])`)
  await run(trx, sql`insert into ${table} (${columns}) select ${columns} from (${rows(ask)}) counted`)
}

/** Per day: how many rows of the rollup are missing, too many, or differ from the ledger. */
export function compareDays(db: Db, part: Part, ask: Days): Promise<{ day: string; differences: number }[]> {
  const { name, columns, rows } = tables[part]
  const kept = sql`select ${columns} from ${sql.raw(name)} where day = any(${ask.days}::date[])`
  const counted = sql`select ${columns} from (${rows(ask)}) fresh`
  return many(
    db,
    sql`select day::text as day, count(*)::int as differences from (
        (${kept} except ${counted}) union all (${counted} except ${kept})) different
      group by day order by day`,
  )
}

/** The first day of which anything can be counted; null in an empty installation. */
export async function firstDay(db: Db, zone: string): Promise<string | null> {
  const [row] = await many<{ day: string | null }>(
    db,
    sql`select ${dayOf(
      sql`least(
        (select min(created_at) from audience.contact), (select min(coalesce(sent_at, sending_at, decided_at)) from outreach.message),
        (select min(entered_at) from workflows.enrolment),
        (select min(at) from activity.event where type = any(${eventTypes}::text[])))`,
      zone,
    )}::text as day`,
  )
  return row?.day ?? null
}
