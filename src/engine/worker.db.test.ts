import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, test } from 'node:test'
import { many, one, run, sql } from '#platform/db/db.ts'
import { laneOf } from '#platform/ids.ts'
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
import { listParked, retryParked } from './parked.ts'
import type { Event, Reactor, Timer } from './reactor.ts'
import { setTimers } from './timers.ts'
import { backlog } from './work.ts'
import type { Worker } from './worker.ts'

let base: TestDatabase
let services: ReturnType<typeof engineServices>
const running: Worker[] = []

before(async () => {
  base = await testDatabase({ max: 16 })
  services = engineServices(base.db, base.url)
  await makeTestTables(base.db)
})
after(() => base.stop())
beforeEach(async () => {
  await run(base.db, sql`truncate test.event, test.effect, engine.work, engine.timer, engine.parked`)
})
afterEach(async () => {
  for (const worker of running.splice(0)) await worker.stop()
})

async function start(reactors: Reactor[], options = {}): Promise<Worker> {
  const worker = await quickWorker(services, reactors, options)
  running.push(worker)
  return worker
}

test('every event is reacted to exactly once, in whatever lane its contact lives', async () => {
  const worker = await start([effectReactor()])
  const contacts = someContacts(500)
  await happen(base.db, contacts)
  await happen(base.db, contacts)
  await worker.idle()
  const done = await effects(base.db)
  assert.equal(done.length, 1000)
  assert.equal(new Set(done.map(row => row.eventId)).size, 1000)
  assert.equal((await backlog(base.db)).rows, 0)
})

test('new work wakes a sleeping worker at once, with no polling', async () => {
  const worker = await start([effectReactor()], { beatMs: 60_000, leaseMs: 120_000 })
  await worker.idle()
  await until(
    async () =>
      (
        await one<{ n: number }>(
          base.db,
          sql`select count(*)::int n from pg_stat_activity where datname = current_database() and application_name = 'tend engine' and query like 'listen%' and state = 'idle'`,
        )
      ).n > 0,
  )
  const began = performance.now()
  await happen(base.db, someContacts(1))
  await until(async () => (await effects(base.db)).length === 1)
  assert.ok(performance.now() - began < 800, `took ${Math.round(performance.now() - began)} ms`)
})

test('reactors see events of earlier ones in the same round and of later ones in the next, each once', async () => {
  const seen: string[] = []
  const note = (who: string, events: Event[], round: number) =>
    seen.push(...events.map(event => `${who}${round}:${event.type}`))
  const follow = (name: string, from: string, to: string): Reactor => ({
    name,
    async run({ events, now, round }) {
      note(name, events, round)
      return events
        .filter(event => event.type === from)
        .map(event => ({ contactId: event.contactId, type: to, at: now, causeId: event.id }))
    },
  })
  const worker = await start([
    follow('a', 'third', 'fourth'),
    follow('b', 'first', 'second'),
    follow('c', 'second', 'third'),
  ])
  await happen(base.db, someContacts(1), 'first')
  await worker.idle()
  assert.deepEqual(seen, [
    'a0:first',
    'b0:first',
    'c0:first',
    'c0:second',
    'a1:second',
    'a1:third',
    'b1:second',
    'b1:third',
    'b1:fourth',
    'c1:third',
    'c1:fourth',
    'a2:fourth',
  ])
  for (const who of ['a', 'b', 'c']) {
    const types = seen.filter(line => line.startsWith(who)).map(line => line.split(':')[1])
    assert.deepEqual(types, ['first', 'second', 'third', 'fourth'])
  }
  const depths = await many<{ type: string; depth: number }>(
    base.db,
    sql`select type, depth from test.event order by depth`,
  )
  assert.deepEqual(
    depths.map(row => `${row.type} ${row.depth}`),
    ['first 0', 'second 1', 'third 2', 'fourth 3'],
  )
})

