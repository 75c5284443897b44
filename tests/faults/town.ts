// A small town for fault tests: contacts who enter a workflow that mails them, a real SMTP server that remembers what
// it took, and the real program in processes of its own, to be killed, frozen and cut off.
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createUser, systemActor } from '#access/users.ts'
import { makePartitions } from '#activity/partitions.ts'
import { record } from '#activity/record.ts'
import { recordConsent } from '#audience/consent.ts'
import { upsertContacts } from '#audience/contacts.ts'
import { resolve } from '#audience/identity.ts'
import { createEmail, publishEmail } from '#outreach/emails.ts'
import { readConfig } from '#platform/config.ts'
import { inTransaction, many, one, sql } from '#platform/db/db.ts'
import type { Services } from '#platform/services.ts'
import { publishWorkflow } from '#workflows/publish.ts'
import { createWorkflow } from '#workflows/workflows.ts'
import { openRuntime, type Runtime } from '../../src/runtime.ts'
import { testDatabase } from '../harness/database.ts'
import { type Letter, type Script, type Sink, startSink } from '../harness/smtp-sink.ts'
import { until } from '../harness/until.ts'

export type Part = 'office' | 'street' | 'worker'

export type Town = {
  services: Services
  sink: Sink
  workflowId: string
  /** Starts a part of the program. `through`: the database's address as this process is to see it. */
  start(part: Part, options?: { through?: string; env?: Record<string, string>; plant?: string }): Process
  /** Lets new contacts in who agreed to marketing and do what starts the workflow; their ids. */
  invite(count: number, traits?: Record<string, unknown>): Promise<string[]>
  /** Waits until every message has come to an end and nothing is due: invariant I11. */
  settle(timeoutMs?: number): Promise<void>
  stop(): Promise<void>
}

export type Process = {
  child: ChildProcess
  /** Once it has said that it is ready. */
  ready(): Promise<void>
  /** Ends it without a chance to put anything down. */
  kill(): Promise<void>
  /** Asks it to end, as a supervisor does; the exit code. */
  end(): Promise<number | null>
}

const root = new URL('../..', import.meta.url).pathname
const plantLoader = new URL('./plant.loader.ts', import.meta.url).href

export type TownOptions = {
  script?: (to: string) => Script
  /** How long the server takes to answer a body: how long messages stand on open connections. */
  delayMs?: number
  /** A letter has been taken by the server, which has not said so yet. */
  onLetter?: (letter: Letter) => void
  /** A database elsewhere, migrated or not; one of the shared server otherwise. */
  databaseUrl?: string
  /** The mail's body; every contact's first name is unique, and stands in his letter only. */
  source?: string
}

