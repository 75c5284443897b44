// A published page from the street: requests per second of one core, against a bare node:http that sends the same
// bytes, in turn; then the latency at 500 requests a second.
import { type ChildProcess, fork } from 'node:child_process'
import { get } from 'node:http'
import { inTurn, percentile, print } from './measure.ts'
import type { Order, Report } from './pages/load.ts'

const rounds = Number(process.env.BENCH_ROUNDS ?? 5)
const seconds = Number(process.env.BENCH_SECONDS ?? 4)
const connections = 32
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
const street = fork('bench/pages/street.ts', { execArgv: nodeFlags })
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
  const { latenciesMs } = await load(port, { seconds: seconds * 2, perSecond: 500 })
  const p99 = percentile(latenciesMs, 0.99)
  print([
    {
      what: 'page from the street, requests/s of one core',
      measured: Math.round(ours),
      target: `>= ${goals.perCore}`,
    },
    { what: 'bare node:http, the same bytes', measured: Math.round(baseline), target: '-' },
    { what: 'ratio, median of pairs', measured: ratio.toFixed(2), target: '-' },
    { what: 'p99 at 500/s', measured: `${p99.toFixed(1)} ms`, target: `<= ${goals.p99Ms} ms` },
  ])
  process.exitCode = ours >= goals.perCore && p99 <= goals.p99Ms ? 0 : 1
} finally {
  for (const child of [loader, street, bare]) child.disconnect()
}
