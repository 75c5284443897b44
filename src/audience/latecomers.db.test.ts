import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { append, load } from '#activity/ledger.ts'
import { record } from '#activity/record.ts'
import type { Event, Reactor } from '#engine/reactor.ts'
import { startWorker } from '#engine/worker.ts'
import { createClock } from '#platform/clock.ts'
import { readConfig } from '#platform/config.ts'
import { inTransaction, many, sql } from '#platform/db/db.ts'
import { createLog } from '#platform/log.ts'
import { createMetrics } from '#platform/metrics.ts'
import type { Services } from '#platform/services.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { until } from '../../tests/harness/until.ts'
import { resolve } from './identity.ts'
import { latecomersReactor } from './latecomers.reactor.ts'

let base: TestDatabase
before(async () => {
  base = await testDatabase()
})
after(() => base.stop())

test('an event that is stored for a visitor while he is recognised ends with the contact, and is reacted to as his', async () => {
  const now = new Date()
  const parts = {
    config: readConfig({ TEND_LOG_LEVEL: 'silent' }),
    db: base.db,
    databaseUrl: base.url,
    clock: createClock(),
    log: createLog('silent'),
  }
  const services = { ...parts, metrics: createMetrics() } as unknown as Services
  const whose = (calls: Parameters<typeof resolve>[1]) =>
    inTransaction(base.db, trx => resolve(trx, calls, { now }))
  const [visitor] = await whose([{ anonymousId: 'late', trust: 'browser' }])
  const [contact] = await whose([{ userId: 'somebody', trust: 'server' }])
  assert.ok(visitor && contact)
  await whose([{ anonymousId: 'late', userId: 'somebody', trust: 'server' }])
  // What a transaction writes that had looked the visitor up before.
  await record(base.db, [
    { contactId: visitor.contactId, type: 'page.viewed', name: 'Late', at: now, data: { path: '/late' } },
  ])
  const seen: Event[] = []
  const watching: Reactor = {
    name: 'watching',
    async run({ events }) {
      seen.push(...events)
      return []
    },
  }
  const worker = await startWorker({
    services,
    reactors: [latecomersReactor, watching],
    log: { load, append },
  })
  try {
    await until(() => seen.some(event => event.name === 'Late' && event.contactId === contact.contactId))
  } finally {
    await worker.stop()
  }
  const views = await many(
    base.db,
    sql`select contact_id as id from activity.event where type = 'page.viewed'`,
  )
  assert.deepEqual(views, [{ id: contact.contactId }])
})
