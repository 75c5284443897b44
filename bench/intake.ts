// Intake: batches of 100 events of known contacts, answered after commit, against Fastify with one insert per
// request and no identities. Then the latency of a lightly loaded street.
import { type ChildProcess, fork } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { startServer } from '../src/platform/postgres/server.ts'
import type { Order, Report } from './intake/load.ts'
import { cpuSeconds, inTurn, median, memoryMegabytes, percentile, print } from './measure.ts'

const rounds = Number(process.env.BENCH_ROUNDS ?? 5)
const seconds = Number(process.env.BENCH_SECONDS ?? 5)
const users = 20_000
const heavy = 32
const light = 4

/** As `npm start` runs it. */
const nodeFlags = ['--max-semi-space-size=32']

type Ready = { url: string; writeKey?: string }
type Target = { name: string; child: ChildProcess; url: string; writeKey: string; runs: Run[] }
type Run = {
  perSecond: number
  serverMicros: number
  databaseMicros: number
  latenciesMs: number[]
  failed: number
}

const home = mkdtempSync(join(tmpdir(), 'tend-bench-intake-'))
chmodSync(home, 0o755)
const server = await startServer(join(home, 'postgres'))
const postmaster = Number(readFileSync(join(home, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0])
const loader = fork('bench/intake/load.ts')

function answerOf<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null) => reject(new Error(`a process of the bench ended with ${code}`))
    child.once('exit', ended)
    child.once('message', message => {
      child.off('exit', ended)
      resolve(message as T)
    })
  })
}

async function start(name: string, file: string): Promise<Target> {
  const admin = new pg.Client({ connectionString: server.url })
  await admin.connect()
  await admin.query(`create database bench_${name}`)
  await admin.end()
  const address = new URL(server.url)
  address.pathname = `/bench_${name}`
  const child = fork(file, {
    execArgv: nodeFlags,
    env: { ...process.env, DATABASE_URL: address.href, BENCH_USERS: String(users) },
  })
  const { url, writeKey = '' } = await answerOf<Ready>(child)
  return { name, child, url, writeKey, runs: [] }
}

let turn = 0

async function run(target: Target, connections: number, forSeconds: number): Promise<Run> {
  const cpu = () => [cpuSeconds(target.child.pid ?? 0), cpuSeconds(postmaster)] as const
  const before = cpu()
  const order: Order = {
    url: target.url,
    connections,
    seconds: forSeconds,
    users,
    writeKey: target.writeKey,
    run: `r${++turn}`,
  }
  loader.send(order)
  const report = await answerOf<Report>(loader)
  const after = cpu()
  if (report.failed > 0) throw new Error(`${report.failed} requests to ${target.name} failed`)
  const micros = (i: 0 | 1) => ((after[i] - before[i]) * 1e6) / report.items
  return {
    perSecond: report.items / report.seconds,
    serverMicros: micros(0),
    databaseMicros: micros(1),
    latenciesMs: report.latenciesMs,
    failed: report.failed,
  }
}

async function measure(target: Target): Promise<number> {
  const result = await run(target, heavy, seconds)
  target.runs.push(result)
  return result.perSecond
}

let ok = false
const targets: Target[] = []
try {
  const ours = await start('street', 'bench/intake/street.ts')
  const naive = await start('naive', 'bench/baselines/intake-naive.ts')
  targets.push(ours, naive)
  for (const target of targets) await run(target, heavy, 2)
  const { ratio, ratios } = await inTurn(
    rounds,
    () => measure(ours),
    () => measure(naive),
  )
  const rows = targets.map(target => ({
    what: target === ours ? 'street: identities, dedupe, ledger, work' : 'baseline: one insert per request',
    'events/s': Math.round(median(target.runs.map(one => one.perSecond))),
    'server us/event': median(target.runs.map(one => one.serverMicros)).toFixed(1),
    'PostgreSQL us/event': median(target.runs.map(one => one.databaseMicros)).toFixed(1),
    'p99 ms': percentile(
      target.runs.flatMap(one => one.latenciesMs),
      0.99,
    ).toFixed(0),
    'memory MB': memoryMegabytes(target.child.pid ?? 0).toFixed(0),
  }))
  print(rows)
  const lightRuns = []
  for (let i = 0; i < rounds; i++) lightRuns.push(await run(ours, light, Math.min(seconds, 3)))
  const p99 = median(lightRuns.map(one => percentile(one.latenciesMs, 0.99)))
  const p50 = median(lightRuns.map(one => percentile(one.latenciesMs, 0.5)))
  console.log('')
  print([
    {
      what: `ratio, median of ${rounds} (${ratios.map(one => one.toFixed(2)).join(' ')})`,
      measured: `${ratio.toFixed(2)}x`,
      target: '>= 1.0x',
    },
    { what: `p50 at ${light} connections`, measured: `${p50.toFixed(1)} ms`, target: '-' },
    {
      what: `p99 at ${light} connections, median of ${rounds}`,
      measured: `${p99.toFixed(1)} ms`,
      target: '<= 25 ms',
    },
  ])
  ok = ratio >= 1 && p99 <= 25
} finally {
  for (const { child } of targets) child.disconnect()
  loader.disconnect()
  await server.stop()
  rmSync(home, { recursive: true, force: true })
}
process.exitCode = ok ? 0 : 1
