import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { append, load } from '#activity/ledger.ts'
import { record } from '#activity/record.ts'
import { setField } from '#audience/bulk-edit.ts'
import { upsertContacts } from '#audience/contacts.ts'
import { learnFields } from '#audience/fields.ts'
import { forgetProfile } from '#audience/forget.ts'
import { resolve } from '#audience/identity.ts'
import { repointHere } from '#audience/repoint.ts'
import { startWorker } from '#engine/worker.ts'
import { createClock } from '#platform/clock.ts'
import { readConfig } from '#platform/config.ts'
import { type Db, inTransaction } from '#platform/db/db.ts'
import { newId } from '#platform/ids.ts'
import { createLog } from '#platform/log.ts'
import { createMetrics } from '#platform/metrics.ts'
import { createSecrets } from '#platform/secrets.ts'
import type { Services } from '#platform/services.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { changeConnection, getConnection, insertConnection, insertMapping } from './connections.sql.ts'
import type { Connection, Values } from './connector.ts'
import { crmReactor } from './crm.reactor.ts'
import { pullDue, pullNamed, pushAll } from './cycle.ts'
import { FakeCrm, fakeConnector } from './fake-crm.fixture.ts'
import { type FieldMap, mappingSchema, type ObjectMap, objectMapSchema } from './mapping.ts'
import { forgetPeople } from './people.ts'
import { enlist } from './registry.ts'
import { openRun, type Run } from './run.ts'
import { personSide } from './sides/person.ts'

/** Everything the engine needs around a fake: a real database, worker and clock. */
export type Town = {
  base: TestDatabase
  services: Services
  crm: FakeCrm
  connectionId: string
  /** Lets the reactors see what happened, then runs a whole cycle. */
  sync(): Promise<void>
  run(): Promise<Run>
  person(values: Record<string, unknown> & { email: string }): Promise<string>
  change(id: string, values: Record<string, unknown>): Promise<void>
  read(id: string): Promise<Values>
  stop(): Promise<void>
}

const both = (local: string, remote: string, more: Partial<FieldMap> = {}): FieldMap => ({
  local,
  remote,
  rule: 'two_way',
  blank: 'clear',
  transform: 'none',
  applies: 'here',
  country: null,
  valueMap: null,
  unknown: 'keep',
  ...more,
})

export const personMap = (remote: string, more: Partial<ObjectMap> = {}): ObjectMap =>
  objectMapSchema.parse({
    kind: 'person',
    remote,
    fields: [
      both('email', 'Email'),
      both('first_name', 'FirstName'),
      both('last_name', 'LastName', { rule: 'crm' }),
      both('phone', 'Phone', { rule: 'crm_unless_blank' }),
      both('job_title', 'Title', { rule: 'tend' }),
      both('attrs.plan', 'Plan', { blank: 'keep' }),
      both('opt_out', 'OptOut', { rule: 'none' }),
      both('id', 'TendId', { rule: 'tend' }),
    ],
    ...more,
  })

/** A connection that is live and has been loaded. */
export async function openTown(
  objects: ObjectMap[] = [personMap('Contact', { createThere: true }), personMap('Lead')],
  options: {
    limits?: Partial<Connection['limits']>
    loaded?: boolean
    callsPerDay?: number
    latencyMs?: number
  } = {},
): Promise<Town> {
  const base = await testDatabase()
  const crm = new FakeCrm()
  enlist([fakeConnector(crm, options.limits)])
  const config = readConfig({
    TEND_SECRET_KEY: randomBytes(32).toString('base64'),
    TEND_LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'silent',
  })
  const answer = { status: 200, headers: {}, body: Buffer.alloc(0) }
  const services = {
    config,
    db: base.db,
    databaseUrl: base.url,
    clock: createClock(),
    log: createLog(config.logLevel),
    secrets: createSecrets(config),
    egress: {
      fetch: async () => {
        if (options.latencyMs) await pause(options.latencyMs)
        return answer
      },
      refusal: () => null,
    },
    metrics: createMetrics(),
    repoint: repointHere,
    forget: async (trx: Db, ids: string[]) => {
      await forgetPeople(trx, ids)
      await forgetProfile(trx, ids)
    },
  } as unknown as Services
  const connectionId = newId()
  const now = services.clock.now()
  const mapping = mappingSchema.parse({ objects })
  const by = { name: 'Test', now }
  const seal = (value: object) => services.secrets.encrypt(JSON.stringify(value))
  await insertConnection(
    base.db,
    {
      id: connectionId,
      name: 'Fake',
      connector: 'fake',
      settings: { url: 'https://fake' },
      secrets: seal({ key: 'k' }),
      vault: seal({}),
      draft: mapping,
      callsPerDay: options.callsPerDay ?? 1_000_000,
      hookKey: 'hook',
    },
    by,
  )
  await insertMapping(base.db, { connectionId, version: 1, mapping }, by)
  await changeConnection(base.db, connectionId, {
    status: 'live',
    liveMapping: 1,
    loadState: options.loaded === false ? 'none' : 'done',
    schema: { objects: crm.schema },
  })
  const worker = await startWorker({ services, reactors: [crmReactor], log: { load, append } })
  const run = async () => {
    const row = await getConnection(base.db, connectionId)
    return openRun(services, row, row.mapping ?? mapping)
  }
  return {
    base,
    services,
    crm,
    connectionId,
    run,
    async sync() {
      await worker.idle()
      const opened = await run()
      const lanes = ['interactive', 'delta', 'backfill'] as const
      await pushAll(opened, [...lanes], new Set())
      await pullDue(opened, 0)
      await pullNamed(opened)
      await worker.idle()
      await pushAll(opened, [...lanes], new Set())
      await opened.budget.flush()
    },
    person: ({ email, ...values }) =>
      inTransaction(base.db, async trx => {
        const [who] = await resolve(trx, [{ email, trust: 'server' }], { now: services.clock.now() })
        const id = who?.contactId ?? ''
        await record(
          trx,
          await upsertContacts(trx, [{ contactId: id, email, traits: values }], {
            now: services.clock.now(),
            source: 'test',
          }),
        )
        return id
      }),
    change: (id, values) =>
      inTransaction(base.db, async trx => {
        const hand = { now: services.clock.now(), source: 'test' }
        for (const [field, value] of Object.entries(values)) {
          if (field === 'email') {
            await record(
              trx,
              await upsertContacts(trx, [{ contactId: id, email: String(value), traits: {} }], hand),
            )
            continue
          }
          await learnFields(
            trx,
            [{ [field.replace('attrs.', '')]: field.startsWith('attrs.') ? value : null }],
            hand,
          )
          const { events } = await setField(trx, [id], { field, value: value as string }, hand)
          await record(trx, events)
        }
      }),
    async read(id) {
      const row = await getConnection(base.db, connectionId)
      return (
        (await personSide.read(base.db, [id], { now: services.clock.now(), connection: row })).get(id)
          ?.values ?? {}
      )
    },
    async stop() {
      await worker.stop()
      await base.stop()
    },
  }
}
