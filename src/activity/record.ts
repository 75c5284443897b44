import { hash } from 'node:crypto'
import type { Event, NewEvent } from '#engine/reactor.ts'
import { addWork } from '#engine/work.ts'
import { plainArray } from '#platform/db/arrays.ts'
import { type Db, many, one, run, sql, sqlStateOf } from '#platform/db/db.ts'
import { append } from './ledger.ts'
import { addWeeks, weekOf } from './partitions.ts'

/**
 * Records what happened: appends to the ledger and queues it for the reactors, within the caller's transaction.
 * Returns the events that were new; one whose message id was taken within the last 7 days is left out, which is
 * no error. Three statements for any number of events.
 */
export async function record(trx: Db, events: NewEvent[]): Promise<Event[]> {
  const fresh = await dropRepeated(trx, events)
  if (fresh.length === 0) return []
  const recorded = await append(trx, fresh)
  await addWork(trx, recorded)
  return recorded
}

function messageHash(event: NewEvent): string | null {
  return event.messageId === undefined ? null : messageKey(event.sourceId ?? null, event.messageId)
}

async function dropRepeated(trx: Db, events: NewEvent[]): Promise<NewEvent[]> {
  const byHash = new Map<string, NewEvent>()
  const unnamed: NewEvent[] = []
  for (const event of events) {
    const key = messageHash(event)
    if (key === null) unnamed.push(event)
    else if (!byHash.has(key)) byHash.set(key, event)
  }
  if (byHash.size === 0) return events
  const taken = await takeHashes(trx, [...byHash.keys()], weekOf(latestOf(events)))
  if (taken === 'all' && byHash.size + unnamed.length === events.length) return events
  const isFresh = (key: string | null) => key === null || taken === 'all' || taken.has(key)
  const kept = new Set([...unnamed, ...[...byHash].filter(([key]) => isFresh(key)).map(([, event]) => event)])
  return events.filter(event => kept.has(event))
}

/** The week is that of the arrival: a repetition comes with the same message id, not always with the same time. */
function latestOf(events: NewEvent[]): Date {
  return events.reduce((latest, event) => {
    const arrived = event.receivedAt ?? event.at
    return arrived > latest ? arrived : latest
  }, new Date(0))
}

/**
 * Takes hashes that nobody has taken this week or the last; returns those, or 'all'. In sorted order, so that two
 * transactions with the same messages wait for each other instead of blocking each other.
 */
async function takeHashes(trx: Db, hashes: string[], week: string): Promise<Set<string> | 'all'> {
  const { count, fresh } = await one<{ count: number; fresh: string[] | null }>(
    trx,
    sql`
    with taken as (
      insert into activity.seen (id, week)
      select mine.id, ${week}::date
      from unnest(${plainArray(hashes)}::uuid[]) as mine (id)
      where not exists (
        select from activity.seen s where s.id = mine.id and s.week = ${addWeeks(week, -1)}::date)
      order by mine.id
      on conflict do nothing
      returning id)
    select count(*)::int as count,
      case when count(*) < ${hashes.length}::int then array_agg(replace(id::text, '-', '')) end as fresh
    from taken`,
  )
  return count === hashes.length ? 'all' : new Set(fresh ?? [])
}

/** A sender's message, by its key. `at`: when it happened, by the sender's corrected clock. */
export type Message = { key: string; at: Date }

/** The key of a message: ids are the sender's, and two sources may use the same one for different things. */
export function messageKey(sourceId: string | null, messageId: string): string {
  return hash('md5', `${sourceId ?? ''}\n${messageId}`)
}

/** A message is not sent before it happens; clocks that are corrected by the way of a request are off by less. */
const marginMs = 3_600_000

/**
 * Takes message ids for those who must know before they record whether a message is new, because it changes more
 * than the ledger. One verdict per message, true for a new one; of equal ones in the list only the first is new.
 * Must run in a transaction. Nearly all messages are new, so they are inserted as if they all were, and only
 * where that fails one by one; the week before is asked only for what happened before this one.
 */
export async function takeMessages(trx: Db, messages: Message[], now: Date): Promise<boolean[]> {
  if (messages.length === 0) return []
  const week = weekOf(now)
  const begin = new Date(week).getTime() + marginMs
  const unseen = new Set(messages.map(message => message.key))
  const older = messages.filter(message => message.at.getTime() < begin).map(message => message.key)
  for (const key of await seenIn(trx, older, addWeeks(week, -1))) unseen.delete(key)
  // In sorted order two transactions with the same messages wait for each other instead of blocking each other.
  const sorted = [...unseen].sort()
  const taken = (await takeAll(trx, sorted, week)) ? 'all' : await takeHashes(trx, sorted, week)
  return messages.map(({ key }) => unseen.delete(key) && (taken === 'all' || taken.has(key)))
}

async function seenIn(trx: Db, hashes: string[], week: string): Promise<string[]> {
  if (hashes.length === 0) return []
  const rows = await many<{ id: string }>(
    trx,
    sql`select replace(id::text, '-', '') as id from activity.seen
      where id = any(${plainArray(hashes)}::uuid[]) and week = ${week}::date`,
  )
  return rows.map(row => row.id)
}

/** A plain insert costs half of one that looks for conflicts first. False, and nothing done, where there was one. */
async function takeAll(trx: Db, hashes: string[], week: string): Promise<boolean> {
  await run(trx, sql`savepoint seen`)
  try {
    await run(
      trx,
      sql`insert into activity.seen (id, week) select id, ${week}::date from unnest(${plainArray(hashes)}::uuid[]) as mine (id)`,
    )
  } catch (error) {
    if (sqlStateOf(error) !== '23505') throw error
    await run(trx, sql`rollback to savepoint seen`)
    return false
  }
  await run(trx, sql`release savepoint seen`)
  return true
}
