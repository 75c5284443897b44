// A published page from the street: requests per second of one core, against a bare node:http that sends the same
// bytes, in turn; then the latency at 500 requests a second, alone and while a broadcast leaves from the same process.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { get } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { inTurn, percentile, print } from './measure.ts'
import type { Order, Report } from './pages/load.ts'
import type { Question } from './pages/street.ts'

const rounds = Number(process.env.BENCH_ROUNDS ?? 5)
const seconds = Number(process.env.BENCH_SECONDS ?? 4)
const connections = 32
const mails = Number(process.env.BENCH_MAILS ?? 10_000)
const goals = { perCore: 5_000, p99Ms: 20 }
const nodeFlags = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=32']

function answerOf<T>(child: ChildProcess, question?: object): Promise<T> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null) => reject(new Error(`a process of the bench ended with ${code}`))
    child.once('exit', ended)
    child.once('message', message => {
      child.off('exit', ended)
      resolve(message as T)
    })
    if (question) child.send(question)
  })
}

/** What the street sends for the page, as a browser gets it. */
function fetchPage(port: number): Promise<{ body: string; headers: Record<string, string> }> {
  return new Promise((resolve, reject) => {
    get({ port, path: '/bench', headers: { 'accept-encoding': 'br', 'user-agent': 'Firefox' } }, answer => {
      const chunks: Buffer[] = []
      answer.on('data', chunk => chunks.push(chunk))
      answer.on('end', () => {
        const {
          date: _,
          connection: __,
          'keep-alive': ___,
          'content-length': ____,
          ...headers
        } = answer.headers
        resolve({
          body: Buffer.concat(chunks).toString('base64'),
          headers: headers as Record<string, string>,
        })
      })
    }).on('error', reject)
  })
}

const loader = fork('bench/pages/load.ts', { execArgv: nodeFlags })
const sink = fork('bench/broadcast/sink.ts')
const [{ port: sinkPort }] = (await once(sink, 'message')) as [{ port: number }]
const street = fork('bench/pages/street.ts', [String(sinkPort), String(mails)], { execArgv: nodeFlags })
const bare = fork('bench/baselines/pages-bare.ts', { execArgv: nodeFlags })

const cpuOf = async (child: ChildProcess): Promise<number> => {
  const { user, system } = await answerOf<NodeJS.CpuUsage>(child, {})
  return (user + system) / 1e6
}

async function load(port: number, order: Pick<Order, 'seconds' | 'perSecond'>): Promise<Report> {
  const report = await answerOf<Report>(loader, { ...order, port, path: '/bench', connections })
  if (report.failed > 0) throw new Error(`${report.failed} requests failed`)
  return report
}

/** Requests that one second of a core answers: what the process itself used, whatever else the machine does. */
async function perCore(child: ChildProcess, port: number): Promise<number> {
  const before = await cpuOf(child)
  const { answered } = await load(port, { seconds, perSecond: null })
  return answered / ((await cpuOf(child)) - before)
}

try {
  const { port } = await answerOf<{ port: number }>(street)
  const page = await fetchPage(port)
  const { port: barePort } = await answerOf<{ port: number }>(bare, page)
  await load(port, { seconds: 2, perSecond: null })
  await load(barePort, { seconds: 2, perSecond: null })
  const { ours, baseline, ratio } = await inTurn(
    rounds,
    () => perCore(street, port),
    () => perCore(bare, barePort),
  )
  const paced = async () =>
    percentile((await load(port, { seconds: seconds * 2, perSecond: 500 })).latenciesMs, 0.99)
  const p99 = await paced()
  const broadcast = answerOf<{ mailsPerSecond: number }>(street, { mails } satisfies Question)
  // The mails are queued first.
  await pause(3_000)
  const besideP99 = await paced()
  const isStillGoing = await Promise.race([broadcast.then(() => false), pause(0, true)])
  if (!isStillGoing)
    throw new Error(`${mails} mails were gone before the load was: ask for more with BENCH_MAILS`)
  const { mailsPerSecond } = await broadcast
  print([
    {
      what: 'page from the street, requests/s of one core',
      measured: Math.round(ours),
      target: `>= ${goals.perCore}`,
    },
    { what: 'bare node:http, the same bytes', measured: Math.round(baseline), target: '-' },
    { what: 'ratio, median of pairs', measured: ratio.toFixed(2), target: '-' },
    { what: 'p99 at 500/s', measured: `${p99.toFixed(1)} ms`, target: '-' },
    {
      what: `p99 at 500/s beside a broadcast of ${Math.round(mailsPerSecond)} mails/s`,
      measured: `${besideP99.toFixed(1)} ms`,
      target: `<= ${goals.p99Ms} ms`,
    },
  ])
  process.exitCode = ours >= goals.perCore && besideP99 <= goals.p99Ms ? 0 : 1
} finally {
  for (const child of [loader, street, bare]) child.disconnect()
  sink.kill()
}
