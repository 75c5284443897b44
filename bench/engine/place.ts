import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { databaseFolder, readConfig } from '#platform/config.ts'
import type { Services } from '#platform/services.ts'
import { openRuntime } from '../../src/runtime.ts'

export type Place = { services: Services; url: string; postmaster: number; stop(): Promise<void> }

/** Everything that `npm start` opens but the doors: a PostgreSQL of its own, with the settings that users get. */
export async function openPlace(): Promise<Place> {
  const home = mkdtempSync(join(tmpdir(), 'tend-bench-engine-'))
  chmodSync(home, 0o755)
  const config = readConfig({ TEND_DATA_DIR: join(home, 'data'), TEND_LOG_LEVEL: 'error', TEND_DEMO: 'off' })
  const runtime = await openRuntime(config)
  return {
    services: runtime.services,
    url: runtime.services.databaseUrl,
    postmaster: Number(readFileSync(join(databaseFolder(config), 'postmaster.pid'), 'utf8').split('\n')[0]),
    async stop() {
      await runtime.close()
      rmSync(home, { recursive: true, force: true })
    },
  }
}
