import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { append, load } from '#activity/ledger.ts'
import { record } from '#activity/record.ts'
import { upsertContacts } from '#audience/contacts.ts'
import { startWorker, type Worker } from '#engine/worker.ts'
import { createClock, moveClock } from '#platform/clock.ts'
import { readConfig } from '#platform/config.ts'
import { inTransaction, many, one, run, sql } from '#platform/db/db.ts'
import { newId } from '#platform/ids.ts'
import { openJobs } from '#platform/jobs.ts'
import { createLog } from '#platform/log.ts'
import { createMetrics } from '#platform/metrics.ts'
import type { Services } from '#platform/services.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { until } from '../../tests/harness/until.ts'
import { dayMs } from './score-decay.ts'
import { getScoreModel } from './score-models.ts'
import { publishAgain, publishModel } from './scoring.fixture.ts'
import { pendingPasses, recountScores, startPasses } from './scoring.jobs.ts'
import { scoringReactor } from './scoring.reactor.ts'
import { scoresOf, watchScore } from './scoring.ts'

let base: TestDatabase
let services: Services
let worker: Worker
const ids = Array.from({ length: 300 }, () => newId())

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
  await jobs.work([recountScores], services)
  worker = await startWorker({ services, reactors: [scoringReactor], log: { load, append } })
  await inTransaction(base.db, async trx => {
    const now = services.clock.now()
    await upsertContacts(
      trx,
      ids.map((contactId, i) => ({ contactId, email: `c${i}@example.com`, traits: {} })),
      { now, source: 'test' },
    )
    await append(
      trx,
      ids.map(contactId => ({ contactId, type: 'page.viewed', at: now, data: { path: '/pricing' } })),
    )
  })
})
after(async () => {
  await worker?.stop()
  await services?.jobs.close()
  await base?.stop()
})

const view = { id: 'view', kind: 'behaviour', event: 'page.viewed', points: 40 }
const draft = { rules: [view], thresholds: [{ name: 'Warm', value: 20 }], halfLifeDays: 2 }
const total = async (modelId: string) => {
  const scores = await scoresOf(base.db, ids, services.clock.now())
  return ids.reduce((sum, id) => sum + (scores.get(id)?.get(modelId) ?? 0), 0)
}

test('a publication counts everybody from the past, and the clock brings each down at his own moment', async () => {
  const model = await publishModel(base.db, services.clock.now(), draft)
  await run(
    base.db,
    sql`update decisions.score_model set counted_version = null, passes_done = 0 where id = ${model.id}::bigint`,
  )
  assert.equal(await pendingPasses(base.db), 1)
  await startPasses(services)
  await startPasses(services)
  await until(async () => (await pendingPasses(base.db)) === 0, { timeoutMs: 30_000 })
  assert.equal((await getScoreModel(base.db, model.id)).counting, false)
  const { jobs } = await one<{ jobs: number }>(
    base.db,
    sql`select count(*)::int as jobs from platform.job where name = 'scoring.recount'`,
  )
  assert.equal(jobs, 1, 'asked twice, walked once')
  assert.ok(Math.abs((await total(model.id)) - 300 * 40) < 1)
  const { told } = await one<{ told: number }>(
    base.db,
    sql`select count(*)::int as told from activity.event where type = 'score.rose'`,
  )
  assert.equal(told, 0, 'a definition is nobody’s doing')

  const rows = await many<{ asOf: Date }>(
    base.db,
    sql`select as_of as "asOf" from decisions.score order by contact_id`,
  )
  await moveClock(base.db, services.clock, new Date(services.clock.now().getTime() + 3 * dayMs))
  const fallen = () =>
    many<{ at: Date; value: number }>(
      base.db,
      sql`
    select at, (data ->> 'value')::float8 as value from activity.event where type = 'score.fell' order by contact_id`,
    )
  await until(async () => (await fallen()).length === 300, { timeoutMs: 30_000 })
  const sample = await fallen()
  // 40 becomes 20 after one half-life; the first millisecond below it is the next one.
  assert.ok(
    sample.every(
      (row, i) => Math.abs(row.at.getTime() - (rows[i]?.asOf.getTime() ?? 0) - 2 * dayMs - 1) <= 1,
    ),
  )
})

test('events meet a model in the engine, once each, while a pass goes on', async () => {
  const model = await publishModel(
    base.db,
    services.clock.now(),
    { rules: [view], halfLifeDays: null },
    'Busy',
  )
  await publishAgain(base.db, services.clock.now(), model.id, {
    rules: [{ ...view, points: 1 }],
    halfLifeDays: null,
  })
  await startPasses(services)
  for (let round = 0; round < 5; round++) {
    const at = services.clock.now()
    await inTransaction(base.db, trx =>
      record(
        trx,
        ids.map(contactId => ({ contactId, type: 'page.viewed', at, data: { path: '/' } })),
      ),
    )
  }
  await until(async () => (await pendingPasses(base.db)) === 0 && (await total(model.id)) === 300 * 6, {
    timeoutMs: 30_000,
  })
  await worker.idle()
  assert.equal(await total(model.id), 300 * 6)
  const { doubles } = await one<{ doubles: number }>(
    base.db,
    sql`
    select count(*)::int as doubles from (
      select from decisions.score_entry where model_id = ${model.id}::bigint group by contact_id, cause_id having count(*) > 1) d`,
  )
  assert.equal(doubles, 0)
})

test('a pass that was killed goes on where it stopped', async () => {
  const model = await publishModel(base.db, services.clock.now(), draft, 'Killed')
  await watchScore(base.db, model.id, [5], { kind: 'segment', id: '1' })
  await publishAgain(base.db, services.clock.now(), model.id, { ...draft, halfLifeDays: 3 })
  await worker.stop()
  const sorted = [...ids].sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1))
  const { wanted } = await one<{ wanted: number }>(
    base.db,
    sql`select passes_wanted as wanted from decisions.score_model where id = ${model.id}::bigint`,
  )
  const saved: unknown[] = []
  const killed = recountScores.run(
    {
      id: '1',
      input: { modelId: model.id, name: 'Killed' },
      cursor: { after: sorted[199], wanted, done: 200 },
      async save(progress) {
        saved.push(progress.cursor)
        if (saved.length === 2) throw new Error('stopped while waiting for the engine')
      },
    },
    services,
  )
  await assert.rejects(killed, /stopped while waiting/)
  const timers = await many<{ id: string }>(
    base.db,
    sql`
    select contact_id as id from engine.timer where key = ${model.id}::bigint order by contact_id`,
  )
  assert.deepEqual(
    timers.map(row => row.id),
    sorted.slice(200),
  )
  worker = await startWorker({ services, reactors: [scoringReactor], log: { load, append } })
})

test('a model that is put away asks for nothing more', async () => {
  const model = await publishModel(base.db, services.clock.now(), draft, 'Away')
  await run(
    base.db,
    sql`update decisions.score_model set passes_wanted = passes_wanted + 1, status = 'archived' where id = ${model.id}::bigint`,
  )
  await recountScores.run(
    { id: '2', input: { modelId: model.id, name: 'Away' }, cursor: null, save: async () => undefined },
    services,
  )
  const { left } = await one<{ left: number }>(
    base.db,
    sql`select passes_wanted - passes_done as left from decisions.score_model where id = ${model.id}::bigint`,
  )
  assert.equal(left, 0)
})
