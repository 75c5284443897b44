import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { one, sql } from '#platform/db/db.ts'
import {
  addPeople,
  countRecipients,
  launched,
  type Stage,
  startStage,
} from '../../src/outreach/campaigns.fixture.ts'
import { until } from '../harness/until.ts'

// A worker that is killed in the middle of freezing an audience, three times over.

const people = 30_000
const script = fileURLToPath(new URL('./campaign-worker.ts', import.meta.url))
let stage: Stage

before(async () => {
  stage = await startStage()
})
after(() => stage?.stop())

const victim = (): ChildProcess =>
  spawn(process.execPath, [script, stage.base.url, randomBytes(32).toString('base64')], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })

test('killed while it freezes and queues, the next worker goes on exactly where it was: nobody twice, nobody lost', {
  timeout: 180_000,
}, async () => {
  const list = await addPeople(stage, { first: 1_000_000, count: people, domain: 'frozen.example' })
  const { id, recipients } = await launched(stage, { include: { segments: [], lists: [list] } })
  assert.equal(recipients, people)
  for (const share of [0.2, 0.5, 0.8]) {
    const worker = victim()
    await until(async () => (await countRecipients(stage, id)) >= people * share, { timeoutMs: 40_000 })
    worker.kill('SIGKILL')
    await once(worker, 'exit')
  }
  const early = await countRecipients(stage, id)
  assert.ok(early < people, `it was killed in the middle, at ${early}`)
  const heir = victim()
  const counts = () =>
    one<{ recipients: number; queued: number; contacts: number; noted: number }>(
      stage.base.db,
      sql`
      select (select count(*)::int from outreach.campaign_recipient where campaign_id = ${id}::bigint) as recipients,
        (select count(*)::int from outreach.campaign_recipient where campaign_id = ${id}::bigint and message_id is not null) as noted,
        count(*)::int as queued, count(distinct contact_id)::int as contacts
      from outreach.message where campaign_id = ${id}::bigint`,
    )
  await until(async () => (await counts()).queued === people, { timeoutMs: 60_000 })
  heir.kill('SIGKILL')
  await once(heir, 'exit')
  assert.deepEqual(await counts(), { recipients: people, noted: people, queued: people, contacts: people })
  const { body } = await stage.call('GET', `/${id}`)
  assert.equal(body.recipients, people, 'what it counted while freezing is counted once, too')
})
