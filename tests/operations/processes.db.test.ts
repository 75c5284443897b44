import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { many, one, sql } from '#platform/db/db.ts'
import { queueMessages } from '../../src/outreach/messages.ts'
import { addContact, addEmail, outreachServices } from '../../src/outreach/outreach.fixture.ts'
import { type TestDatabase, testDatabase } from '../harness/database.ts'
import { type Sink, startSink } from '../harness/smtp-sink.ts'
import { until } from '../harness/until.ts'

// `tend worker` three times on one database: shares, a kill, a rolling stop.

let base: TestDatabase
let sink: Sink
const folder = mkdtempSync(join(tmpdir(), 'tend-processes-'))
const children: ChildProcess[] = []
const secret = randomBytes(32).toString('base64')
const root = new URL('../..', import.meta.url).pathname
const people = 300

before(async () => {
  base = await testDatabase({ max: 3 })
  sink = await startSink({ delayMs: 20 })
})
after(async () => {
  for (const child of children)
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
  await base?.stop()
  await sink?.stop()
  rmSync(folder, { recursive: true, force: true })
})

function startProcess(): ChildProcess {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', 'src/main.ts', 'worker'], {
    cwd: root,
    stdio: 'ignore',
    env: {
      PATH: process.env.PATH ?? '',
      DATABASE_URL: base.url,
      TEND_SECRET_KEY: secret,
      TEND_DATA_DIR: folder,
      TEND_DEMO: 'off',
      TEND_LOG_LEVEL: 'silent',
      TEND_SMTP_URL: sink.url,
    },
  })
  children.push(child)
  return child
}

/** Lanes per living worker, by process. */
const shares = () =>
  many<{ pid: number; lanes: number }>(
    base.db,
    sql`
    select w.process_id as pid, count(l.lane)::int as lanes from engine.worker w
    left join engine.lane l on l.owner = w.id and l.lease_until >= clock_timestamp()
    where w.alive_until >= clock_timestamp() group by w.process_id`,
  )
const shared = (workers: number) =>
  until(
    async () => {
      const rows = await shares()
      const lanes = rows.map(row => row.lanes)
      const even = Math.max(...lanes) <= Math.ceil(64 / workers)
      return rows.length === workers && even && lanes.reduce((sum, n) => sum + n, 0) === 64
    },
    { words: `64 lanes shared by ${workers}`, timeoutMs: 150_000 },
  )
const ended = (child: ChildProcess) =>
  new Promise<number | null>(resolve =>
    child.exitCode === null ? child.once('exit', code => resolve(code)) : resolve(child.exitCode),
  )

test('three workers share the lanes evenly; one that is killed is replaced, and nobody gets a mail twice', async () => {
  const services = outreachServices(base, { TEND_SECRET_KEY: secret })
  const { versionId } = await addEmail(services)
  const [first] = [startProcess(), startProcess(), startProcess()]
  await shared(3)
  const now = services.clock.now()
  const messages = []
  for (let n = 0; n < people; n++) {
    const { id } = await addContact(base.db)
    messages.push({
      contactId: id,
      channel: 'email' as const,
      class: 'marketing' as const,
      reason: 'processes',
      emailVersionId: versionId,
      causeId: null,
      why: [],
      notBefore: now,
      purpose: 'marketing',
    })
  }
  await queueMessages(base.db, messages, now)
  await until(() => sink.letters.length > 30, { words: 'the first letters', timeoutMs: 60_000 })
  first?.kill('SIGKILL')
  await shared(2)
  await until(
    async () => {
      const { open } = await one<{ open: number }>(
        base.db,
        sql`select count(*)::int as open from outreach.message where state in ('queued', 'deferred', 'sending')`,
      )
      return open === 0
    },
    { words: 'everything to be ended', timeoutMs: 120_000 },
  )
  const states = await many<{ state: string; n: number }>(
    base.db,
    sql`select state, count(*)::int as n from outreach.message group by state`,
  )
  const count = (state: string) => states.find(row => row.state === state)?.n ?? 0
  const to = sink.letters.map(letter => letter.to)
  assert.equal(new Set(to).size, to.length, 'nobody twice')
  assert.equal(count('sent') + count('unknown'), people, JSON.stringify(states))
  assert.ok(count('sent') <= to.length && to.length <= people)
  assert.ok(count('unknown') <= 10, 'no more in doubt than were on open connections')
})

test('a worker that is told to stop hands its lanes over and ends with 0', async () => {
  const running = children.filter(child => child.exitCode === null && child.signalCode === null)
  const [leaving] = running
  leaving?.kill('SIGTERM')
  assert.equal(leaving && (await ended(leaving)), 0)
  await shared(running.length - 1)
})
