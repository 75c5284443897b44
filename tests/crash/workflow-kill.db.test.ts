import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createUser, systemActor } from '#access/users.ts'
import { append, load } from '#activity/ledger.ts'
import { record } from '#activity/record.ts'
import { upsertContacts } from '#audience/contacts.ts'
import { engineModule } from '#engine/module.ts'
import { startWorker } from '#engine/worker.ts'
import { inTransaction, many, one, sql } from '#platform/db/db.ts'
import { newId } from '#platform/ids.ts'
import type { Jobs } from '#platform/jobs.ts'
import { workflowsModule } from '#workflows/module.ts'
import { publishWorkflow } from '#workflows/publish.ts'
import { createWorkflow } from '#workflows/workflows.ts'
import { engineServices } from '../../src/engine/engine.fixture.ts'
import { type TestDatabase, testDatabase } from '../harness/database.ts'
import { until } from '../harness/until.ts'

let base: TestDatabase
before(async () => {
  base = await testDatabase()
})
after(() => base.stop())

const script = fileURLToPath(new URL('./workflow-worker.ts', import.meta.url))
const count = 1000

/** Three steps in one breath: two that change the contact, one that asks. */
async function publishThreeSteps(): Promise<string> {
  const { db } = base
  const now = new Date()
  const owner = await createUser(db, systemActor, {
    name: 'Olga',
    email: 'olga@house.example',
    role: 'owner',
  })
  const definition = {
    trigger: { event: 'event.tracked', name: 'Begin' },
    reentry: 'once' as const,
    start: 'first',
    nodes: {
      first: { type: 'set-field', settings: { field: 'stage', value: 'prospect' }, exits: { next: 'ask' } },
      ask: {
        type: 'branch',
        settings: { filter: { type: 'field', field: 'stage', op: 'is', value: 'prospect' } },
        exits: { yes: 'last', no: null },
      },
      last: { type: 'exit', settings: {}, exits: {} },
    },
  }
  const { id, version } = await createWorkflow(db, systemActor, { name: 'Three steps', definition }, now)
  const reviewOn = new Date(now.getTime() + 90 * 86_400_000).toISOString().slice(0, 10)
  // A first version has nobody inside, so no job is started.
  const wanted = { id, version, ownerId: owner.id, reviewOn, inside: 'stay' as const, now }
  await publishWorkflow(db, {} as Jobs, systemActor, wanted)
  return id
}

async function letEverybodyBegin(): Promise<void> {
  const now = new Date()
  const ids = Array.from({ length: count }, () => newId())
  await inTransaction(base.db, async trx => {
    const patches = ids.map(contactId => ({ contactId, email: `c${contactId}@people.example`, traits: {} }))
    await upsertContacts(trx, patches, { now, source: 'a test' })
    await record(
      trx,
      ids.map(contactId => ({ contactId, type: 'event.tracked', name: 'Begin', at: now })),
    )
  })
}

const stays = async () =>
  (await one<{ n: number }>(base.db, sql`select count(*)::int as n from workflows.enrolment`)).n

test('a worker killed with SIGKILL in mid-tick: every participant continues exactly once', async () => {
  const workflowId = await publishThreeSteps()
  await letEverybodyBegin()
  const victim = spawn(process.execPath, [script, base.url], { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  victim.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  await until(() => said.includes('in the middle'), {
    timeoutMs: 20_000,
    words: 'the worker to be in mid-tick',
  })
  const before = await stays()
  assert.ok(before > 0 && before < count, `${before} entries were committed before the kill`)
  victim.kill('SIGKILL')
  await once(victim, 'exit')

  const services = engineServices(base.db, base.url)
  const reactors = workflowsModule.reactors ?? []
  const heir = await startWorker({
    services,
    reactors,
    log: { load, append },
    options: { leaseMs: 800, beatMs: 100 },
  })
  const isDone = async () =>
    (await stays()) === count && (await engineModule.pending?.(base.db, new Date())) === 0
  await until(isDone, { timeoutMs: 20_000, words: 'the heir to finish' })
  await heir.stop()

  const paths = await many<{ path: string; n: number }>(
    base.db,
    sql`
    select path, count(*)::int as n from (
      select string_agg(node || ':' || exit, ' ' order by id) as path from workflows.step group by contact_id, enrolment_id) p
    group by path`,
  )
  assert.deepEqual(paths, [{ path: 'first:next ask:yes last:end', n: count }])
  const told = await many<{ type: string; n: number }>(
    base.db,
    sql`
    select type, count(*)::int as n from activity.event where type like 'workflow.%' group by type order by type`,
  )
  assert.deepEqual(told, [
    { type: 'workflow.entered', n: count },
    { type: 'workflow.exited', n: count },
  ])
  const tally = await many<{ n: number }>(
    base.db,
    sql`
    select sum(n)::int as n from workflows.tally where workflow_id = ${workflowId}::bigint group by node`,
  )
  assert.deepEqual(
    tally.map(row => row.n),
    [count, count, count],
  )
})
