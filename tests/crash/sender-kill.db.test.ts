import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { many, run, sql } from '#platform/db/db.ts'
import type { Services } from '#platform/services.ts'
import { queueMessages } from '../../src/outreach/messages.ts'
import {
  addEmail,
  isQuiet,
  letter,
  outreachServices,
  startDelivery,
} from '../../src/outreach/outreach.fixture.ts'
import { type TestDatabase, testDatabase } from '../harness/database.ts'
import { readSinkJournal, type Sink, startSink } from '../harness/smtp-sink.ts'
import { until } from '../harness/until.ts'

// The sink writes a line for every letter before it acknowledges it: what it says is the truth from outside.

const count = 600
const dataDir = mkdtempSync(join(tmpdir(), 'tend-crash-'))
const key = randomBytes(32).toString('base64')
const script = fileURLToPath(new URL('./mail-sender.ts', import.meta.url))
let base: TestDatabase
let sink: Sink
let services: Services
let versionId: string
let journal: string
let round = 0

before(async () => {
  base = await testDatabase()
})
beforeEach(async () => {
  await sink?.stop()
  journal = join(dataDir, `sink-${++round}`)
  sink = await startSink({ journal, delayMs: 15 })
  services = outreachServices(base, { TEND_DATA_DIR: dataDir, TEND_SMTP_URL: sink.url, TEND_SECRET_KEY: key })
  versionId ??= (
    await addEmail(services, {
      kind: 'html',
      source: '<html><body><p>Hello {{ contact.email }}</p></body></html>',
    })
  ).versionId
  await queueRound()
})
after(async () => {
  await sink?.stop()
  await base.stop()
})

async function queueRound(): Promise<void> {
  const first = round * 100_000
  await run(
    base.db,
    sql`
    insert into audience.contact (id, email, created_at, updated_at)
    select ${first}::int + n, 'r' || ${round}::int || 'n' || n || '@crash.example', '2026-01-01', '2026-01-01'
    from generate_series(1, ${count}::int) n`,
  )
  await run(
    base.db,
    sql`
    insert into audience.consent_current (contact_id, purpose, topic_id, state, since)
    select ${first}::int + n, 'marketing', 0, 'granted', '2026-01-01' from generate_series(1, ${count}::int) n`,
  )
  const rows = Array.from({ length: count }, (_, n) =>
    letter(String(first + n + 1), versionId, { reason: `round ${round}` }),
  )
  await queueMessages(base.db, rows, services.clock.now())
}

function startVictim(): ChildProcess {
  return spawn(process.execPath, [script, base.url, dataDir, sink.url, key], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
}

const arrived = () => readSinkJournal(journal)

async function states(): Promise<Record<string, string[]>> {
  const rows = await many<{ state: string; recipient: string }>(
    base.db,
    sql`select state, recipient from outreach.message where reason = ${`round ${round}`}`,
  )
  const byState: Record<string, string[]> = {}
  for (const { state, recipient } of rows) byState[state] = [...(byState[state] ?? []), recipient]
  return byState
}

/** What must hold whatever was done to the sender. */
async function assertAccounted(connections: number): Promise<void> {
  const letters = arrived()
  assert.equal(new Set(letters).size, letters.length, 'nobody got it twice')
  const { sent = [], unknown = [], ...rest } = await states()
  assert.deepEqual(Object.keys(rest), [], 'every message is sent or unknown')
  assert.equal(sent.length + unknown.length, count)
  assert.ok(
    unknown.length <= connections,
    `${unknown.length} are unknown, with at most ${connections} connections`,
  )
  const got = new Set(letters)
  assert.deepEqual(
    sent.filter(address => !got.has(address)),
    [],
    'what the ledger calls sent has arrived',
  )
  assert.deepEqual(
    [...got].filter(address => !sent.includes(address) && !unknown.includes(address)),
    [],
  )
}

for (const share of [0.15, 0.5]) {
  test(`a sender killed with SIGKILL after ${share * 100}%: none twice, none lost, in doubt only what was on a line`, {
    timeout: 120_000,
  }, async () => {
    const victim = startVictim()
    await until(() => arrived().length >= count * share, { timeoutMs: 40_000, words: 'mails to arrive' })
    victim.kill('SIGKILL')
    await once(victim, 'exit')
    const most = sink.connections().most
    assert.ok(arrived().length < count, 'it was killed in the middle')
    const heir = await startDelivery(services, 3000)
    await until(async () => (await isQuiet(services)) && !(await states()).sending, {
      timeoutMs: 60_000,
      words: 'the heir to finish',
    })
    await heir.stop()
    await assertAccounted(most)
  })
}

test('a sender that is frozen is replaced; when it thaws it begins nothing that it had claimed', {
  timeout: 120_000,
}, async () => {
  const frozen = startVictim()
  await until(() => arrived().length >= count * 0.2, { timeoutMs: 40_000, words: 'mails to arrive' })
  frozen.kill('SIGSTOP')
  const most = sink.connections().most
  const heir = await startDelivery(services, 3000)
  await until(async () => (await isQuiet(services)) && !(await states()).sending, {
    timeoutMs: 60_000,
    words: 'the heir to finish',
  })
  const before = new Set(arrived())
  frozen.kill('SIGCONT')
  // Alive again: it beats, and shares the lanes.
  await until(
    async () =>
      (await many(base.db, sql`select from engine.worker where alive_until > clock_timestamp()`)).length ===
      2,
    { words: 'the thawed one to beat' },
  )
  await heir.stop()
  frozen.kill('SIGKILL')
  await once(frozen, 'exit')
  // What it had begun to write before it froze may come to an end; that is what the ledger calls unknown.
  const { unknown = [] } = await states()
  assert.deepEqual(
    arrived().filter(address => !before.has(address) && !unknown.includes(address)),
    [],
  )
  await assertAccounted(most)
})
