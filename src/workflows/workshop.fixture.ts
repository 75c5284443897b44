import { createUser, systemActor } from '#access/users.ts'
import { append, load } from '#activity/ledger.ts'
import { record } from '#activity/record.ts'
import { upsertContacts } from '#audience/contacts.ts'
import { resolve } from '#audience/identity.ts'
import { engineModule } from '#engine/module.ts'
import type { Event, Reactor } from '#engine/reactor.ts'
import { startWorker, type Worker } from '#engine/worker.ts'
import { createEmail, publishEmail } from '#outreach/emails.ts'
import { createClock, moveClock } from '#platform/clock.ts'
import { readConfig } from '#platform/config.ts'
import { type Db, inTransaction, many, one, sql } from '#platform/db/db.ts'
import { newId } from '#platform/ids.ts'
import { openJobs } from '#platform/jobs.ts'
import { createLog } from '#platform/log.ts'
import { createMetrics } from '#platform/metrics.ts'
import type { Services } from '#platform/services.ts'
import { testDatabase } from '../../tests/harness/database.ts'
import { until } from '../../tests/harness/until.ts'
import type { Definition } from './definition.ts'
import { workflowsModule } from './module.ts'
import { publishWorkflow } from './publish.ts'
import type { Inside } from './workflows.sql.ts'
import { createWorkflow, getWorkflow, saveWorkflow } from './workflows.ts'

/** A workflow, a worker and a clock on a real database: everything but the outside world. */
export type Workshop = {
  db: Db
  services: Services
  worker: Worker
  ownerId: string
  /** Adds a contact; its id. */
  contact(traits?: Record<string, unknown>): Promise<string>
  /** Something happens, now unless told otherwise, and is worked through. */
  happen(
    contactId: string,
    type: string,
    event?: { name?: string; data?: Record<string, unknown>; at?: Date },
  ): Promise<Event>
  /** Makes a workflow live; its id. */
  live(definition: Definition, name?: string): Promise<string>
  /** Publishes the next version of a workflow. */
  again(id: string, definition: Definition, inside: Inside): Promise<void>
  /** An email that is published, as far as a workflow can see. */
  email(): Promise<string>
  /** Waits until nothing is left to do. */
  settle(): Promise<void>
  /** Moves the clock on, and has done what becomes due. */
  advance(ms: number): Promise<void>
  /** The steps of a contact in a workflow, as "node:exit". */
  steps(contactId: string, workflowId: string): Promise<string[]>
  /** The stays of a contact in a workflow, oldest first. */
  stays(
    contactId: string,
    workflowId: string,
  ): Promise<{ id: string; status: string; node: string; reason: string | null; version: number }[]>
  stop(): Promise<void>
}

/** `extra` run before ours, as the reactors of lower rooms do. */
export async function openWorkshop(extra: Reactor[] = []): Promise<Workshop> {
  const database = await testDatabase()
  const { db, url } = database
  const config = readConfig({ TEND_LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'error' })
  const jobs = await openJobs(url, () => undefined)
  const parts = {
    config,
    db,
    databaseUrl: url,
    clock: createClock(),
    log: createLog(config.logLevel),
    metrics: createMetrics(),
    jobs,
  }
  // No mail, no key and no outgoing requests: a test that needs them is told by a crash.
  const services = parts as unknown as Services
  await jobs.work(workflowsModule.jobs ?? [], services)
  const reactors = [...extra, ...(workflowsModule.reactors ?? [])]
  const worker = await startWorker({
    services,
    reactors,
    log: { load, append },
    options: { idleMs: 50, backOffMs: [20, 40, 60] },
  })
  const owner = await createUser(db, systemActor, {
    name: 'Olga',
    email: 'olga@house.example',
    role: 'owner',
  })
  return {
    ...tools(services, owner.id),
    worker,
    async stop() {
      await worker.stop()
      await jobs.close()
      await database.stop()
    },
  }
}

function tools(services: Services, ownerId: string): Omit<Workshop, 'worker' | 'stop'> {
  const { db, clock, jobs } = services
  const steward = { ownerId, reviewOn: new Date(Date.now() + 90 * 86_400_000).toISOString().slice(0, 10) }
  const publish = async (id: string, version: number, inside: Inside) => {
    await publishWorkflow(db, jobs, systemActor, { id, version, ...steward, inside, now: clock.now() })
  }
  const settle = () => settled(services)
  return {
    db,
    services,
    ownerId,
    settle,
    contact: traits => addContact(services, traits ?? {}),
    async happen(contactId, type, event = {}) {
      const [made] = await inTransaction(db, trx =>
        record(trx, [
          { contactId, type, name: event.name ?? null, at: event.at ?? clock.now(), data: event.data ?? {} },
        ]),
      )
      if (!made) throw new Error('nothing was recorded')
      await settle()
      return made
    },
    async live(definition, name = 'A workflow') {
      const { id, version } = await createWorkflow(db, systemActor, { name, definition }, clock.now())
      await publish(id, version, 'stay')
      return id
    },
    async again(id, definition, inside) {
      const before = await getWorkflow(db, id)
      const { version } = await saveWorkflow(
        db,
        systemActor,
        id,
        { version: before.version, definition },
        clock.now(),
      )
      await publish(id, version, inside)
    },
    email: () => addEmail(services, steward),
    async advance(ms) {
      await settle()
      await moveClock(db, clock, new Date(clock.now().getTime() + ms))
      await settle()
    },
    async steps(contactId, workflowId) {
      const rows = await many<{ step: string }>(
        db,
        sql`
        select s.node || ':' || s.exit as step from workflows.step s
        join workflows.enrolment e on e.contact_id = s.contact_id and e.id = s.enrolment_id
        where e.contact_id = ${contactId}::bigint and e.workflow_id = ${workflowId}::bigint order by e.id, s.id`,
      )
      return rows.map(row => row.step)
    },
    stays: (contactId, workflowId) =>
      many(
        db,
        sql`
      select id, status, node, end_reason as reason, version from workflows.enrolment
      where contact_id = ${contactId}::bigint and workflow_id = ${workflowId}::bigint order by id`,
      ),
  }
}

async function settled({ db, clock }: Services): Promise<void> {
  await until(
    async () => {
      const { busy } = await one<{ busy: number }>(
        db,
        sql`
        select count(*)::int as busy from platform.job where state in ('queued', 'running')`,
      )
      return busy + ((await engineModule.pending?.(db, clock.now())) ?? 0) === 0
    },
    { timeoutMs: 20_000, words: 'the engine to finish' },
  )
}

async function addContact({ db, clock }: Services, traits: Record<string, unknown>): Promise<string> {
  return inTransaction(db, async trx => {
    const now = clock.now()
    const email = `person-${newId()}@people.example`
    const [who] = await resolve(trx, [{ email, trust: 'server' }], { now })
    if (!who) throw new Error('nobody was resolved')
    await upsertContacts(trx, [{ contactId: who.contactId, email, traits }], { now, source: 'a test' })
    return who.contactId
  })
}

async function addEmail(
  { db, clock }: Services,
  steward: { ownerId: string; reviewOn: string },
): Promise<string> {
  const given = {
    name: 'A mail',
    subject: 'Hello',
    source: '<p>Hello <a href="https://example.org">there</a></p>',
    kind: 'html' as const,
  }
  const { id, version } = await createEmail(db, systemActor, given, clock.now())
  await publishEmail(db, systemActor, id, { version, ...steward }, clock.now())
  return id
}
