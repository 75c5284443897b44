// The engine against a job queue: contacts x 5 steps (wait 0, branch, queue a message, +5 points, exit).
import { pgBossRate } from './baselines/engine-pgboss.ts'
import { openPlace } from './engine/place.ts'
import { cpuSeconds, inTurn, memoryMegabytes, print } from './measure.ts'

const contacts = Number(process.env.BENCH_CONTACTS ?? 100_000)
const rounds = Number(process.env.BENCH_ROUNDS ?? 5)
// The rate of a job queue does not depend on how many jobs there are, within reason.
const baselineContacts = Math.min(contacts, 3_000)

/** By hand: the engine and the ledger alone. By workflow: everything that a user gets. */
const variants = {
  'by hand': async () => (await import('./engine/pass-through.ts')).passThroughRate,
  'by workflow': async () => (await import('./engine/workflow.ts')).workflowRate,
}
const goals = { 'by hand': 20, 'by workflow': 12 }
const wanted = (
  process.env.BENCH_VARIANT ? [process.env.BENCH_VARIANT] : Object.keys(variants)
) as (keyof typeof variants)[]

const place = await openPlace()

/** Steps per second against the queue's, and what a step cost. Preparing the run (recording the events) is in the cost. */
async function measure(
  variant: keyof typeof variants,
): Promise<{ row: Record<string, string | number>; ratio: number }> {
  const rateOf = await variants[variant]()
  const used = { node: 0, postgres: 0, runs: 0, memory: 0 }
  const ours = async () => {
    const before = [process.cpuUsage(), cpuSeconds(place.postmaster)] as const
    const rate = await rateOf(place, contacts)
    const cpu = process.cpuUsage(before[0])
    used.node += cpu.user + cpu.system
    used.postgres += (cpuSeconds(place.postmaster) - before[1]) * 1e6
    used.runs++
    used.memory = Math.max(used.memory, memoryMegabytes(process.pid))
    return rate
  }
  const result = await inTurn(rounds, ours, () => pgBossRate(place.url, baselineContacts))
  const perStep = (microseconds: number) => (microseconds / (used.runs * contacts * 5)).toFixed(1)
  const row = {
    what: `${contacts} contacts x 5 steps, ${variant}`,
    'steps/s': Math.round(result.ours),
    'pg-boss steps/s': Math.round(result.baseline),
    ratio: result.ratio.toFixed(1),
    'Node us/step': perStep(used.node),
    'PostgreSQL us/step': perStep(used.postgres),
    'peak MB': Math.round(used.memory),
  }
  return { row, ratio: result.ratio }
}

try {
  const rows = []
  for (const variant of wanted) {
    const { row, ratio } = await measure(variant)
    rows.push(row)
    if (ratio < goals[variant]) process.exitCode = 1
  }
  print(rows)
} finally {
  await place.stop()
}
