import { createClock } from '#platform/clock.ts'
import { readConfig } from '#platform/config.ts'
import { type Db, many, run, sql } from '#platform/db/db.ts'
import { newId } from '#platform/ids.ts'
import { createLog } from '#platform/log.ts'
import { createMetrics } from '#platform/metrics.ts'
import type { Services } from '#platform/services.ts'
import type { Event, EventLog, EventRef, NewEvent, Reactor } from './reactor.ts'
import { addWork } from './work.ts'
import { startWorker, type Worker, type WorkerOptions } from './worker.ts'

/** Services as the engine uses them: a real database and clock; no mail, no jobs, no key. */
export function engineServices(db: Db, databaseUrl: string): Services {
  const config = readConfig({ TEND_LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'silent' })
  const parts = {
    config,
    db,
    databaseUrl,
    clock: createClock(),
    log: createLog(config.logLevel),
    metrics: createMetrics(),
  }
  // The rest is never asked by this module; a test that does is told by a crash.
  return parts as unknown as Services
}

/** The simplest ledger there can be, for the engine must not know the real one. */
export const testLog: EventLog = {
  load: (db, refs) =>
    many<Event>(
      db,
      sql`
    select contact_id as "contactId", id, type, name, at, data, cause_id as "causeId", depth from test.event
    where id = any(${refs.map(ref => ref.id)}::bigint[])`,
    ),
  async append(db, events) {
    const stored = events.map(event => ({
      contactId: event.contactId,
      id: event.id ?? newId(),
      type: event.type,
      name: event.name ?? null,
      at: event.at,
      data: event.data ?? {},
      causeId: event.causeId ?? null,
      depth: event.depth ?? 0,
    }))
    await run(
      db,
      sql`
      insert into test.event
      select e."contactId", e.id, e.type, e.name, e.at, e.data, e."causeId", e.depth
      from jsonb_to_recordset(${JSON.stringify(stored)}::jsonb)
        as e("contactId" bigint, id bigint, type text, name text, at timestamptz, data jsonb, "causeId" bigint, depth int)`,
    )
    return stored
  },
}

/** Tables of the tests: the simple ledger, and effects without any uniqueness, so that doing twice shows. */
export async function makeTestTables(db: Db): Promise<void> {
  await run(db, sql`create schema test`)
  await run(
    db,
    sql`
    create table test.event (contact_id bigint, id bigint primary key, type text, name text, at timestamptz,
      data jsonb, cause_id bigint, depth int)`,
  )
  await run(db, sql`create table test.effect (contact_id bigint, event_id bigint, what text)`)
}

/** Records one event for each contact and queues it, all in one transaction. */
export async function happen(
  db: Db,
  contactIds: string[],
  type = 'test.happened',
  data: Record<string, unknown> = {},
): Promise<EventRef[]> {
  return db.transaction().execute(async trx => {
    const at = new Date()
    const events = await testLog.append(
      trx,
      contactIds.map(contactId => ({ contactId, type, at, data })),
    )
    await addWork(trx, events)
    return events
  })
}

/** Writes one effect for each event; `also` may fail or add. */
export function effectReactor(also?: (events: Event[], db: Db) => Promise<void> | void): Reactor {
  return {
    name: 'effects',
    async run({ db, events }): Promise<NewEvent[]> {
      await run(
        db,
        sql`
        insert into test.effect
        select * from unnest(${events.map(event => event.contactId)}::bigint[], ${events.map(event => event.id)}::bigint[],
          ${events.map(event => event.type)}::text[])`,
      )
      await also?.(events, db)
      return []
    },
  }
}

/** The effects as "contact event", sorted. */
export async function effects(db: Db): Promise<{ contactId: string; eventId: string; what: string }[]> {
  return many(
    db,
    sql`
    select contact_id as "contactId", event_id as "eventId", what from test.effect order by contact_id, event_id`,
  )
}

/** A worker with short machine times. */
export function quickWorker(
  services: Services,
  reactors: Reactor[],
  options: Partial<WorkerOptions> = {},
): Promise<Worker> {
  const quick = { leaseMs: 2000, beatMs: 300, backOffMs: [20, 40, 60] }
  return startWorker({ services, reactors, log: testLog, options: { ...quick, ...options } })
}

export const someContacts = (count: number): string[] => Array.from({ length: count }, () => newId())
