// A second `npm start` until it is healthy, and the memory of everything at rest.
import { spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { median, memoryMegabytes, print } from './measure.ts'

const dataDir = mkdtempSync(join(tmpdir(), 'tend-bench-start-'))
chmodSync(dataDir, 0o755)
const env = {
  ...process.env,
  TEND_DATA_DIR: join(dataDir, 'data'),
  TEND_OFFICE_PORT: '4310',
  TEND_STREET_PORT: '4311',
}

async function healthy(): Promise<boolean> {
  try {
    return (
      (await fetch('http://127.0.0.1:4310/healthz')).ok && (await fetch('http://127.0.0.1:4311/healthz')).ok
    )
  } catch {
    return false
  }
}

/** Seconds from the command to healthy, and megabytes ten seconds later. */
async function once(restMs: number): Promise<{ seconds: number; megabytes: number }> {
  const began = performance.now()
  const child = spawn(process.execPath, ['scripts/bootstrap.mjs', 'start'], { env, stdio: 'ignore' })
  while (!(await healthy())) {
    if (child.exitCode !== null) throw new Error('npm start ended')
    await pause(25)
  }
  const seconds = (performance.now() - began) / 1000
  await pause(restMs)
  // The database server is no child of ours: it must outlive Ctrl-C until the work is put down.
  const postmaster = Number(
    readFileSync(join(dataDir, 'data', 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0],
  )
  const megabytes = memoryMegabytes(child.pid ?? 0) + memoryMegabytes(postmaster)
  child.kill('SIGTERM')
  await new Promise(resolve => child.once('exit', resolve))
  return { seconds, megabytes }
}

const cold = await once(0)
const warm = []
for (let i = 0; i < 5; i++) warm.push(await once(i === 4 ? 10_000 : 0))
const seconds = median(warm.map(run => run.seconds))
const megabytes = warm.at(-1)?.megabytes ?? 0
print([
  { what: 'first start (database and demo made)', measured: `${cold.seconds.toFixed(1)} s`, target: '-' },
  { what: 'warm start to healthy, median of 5', measured: `${seconds.toFixed(1)} s`, target: '<= 5 s' },
  {
    what: 'memory at rest, all parts and PostgreSQL',
    measured: `${megabytes.toFixed(0)} MB`,
    target: '<= 700 MB',
  },
])
process.exitCode = seconds <= 5 && megabytes <= 700 ? 0 : 1
