import { type Db, many, one, sql } from '#platform/db/db.ts'
import { appliedMigrations, readMigrations, schemasOf } from '#platform/db/migrate.ts'
import { AppError } from '#platform/errors.ts'

/** What the migrations themselves put in makes no installation one that is in use. */
function seededTables(): Set<string> {
  const texts = [...readMigrations().values()]
  return new Set(
    texts.flatMap(text => [...text.matchAll(/^insert into (\w+\.\w+)/gim)].map(([, name = '']) => name)),
  )
}

/**
 * Refuses where a backup would be written over something: a Tend that runs on this database, or any row that a
 * person or the world has put there.
 */
export async function requireEmpty(db: Db, transient: ReadonlySet<string>): Promise<void> {
  const { others } = await one<{ others: number }>(
    db,
    sql`
    select count(*)::int as others from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and application_name in ('tend', 'tend jobs')`,
  )
  if (others > 0)
    throw new AppError(
      'running',
      'A Tend is running on this database. Stop it, then restore. Nothing was changed.',
    )
  if ((await appliedMigrations(db)).length === 0) return
  const tables = await many<{ schema: string; name: string }>(
    db,
    sql`
    select n.nspname as schema, c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and n.nspname = any(${schemasOf()}::text[]) and n.nspname <> 'platform' order by 1, 2`,
  )
  const seeded = seededTables()
  const used: string[] = []
  for (const { schema, name } of tables) {
    const key = `${schema}.${name}`
    if (seeded.has(key) || transient.has(key)) continue
    const { some } = await one<{ some: boolean }>(
      db,
      sql`select exists (select from ${sql.id(schema, name)}) as some`,
    )
    if (some) used.push(key)
  }
  if (used.length > 0)
    throw new AppError(
      'not_empty',
      `This installation is in use (${used.slice(0, 5).join(', ')}${used.length > 5 ? ' ...' : ''} hold rows). Restore into a new data folder (TEND_DATA_DIR) or a new database (DATABASE_URL). Nothing was changed.`,
    )
}
