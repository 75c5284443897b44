import { type Db, many, one, run, sql } from '#platform/db/db.ts'
import { newId } from '#platform/ids.ts'

/** What the listener took: the first 256 KB of a mail, and which of our addresses it was sent to. */
export type Returned = { id: string; at: Date; recipient: string; raw: Buffer }

/** So often is a mail tried whose reading fails. */
const mostTries = 3
/** So long is one kept that could not be read. */
const keepDays = 7

export async function insertReturned(
  db: Db,
  given: { recipients: string[]; raw: Buffer; now: Date },
): Promise<void> {
  const { recipients, raw, now } = given
  await run(
    db,
    sql`
    insert into outreach.inbox (id, at, recipient, raw)
    select id, ${now.toISOString()}::timestamptz, recipient, ${raw}
    from unnest(${recipients.map(() => newId())}::bigint[], ${recipients}::text[]) as fresh (id, recipient)`,
  )
}

/** How many mails lie here, counted up to `most`. */
export async function countInbox(db: Db, most: number): Promise<number> {
  const { n } = await one<{ n: number }>(
    db,
    sql`select count(*)::int as n from (select from outreach.inbox limit ${most}) lying`,
  )
  return n
}

/** Mails that are to be read, for this transaction alone. */
export function claimReturned(db: Db, limit: number): Promise<Returned[]> {
  return many(
    db,
    sql`
    select id, at, recipient, raw from outreach.inbox where tries < ${mostTries} order by id limit ${limit}
    for update skip locked`,
  )
}

export async function deleteReturned(db: Db, ids: string[]): Promise<void> {
  await run(db, sql`delete from outreach.inbox where id = any(${ids}::bigint[])`)
}

export async function noteTrouble(db: Db, id: string, words: string): Promise<void> {
  await run(
    db,
    sql`update outreach.inbox set tries = tries + 1, trouble = ${words.slice(0, 500)} where id = ${id}::bigint`,
  )
}

export async function sweepInbox(db: Db, now: Date): Promise<void> {
  const before = new Date(now.getTime() - keepDays * 86_400_000).toISOString()
  await run(db, sql`delete from outreach.inbox where tries >= ${mostTries} and at < ${before}::timestamptz`)
}

/** What waits to be read, and what could not be. */
export function inboxState(db: Db): Promise<{ waiting: number; parked: number }> {
  return one(
    db,
    sql`
    select (count(*) filter (where tries < ${mostTries}))::int as waiting,
      (count(*) filter (where tries >= ${mostTries}))::int as parked from outreach.inbox`,
  )
}

/** Mails that wait to be read, counted up to a thousand. */
export async function countUnread(db: Db): Promise<number> {
  const { n } = await one<{ n: number }>(
    db,
    sql`select count(*)::int as n from (select from outreach.inbox where tries < ${mostTries} limit 1000) waiting`,
  )
  return n
}
