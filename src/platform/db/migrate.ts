import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Migrator } from 'kysely/migration'
import { AppError } from '../errors.ts'
import { type Db, many, maybeOne, one, sql } from './db.ts'

const folder = fileURLToPath(new URL('../../../migrations', import.meta.url))
const oldestServer = 150_000

/** The migration files by name, in the order in which they run. Forward only: there is no way down. */
export function readMigrations(): Map<string, string> {
  const names = readdirSync(folder)
    .filter(name => name.endsWith('.sql'))
    .sort()
  return new Map(names.map(name => [name.slice(0, -4), readFileSync(join(folder, name), 'utf8')]))
}

/** The schemas that the migrations make: everything of ours in the database, but the queue of jobs. */
export function schemasOf(files: Map<string, string> = readMigrations()): string[] {
  const made = [...files.values()].flatMap(text => [
    ...text.matchAll(/^create schema (?:if not exists )?(\w+)/gm),
  ])
  return [...new Set(made.map(([, name]) => name ?? ''))].sort()
}

/** Names of the migrations that this database has, in their order; none where it never saw us. */
export async function appliedMigrations(db: Db): Promise<string[]> {
  const table = await maybeOne<{ name: string | null }>(
    db,
    sql`select to_regclass('public.tend_migration')::text as name`,
  )
  if (!table?.name) return []
  const rows = await many<{ name: string }>(db, sql`select name from public.tend_migration order by name`)
  return rows.map(row => row.name)
}

/**
 * Refuses, before anything is touched, what would go wrong half-way: a server that is too old, and a schema
 * that a newer Tend has already migrated (an older program must never write into it).
 */
export async function preflight(db: Db): Promise<{ pending: string[] }> {
  const { number } = await one<{ number: number }>(
    db,
    sql`select current_setting('server_version_num')::int as number`,
  )
  if (number < oldestServer) {
    throw new AppError(
      'server_too_old',
      `PostgreSQL 15 or newer is needed; this server is ${Math.floor(number / 10_000)}.`,
    )
  }
  const known = readMigrations()
  const applied = await appliedMigrations(db)
  const unknown = applied.filter(name => !known.has(name))
  if (unknown.length > 0) {
    throw new AppError(
      'schema_too_new',
      `This database was migrated by a newer Tend (${unknown.join(', ')}). Start that version, or restore a backup made before the upgrade.`,
      { status: 503 },
    )
  }
  return { pending: [...known.keys()].filter(name => !applied.includes(name)) }
}

/**
 * Brings the schema up to date under an advisory lock, all pending files in one transaction: killed in between, it
 * leaves nothing behind. Inside a transaction it joins. `only` stops at the state of a backup. Returns their names.
 */
export async function migrate(db: Db, only?: ReadonlySet<string>): Promise<string[]> {
  await preflight(db)
  const files = new Map([...readMigrations()].filter(([name]) => !only || only.has(name)))
  const migrator = new Migrator({
    db,
    migrationTableName: 'tend_migration',
    migrationLockTableName: 'tend_migration_lock',
    migrationTableSchema: 'public',
    provider: {
      async getMigrations() {
        return Object.fromEntries(
          [...files].map(([name, text]) => [
            name,
            { up: async (on: Db) => void (await sql.raw(text).execute(on)) },
          ]),
        )
      },
    },
  })
  const { error, results = [] } = await migrator.migrateToLatest()
  const failed = results.find(result => result.status === 'Error')
  if (error)
    throw new Error(
      `migration ${failed?.migrationName ?? ''} failed: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    )
  return results.map(result => result.migrationName)
}
