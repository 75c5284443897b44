import { Socket } from 'node:net'
import { Kysely, PostgresDialect } from 'kysely'
import { Pool } from 'pg'
import type { Db } from './db.ts'

export type Database = { db: Db; pool: Pool; close(): Promise<void> }

/** Longer than any statement of the hot paths; a lane must not wait longer for a worker that was cut off. */
const silenceMs = 15_000
/** For what may take long and holds nobody up: migrations, jobs. */
export const patientMs = 3_600_000

/**
 * A socket that ends itself when nothing has come or gone for `ms`. Where a firewall forgot a connection no end of it
 * is ever told (half-open), and TCP's own keep-alive takes hours to notice.
 */
export function watchedSocket(ms: number = silenceMs): Socket {
  const socket = new Socket()
  const silent = () => socket.destroy(new Error(`the database was silent for ${ms / 1000} s`))
  return socket.setTimeout(ms, silent)
}

/**
 * Opens a pool on `url`. `name` shows in pg_stat_activity; `max` is the number of connections. A statement that says
 * nothing for `silenceMs` is given up with its connection: 15 s, unless told otherwise.
 */
export function openDatabase(
  url: string,
  options: { max?: number; name?: string; silenceMs?: number } = {},
): Database {
  const pool = new Pool({
    connectionString: url,
    max: options.max ?? 12,
    application_name: options.name ?? 'tend',
    connectionTimeoutMillis: 10_000,
    stream: () => watchedSocket(options.silenceMs),
    options: '-c idle_in_transaction_session_timeout=30000 -c timezone=UTC',
  })
  // An idle connection that breaks is replaced at the next query, which reports it if it matters.
  pool.on('error', () => undefined)
  // So is one that breaks while a transaction holds it between two statements; unheard, the event would end the process.
  pool.on('connect', client => client.on('error', () => undefined))
  const db = new Kysely<Record<never, never>>({ dialect: new PostgresDialect({ pool }) })
  return { db, pool, close: () => db.destroy() }
}
