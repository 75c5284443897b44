// A full disk under the database: a story like those of scenarios.ts, on a small file system of its own.
import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, truncateSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { startServer } from '#platform/postgres/server.ts'
import { until } from '../harness/until.ts'
import { check } from './checker.ts'
import { sendAcknowledged } from './intake.ts'
import { dice, inTown, plantOf, type Scenario, width } from './scenarios.ts'

/** Mounts a file system of so many megabytes; null where this machine does not let us (not root, no tmpfs). */
export function mountSmall(megabytes: number): { folder: string; unmount(): void } | null {
  const folder = mkdtempSync(join(tmpdir(), 'tend-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=755`, 'tmpfs', folder], {
      stdio: 'ignore',
    })
  } catch {
    rmSync(folder, { recursive: true, force: true })
    return null
  }
  return {
    folder,
    unmount() {
      execFileSync('umount', ['-l', folder])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** F11: the disk fills while events come in and mails go out, and is emptied again. */
export const fillDisk =
  (folder: string, contacts: number): Scenario =>
  async story => {
    const server = await startServer(join(folder, 'postgres'))
    try {
      return await inTown({ delayMs: 10, databaseUrl: server.url }, async town => {
        await town.start('worker', plantOf(story)).ready()
        const refused = { count: 0, withoutHint: 0 }
        const trouble = async () => {
          await town.invite(contacts)
          await pause(1000)
          const ballast = join(folder, 'ballast')
          fill(ballast)
          await until(() => refused.count > 20, { timeoutMs: 60_000, words: 'intake to refuse' })
          await pause(1500)
          truncateSync(ballast, 0)
        }
        const { acknowledged } = await sendAcknowledged(town, {
          ...story,
          seconds: 10,
          random: dice(story.seed),
          trouble,
          refused,
        })
        await town.settle()
        const hints =
          refused.withoutHint > 0 ? [`${refused.withoutHint} refusals came without Retry-After`] : []
        return [...hints, ...(await check(town, { acknowledged, mostUnknown: width * 3 }))]
      })
    } finally {
      await server.stop()
    }
  }

/** Leaves nothing free. */
function fill(file: string): void {
  const chunk = Buffer.alloc(1024 * 1024)
  const handle = openSync(file, 'w')
  try {
    for (;;) writeSync(handle, chunk)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
  } finally {
    closeSync(handle)
  }
}
