import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { inTransaction, many, run, sql } from '#platform/db/db.ts'
import type { Actor } from '#platform/http/route.ts'
import { createServer, mountRoutes } from '#platform/http/server.ts'
import type { Services } from '#platform/services.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { until } from '../../tests/harness/until.ts'
import {
  effectReactor,
  effects,
  engineServices,
  happen,
  makeTestTables,
  quickWorker,
  someContacts,
} from './engine.fixture.ts'
import { engineModule } from './module.ts'
import { insertParked, retryParked } from './parked.ts'
import { clearTimers, setTimers } from './timers.ts'
import { entryFor } from './work.entries.ts'
import { backlog } from './work.ts'

let base: TestDatabase
let services: Services
let app: FastifyInstance
const admin: Actor = { kind: 'system', id: '1', name: 'test', email: null, role: 'admin', scopes: null }

before(async () => {
  base = await testDatabase()
  services = engineServices(base.db, base.url)
  await makeTestTables(base.db)
  app = await createServer(services)
  const policy = { authenticate: async () => admin, may: () => true, checkOrigin: () => undefined }
  mountRoutes(app, engineModule.routes ?? [], policy, services)
})
after(async () => {
  await app.close()
  await base.stop()
})
beforeEach(async () => {
  await run(base.db, sql`truncate test.event, test.effect, engine.work, engine.timer, engine.parked`)
})

const now = new Date('2026-01-05T10:00:00Z')
const hours = (count: number) => new Date(now.getTime() + count * 3_600_000)
const timer = (contactId: string, key: string, dueAt: Date) => ({ contactId, kind: 'test', key, dueAt })

test('what is due and not done is counted, and the next due moment is known', async () => {
  const [a = '', b = ''] = someContacts(2)
  assert.equal(await engineModule.pending?.(base.db, now), 0)
  assert.equal(await engineModule.nextDue?.(base.db, now), null)
  await setTimers(base.db, [
    timer(a, '1', hours(-1)),
    timer(a, '2', hours(2)),
    timer(b, '1', hours(1)),
    timer(b, '1', hours(3)),
  ])
  await happen(base.db, [a, b])
  const pending = (await engineModule.pending?.(base.db, now)) ?? 0
  assert.ok(pending === 2 || pending === 3, 'one timer, and a row of work per lane')
  assert.deepEqual(await engineModule.nextDue?.(base.db, now), hours(2))
  await clearTimers(base.db, [{ contactId: a, kind: 'test', key: '2' }])
  assert.deepEqual(await engineModule.nextDue?.(base.db, now), hours(3))
})

test('a contact’s timers are exported and forgotten', async () => {
  const [a = '', b = ''] = someContacts(2)
  await setTimers(base.db, [timer(a, '1', hours(1)), timer(b, '1', hours(1))])
  await insertParked(base.db, [
    { kind: 'error', reason: 'x\0y', detail: null, entries: [entryFor({ contactId: a, id: '5', at: now })] },
  ])
  assert.deepEqual(await engineModule.exportContact?.(base.db, a), [
    { kind: 'test', key: '1', dueAt: hours(1) },
  ])
  await engineModule.forget?.(base.db, [a])
  assert.deepEqual(await engineModule.exportContact?.(base.db, a), [])
  assert.deepEqual(await many(base.db, sql`select from engine.parked`), [])
  assert.equal((await many(base.db, sql`select from engine.timer`)).length, 1)
})

test('when a visitor becomes known, his waiting work, timers and parked items go with him, those of others stay', async () => {
  const [visitor = '', known = '', ...others] = someContacts(70)
  const events = await happen(base.db, [visitor, ...others])
  await setTimers(base.db, [timer(visitor, '9', hours(-1))])
  await insertParked(base.db, [
    {
      kind: 'error',
      reason: 'x',
      detail: null,
      entries: [entryFor({ contactId: visitor, id: '5', at: now })],
    },
  ])
  await inTransaction(base.db, async trx => {
    await engineModule.repoint?.(trx, visitor, known)
    await run(
      trx,
      sql`update test.event set contact_id = ${known}::bigint where contact_id = ${visitor}::bigint`,
    )
  })
  const seen: string[] = []
  const reactor = effectReactor()
  const worker = await quickWorker(services, [
    {
      ...reactor,
      timerKind: 'test',
      run(tick) {
        seen.push(...tick.timers.map(row => row.contactId))
        return reactor.run(tick)
      },
    },
  ])
  await worker.idle()
  await worker.stop()
  const done = await effects(base.db)
  assert.equal(done.length, events.length)
  assert.deepEqual(new Set(done.map(row => row.contactId)), new Set([known, ...others]))
  assert.deepEqual(seen, [known])
  const parked = await many<{ contactId: string }>(
    base.db,
    sql`select contact_id as "contactId" from engine.parked`,
  )
  assert.deepEqual(parked, [{ contactId: known }])
})

test('joining a visitor waits for the tick that is just dealing with him', async () => {
  const [visitor = '', known = ''] = someContacts(2)
  await happen(base.db, [visitor])
  let release: () => void = () => undefined
  let isInTick = false
  const worker = await quickWorker(services, [
    effectReactor(async () => {
      isInTick = true
      await new Promise<void>(resolve => {
        release = resolve
      })
    }),
  ])
  await until(() => isInTick)
  let isJoined = false
  const join = inTransaction(base.db, async trx => {
    await engineModule.repoint?.(trx, visitor, known)
    // What the tick wrote is there to be moved.
    assert.equal((await effects(trx)).length, 1)
    isJoined = true
  })
  await until(
    async () =>
      (
        await many(
          base.db,
          sql`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        )
      ).length > 0,
  )
  assert.equal(isJoined, false)
  release()
  await join
  await worker.stop()
})

test('the API shows lanes and pages through what is parked, and it can be tried again', async () => {
  const contacts = someContacts(3)
  for (const contactId of contacts) {
    await insertParked(base.db, [
      {
        kind: 'error',
        reason: `broken for ${contactId}`,
        detail: 'stack',
        entries: [entryFor({ contactId, id: '5', at: now })],
      },
    ])
  }
  const lanes = (await app.inject('/api/v1/system/lanes')).json()
  assert.equal(lanes.items.length, 64)
  assert.equal(lanes.backlog.rows, 0)
  const first = (await app.inject('/api/v1/system/parked?limit=2')).json()
  assert.equal(first.items.length, 2)
  const second = (await app.inject(`/api/v1/system/parked?limit=2&cursor=${first.next}`)).json()
  assert.equal(second.next, null)
  assert.deepEqual(
    [...first.items, ...second.items].map(item => item.contactId),
    contacts.toReversed(),
  )
  assert.equal(await retryParked(base.db, [first.items[0].id]), 1)
  assert.equal((await backlog(base.db)).entries, 1)
  assert.equal(await retryParked(base.db, null), 2)
})

test('health says in words when work is late and when something was put aside', async () => {
  const well = await engineModule.health?.(services)
  assert.ok(well?.every(finding => finding.ok))
  await happen(base.db, someContacts(1))
  await run(base.db, sql`update engine.work set queued_at = clock_timestamp() - interval '2 minutes'`)
  const late = await engineModule.health?.(services)
  assert.match(late?.find(finding => !finding.ok)?.words ?? '', /Work waits for 12\d seconds/)
})
