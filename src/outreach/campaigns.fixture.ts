import type { FastifyInstance } from 'fastify'
import { may } from '#access/policy.ts'
import { createUser, systemActor } from '#access/users.ts'
import { createList } from '#audience/lists.ts'
import { many, one, run, sql } from '#platform/db/db.ts'
import { createServer, mountRoutes } from '#platform/http/server.ts'
import { newId } from '#platform/ids.ts'
import { openJobs } from '#platform/jobs.ts'
import type { Services } from '#platform/services.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { type Script, type Sink, startSink } from '../../tests/harness/smtp-sink.ts'
import { until } from '../../tests/harness/until.ts'
import { countAudience } from './campaigns/review.job.ts'
import { campaignLoop, campaignsPending } from './campaigns.loop.ts'
import { campaignRoutes } from './campaigns.routes.ts'
import { countPending } from './module.sql.ts'
import { addEmail, outreachServices, startDelivery } from './outreach.fixture.ts'
import { saveSettings } from './settings.ts'

export type Answer = { status: number; body: Record<string, unknown> & { id: string; version: number } }

/** All that campaigns need: a database, jobs, the office, a mail server and, once started, a worker. */
export type Stage = {
  base: TestDatabase
  services: Services
  sink: Sink
  scripts: Map<string, Script>
  ownerId: string
  emailId: string
  call(method: 'GET' | 'POST' | 'PATCH', path: string, payload?: object): Promise<Answer>
  /** Looks after campaigns and sends, until it is stopped. */
  work(): Promise<{ stop(): Promise<void> }>
  stop(): Promise<void>
}

export async function startStage(): Promise<Stage> {
  const base = await testDatabase()
  const scripts = new Map<string, Script>()
  const sink = await startSink({ script: to => scripts.get(to) ?? {} })
  const parts = outreachServices(base, { TEND_SMTP_URL: sink.url })
  const jobs = await openJobs(base.url, () => undefined)
  const services: Services = { ...parts, jobs }
  await jobs.work([countAudience], services)
  const app = await office(services)
  const user = { name: 'Mara', email: 'mara@tend.example', role: 'marketer' as const }
  const ownerId = (await createUser(base.db, systemActor, user)).id
  const { emailId } = await addEmail(services, { kind: 'html', source: page, subject: 'News for you' })
  return {
    base,
    services,
    sink,
    scripts,
    ownerId,
    emailId,
    async call(method, path, payload) {
      const answer = await app.inject({
        method,
        url: `/api/v1/campaigns${path}`,
        ...(payload ? { payload } : {}),
      })
      return { status: answer.statusCode, body: answer.json() }
    },
    work: () => startWork(services),
    async stop() {
      await app.close()
      await jobs.close()
      await sink.stop()
      await base.stop()
    },
  }
}

const page =
  '<html><body><p>Hello {{ contact.email }}, <a href="https://example.com/a">read on</a></p></body></html>'

async function office(services: Services): Promise<FastifyInstance> {
  const app = await createServer(services)
  mountRoutes(
    app,
    campaignRoutes,
    { authenticate: async () => systemActor, may, checkOrigin: () => undefined },
    services,
  )
  return app
}

/** A worker: the senders and what looks after campaigns. */
export async function startWork(services: Services): Promise<{ stop(): Promise<void> }> {
  const sender = await startDelivery(services)
  const stopping = new AbortController()
  const running = campaignLoop.run(services, stopping.signal, { id: 'test', held: () => new Map() })
  return {
    async stop() {
      stopping.abort()
      await running
      await sender.stop()
    },
  }
}

