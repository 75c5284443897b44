import type { MovableClock } from './clock.ts'
import type { Config } from './config.ts'
import type { Db } from './db/db.ts'
import type { Egress } from './egress.ts'
import type { Jobs } from './jobs.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'
import type { Secrets } from './secrets.ts'

/** A short letter of the house to one of our own people. */
export type Note = {
  to: string
  subject: string
  lines: string[]
  button: { label: string; url: string }
  last: string
}
/** What became of it, in words for the one who waits. */
export type Posted = { sent: boolean; words: string }

/** What every room works with, made once in app.ts and passed as an argument: no singletons. */
export type Services = {
  config: Config
  db: Db
  /** The address of the database, for the few that need a connection of their own (LISTEN, pg-boss). */
  databaseUrl: string
  clock: MovableClock
  log: Log
  secrets: Secrets
  egress: Egress
  jobs: Jobs
  metrics: Metrics
  /** Hands everything that any room holds of one contact to another (a visitor who was recognised); made in app.ts. */
  repoint(trx: Db, from: string, to: string): Promise<void>
  /** Removes everything that any room holds of these contacts; made in app.ts. */
  forget(trx: Db, contactIds: string[]): Promise<void>
  /** Hands a letter to the mail server at once and keeps it nowhere; made in runtime.ts. */
  post(note: Note): Promise<Posted>
}
