import { randomBytes } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fastify, { type FastifyInstance } from 'fastify'
import { createUser, systemActor } from '#access/users.ts'
import { recordConsent } from '#audience/consent.ts'
import { createLeases, type LaneHolder } from '#engine/lanes.ts'
import { createClock, moveClock } from '#platform/clock.ts'
import { readConfig } from '#platform/config.ts'
import { type Db, many, one, run, sql } from '#platform/db/db.ts'
import { createEgress } from '#platform/egress.ts'
import { newId } from '#platform/ids.ts'
import { createLog } from '#platform/log.ts'
import { createMetrics } from '#platform/metrics.ts'
import { createSecrets } from '#platform/secrets.ts'
import type { Services } from '#platform/services.ts'
import type { TestDatabase } from '../../tests/harness/database.ts'
import { deliveryLoop } from './delivery.loop.ts'
import { createEmail, liveVersions, publishEmail } from './emails.ts'
import { type NewMessage, queueMessages } from './messages.ts'
import { countPending } from './module.sql.ts'
import { outreachStreet } from './outreach.street.ts'

/** Services as sending uses them: a real database, clock, key and ways out; no jobs. */
export function outreachServices(base: TestDatabase, env: Record<string, string> = {}): Services {
  const config = readConfig({
    TEND_DATA_DIR: mkdtempSync(join(tmpdir(), 'tend-outreach-')),
    TEND_SECRET_KEY: randomBytes(32).toString('base64'),
    TEND_LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'silent',
    ...env,
  })
  const parts = {
    config,
    db: base.db,
    databaseUrl: base.url,
    clock: createClock(),
    log: createLog(config.logLevel),
    secrets: createSecrets(config),
    egress: createEgress(config.egressAllow),
    metrics: createMetrics(),
  }
  // Jobs are never asked by this module; a test that does is told by a crash.
  return parts as unknown as Services
}

/** Starts to send beside a worker that holds all lanes; `stop` ends it in peace. */
export async function startDelivery(
  services: Services,
  leaseMs = 10_000,
): Promise<{ id: string; stop(): Promise<void> }> {
  const id = `test-${newId()}`
  const leases = createLeases(services.db, { id, leaseMs })
  await leases.beat()
  const heart = setInterval(() => void leases.beat().catch(() => undefined), leaseMs / 6)
  const worker: LaneHolder = { id, held: () => leases.held() }
  const stopping = new AbortController()
  const running = deliveryLoop.run(services, stopping.signal, worker)
  return {
    id,
    async stop() {
      stopping.abort()
      await running
      clearInterval(heart)
      await leases.release()
    },
  }
}

/** The street with our addresses only. */
export async function startStreet(services: Services): Promise<FastifyInstance> {
  const app = fastify({ routerOptions: { maxParamLength: 500 } })
  await app.register(async scope => outreachStreet(scope, services))
  return app
}

export async function addContact(
  db: Db,
  given: {
    email?: string | null
    consent?: 'granted' | 'withdrawn' | 'pending' | null
    timeZone?: string
    firstName?: string
    attrs?: Record<string, unknown>
  } = {},
): Promise<{ id: string; email: string }> {
  const id = newId()
  const email = given.email === undefined ? `c${id}@people.example` : given.email
  await run(
    db,
    sql`
    insert into audience.contact (id, email, first_name, time_zone, attrs, created_at, updated_at)
    values (${id}::bigint, ${email}, ${given.firstName ?? 'Ann'}, ${given.timeZone ?? null},
      ${JSON.stringify(given.attrs ?? {})}::jsonb, '2026-01-01', '2026-01-01')`,
  )
  const state = given.consent === undefined ? 'granted' : given.consent
  if (state) {
    const entry = {
      contactId: id,
      purpose: 'marketing',
      state,
      basis: 'opt-in',
      source: 'test',
      proof: {},
      at: new Date('2026-01-01'),
    }
    await recordConsent(db, [entry])
  }
  return { id, email: email ?? '' }
}

let owner: Promise<string> | undefined
export function addOwner(db: Db): Promise<string> {
  owner ??= createUser(db, systemActor, {
    name: 'Olga Owner',
    email: 'olga@tend.example',
    role: 'owner',
  }).then(user => user.id)
  return owner
}

export const simple = `<mjml><mj-body><mj-section><mj-column>
<mj-text>Hello {{ contact.first_name | default: "there" }}, <a href="https://example.com/a?x=1&amp;y=2">one</a>
and <a href="{{ contact.site }}">yours</a></mj-text>
<mj-button href="https://example.com/b">Two</mj-button>
</mj-column></mj-section></mj-body></mjml>`

/** A published email; the id of its version. */
export async function addEmail(
  services: Services,
  given: {
    subject?: string
    source?: string
    kind?: 'mjml' | 'html'
    text?: string | null
    name?: string
  } = {},
): Promise<{ emailId: string; versionId: string }> {
  const { db, clock } = services
  const now = clock.now()
  const made = await createEmail(
    db,
    systemActor,
    { name: 'Hello', subject: 'Hi {{ contact.first_name }}', source: simple, ...given },
    now,
  )
  const reviewOn = new Date(now.getTime() + 90 * 86_400_000).toISOString().slice(0, 10)
  await publishEmail(
    db,
    systemActor,
    made.id,
    { version: made.version, ownerId: await addOwner(db), reviewOn },
    now,
  )
  return { emailId: made.id, versionId: (await liveVersions(db, [made.id])).get(made.id) ?? '' }
}

export function letter(contactId: string, versionId: string, more: Partial<NewMessage> = {}): NewMessage {
  return {
    contactId,
    channel: 'email',
    class: 'marketing',
    reason: `test:${newId()}`,
    emailVersionId: versionId,
    causeId: null,
    why: [],
    notBefore: new Date(0),
    ...more,
  }
}

/** Queues one message and returns its id. */
export async function queueOne(services: Services, row: NewMessage): Promise<string> {
  const [queued] = await queueMessages(services.db, [row], services.clock.now())
  return queued?.id ?? ''
}

export type Stored = {
  state: string
  verdict: string | null
  reason: string | null
  words: string | null
  code: number | null
  attempt: number
  notBefore: Date
  history: { state: string }[]
}

export function stored(db: Db, id: string): Promise<Stored> {
  return one(
    db,
    sql`
    select state, verdict, verdict_reason as reason, reply_text as words, reply_code as code, attempt,
      not_before as "notBefore", history
    from outreach.message where id = ${id}::bigint`,
  )
}

export async function eventsOf(
  db: Db,
  contactId: string,
): Promise<
  { id: string; type: string; name: string | null; data: Record<string, unknown>; causeId: string | null }[]
> {
  return many(
    db,
    sql`
    select id, type, name, data, cause_id as "causeId" from activity.event
    where contact_id = ${contactId}::bigint order by at, id`,
  )
}

export async function isQuiet({ db, clock }: Services): Promise<boolean> {
  return (await countPending(db, clock.now())) === 0
}

export function advance({ db, clock }: Services, ms: number): Promise<void> {
  return moveClock(db, clock, new Date(clock.now().getTime() + ms))
}

export const browser =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36'
