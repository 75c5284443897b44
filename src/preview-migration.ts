import { existsSync, statfsSync } from 'node:fs'
import type { Config } from '#platform/config.ts'
import { one, sql } from '#platform/db/db.ts'
import { estimateLocks } from '#platform/db/locks.ts'
import { preflight, readMigrations } from '#platform/db/migrate.ts'
import { openDatabase } from '#platform/db/pool.ts'
import { AppError } from '#platform/errors.ts'
import { openServer } from './runtime.ts'

const gigabytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(2)} GB`

/**
 * What `tend migrate` would do: pending files, what they lock and how large that is, free disk, who is connected.
 * Changes nothing. Exit code 0 when it can be done (or there is nothing to do), 1 when it would be refused.
 */
export async function preview(config: Config, options: { json: boolean }): Promise<number> {
  const server = await openServer(config, { borrow: true })
  const { db, close } = openDatabase(server.url, { max: 1, name: 'tend check' })
  try {
    const { pending } = await preflight(db)
    const files = readMigrations()
    const locks = await estimateLocks(db, new Map(pending.map(name => [name, files.get(name) ?? ''])))
    const { size, others } = await one<{ size: number; others: number }>(
      db,
      sql`
      select pg_database_size(current_database())::float8 as size,
        (select count(*)::int from pg_stat_activity
          where datname = current_database() and application_name in ('tend', 'tend jobs')) as others`,
    )
    // Where the database is elsewhere, its disk cannot be seen from here.
    const disk = config.databaseUrl === null && existsSync(config.dataDir) ? statfsSync(config.dataDir) : null
    const free = disk && disk.bavail * disk.bsize
    const largest = locks[0]?.bytes ?? 0
    const problem =
      free !== null && free < largest * 2
        ? `${gigabytes(free)} are free; the largest table touched needs ${gigabytes(largest * 2)}.`
        : null
    const result = {
      ok: problem === null,
      pending,
      locks,
      databaseBytes: size,
      freeBytes: free,
      connections: others,
      problem,
    }
    print(options.json ? JSON.stringify(result) : wordsOf(result))
    return problem === null ? 0 : 1
  } catch (error) {
    if (!options.json || !(error instanceof AppError)) throw error
    print(JSON.stringify({ ok: false, problem: error.message, code: error.code }))
    return 1
  } finally {
    await close()
    await server.stop()
  }
}

const print = (text: string) => void process.stdout.write(`${text}\n`)

function wordsOf(given: {
  pending: string[]
  locks: { migration: string; table: string; why: string; rows: number; bytes: number }[]
  databaseBytes: number
  freeBytes: number | null
  connections: number
  problem: string | null
}): string {
  const { pending, locks } = given
  return [
    pending.length === 0
      ? 'The schema is up to date.'
      : `Pending: ${pending.join(', ')}. All of them or none.`,
    ...locks.map(
      lock =>
        `  ${lock.migration}: ${lock.table} (${Math.round(lock.rows)} rows, ${gigabytes(lock.bytes)}) ${lock.why}`,
    ),
    `The database holds ${gigabytes(given.databaseBytes)}${given.freeBytes === null ? '' : `; ${gigabytes(given.freeBytes)} are free`}.`,
    ...(pending.length > 0 && given.connections > 0
      ? [
          `${given.connections} connections of a running Tend are open: stop it first, and make a backup (tend backup).`,
        ]
      : []),
    ...(given.problem ? [`NOT POSSIBLE: ${given.problem}`] : []),
  ].join('\n')
}
