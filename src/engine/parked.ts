import { plainArray } from '#platform/db/arrays.ts'
import { type Db, inTransaction, many, run, sql } from '#platform/db/db.ts'
import { newId } from '#platform/ids.ts'
import { type Entry, entriesOf, rowsOf } from './work.entries.ts'
import { insertWork } from './work.sql.ts'

/** Something that could not be processed, as people see it. */
export type Parked = {
  id: string
  contactId: string
  kind: 'error' | 'loop'
  reason: string
  detail: string | null
  attempts: number
  parkedAt: Date
}

/** PostgreSQL text holds no NUL; error messages may quote anything. */
const clip = (text: string, length: number) =>
  text.replaceAll('\0', '').toWellFormed().slice(0, length).toWellFormed()

/** Puts contacts aside, each item the entries of one contact. */
export async function insertParked(
  db: Db,
  items: { kind: 'error' | 'loop'; reason: string; detail: string | null; entries: Entry[] }[],
): Promise<void> {
  // rowsOf gives one row per kind of treatment, so an item may need several.
  const rows = items.flatMap(item =>
    rowsOf(item.entries).map(row => ({ item, row, contactId: row.contactIds[0] })),
  )
  if (rows.length === 0) return
  await run(
    db,
    sql`
    insert into engine.parked
      (contact_id, id, kind, reason, detail, attempts, event_ids, ats, reactors, timers, parked_at)
    select contact_id, id, kind, reason, detail, attempts, event_ids::bigint[], ats::bigint[], reactors, timers,
      clock_timestamp()
    from unnest(${rows.map(({ contactId }) => contactId)}::bigint[], ${rows.map(() => newId())}::bigint[],
      ${rows.map(({ item }) => item.kind)}::text[], ${rows.map(({ item }) => clip(item.reason, 1000))}::text[],
      ${rows.map(({ item }) => (item.detail === null ? null : clip(item.detail, 8000)))}::text[],
      ${rows.map(({ row }) => row.attempt)}::smallint[],
      ${rows.map(({ row }) => plainArray(row.eventIds))}::text[],
      ${rows.map(({ row }) => plainArray(row.ats.map(at => at.getTime())))}::text[],
      ${rows.map(({ row }) => (row.reactors ? JSON.stringify(row.reactors) : null))}::jsonb[],
      ${rows.map(({ row }) => (row.timers.length > 0 ? JSON.stringify(row.timers) : null))}::jsonb[]
    ) as fresh (contact_id, id, kind, reason, detail, attempts, event_ids, ats, reactors, timers)`,
  )
}

/** What is parked, the newest first; `before` is the id of the last one of the page before. */
export function listParked(
  db: Db,
  { before, limit }: { before: string | null; limit: number },
): Promise<Parked[]> {
  return many(
    db,
    sql`
    select id, contact_id as "contactId", kind, reason, detail, attempts, parked_at as "parkedAt"
    from engine.parked
    where ${before}::bigint is null or id < ${before}::bigint
    order by id desc
    limit ${limit}`,
  )
}

export async function countParked(db: Db): Promise<number> {
  const [row] = await many<{ count: number }>(db, sql`select count(*)::int as count from engine.parked`)
  return row?.count ?? 0
}

type StoredItem = {
  contactId: string
  eventIds: string[]
  ats: string[]
  reactors: string[] | null
  timers: { contactId: string; kind: string; key: string; dueAt: string }[] | null
}

/** Queues parked items again with a clean slate: those named, or the 1,000 oldest. Returns how many. */
export function retryParked(db: Db, ids: string[] | null): Promise<number> {
  return inTransaction(db, async trx => {
    const items = await many<StoredItem>(
      trx,
      sql`
      delete from engine.parked p
      where p.id in (
        select id from engine.parked where ${ids}::bigint[] is null or id = any(${ids}::bigint[])
        order by id limit 1000)
      returning p.contact_id as "contactId", p.event_ids as "eventIds", p.ats, p.reactors, p.timers`,
    )
    await insertWork(trx, rowsOf(items.flatMap(entriesOfItem)))
    return items.length
  })
}

/** Gives parked items up: what they were about stays undone. Returns how many. */
export function discardParked(db: Db, ids: string[]): Promise<number> {
  return run(db, sql`delete from engine.parked where id = any(${ids}::bigint[])`)
}

function entriesOfItem(item: StoredItem): Entry[] {
  return entriesOf({
    lane: 0,
    queuedAt: null,
    id: '0',
    contactIds: item.eventIds.map(() => item.contactId),
    eventIds: item.eventIds,
    ats: item.ats.map(ms => new Date(Number(ms))),
    attempt: 0,
    notBefore: null,
    reactors: item.reactors,
    timers: (item.timers ?? []).map(timer => ({ ...timer, dueAt: new Date(timer.dueAt) })),
  })
}
