import { backlog } from '#engine/work.ts'
import { readSettings } from '#outreach/settings.ts'
import { type Db, many, sql } from '#platform/db/db.ts'
import { readHold } from '#platform/hold.ts'
import type { Services } from '#platform/services.ts'

/** Something that stands still: what, why, and the screen on which something can be done about it. */
export type Matter = { words: string; why: string | null; where: string; bad: boolean }

const lateSeconds = 60
const enoughToJudge = 50
const mostBounces = 0.05

const plural = (n: number, one: string, many: string) => `${n} ${n === 1 ? one : many}`

/** All that does not go on by itself, the worst first. */
export async function stuck(services: Pick<Services, 'db' | 'config'>, now: Date): Promise<Matter[]> {
  const { db } = services
  const parts = await Promise.all([
    stopped(services),
    late(db),
    putAside(db),
    workflowsAtRest(db),
    letters(db, now),
    jobs(db),
    segments(db),
  ])
  const rank = (matter: Matter) => (matter.bad ? 0 : 1)
  return parts.flat().sort((a, b) => rank(a) - rank(b))
}

async function stopped({ db, config }: Pick<Services, 'db' | 'config'>): Promise<Matter[]> {
  const [hold, { pause }] = await Promise.all([readHold(db), readSettings(db, config.mode)])
  return [
    ...(hold ? [{ words: 'All sending is held', why: hold.words, where: '/system', bad: true }] : []),
    ...(pause
      ? [
          {
            words: `Sending was stopped by ${pause.by}`,
            why: pause.words,
            where: '/settings/sending',
            bad: true,
          },
        ]
      : []),
  ]
}

async function late(db: Db): Promise<Matter[]> {
  const { rows, oldestSeconds } = await backlog(db)
  if (oldestSeconds <= lateSeconds) return []
  const words = `Work is late by ${Math.round(oldestSeconds / 60) || 1} min`
  return [
    {
      words,
      why: `${plural(rows, 'batch waits', 'batches wait')}; is a worker running?`,
      where: '/system',
      bad: true,
    },
  ]
}

async function putAside(db: Db): Promise<Matter[]> {
  const items = await many<{ n: number; reason: string }>(
    db,
    sql`select count(*)::int as n, reason from (select reason from engine.parked order by id desc limit 1000) p
      group by reason order by 1 desc limit 3`,
  )
  const stays = await many<{ id: string; name: string; n: number; reason: string | null }>(
    db,
    sql`select w.id::text, w.name, count(*)::int as n, min(e.end_reason) as reason
      from workflows.workflow w join lateral (
        select end_reason from workflows.enrolment where workflow_id = w.id and status = 'parked' limit 1000) e on true
      where w.status <> 'archived' group by w.id, w.name order by 3 desc limit 10`,
  )
  return [
    ...items.map(item => ({
      words: `${plural(item.n, 'item was', 'items were')} put aside`,
      why: item.reason,
      where: '/system',
      bad: true,
    })),
    ...stays.map(stay => ({
      words: `${plural(stay.n, 'person is', 'people are')} put aside in “${stay.name}”`,
      why: stay.reason,
      where: `/workflows/${stay.id}?tab=people&status=parked`,
      bad: true,
    })),
  ]
}

async function workflowsAtRest(db: Db): Promise<Matter[]> {
  const rows = await many<{ id: string; name: string; n: number }>(
    db,
    sql`select w.id::text, w.name, e.n from workflows.workflow w join lateral (
        select count(*)::int as n from (select from workflows.enrolment
          where workflow_id = w.id and status = 'active' limit 10000) inside) e on true
      where w.status = 'paused' and e.n > 0 order by e.n desc limit 10`,
  )
  return rows.map(({ id, name, n }) => ({
    words: `“${name}” is paused`,
    why: `${plural(n, 'person stands', 'people stand')} still in it`,
    where: `/workflows/${id}`,
    bad: false,
  }))
}