test('what is not finished after the bound of rounds goes on in a later tick, for those who have not seen it', async () => {
  const counts = new Map<string, number>()
  const countdown: Reactor = {
    name: 'countdown',
    async run({ events, now }) {
      for (const event of events) counts.set(event.id, (counts.get(event.id) ?? 0) + 1)
      return events.flatMap(event => {
        const left = Number(event.data.left)
        return left > 0
          ? [
              {
                contactId: event.contactId,
                type: 'test.count',
                at: now,
                data: { left: left - 1 },
                causeId: event.id,
                depth: 1,
              },
            ]
          : []
      })
    },
  }
  const worker = await start([countdown, effectReactor()], { rounds: 3 })
  await happen(base.db, someContacts(20), 'test.count', { left: 8 })
  await worker.idle()
  assert.equal((await effects(base.db)).length, 20 * 9)
  assert.equal(counts.size, 20 * 9)
  assert.deepEqual([...new Set(counts.values())], [1])
})

test('events that cause each other without end are stopped and parked as a loop', async () => {
  const echo: Reactor = {
    name: 'echo',
    run: async ({ events, now }) =>
      events.map(event => ({ contactId: event.contactId, type: 'test.echo', at: now, causeId: event.id })),
  }
  const worker = await start([echo], { rounds: 4 })
  const [contactId] = someContacts(1)
  await happen(base.db, [contactId ?? ''])
  await worker.idle()
  const parked = await listParked(base.db, { before: null, limit: 10 })
  assert.equal(parked.length, 1)
  assert.equal(parked[0]?.kind, 'loop')
  assert.equal(parked[0]?.contactId, contactId)
  const { depth } = await one<{ depth: number }>(base.db, sql`select max(depth) as depth from test.event`)
  assert.equal(depth, 21)
})

test('timers fire when business time reaches them, and a moved clock counts', async () => {
  const fired: Timer[] = []
  const clockwork: Reactor = {
    name: 'clockwork',
    timerKind: 'test',
    async run({ timers, setTimers: set }) {
      fired.push(...timers)
      set(
        timers
          .filter(timer => timer.key === '1')
          .map(timer => ({ ...timer, key: '2', dueAt: new Date(timer.dueAt.getTime() + 3_600_000) })),
      )
      return []
    },
  }
  const worker = await start([clockwork])
  const [contactId = ''] = someContacts(1)
  const soon = new Date(services.clock.now().getTime() + 150)
  await setTimers(base.db, [{ contactId, kind: 'test', key: '1', dueAt: soon }])
  await until(() => fired.length === 1)
  assert.ok(services.clock.now() >= soon)
  await worker.idle()
  assert.equal(fired.length, 1)
  await run(base.db, sql`update platform.clock set offset_ms = 7200000`)
  await run(base.db, sql`select pg_notify('tend_clock', '')`)
  await until(() => fired.length === 2)
  assert.equal(fired[1]?.key, '2')
  await run(base.db, sql`update platform.clock set offset_ms = 0`)
  await services.clock.refresh(base.db)
})

test('a poisonous contact is isolated, retried, then parked with its reason; its neighbours go on', async () => {
  const contacts = someContacts(200)
  const poison = contacts[77] ?? ''
  const other = contacts[150] ?? ''
  let tries = 0
  const worker = await start([
    effectReactor(events => {
      if (events.some(event => event.contactId === poison)) {
        if (events.length === 1) tries++
        throw new Error('no reaction possible')
      }
      if (events.some(event => event.contactId === other)) throw new Error('nor here')
    }),
  ])
  await happen(base.db, contacts)
  await until(async () => (await listParked(base.db, { before: null, limit: 10 })).length === 2)
  await worker.idle()
  const done = await effects(base.db)
  assert.equal(done.length, 198)
  assert.equal(new Set(done.map(row => row.contactId)).size, 198)
  assert.ok(tries >= 4)
  const parked = await listParked(base.db, { before: null, limit: 10 })
  const item = parked.find(row => row.contactId === poison)
  assert.equal(item?.reason, 'effects: no reaction possible')
  assert.equal(item?.attempts, 4)
  assert.equal((await backlog(base.db)).rows, 0)
})

test('a parked item can be tried again by hand and then goes through once', async () => {
  let isFixed = false
  const worker = await start([
    effectReactor(() => {
      if (!isFixed) throw new Error('not yet')
    }),
  ])
  await happen(base.db, someContacts(1))
  await until(async () => (await listParked(base.db, { before: null, limit: 10 })).length === 1)
  isFixed = true
  const [item] = await listParked(base.db, { before: null, limit: 10 })
  assert.equal(await retryParked(base.db, [item?.id ?? '']), 1)
  await worker.idle()
  assert.equal((await effects(base.db)).length, 1)
  assert.deepEqual(await listParked(base.db, { before: null, limit: 10 }), [])
})

