import { estimateContacts } from '#audience/contacts.ts'
import { type Db, many, one, sql } from '#platform/db/db.ts'

export type Day = {
  day: string
  sent: number
  opened: number
  clicked: number
  unsubscribed: number
  machine: number
}
export type Overview = {
  contacts: number
  days: Day[]
  running: { kind: string; id: string; name: string; people: number }[]
  stuck: { words: string; where: string }[]
  setUp: { key: string; done: boolean }[]
}

/** Thirty days of mail by day of the zone: what people did, machines apart. Counted from the ledger of messages and what came back. */
function byDay(db: Db, zone: string, now: Date): Promise<Day[]> {
  const from = new Date(now.getTime() - 29 * 86_400_000)
  return many(
    db,
    sql`
    with days as (
      select d::date as day from generate_series((${from}::timestamptz at time zone ${zone})::date, (${now}::timestamptz at time zone ${zone})::date, '1 day') d),
    sent as (
      select (sent_at at time zone ${zone})::date as day, count(*)::int as n from outreach.message
      where state = 'sent' and class in ('marketing', 'service') and sent_at > ${from} and sent_at <= ${now} group by 1),
    hits as (
      select (at at time zone ${zone})::date as day,
        (count(*) filter (where kind = 'open' and verdict = 'human'))::int as opened,
        (count(*) filter (where kind = 'click' and verdict = 'human'))::int as clicked,
        (count(*) filter (where verdict is distinct from 'human'))::int as machine
      from outreach.hit where at > ${from} and at <= ${now} group by 1),
    gone as (
      select (at at time zone ${zone})::date as day, count(*)::int as n from audience.consent
      where state = 'withdrawn' and at > ${from} and at <= ${now} group by 1)
    select days.day::text as day, coalesce(sent.n, 0) as sent, coalesce(hits.opened, 0) as opened, coalesce(hits.clicked, 0) as clicked,
      coalesce(gone.n, 0) as unsubscribed, coalesce(hits.machine, 0) as machine
    from days left join sent using (day) left join hits using (day) left join gone using (day) order by days.day`,
  )
}

async function stuck(db: Db): Promise<Overview['stuck']> {
  const row = await one<{ parked: number; unknown: number; failedJobs: number }>(
    db,
    sql`
    select (select count(*)::int from (select from engine.parked limit 1000) p) as parked,
      (select count(*)::int from (select from outreach.message where state = 'unknown' limit 1000) m) as unknown,
      (select count(*)::int from platform.job where state = 'failed') as "failedJobs"`,
  )
  const say = (count: number, words: string, where: string) =>
    count > 0 ? [{ words: `${count} ${words}`, where }] : []
  return [
    ...say(row.parked, 'put aside because they failed', '/system'),
    ...say(row.unknown, 'messages may or may not have arrived', '/deliveries?state=unknown'),
    ...say(row.failedJobs, 'jobs failed', '/system'),
  ]
}

async function setUp(db: Db): Promise<Overview['setUp']> {
  const row = await one<Record<string, boolean>>(
    db,
    sql`
    select exists (select from access.account where password is not null) as password,
      exists (select from capture.source) as source,
      exists (select from activity.event where type in ('page.viewed', 'event.tracked')) as events,
      exists (select from outreach.email where status = 'live') as email,
      exists (select from workflows.workflow where status = 'live') as workflow`,
  )
  return Object.entries(row).map(([key, isDone]) => ({ key, done: isDone }))
}

/** What the first screen shows. Every part is a short statement; none counts a large table. */
export async function overview(db: Db, ask: { zone: string; now: Date }): Promise<Overview> {
  const [contacts, days, running, stuckThings, checklist] = await Promise.all([
    estimateContacts(db),
    byDay(db, ask.zone, ask.now),
    many<{ kind: string; id: string; name: string; people: number }>(
      db,
      sql`
      select 'workflows' as kind, w.id::text, w.name,
        (select count(*)::int from (select from workflows.enrolment e where e.workflow_id = w.id and e.ended_at is null limit 100000) e) as people
      from workflows.workflow w where w.status = 'live' order by lower(w.name) limit 50`,
    ),
    stuck(db),
    setUp(db),
  ])
  return { contacts, days, running, stuck: stuckThings, setUp: checklist }
}