export async function openTown(options: TownOptions = {}): Promise<Town> {
  const base = options.databaseUrl ? null : await testDatabase()
  const databaseUrl = options.databaseUrl ?? base?.url ?? ''
  const dataDir = mkdtempSync(join(tmpdir(), 'tend-fault-'))
  const sink = await startSink({
    delayMs: options.delayMs ?? 5,
    ...(options.script ? { script: options.script } : {}),
    ...(options.onLetter ? { onLetter: options.onLetter } : {}),
  })
  const env = {
    DATABASE_URL: databaseUrl,
    TEND_DATA_DIR: dataDir,
    TEND_SECRET_KEY: randomBytes(32).toString('base64'),
    TEND_SMTP_URL: sink.url,
    TEND_DEMO: 'off',
    TEND_LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'error',
  }
  const runtime = await openRuntime(readConfig(env))
  const { services } = runtime
  await makePartitions(services.db, services.clock.now())
  const workflowId = await publishFollowUp(services, options.source)
  const running = new Set<Process>()
  return {
    services,
    sink,
    workflowId,
    start(part, given = {}) {
      const settings: Record<string, string> = { ...env, ...given.env }
      if (given.through) settings.DATABASE_URL = given.through
      if (given.plant) settings.TEST_PLANT = given.plant
      const made = spawnPart(part, settings, given.plant !== undefined, () => running.delete(made))
      running.add(made)
      return made
    },
    invite: (count, traits) => invite(services, count, traits),
    settle: timeoutMs => settle(services, timeoutMs),
    async stop() {
      for (const each of running) await each.kill()
      await sink.stop()
      await closeRuntime(runtime)
      await base?.stop()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

async function closeRuntime(runtime: Runtime): Promise<void> {
  await runtime.close().catch(() => undefined)
}

function spawnPart(part: Part, env: Record<string, string>, planted: boolean, onExit: () => void): Process {
  const loader = planted ? ['--import', plantLoader] : []
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', ...loader, 'src/main.ts', part],
    {
      cwd: root,
      env: { PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ''}`, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      if (process.env.TEST_LOG_LEVEL) process.stderr.write(chunk)
    })
  const exited = once(child, 'exit').then(() => onExit())
  const endBy = async (signal: 'SIGKILL' | 'SIGTERM') => {
    child.kill('SIGCONT')
    child.kill(signal)
    await exited
  }
  return {
    child,
    async ready() {
      await until(
        () => {
          if (child.exitCode !== null)
            throw new Error(`it ended with ${child.exitCode}: ${output.slice(-2000)}`)
          return output.includes('Tend is ready')
        },
        { timeoutMs: 60_000, words: 'it to be ready' },
      )
    },
    kill: () => endBy('SIGKILL'),
    async end() {
      await endBy('SIGTERM')
      return child.exitCode
    },
  }
}

const letter = `<html><body><p>Dear {{ contact.first_name }}, <a href="https://example.com/paper">the paper</a></p></body></html>`

/** Trigger, a field set, the mail, points on nobody: three steps that leave traces in every ledger. */
async function publishFollowUp(services: Services, source = letter): Promise<string> {
  const { db, clock, jobs } = services
  const now = clock.now()
  const owner = await createUser(db, systemActor, {
    name: 'Olga Owner',
    email: 'olga@town.example',
    role: 'owner',
  })
  const reviewOn = new Date(now.getTime() + 90 * 86_400_000).toISOString().slice(0, 10)
  const steward = { ownerId: owner.id, reviewOn }
  const draft = { name: 'Paper', subject: 'For {{ contact.first_name }}', kind: 'html' as const, source }
  const email = await createEmail(db, systemActor, draft, now)
  await publishEmail(db, systemActor, email.id, { version: email.version, ...steward }, now)
  const definition = {
    trigger: { event: 'event.tracked', name: 'Paper asked' },
    reentry: 'once' as const,
    start: 'mark',
    nodes: {
      mark: { type: 'set-field', settings: { field: 'stage', value: 'prospect' }, exits: { next: 'mail' } },
      mail: { type: 'send-email', settings: { emailId: email.id }, exits: { next: 'end' } },
      end: { type: 'exit', settings: {}, exits: {} },
    },
  }
  const made = await createWorkflow(db, systemActor, { name: 'Paper follow-up', definition }, now)
  const wanted = { id: made.id, version: made.version, ...steward, inside: 'stay' as const, now }
  await publishWorkflow(db, jobs, systemActor, wanted)
  return made.id
}

async function invite({ db, clock }: Services, count: number, traits = {}): Promise<string[]> {
  const now = clock.now()
  const names = Array.from({ length: count }, () => randomBytes(6).toString('hex'))
  return inTransaction(db, async trx => {
    const calls = names.map(name => ({ email: `${name}@guests.example`, trust: 'server' as const }))
    const found = await resolve(trx, calls, { now })
    const ids = found.map(one => one.contactId)
    const patches = ids.map((contactId, i) => ({
      contactId,
      email: calls[i]?.email ?? '',
      traits: { firstName: `Name-${names[i]}`, ...traits },
    }))
    await upsertContacts(trx, patches, { now, source: 'the town' })
    await recordConsent(
      trx,
      ids.map(contactId => ({
        contactId,
        purpose: 'marketing',
        state: 'granted' as const,
        basis: 'opt-in',
        source: 'the town',
        proof: {},
        at: now,
      })),
    )
    await record(
      trx,
      ids.map(contactId => ({ contactId, type: 'event.tracked', name: 'Paper asked', at: now })),
    )
    return ids
  })
}

/** Messages that have not come to an end, and work that no worker has looked at. */
export function unfinished({ db, clock }: Services): Promise<{ messages: number; work: number }> {
  return one(
    db,
    sql`select
      (select count(*)::int from outreach.message
        where state = 'sending' or (state in ('queued', 'deferred') and not_before <= ${clock.now()}::timestamptz)) as messages,
      (select count(*)::int from engine.work) as work`,
  )
}

async function settle(services: Services, timeoutMs = 150_000): Promise<void> {
  let left: Awaited<ReturnType<typeof unfinished>> | null = null
  await until(
    async () => {
      left = await unfinished(services).catch(() => null)
      return left !== null && left.messages === 0 && left.work === 0
    },
    { timeoutMs, words: 'the queues to drain' },
  ).catch(error => {
    throw new Error(`${String(error)}; left: ${JSON.stringify(left)}`)
  })
}

/** The states of all messages with how many are in each. */
export async function countStates({ db }: Services): Promise<Record<string, number>> {
  const rows = await many<{ state: string; n: number }>(
    db,
    sql`select state, count(*)::int as n from outreach.message group by state`,
  )
  return Object.fromEntries(rows.map(row => [row.state, row.n]))
}
