import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import fc from 'fast-check'
import { inTransaction, many, run, sql } from '#platform/db/db.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { until } from '../../tests/harness/until.ts'
import { engineServices, makeTestTables } from './engine.fixture.ts'
import { createLeases, fenceLanes, type Leases, listLanes } from './lanes.ts'
import { openTick } from './worker.tick.ts'

let base: TestDatabase
before(async () => {
  base = await testDatabase()
  await makeTestTables(base.db)
})
after(() => base.stop())
beforeEach(reset)

async function reset(): Promise<void> {
  await run(base.db, sql`delete from engine.worker`)
  await run(base.db, sql`update engine.lane set owner = null, epoch = 0, lease_until = '-infinity'`)
}

/** What the clock would do to a worker that has fallen silent. */
async function expire(id: string): Promise<void> {
  await run(
    base.db,
    sql`update engine.worker set alive_until = clock_timestamp() - interval '1 second' where id = ${id}`,
  )
  await run(
    base.db,
    sql`update engine.lane set lease_until = clock_timestamp() - interval '1 second' where owner = ${id}`,
  )
}

const lanesOf = async () =>
  many<{ lane: number; owner: string | null; epoch: string }>(
    base.db,
    sql`select lane, owner, epoch from engine.lane order by lane`,
  )

const step = fc.record({
  worker: fc.integer({ min: 0, max: 3 }),
  act: fc.constantFrom('beat', 'beat', 'beat', 'release', 'expire'),
})

test('however workers come, go and fall silent: one owner per lane, rising epochs, equal shares in the end', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 14 }), async steps => {
      await reset()
      const leases = Array.from({ length: 4 }, (_, n) =>
        createLeases(base.db, { id: `w${n}`, leaseMs: 60_000 }),
      )
      let epochs = new Array<number>(64).fill(0)
      let owners = new Array<string | null>(64).fill(null)
      const silent = new Set<number>()
      for (const { worker, act } of steps) {
        if (act === 'expire') silent.add(worker)
        else silent.delete(worker)
        await perform(leases[worker], `w${worker}`, act)
        const now = await lanesOf()
        now.forEach((row, lane) => {
          const changed = row.owner !== null && row.owner !== owners[lane]
          assert.ok(Number(row.epoch) >= (epochs[lane] ?? 0), 'an epoch never falls')
          if (changed && owners[lane] !== null)
            assert.ok(Number(row.epoch) > (epochs[lane] ?? 0), 'a takeover raises the epoch')
        })
        epochs = now.map(row => Number(row.epoch))
        owners = now.map(row => row.owner)
        // What a worker believes is at least as old as the table; what the fence confirms is never two workers' at once.
        const confirmed = await Promise.all(
          leases.map((lease, n) => fenceLanes(base.db, `w${n}`, lease.held())),
        )
        const all = confirmed.flat().map(row => row.lane)
        assert.equal(new Set(all).size, all.length)
      }
      for (const worker of silent) await expire(`w${worker}`)
      const living = [0, 1, 2, 3].filter(worker => !silent.has(worker))
      for (const _ of [1, 2, 3]) for (const worker of living) await leases[worker]?.beat()
      const shares = living.map(worker => leases[worker]?.held().size ?? 0)
      if (living.length > 0) {
        assert.equal(
          shares.reduce((a, b) => a + b, 0),
          64,
          `shares ${shares}`,
        )
        assert.ok(Math.max(...shares) <= Math.ceil(64 / living.length))
      }
    }),
    { numRuns: 40 },
  )
})

async function perform(leases: Leases | undefined, id: string, act: string): Promise<void> {
  if (act === 'beat') await leases?.beat()
  else if (act === 'release') await leases?.release()
  else await expire(id)
}

test('a zombie that comes back after a takeover is refused by the fence', async () => {
  const zombie = createLeases(base.db, { id: 'zombie', leaseMs: 60_000 })
  await zombie.beat()
  await expire('zombie')
  const heir = createLeases(base.db, { id: 'heir', leaseMs: 60_000 })
  await heir.beat()
  assert.equal(heir.held().size, 64)
  assert.equal(zombie.held().size, 64, 'it still believes')
  assert.deepEqual(await fenceLanes(base.db, 'zombie', zombie.held()), [])
})

test('the lanes of a running tick are not taken, even when the lease has run out', async () => {
  const busy = createLeases(base.db, { id: 'busy', leaseMs: 60_000 })
  await busy.beat()
  const heir = createLeases(base.db, { id: 'heir', leaseMs: 60_000 })
  const some = new Map([...busy.held()].filter(([lane]) => lane < 10))
  await inTransaction(base.db, async trx => {
    assert.equal((await fenceLanes(trx, 'busy', some)).length, 10)
    await expire('busy')
    await heir.beat()
    assert.equal(heir.held().size, 54)
    assert.ok([...heir.held().keys()].every(lane => lane >= 10))
  })
  await heir.beat()
  assert.equal(heir.held().size, 64)
})

test('a process that has stopped in the middle of a tick loses its session, and with it its lanes', async () => {
  const stopped = createLeases(base.db, { id: 'stopped', leaseMs: 60_000 })
  await stopped.beat()
  const { limits } = { limits: { idleMs: 200, statementMs: 1000 } }
  let lost = false
  const tick = inTransaction(base.db, async trx => {
    await openTick({ owner: 'stopped', limits }, trx, stopped.held())
    await expire('stopped')
    const heir = createLeases(base.db, { id: 'heir', leaseMs: 60_000 })
    await heir.beat()
    assert.equal(heir.held().size, 0)
    await until(async () => {
      await heir.beat()
      return heir.held().size === 64
    })
    lost = true
    await run(trx, sql`insert into test.effect values (1, 1, 'zombie')`)
  })
  await assert.rejects(tick)
  assert.ok(lost)
  assert.deepEqual(await many(base.db, sql`select from test.effect`), [])
})

test('the list for the health screen names owners and what waits', async () => {
  const leases = createLeases(base.db, { id: 'w', leaseMs: 60_000 })
  await leases.beat()
  const services = engineServices(base.db, base.url)
  const rows = await listLanes(base.db, services.clock.now())
  assert.equal(rows.length, 64)
  assert.deepEqual(new Set(rows.map(row => row.owner)), new Set(['w']))
  await expire('w')
  assert.deepEqual(
    new Set((await listLanes(base.db, services.clock.now())).map(row => row.owner)),
    new Set([null]),
  )
})