test('what comes for a contact while it waits for another attempt stays behind in order', async () => {
  const contacts = someContacts(3)
  const held = contacts[1] ?? ''
  let isFixed = false
  const order: string[] = []
  const worker = await start(
    [
      effectReactor(events => {
        const mine = events.filter(event => event.contactId === held)
        if (mine.length > 0 && !isFixed) throw new Error('not yet')
        order.push(...mine.map(event => event.type))
      }),
    ],
    { backOffMs: [400, 400, 400] },
  )
  await happen(base.db, contacts, 'test.first')
  await until(async () => (await many(base.db, sql`select from engine.work where attempt > 0`)).length > 0)
  await happen(base.db, contacts, 'test.second')
  await worker.idle()
  assert.deepEqual(
    (await effects(base.db)).filter(row => row.contactId === held),
    [],
  )
  isFixed = true
  await until(() => order.length === 2)
  assert.deepEqual(order, ['test.first', 'test.second'])
})

test('when everything fails nothing more is parked: the fault is not with the contacts', async () => {
  let isDown = true
  const worker = await start(
    [
      effectReactor(() => {
        if (isDown) throw new Error('the whole reactor is broken')
      }),
    ],
    { backOffMs: [60_000, 60_000, 60_000], slots: 1 },
  )
  await happen(base.db, someContacts(300))
  await until(async () => (await many(base.db, sql`select from engine.work where attempt > 0`)).length >= 8)
  const { fresh } = await one<{ fresh: number }>(
    base.db,
    sql`select coalesce(sum(cardinality(contact_ids)), 0)::int as fresh from engine.work where attempt = 0`,
  )
  assert.ok(fresh > 250, `${fresh} contacts are left in peace`)
  isDown = false
  await until(async () => (await effects(base.db)).length >= 250)
  await worker.stop()
})

test('several workers share the lanes, and one that stops gives its own to the others at once', async () => {
  const workers = [
    await start([effectReactor()]),
    await start([effectReactor()]),
    await start([effectReactor()]),
  ]
  const counts = () => workers.map(worker => worker.laneCount())
  await until(() => counts().every(count => count >= 20) && counts().reduce((a, b) => a + b) === 64, {
    words: 'equal shares',
  })
  await happen(base.db, someContacts(300))
  await until(async () => (await effects(base.db)).length === 300)
  const began = performance.now()
  await workers[1]?.stop()
  await until(() => counts().reduce((a, b) => a + b) === 64 && counts()[1] === 0)
  assert.ok(performance.now() - began < 1500)
  await happen(base.db, someContacts(300))
  await until(async () => (await effects(base.db)).length === 600)
})

test('what a reactor says about a contact of a lane outside the tick reaches the owner of that lane', async () => {
  const [from = '', to = ''] = [
    someContacts(200).find(id => laneOf(id) === 3),
    someContacts(200).find(id => laneOf(id) === 4),
  ]
  const forward: Reactor = {
    name: 'forward',
    run: async ({ events, now }) =>
      events
        .filter(event => event.contactId === from)
        .map(event => ({ contactId: to, type: 'test.forwarded', at: now, causeId: event.id })),
  }
  const worker = await start([forward, effectReactor()])
  await happen(base.db, [from])
  await until(async () => (await effects(base.db)).length === 2)
  await worker.idle()
  assert.deepEqual((await effects(base.db)).map(row => row.what).sort(), ['test.forwarded', 'test.happened'])
})

test('a database that goes away for a moment costs nothing but time', async () => {
  const worker = await start([effectReactor()])
  await worker.idle()
  await happen(base.db, someContacts(50))
  await many(
    base.db,
    sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
  )
  await happen(base.db, someContacts(50)).catch(() => happen(base.db, someContacts(50)))
  await until(async () => (await effects(base.db).catch(() => [])).length >= 100)
  const done = await effects(base.db)
  assert.equal(new Set(done.map(row => row.eventId)).size, done.length)
})
