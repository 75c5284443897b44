import { estimateContacts } from '#audience/contacts.ts'
import { addDays, dayIn } from '#decisions/zone-days.ts'
import { type Db, many, sql } from '#platform/db/db.ts'
import type { Services } from '#platform/services.ts'
import { type SetUpStep, setUp } from './overview.set-up.ts'
import { type Matter, stuck, waitsFor } from './overview.stuck.ts'
import type { Span } from './range.ts'
import { deriveMail, mailDays, mailTotals } from './reports/mail.ts'
import { type Report, totalsOf } from './reports/report.ts'

/** Five of the metrics of messages, under their names in the dictionary. */
export const homeMetrics = ['sent', 'delivered', 'opened', 'clicked', 'unsubscribed', 'machine_hits'] as const
type HomeMetric = (typeof homeMetrics)[number]

export type Overview = {
  contacts: number
  range: Span & { before: Span }
  totals: Report['totals']
  days: ({ day: string } & Record<HomeMetric, number>)[]
  sending: Sending[]
  running: { id: string; name: string; people: number; entered: number; goals: number }[]
  stuck: Matter[]
  mine: Matter[]
  setUp: SetUpStep[]
}

/** Something that sends at this moment, or has a time to. `total` is null where nobody can know it. */
export type Sending = {
  kind: 'campaign' | 'queue'
  id: string
  name: string
  state: string
  done: number
  total: number | null
  at: Date | null
}

/** Numbers of the days before are compared with; every one is the report's, for it comes from the same place. */
async function month(db: Db, zone: string, now: Date): Promise<Pick<Overview, 'range' | 'totals' | 'days'>> {
  const to = dayIn(zone, now)
  const span = { from: addDays(to, -29), to }
  const before = { from: addDays(to, -59), to: addDays(to, -30) }
  const all = sql`true`
  const [totals, earlier, rows] = await Promise.all([
    mailTotals(db, span, all),
    mailTotals(db, before, all),
    mailDays(db, span, all),
  ])
  const known = new Map(rows.map(({ day, ...counts }) => [day, counts as Record<string, number>]))
  const days = Array.from({ length: 30 }, (_, index) => {
    const day = addDays(span.from, index)
    const values = deriveMail(known.get(day) ?? {})
    const shown = Object.fromEntries(homeMetrics.map(key => [key, Number(values[key] ?? 0)]))
    return { day, ...(shown as Record<HomeMetric, number>) }
  })
  const keys = [...homeMetrics, 'delivery_rate', 'open_rate', 'click_rate', 'unsubscribe_rate']
  return { range: { ...span, before }, totals: totalsOf(keys, totals ?? {}, earlier), days }
}

const mostCounted = 10_000

/** Campaigns on their way or with a time, and what stands in line at this moment. */
async function sending(db: Db, now: Date): Promise<Sending[]> {
  const campaigns = await many<Sending>(
    db,
    sql`
    select 'campaign' as kind, c.id::text, c.name, c.status as state, coalesce(m.done, 0)::float8 as done,
      (c.frozen->>'recipients')::float8 as total,
      case when c.status = 'scheduled' then c.starts_at end as at
    from outreach.campaign c
    left join lateral (
      select sum(sent + failed + held_back + unknown) as done from insight.mail_day where campaign_id = c.id
        and day >= coalesce(c.started_at, ${now}::timestamptz)::date - 1) m on true
    where c.status in ('running', 'paused', 'scheduled') and c.archived_at is null order by c.id desc limit 20`,
  )
  const [queue] = await many<{ n: number }>(
    db,
    sql`select count(*)::int as n from (
      select from outreach.message where state in ('queued', 'deferred') and campaign_id is null and not_before <= ${now}
      limit ${mostCounted}) waiting`,
  )
  const waiting = queue?.n ?? 0
  const line: Sending[] = waiting
    ? [{ kind: 'queue', id: '0', name: 'Workflows', state: 'running', done: 0, total: waiting, at: null }]
    : []
  return [...campaigns.map(row => ({ ...row, total: row.state === 'scheduled' ? null : row.total })), ...line]
}

function running(db: Db, span: Span): Promise<Overview['running']> {
  return many(
    db,
    sql`
    select w.id::text, w.name,
      (select count(*)::int from (select from workflows.enrolment e
        where e.workflow_id = w.id and e.status = 'active' limit 100000) e) as people,
      coalesce(f.entered, 0)::float8 as entered, coalesce(f.goals, 0)::float8 as goals
    from workflows.workflow w
    left join (
      select workflow_id, sum(n) filter (where what = 'entered') as entered, sum(n) filter (where what = 'goal') as goals
      from insight.flow_day where day between ${span.from}::date and ${span.to}::date group by workflow_id) f on f.workflow_id = w.id
    where w.status = 'live' order by lower(w.name) limit 50`,
  )
}

/** What the first screen shows. Every part is a short statement; none counts a large table. */
export async function overview(
  services: Pick<Services, 'db' | 'config'>,
  ask: { now: Date; userId: string },
): Promise<Overview> {
  const { db, config } = services
  const mail = await month(db, config.zone, ask.now)
  const [contacts, sends, runs, stuckThings, mine, steps] = await Promise.all([
    estimateContacts(db),
    sending(db, ask.now),
    running(db, mail.range),
    stuck(services, ask.now),
    waitsFor(db, ask.userId),
    setUp(services),
  ])
  return { contacts, ...mail, sending: sends, running: runs, stuck: stuckThings, mine, setUp: steps }
}
