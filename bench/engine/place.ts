import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClock } from '#platform/clock.ts'
import { readConfig } from '#platform/config.ts'
import { migrate } from '#platform/db/migrate.ts'
import { type Database, openDatabase } from '#platform/db/pool.ts'
import { createLog } from '#platform/log.ts'
import { createMetrics } from '#platform/metrics.ts'
import { startServer } from '#platform/postgres/server.ts'
import type { Services } from '#platform/services.ts'

export type Place = {
  database: Database
  services: Services
  url: string
  postmaster: number
  stop(): Promise<void>
}

/** A bundled PostgreSQL of its own with the whole schema, with the settings that users get. */
export async function openPlace(): Promise<Place> {
  const home = mkdtempSync(join(tmpdir(), 'tend-bench-engine-'))
  chmodSync(home, 0o755)
  const folder = join(home, 'postgres')
  const server = await startServer(folder)
  const database = openDatabase(server.url, { max: 16, name: 'bench' })
  await migrate(database.db)
  const config = readConfig({ TEND_LOG_LEVEL: 'error' })
  const services = {
    config,
    db: database.db,
    databaseUrl: server.url,
    clock: createClock(),
    log: createLog('error'),
    metrics: createMetrics(),
  }
  return {
    database,
    // Mail, jobs and keys are asked by none of the rooms under test.
    services: services as unknown as Services,
    url: server.url,
    postmaster: Number(readFileSync(join(folder, 'postmaster.pid'), 'utf8').split('\n')[0]),
    async stop() {
      await database.close()
      await server.stop()
      rmSync(home, { recursive: true, force: true })
    },
  }
}