/** People on a new list, with consent; their ids are `first` and on. */
export async function addPeople(
  { base, services }: Stage,
  given: { first: number; count: number; domain: string; zone?: string | null },
): Promise<string> {
  const { first, count, domain } = given
  const list = await createList(
    base.db,
    { name: domain, description: '', createdBy: 'test' },
    services.clock.now(),
  )
  await run(
    base.db,
    sql`
    insert into audience.contact (id, email, first_name, time_zone, created_at, updated_at)
    select n, 'p' || n || '@' || ${domain}::text, 'Pia', ${given.zone ?? null}, '2026-01-01', '2026-01-01'
    from generate_series(${first}::int, ${first + count - 1}::int) n`,
  )
  await run(
    base.db,
    sql`
    insert into audience.consent_current (contact_id, purpose, topic_id, state, since)
    select n, 'marketing', 0, 'granted', '2026-01-01' from generate_series(${first}::int, ${first + count - 1}::int) n`,
  )
  await run(
    base.db,
    sql`
    insert into audience.list_member (contact_id, list_id, added_at)
    select n, ${list.id}::bigint, '2026-01-01' from generate_series(${first}::int, ${first + count - 1}::int) n`,
  )
  return list.id
}

/** Members of a live segment, as if they had been found. */
export async function addSegment({ base }: Stage, name: string, members: number[]): Promise<string> {
  const id = newId()
  await run(
    base.db,
    sql`
    insert into decisions.segment (id, name, description, status, built_at, created_at, updated_at, updated_by)
    values (${id}::bigint, ${name}, '', 'live', '2026-01-01', '2026-01-01', '2026-01-01', 'test')`,
  )
  await run(
    base.db,
    sql`
    insert into decisions.segment_member (contact_id, segment_id, entered_at)
    select n, ${id}::bigint, '2026-01-01' from unnest(${members}::bigint[]) n`,
  )
  return id
}

/** A draft, saved and reviewed; the number of its recipients is in the review. */
export async function reviewed(
  stage: Stage,
  settings: Record<string, unknown>,
): Promise<{ id: string; version: number; review: Answer['body']; recipients: number }> {
  const made = await stage.call('POST', '', {
    name: 'Autumn news',
    settings: { emailId: stage.emailId, ...settings },
  })
  if (made.status !== 201) throw new Error(JSON.stringify(made.body))
  const { id, version } = made.body
  const begun = await stage.call('POST', `/${id}/review`)
  if (begun.status !== 202) throw new Error(JSON.stringify(begun.body))
  const review = async () => (await stage.call('GET', `/${id}/review`)).body
  await until(async () => (await review()).state === 'done', {
    timeoutMs: 60_000,
    words: 'the audience to be counted',
  })
  const done = await review()
  return { id, version, review: done, recipients: Number(done.recipients) }
}

/** Reviewed and sent at once (or at its time). */
export async function launched(
  stage: Stage,
  settings: Record<string, unknown>,
  how: { immediately: boolean } = { immediately: true },
): Promise<{ id: string; recipients: number }> {
  const { id, version, recipients } = await reviewed(stage, settings)
  const answer = await stage.call('POST', `/${id}/launch`, {
    version,
    ownerId: stage.ownerId,
    reviewOn: dayIn(stage, 60),
    recipients,
    ...how,
  })
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.body))
  return { id, recipients }
}

export function dayIn({ services }: Stage, days: number): string {
  return new Date(services.clock.now().getTime() + days * 86_400_000).toISOString().slice(0, 10)
}

/** Nothing is due any more, by the clock of now. */
export const settled = ({ services: { db, clock } }: Stage, timeoutMs = 60_000) =>
  // Campaigns first: what they hand over between two looks is seen by the second.
  until(async () => (await campaignsPending(db, clock.now())) + (await countPending(db, clock.now())) === 0, {
    timeoutMs,
    words: 'everything due to be done',
  })

export async function statesOf({ base }: Stage, id: string): Promise<Record<string, number>> {
  const rows = await many<{ state: string; n: number }>(
    base.db,
    sql`select state, count(*)::int as n from outreach.message where campaign_id = ${id}::bigint group by state`,
  )
  return Object.fromEntries(rows.map(row => [row.state, row.n]))
}

export async function countRecipients({ base }: Stage, id: string): Promise<number> {
  const { n } = await one<{ n: number }>(
    base.db,
    sql`select count(*)::int as n from outreach.campaign_recipient where campaign_id = ${id}::bigint`,
  )
  return n
}

/** How much one contact may get is no matter of these tests. */
export async function liftCaps({ base, services }: Stage): Promise<void> {
  const how = { mode: services.config.mode, now: services.clock.now() }
  await saveSettings(base.db, systemActor, { caps: [] }, how)
}
