import { Kysely, PostgresDialect } from 'kysely'
import { Pool } from 'pg'
import type { Db } from './db.ts'

export type Database = { db: Db; pool: Pool; close(): Promise<void> }

/** Opens a pool on `url`. `name` shows in pg_stat_activity; `max` is the number of connections. */
export function openDatabase(url: string, options: { max?: number; name?: string } = {}): Database {
  const pool = new Pool({
    connectionString: url,
    max: options.max ?? 12,
    application_name: options.name ?? 'tend',
    connectionTimeoutMillis: 10_000,
    // A half-open connection must not hold a lane for ever (no RST ever comes).
    keepAlive: true,
    query_timeout: 600_000,
    options: '-c idle_in_transaction_session_timeout=30000 -c timezone=UTC',
  })
  // An idle connection that breaks is replaced at the next query, which reports it if it matters.
  pool.on('error', () => undefined)
  // So is one that breaks while a transaction holds it between two statements; unheard, the event would end the process.
  pool.on('connect', client => client.on('error', () => undefined))
  const db = new Kysely<Record<never, never>>({ dialect: new PostgresDialect({ pool }) })
  return { db, pool, close: () => db.destroy() }
}
