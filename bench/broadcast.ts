// A broadcast of 27 KB with 15 links to a lean mail server: the bare path, and the path with gate, caps and events,
// against a program by hand with nodemailer's pool, in turn. And how much a sent message takes in the database.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { one, run, sql } from '#platform/db/db.ts'
import { nodemailerRate } from './baselines/broadcast-nodemailer.ts'
import { source } from './broadcast/mail.ts'
import { bareRate, fullRate } from './broadcast/ours.ts'
import { openPlace, type Place } from './broadcast/place.ts'
import { cpuSeconds, inTurn, memoryMegabytes, print } from './measure.ts'

const mails = Number(process.env.BENCH_MAILS ?? 5_000)
const rounds = Number(process.env.BENCH_ROUNDS ?? 5)
const goals = { bare: 3, full: 2 }
const storageGoal = 2048

async function startSink(): Promise<{ child: ChildProcess; port: number }> {
  const child = fork('bench/broadcast/sink.ts')
  const [{ port }] = (await once(child, 'message')) as [{ port: number }]
  return { child, port }
}

async function measure(
  place: Place,
  smtpPort: number,
  kind: keyof typeof goals,
): Promise<{ row: Record<string, string | number>; ratio: number }> {
  const used = { node: 0, postgres: 0, runs: 0, memory: 0 }
  const ours = async () => {
    const before = [cpuSeconds(process.pid), cpuSeconds(place.postmaster)] as const
    const rate = await (kind === 'bare' ? bareRate : fullRate)(place, mails)
    used.node += cpuSeconds(process.pid) - before[0]
    used.postgres += cpuSeconds(place.postmaster) - before[1]
    used.runs++
    used.memory = Math.max(used.memory, memoryMegabytes(process.pid))
    return rate
  }
  const byHand = () => nodemailerRate({ url: place.url, smtpPort, count: mails })
  const { ours: rate, baseline, ratio, ratios } = await inTurn(rounds, ours, byHand)
  const perMail = (seconds: number) => Math.round((seconds * 1e6) / (used.runs * mails))
  const row = {
    what: `${mails} mails, ${kind === 'bare' ? 'bare path' : 'with gate, caps and events'}`,
    'mails/s': Math.round(rate),
    'nodemailer mails/s': Math.round(baseline),
    ratio: ratio.toFixed(2),
    ratios: ratios.map(each => each.toFixed(2)).join(' '),
    'Node us/mail': perMail(used.node),
    'PostgreSQL us/mail': perMail(used.postgres),
    'peak MB': Math.round(used.memory),
  }
  return { row, ratio }
}

/** Bytes per sent message in the ledger of messages with all its indexes, as autovacuum would leave it. */
async function storage({ services: { db } }: Place): Promise<number> {
  await run(db, sql`vacuum outreach.message`)
  const { bytes } = await one<{ bytes: number }>(
    db,
    sql`
    select (pg_total_relation_size('outreach.message') / nullif(count(*), 0))::float8 as bytes
    from outreach.message where state = 'sent'`,
  )
  return Math.round(bytes)
}

const sink = await startSink()
const place = await openPlace(sink.port, mails)
try {
  console.log(`a mail of ${Math.round(source.length / 1024)} KB`)
  const results = [await measure(place, sink.port, 'full'), await measure(place, sink.port, 'bare')]
  print(results.map(result => result.row))
  const bytes = await storage(place)
  print([{ what: 'a sent message with its indexes', bytes }])
  const [full, bare] = results.map(result => result.ratio)
  if ((full ?? 0) < goals.full || (bare ?? 0) < goals.bare || bytes > storageGoal) process.exitCode = 1
} finally {
  sink.child.kill()
  await place.stop()
}
