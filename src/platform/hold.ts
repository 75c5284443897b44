import { z } from 'zod'
import { type Db, maybeOne, run, sql } from './db/db.ts'

/**
 * Everything that would reach the outside waits: an installation that was restored must not write to people whom
 * the one it was copied from has written to already. Kept in `platform.setting`, so that every process sees it.
 */
export type Hold = { since: string; words: string; backupAt: string | null }

const holdSchema = z.object({ since: z.string(), words: z.string(), backupAt: z.string().nullable() })

/** The hold that is on, or null. What cannot be read counts as a hold: it is safer to wait. */
export async function readHold(db: Db): Promise<Hold | null> {
  const row = await maybeOne<{ value: unknown }>(
    db,
    sql`select value from platform.setting where name = 'hold'`,
  )
  if (!row) return null
  const read = holdSchema.safeParse(row.value)
  return read.success ? read.data : { since: '1970-01-01T00:00:00.000Z', words: 'held', backupAt: null }
}

/** Puts the hold on; one that is on already stays as it is. */
export async function putHold(db: Db, hold: Hold): Promise<void> {
  await run(
    db,
    sql`insert into platform.setting (name, value) values ('hold', ${JSON.stringify(hold)}::jsonb) on conflict do nothing`,
  )
}

/** Takes it off; false where none was on. */
export async function liftHold(db: Db): Promise<boolean> {
  return (await run(db, sql`delete from platform.setting where name = 'hold'`)) > 0
}

/** To be asked within a statement that is made anyway: whether the hold is on. */
export const isHeld = sql<boolean>`exists (select from platform.setting where name = 'hold')`
