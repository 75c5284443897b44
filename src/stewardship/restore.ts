import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { realTime } from '#access/real-time.ts'
import { type Db, one, run, sql } from '#platform/db/db.ts'
import { appliedMigrations, migrate, readMigrations, schemasOf } from '#platform/db/migrate.ts'
import { AppError } from '#platform/errors.ts'
import { putHold } from '#platform/hold.ts'
import { haltJobs } from '#platform/jobs.ts'
import { fingerprintOf } from '#platform/secrets.ts'
import { damaged, type Header, type TableStart, type Totals, walk } from './backup/format.ts'
import { openKey } from './backup/sealed-key.ts'
import { requireEmpty } from './restore.empty.ts'

export type RestoreAsk = {
  file: string
  databaseUrl: string
  /** Where the key lies or is to lie, or the key itself where it is configured. */
  keyFile: string
  configuredKey: Buffer | null
  passphrase: string | null
  transient: ReadonlySet<string>
}

/** Reads a whole backup and checks every sum, and that this program and this key fit. Touches nothing. */
export async function inspectBackup(
  ask: Pick<RestoreAsk, 'file' | 'keyFile' | 'configuredKey' | 'passphrase'>,
): Promise<{ header: Header; totals: Totals; key: Buffer }> {
  let header: Header | null = null
  const totals = await walk(ask.file, {
    header(read) {
      requireKnown(read)
      header = read
    },
  })
  // What `walk` has read through has begun with a header.
  const read = header as Header | null
  if (!read) throw damaged('it has no header')
  return { header: read, totals, key: keyFor(read, ask) }
}

function requireKnown(header: Header): void {
  const known = readMigrations()
  const unknown = header.migrations.filter(name => !known.has(name))
  if (unknown.length > 0)
    throw new AppError(
      'backup_too_new',
      `This backup was made by a newer Tend (${header.version}; ${unknown.join(', ')} is not known here). Restore it with that version.`,
    )
}

/** The key that the data was filled with: the configured one, the one that lies here, or the one in the backup. */
function keyFor(header: Header, ask: Pick<RestoreAsk, 'keyFile' | 'configuredKey' | 'passphrase'>): Buffer {
  const fits = (key: Buffer) => fingerprintOf(key) === header.keyFingerprint
  const here =
    ask.configuredKey ??
    (existsSync(ask.keyFile) ? Buffer.from(readFileSync(ask.keyFile, 'utf8'), 'base64') : null)
  if (here && fits(here)) return here
  if (here)
    throw new AppError(
      'other_key',
      `The secret key here (${ask.configuredKey ? 'TEND_SECRET_KEY' : ask.keyFile}) is not the one of the backup. Take it away, or put the right one in its place.`,
    )
  if (!header.key)
    throw new AppError(
      'no_key',
      `This backup was made without its key. Put secret.key of that installation to ${ask.keyFile}, or set TEND_SECRET_KEY, and try again.`,
    )
  if (!ask.passphrase)
    throw new AppError(
      'no_passphrase',
      'The key in this backup is sealed. Set TEND_BACKUP_PASSPHRASE to the passphrase that it was made with.',
    )
  const key = openKey(header.key, ask.passphrase)
  if (!fits(key)) throw damaged('its key is not the one of its data')
  return key
}

/**
 * Fills an empty installation from a file, in one transaction: whatever goes wrong, it stays as empty as it was.
 * Afterwards nothing is sent and no timer fires until a person arms it.
 */
