import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createUser, systemActor } from '#access/users.ts'
import { append, load } from '#activity/ledger.ts'
import { record } from '#activity/record.ts'
import { upsertContacts } from '#audience/contacts.ts'
import { startWorker, type Worker } from '#engine/worker.ts'
import { createClock, moveClock } from '#platform/clock.ts'
import { readConfig } from '#platform/config.ts'
import { inTransaction, many, sql } from '#platform/db/db.ts'
import { newId } from '#platform/ids.ts'
import { openJobs } from '#platform/jobs.ts'
import { createLog } from '#platform/log.ts'
import { createMetrics } from '#platform/metrics.ts'
import type { Services } from '#platform/services.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { until } from '../../tests/harness/until.ts'
import { decisionsModule } from './module.ts'
import { dayMs } from './score-decay.ts'
import { publishModel } from './scoring.fixture.ts'
import { createSegment, publishSegment } from './segments.ts'

let base: TestDatabase
let services: Services
let worker: Worker
const loops = new AbortController()
const ann = newId()

before(async () => {
  base = await testDatabase({ max: 20 })
  const config = readConfig({ TEND_LOG_LEVEL: 'silent' })
  const jobs = await openJobs(base.url, () => undefined)
  const parts = {
    config,
    db: base.db,
    databaseUrl: base.url,
    clock: createClock(),
    log: createLog('silent'),
    metrics: createMetrics(),
    jobs,
  }
  services = parts as unknown as Services
  await jobs.work(decisionsModule.jobs ?? [], services)
  worker = await startWorker({ services, reactors: decisionsModule.reactors ?? [], log: { load, append } })
  for (const loop of decisionsModule.loops ?? []) void loop.run(services, loops.signal, worker)
})
after(async () => {
  loops.abort()
  await worker?.stop()
  await services?.jobs.close()
  await base?.stop()
})

const told = () =>
  many<{ type: string; at: Date }>(
    base.db,
    sql`select type, at from activity.event where contact_id = ${ann}::bigint and type ~ '^(segment|score)' order by at, id`,
  )
const types = async () => (await told()).map(event => event.type)

test('a segment over a score follows points within the tick, and time at its computed moment', async () => {
  const { db, clock } = services
  const now = clock.now()
  const model = await publishModel(db, now, {
    rules: [{ id: 'paper', kind: 'behaviour', event: 'event.tracked', name: 'Paper', points: 60 }],
    thresholds: [],
    halfLifeDays: 10,
  })
  const owner = await createUser(db, systemActor, {
    name: 'Owner',
    email: 'owner@example.com',
    role: 'marketer',
  })
  const filter = { all: [{ type: 'score' as const, modelId: model.id, op: 'at_least' as const, value: 50 }] }
  const segment = await createSegment(db, systemActor, { name: 'Warm', filter }, now)
  const reviewOn = new Date(now.getTime() + 30 * dayMs).toISOString().slice(0, 10)
  await publishSegment(
    db,
    systemActor,
    segment.id,
    { version: segment.version, ownerId: owner.id, reviewOn },
    now,
  )
  const isBuilt = async () =>
    (await many(db, sql`select from decisions.segment where built_at is not null`)).length === 1
  await until(isBuilt, { timeoutMs: 20_000 })
  await inTransaction(db, async trx => {
    const joined = await upsertContacts(trx, [{ contactId: ann, email: 'ann@example.com', traits: {} }], {
      now,
      source: 'test',
    })
    await record(trx, [
      ...joined,
      { contactId: ann, type: 'event.tracked', name: 'Paper', at: now, data: { properties: {} } },
    ])
  })
  await until(async () => (await types()).includes('segment.entered'), { timeoutMs: 20_000 })
  assert.deepEqual((await types()).sort(), ['score.changed', 'segment.entered'])

  await moveClock(db, clock, new Date(now.getTime() + 2 * dayMs))
  await worker.idle()
  assert.equal((await types()).length, 2, '52 of 60 are left')
  await moveClock(db, clock, new Date(now.getTime() + 3 * dayMs))
  await until(async () => (await types()).includes('segment.left'), { timeoutMs: 20_000 })
})
