// The engine against a job queue: contacts x 5 steps (wait 0, branch, queue a message, +5 points, exit).
import { pgBossRate } from './baselines/engine-pgboss.ts'
import { passThroughRate } from './engine/pass-through.ts'
import { openPlace } from './engine/place.ts'
import { cpuSeconds, inTurn, memoryMegabytes, print } from './measure.ts'

const contacts = Number(process.env.BENCH_CONTACTS ?? 100_000)
const rounds = Number(process.env.BENCH_ROUNDS ?? 5)
// The rate of a job queue does not depend on how many jobs there are, within reason.
const baselineContacts = Math.min(contacts, 3_000)

const place = await openPlace()
const cpu = { node: 0, postgres: 0, contacts: 0 }
let memory = 0

/** Runs `rate` and adds up what it cost. */
async function measured(rate: () => Promise<number>): Promise<number> {
  const before = [process.cpuUsage(), cpuSeconds(place.postmaster)] as const
  const result = await rate()
  const used = process.cpuUsage(before[0])
  cpu.node += (used.user + used.system) / 1e6
  cpu.postgres += cpuSeconds(place.postmaster) - before[1]
  cpu.contacts += contacts
  memory = Math.max(memory, memoryMegabytes(process.pid))
  return result
}

try {
  const result = await inTurn(
    rounds,
    () => measured(() => passThroughRate(place, contacts)),
    () => pgBossRate(place.url, baselineContacts),
  )
  const perStep = (seconds: number) => ((seconds * 1e6) / (cpu.contacts * 5)).toFixed(1)
  print([
    {
      what: `engine alone, ${contacts} contacts x 5 steps`,
      'steps/s': Math.round(result.ours),
      'pg-boss steps/s': Math.round(result.baseline),
      ratio: result.ratio.toFixed(1),
      // Preparing the run (recording the events) is in it.
      'Node us/step': perStep(cpu.node),
      'PostgreSQL us/step': perStep(cpu.postgres),
      'peak MB': Math.round(memory),
    },
  ])
  process.exitCode = result.ratio >= 12 ? 0 : 1
} finally {
  await place.stop()
}
