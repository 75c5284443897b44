import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { many, sql } from '#platform/db/db.ts'
import {
  effectReactor,
  effects,
  engineServices,
  happen,
  makeTestTables,
  quickWorker,
  someContacts,
} from '../../src/engine/engine.fixture.ts'
import { type TestDatabase, testDatabase } from '../harness/database.ts'
import { until } from '../harness/until.ts'

let base: TestDatabase
before(async () => {
  base = await testDatabase()
  await makeTestTables(base.db)
})
after(() => base.stop())

const script = fileURLToPath(new URL('./engine-worker.ts', import.meta.url))

/** Starts the worker and waits until it stands in the middle of a tick. */
async function startVictim(): Promise<ChildProcess> {
  const child = spawn(process.execPath, [script, base.url], { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  await until(() => said.includes('in the middle of a tick'), {
    timeoutMs: 20_000,
    words: 'the worker to be in mid-tick',
  })
  return child
}

test('a worker killed with SIGKILL in mid-tick: each contact continues exactly once', async () => {
  const contacts = someContacts(1000)
  await happen(base.db, contacts)
  const victim = await startVictim()
  const before = await effects(base.db)
  assert.ok(
    before.length > 0 && before.length < 1000,
    `${before.length} effects were committed before the kill`,
  )
  victim.kill('SIGKILL')
  await once(victim, 'exit')
  const heir = await quickWorker(engineServices(base.db, base.url), [effectReactor()], {
    leaseMs: 800,
    beatMs: 100,
  })
  await until(async () => (await effects(base.db)).length >= 1000, {
    timeoutMs: 20_000,
    words: 'the heir to finish',
  })
  await heir.idle()
  await heir.stop()
  const done = await effects(base.db)
  assert.equal(done.length, 1000)
  assert.deepEqual(
    done.map(row => row.contactId),
    [...contacts].sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1)),
  )
  assert.deepEqual(await many(base.db, sql`select from engine.work`), [])
})

test('a worker that is frozen in mid-tick is replaced, and when it thaws it changes nothing', async () => {
  const contacts = someContacts(600)
  const earlier = (await effects(base.db)).length
  await happen(base.db, contacts)
  const frozen = await startVictim()
  frozen.kill('SIGSTOP')
  // Its session is ended by the server's own limit; here the test plays the server, to save ten seconds.
  await until(async () => {
    const ended = await many(
      base.db,
      sql`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and state = 'idle in transaction' and query like '%unheard%'`,
    )
    return ended.length > 0
  })
  const heir = await quickWorker(engineServices(base.db, base.url), [effectReactor()], {
    leaseMs: 800,
    beatMs: 100,
  })
  await until(async () => (await effects(base.db)).length >= earlier + 600, {
    timeoutMs: 20_000,
    words: 'the heir to finish',
  })
  frozen.kill('SIGCONT')
  await heir.idle()
  await heir.stop()
  frozen.kill('SIGKILL')
  await once(frozen, 'exit')
  const done = await effects(base.db)
  assert.equal(done.length, earlier + 600)
  assert.equal(new Set(done.map(row => row.eventId)).size, done.length)
})
