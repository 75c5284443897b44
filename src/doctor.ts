import { statfsSync } from 'node:fs'
import type { Config } from '#platform/config.ts'
import { modules } from './app.ts'
import { healthOf } from './health.ts'
import { openRuntime } from './runtime.ts'

/** Prints every finding as a line; exit code 1 when something is not well. */
export async function doctor(config: Config): Promise<number> {
  const lines: { ok: boolean; words: string }[] = []
  const runtime = await openRuntime(config, { borrow: true, migrate: false })
  try {
    const health = await healthOf(modules, runtime.services)
    lines.push(...health.findings, diskFinding(config))
  } finally {
    await runtime.close()
  }
  for (const line of lines) process.stdout.write(`${line.ok ? 'well   ' : 'NOT WELL'}  ${line.words}\n`)
  return lines.every(line => line.ok) ? 0 : 1
}

function diskFinding(config: Config): { ok: boolean; words: string } {
  const disk = statfsSync(config.dataDir)
  const gigabytes = (disk.bavail * disk.bsize) / 2 ** 30
  return {
    ok: gigabytes > 2,
    words: `${gigabytes.toFixed(1)} GB are free where the data lies${gigabytes > 2 ? '.' : ': make room, 2 GB is the least.'}`,
  }
}