export async function restoreBackup(ask: RestoreAsk): Promise<{ header: Header; totals: Totals }> {
  const { header, totals, key } = await inspectBackup(ask)
  const client = new pg.Client({ connectionString: ask.databaseUrl, application_name: 'tend restore' })
  client.on('error', () => undefined)
  await client.connect()
  const db = onClient(client)
  try {
    await db.transaction().execute(async trx => {
      await run(
        trx,
        sql`set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0;
        set local timezone = 'UTC'; set local datestyle = 'ISO, MDY'; set local synchronous_commit = off`,
      )
      await requireEmpty(trx, ask.transient)
      await dropOurs(trx)
      await migrate(trx, new Set(header.migrations))
      await load(trx, client, ask.file, header)
      await migrate(trx)
      await haltJobs(trx, 'it was under way when the backup was made; resume it if it is still wanted')
      await putHold(trx, {
        since: realTime().toISOString(),
        words: 'restored from a backup',
        backupAt: header.madeAt,
      })
      keepKey(ask, key)
    })
    await client.query('analyze')
    return { header, totals }
  } catch (error) {
    throw explain(error)
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** The query builder on one connection, so that COPY runs in the very transaction of everything else. */
function onClient(client: pg.Client): Db {
  const borrowed = Object.assign(client, { release: () => undefined })
  return new Kysely({
    dialect: new PostgresDialect({
      pool: { connect: async () => borrowed as never, end: async () => undefined, options: {} as never },
    }),
  })
}

/** An installation that was started and never used is made anew; `requireEmpty` has looked. */
async function dropOurs(trx: Db): Promise<void> {
  if ((await appliedMigrations(trx)).length === 0) return
  for (const schema of [...schemasOf(), 'jobs'])
    await run(trx, sql`drop schema if exists ${sql.id(schema)} cascade`)
  await run(trx, sql`drop table if exists public.tend_migration, public.tend_migration_lock`)
}

async function load(trx: Db, client: pg.Client, file: string, header: Header): Promise<void> {
  for (const { schema, name, parent, bounds } of header.partitions) {
    if (!/^(DEFAULT|FOR VALUES (IN|FROM) [\w\s()'+:,.-]*)$/.test(bounds))
      throw damaged('a partition makes no sense')
    const { exists } = await one<{ exists: boolean }>(
      trx,
      sql`select to_regclass(${`${schema}.${name}`}) is not null as exists`,
    )
    if (!exists)
      await run(
        trx,
        sql`create table ${sql.id(schema, name)} partition of ${sql.id(schema, parent)} ${sql.raw(bounds)}`,
      )
  }
  // What the migrations have put in themselves comes from the backup too, as it was.
  for (const { schema, name } of [...header.tables].reverse())
    await run(trx, sql`delete from ${sql.id(schema, name)}`)
  let into: Writable | null = null
  await walk(file, {
    header: () => undefined,
    async table(start) {
      into = client.query(copyFrom(copyIn(start)))
    },
    rows: bytes => (into ? put(into, bytes) : Promise.resolve()),
    async tableEnd() {
      into?.end()
      if (into) await finished(into)
      into = null
    },
  })
  for (const { schema, name, value } of header.sequences)
    await run(trx, sql`select setval(${`${schema}.${name}`}::regclass, ${value}::bigint)`)
}

/** Waits where the database is slower than the file. */
function put(into: Writable, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    into.once('error', reject)
    into.write(bytes, error => {
      into.removeListener('error', reject)
      if (error) reject(error)
      else resolve()
    })
  })
}

const quote = (name: string) => pg.escapeIdentifier(name)

function copyIn({ schema, name, columns }: TableStart): string {
  return `copy ${quote(schema)}.${quote(name)} (${columns.map(quote).join(', ')}) from stdin`
}

function keepKey({ keyFile, configuredKey }: RestoreAsk, key: Buffer): void {
  if (configuredKey || existsSync(keyFile)) return
  mkdirSync(dirname(keyFile), { recursive: true })
  writeFileSync(keyFile, key.toString('base64'), { mode: 0o600, flag: 'wx' })
}

function explain(error: unknown): unknown {
  if (error instanceof AppError || !(error instanceof Error)) return error
  const code = 'code' in error ? String(error.code) : ''
  if (code === '53100')
    return new AppError('disk_full', 'The disk of the database is full. Nothing was restored.', {
      cause: error,
    })
  return new AppError('restore_failed', `Nothing was restored: ${error.message}`, { cause: error })
}
