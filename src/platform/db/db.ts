import { type Kysely, type RawBuilder, sql } from 'kysely'

export { type RawBuilder, sql }

/** The database, or a transaction in it: every statement takes one as its first argument. */
export type Db = Kysely<Tables>

/** Statements are written in SQL; no table is known to the query builder. */
export type Tables = Record<never, never>

/** All rows. `T` is a claim about the columns: every statement runs in a test that would see it broken. */
export async function many<T>(db: Db, query: RawBuilder<T>): Promise<T[]> {
  const { rows } = await query.execute(db)
  return rows
}

/** The one row there must be. Anything else is a bug. */
export async function one<T>(db: Db, query: RawBuilder<T>): Promise<T> {
  const { rows } = await query.execute(db)
  const [row] = rows
  if (rows.length !== 1 || row === undefined) throw new Error(`expected one row, got ${rows.length}`)
  return row
}

/** The row, or undefined. More than one is a bug. */
export async function maybeOne<T>(db: Db, query: RawBuilder<T>): Promise<T | undefined> {
  const { rows } = await query.execute(db)
  if (rows.length > 1) throw new Error(`expected at most one row, got ${rows.length}`)
  return rows[0]
}

/** Runs a statement for its effect; the number of rows it changed. */
export async function run(db: Db, query: RawBuilder<unknown>): Promise<number> {
  const { numAffectedRows } = await query.execute(db)
  return Number(numAffectedRows ?? 0n)
}

/** Serialization failure and deadlock: the database asks us to try again. */
const retryable = new Set(['40001', '40P01'])

/**
 * Whether the same again may succeed. Besides the two above: a row on its way into the default partition while the
 * partition it belongs to was just being made is refused once, and fits the next time.
 */
function isRetryable(error: unknown): boolean {
  const state = sqlStateOf(error) ?? ''
  if (retryable.has(state)) return true
  return (
    state === '23514' && error instanceof Error && error.message.includes('violates partition constraint')
  )
}

/** The five-character SQLSTATE of a database error, or undefined for any other error. */
export function sqlStateOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' && error.code.length === 5 ? error.code : undefined
}

/**
 * All or nothing. Inside a transaction it simply joins; outermost, it is repeated up to five times where the
 * database says that repeating helps, so `work` must touch nothing but the database.
 */
export async function inTransaction<T>(db: Db, work: (trx: Db) => Promise<T>): Promise<T> {
  if (db.isTransaction) return work(db)
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.transaction().execute(work)
    } catch (error) {
      if (attempt >= 5 || !isRetryable(error)) throw error
    }
  }
}