async function letters(db: Db, now: Date): Promise<Matter[]> {
  const [unknown] = await many<{ n: number }>(
    db,
    sql`select count(*)::int as n from (select from outreach.message where state = 'unknown' limit 1000) m`,
  )
  const bounced = await many<{ id: string; name: string; rate: number; sent: number }>(
    db,
    sql`select e.id::text, e.name, sum(m.bounced_hard + m.bounced_soft)::float8 / sum(m.sent) as rate, sum(m.sent)::int as sent
      from insight.mail_day m join outreach.email e on e.id = m.email_id
      where m.day >= (${now}::timestamptz - interval '7 days')::date
      group by e.id, e.name having sum(m.sent) >= ${enoughToJudge}
        and sum(m.bounced_hard + m.bounced_soft) > ${mostBounces}::float8 * sum(m.sent) order by 3 desc limit 5`,
  )
  const held = await many<{ id: string; name: string; words: string | null }>(
    db,
    sql`select id::text, name, words from outreach.campaign where status = 'paused' and archived_at is null order by id desc limit 10`,
  )
  return [
    ...(unknown?.n
      ? [
          {
            words: `${plural(unknown.n, 'message', 'messages')} may or may not have arrived`,
            why: 'the connection broke while it was handed over; a person decides',
            where: '/deliveries?state=unknown',
            bad: true,
          },
        ]
      : []),
    ...bounced.map(row => ({
      words: `“${row.name}” bounces`,
      why: `${(row.rate * 100).toFixed(1)} % of ${row.sent} sent in the last 7 days came back`,
      where: `/reports/emails?emailId=${row.id}&preset=last_7_days`,
      bad: true,
    })),
    ...held.map(row => ({
      words: `The campaign “${row.name}” is paused`,
      why: row.words,
      where: `/campaigns/${row.id}`,
      bad: false,
    })),
  ]
}

async function jobs(db: Db): Promise<Matter[]> {
  const rows = await many<{ title: string; error: string | null }>(
    db,
    sql`select title, error from platform.job where state = 'failed' order by id desc limit 5`,
  )
  return rows.map(({ title, error }) => ({
    words: `${title}: failed`,
    why: error,
    where: '/system',
    bad: true,
  }))
}

async function segments(db: Db): Promise<Matter[]> {
  const rows = await many<{ id: string; name: string; broken: string }>(
    db,
    sql`select id::text, name, broken from decisions.segment where status = 'live' and broken is not null order by lower(name) limit 10`,
  )
  return rows.map(({ id, name, broken }) => ({
    words: `The segment “${name}” cannot be asked`,
    why: broken,
    where: `/segments/${id}`,
    bad: true,
  }))
}

/** What only this person, or first of all this person, can do something about. */
export async function waitsFor(db: Db, userId: string): Promise<Matter[]> {
  const [tests, parked] = await Promise.all([
    many<{ id: string; name: string }>(
      db,
      sql`select id::text, name from outreach.campaign
        where waits and archived_at is null and (owner_id = ${userId} or owner_id is null) order by id desc limit 10`,
    ),
    many<{ id: string; name: string; n: number }>(
      db,
      sql`select w.id::text, w.name, count(*)::int as n from workflows.workflow w join lateral (
          select 1 from workflows.enrolment where workflow_id = w.id and status = 'parked' limit 1000) e on true
        where w.owner_id = ${userId} and w.status <> 'archived' group by w.id, w.name order by 3 desc limit 10`,
    ),
  ])
  return [
    ...tests.map(({ id, name }) => ({
      words: `The test of “${name}” is over: say which variant the rest gets`,
      why: null,
      where: `/campaigns/${id}`,
      bad: false,
    })),
    ...parked.map(({ id, name, n }) => ({
      words: `${plural(n, 'person is', 'people are')} put aside in your workflow “${name}”`,
      why: null,
      where: `/workflows/${id}?tab=people&status=parked`,
      bad: true,
    })),
  ]
}
