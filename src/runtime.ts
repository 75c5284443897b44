import { postNote } from '#outreach/post.ts'
import { createClock } from '#platform/clock.ts'
import { type Config, databaseFolder } from '#platform/config.ts'
import { type Db, one, sql } from '#platform/db/db.ts'
import { migrate, preflight } from '#platform/db/migrate.ts'
import { openDatabase, patientMs } from '#platform/db/pool.ts'
import { createEgress } from '#platform/egress.ts'
import { AppError } from '#platform/errors.ts'
import { setIdNode } from '#platform/ids.ts'
import { openJobs } from '#platform/jobs.ts'
import { createLog } from '#platform/log.ts'
import { createMetrics } from '#platform/metrics.ts'
import { startServer } from '#platform/postgres/server.ts'
import { checkKey, createSecrets } from '#platform/secrets.ts'
import type { Note, Services } from '#platform/services.ts'
import { forgetContacts, repointContact } from './app.ts'

export type Runtime = { services: Services; close(): Promise<void> }

/**
 * Opens everything that the rooms stand on: database (bundled or given), schema, key, clock, jobs.
 * `borrow` uses a bundled server that already runs and leaves it alone (command line beside `tend start`);
 * `migrate: false` only checks that the schema is the one this program knows.
 */
export async function openRuntime(
  config: Config,
  options: { borrow?: boolean; migrate?: boolean } = {},
): Promise<Runtime> {
  const log = createLog(config.logLevel)
  const server = await openServer(config, { borrow: options.borrow ?? false })
  const databaseUrl = server.url
  const database = openDatabase(databaseUrl, { max: 16 })
  const { db } = database
  try {
    await requireDatabase(db)
    if (options.migrate === false) await preflight(db)
    else await migratePatiently(databaseUrl)
    const secrets = createSecrets(config)
    await checkKey(db, secrets)
    const { number } = await one<{ number: number }>(
      db,
      sql`select (nextval('platform.process_number') % 1024)::int as number`,
    )
    setIdNode(number)
    const clock = createClock()
    await clock.refresh(db)
    const jobs = await openJobs(databaseUrl, error =>
      log.warn({ err: error }, 'the job queue reports a problem'),
    )
    const egress = createEgress(config.egressAllow)
    const services = {
      config,
      db,
      databaseUrl,
      clock,
      log,
      secrets,
      egress,
      jobs,
      metrics: createMetrics(),
      repoint: repointContact,
      forget: forgetContacts,
      post: (note: Note) => postNote({ config, db, log }, note),
    }
    const stopFollowing = config.mode === 'sandbox' ? followClock(services) : () => undefined
    return {
      services,
      async close() {
        stopFollowing()
        await jobs.close()
        await database.close()
        await server.stop()
      },
    }
  } catch (error) {
    await database.close()
    await server.stop()
    throw error
  }
}

/** The database's address: the given one, or that of the bundled server, which is started where it does not run. */
export async function openServer(
  config: Config,
  options: { borrow: boolean },
): Promise<{ url: string; stop(): Promise<void> }> {
  if (config.databaseUrl) return { url: config.databaseUrl, stop: async () => undefined }
  return startServer(databaseFolder(config), options)
}

/** A migration has statements that take minutes, and nobody waits behind them. */
async function migratePatiently(databaseUrl: string): Promise<void> {
  const { db, close } = openDatabase(databaseUrl, { max: 2, name: 'tend migrate', silenceMs: patientMs })
  try {
    await migrate(db)
  } finally {
    await close()
  }
}

/** Says in words what is wrong with an address that leads to no database, instead of a stack of the driver. */
async function requireDatabase(db: Db): Promise<void> {
  try {
    await one(db, sql`select 1 as one`)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message || String(cause) : String(cause)
    throw new AppError('no_database', `The database cannot be reached (${reason}). Look at DATABASE_URL.`, {
      cause,
    })
  }
}

/** Other processes move the sandbox clock too; reading one row a second costs nothing and needs no connection. */
function followClock(services: Services): () => void {
  const timer = setInterval(() => {
    services.clock
      .refresh(services.db)
      .catch(error => services.log.warn({ err: error }, 'the clock could not be read'))
  }, 1000)
  timer.unref()
  return () => clearInterval(timer)
}
