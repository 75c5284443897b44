import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { open, rename, rm, stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import pg from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import { realTime } from '#access/real-time.ts'
import { sqlStateOf } from '#platform/db/db.ts'
import { schemasOf } from '#platform/db/migrate.ts'
import { AppError } from '#platform/errors.ts'
import { readFacts, readPartitions, readSequences, tablesInOrder } from './backup/catalogue.sql.ts'
import { createFramer, type Header, magic, type TableStart, type Totals } from './backup/format.ts'
import { sealKey } from './backup/sealed-key.ts'

export type BackupAsk = {
  databaseUrl: string
  /** Where the file is to lie; it appears there only when it is complete. */
  file: string
  mode: string
  version: string
  /** The master key and the passphrase that seals it, or null to leave the key out. */
  key: { key: Buffer; passphrase: string } | null
  /** Tables whose rows mean nothing elsewhere: leases, sessions. `schema.name`. */
  transient: ReadonlySet<string>
}
export type BackupDone = Totals & { bytes: number; madeAt: string }

/**
 * Writes one file with everything, as it was at one moment, while everything runs: one read-only transaction sees a
 * single snapshot, and each table is let go of as soon as it is read, so that nothing else ever waits for a backup.
 */
export async function writeBackup(ask: BackupAsk): Promise<BackupDone> {
  const client = new pg.Client({ connectionString: ask.databaseUrl, application_name: 'tend backup' })
  client.on('error', () => undefined)
  await client.connect()
  const partial = `${ask.file}.part`
  try {
    await client.query(`begin isolation level repeatable read, read only`)
    await client.query(`set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0;
      set local timezone = 'UTC'; set local datestyle = 'ISO, MDY'; set local extra_float_digits = 3`)
    const header = await headerOf(client, ask)
    const framer = createFramer()
    const file = createWriteStream(partial, { flags: 'wx', mode: 0o600 })
    await once(file, 'open').catch(refuseFile(ask.file))
    await pipeline(Readable.from(frames(client, header, framer)), createGzip({ level: 4 }), file)
    await sync(partial)
    await client.query('commit')
    await rename(partial, ask.file)
    const { size } = await stat(ask.file)
    await remember(client, {
      at: header.madeAt,
      bytes: size,
      rows: framer.totals.rows,
      withKey: ask.key !== null,
    })
    return { ...framer.totals, bytes: size, madeAt: header.madeAt }
  } catch (error) {
    await rm(partial, { force: true })
    throw explain(error)
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** On the disk, and not only on its way there. */
async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r+')
  await handle.sync().finally(() => handle.close())
}

async function headerOf(client: pg.Client, ask: BackupAsk): Promise<Header & { starts: TableStart[] }> {
  const schemas = schemasOf()
  const facts = await readFacts(client)
  const starts = (await tablesInOrder(client, schemas)).filter(
    table => !ask.transient.has(`${table.schema}.${table.name}`),
  )
  return {
    format: 1,
    madeAt: realTime().toISOString(),
    version: ask.version,
    mode: ask.mode,
    ...facts,
    key: ask.key && sealKey(ask.key.key, ask.key.passphrase),
    tables: starts.map(({ schema, name }) => ({ schema, name })),
    partitions: await readPartitions(client, schemas),
    sequences: await readSequences(client, schemas),
    starts,
  }
}

async function* frames(
  client: pg.Client,
  { starts, ...header }: Header & { starts: TableStart[] },
  framer: ReturnType<typeof createFramer>,
): AsyncGenerator<Buffer> {
  yield Buffer.from(magic)
  yield framer.header(header)
  for (const table of starts) {
    // Rolled back to, it lets go of the table's lock; the snapshot stays that of the transaction.
    await client.query('savepoint one_table')
    const stream = client.query(copyTo(copyOut(table)))
    try {
      let isBegun = false
      for await (const bytes of stream as AsyncIterable<Buffer>) {
        if (!isBegun) yield framer.table(table)
        isBegun = true
        yield framer.rows(bytes)
      }
      if (!isBegun) yield framer.table(table)
      yield framer.tableEnd(stream.rowCount)
    } catch (error) {
      // A partition past its time was dropped since the list was made: what it held is not to be kept.
      if (sqlStateOf(error) !== '42P01') throw error
    }
    await client.query('rollback to savepoint one_table')
  }
  yield framer.end()
}

const quote = (name: string) => pg.escapeIdentifier(name)

function copyOut({ schema, name, columns }: TableStart): string {
  return `copy (select ${columns.map(quote).join(', ')} from only ${quote(schema)}.${quote(name)}) to stdout`
}

/** What `tend doctor` and the health screen say about the age of the last backup. */
async function remember(client: pg.Client, value: object): Promise<void> {
  await client.query(
    `insert into platform.setting (name, value) values ('last_backup', $1)
      on conflict (name) do update set value = excluded.value, updated_at = clock_timestamp()`,
    [JSON.stringify(value)],
  )
}

const refuseFile = (file: string) => (error: NodeJS.ErrnoException) => {
  const words =
    error.code === 'EEXIST'
      ? `Another backup to ${file} is running, or one was cut off. If none runs, remove ${file}.part.`
      : `${file} cannot be written: ${error.message}`
  throw new AppError('file_refused', words, { cause: error })
}

function explain(error: unknown): unknown {
  if (error instanceof Error && 'code' in error && error.code === 'ENOSPC')
    return new AppError('disk_full', 'The disk is full: no backup was made. Nothing else was touched.', {
      cause: error,
    })
  return error
}
