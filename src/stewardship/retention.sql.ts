import { type Db, many, one, type RawBuilder, run, sql } from '#platform/db/db.ts'
import type { RetentionKind } from './retention.ts'

/** Counting further tells nobody more. */
export const mostCounted = 1_000_000

type Rows = { table: RawBuilder<unknown>; where: RawBuilder<unknown>; oldest: RawBuilder<unknown> }

const views = sql`type in ('page.viewed', 'screen.viewed')`

/** A contact of whom nothing has been heard since, who agreed to nothing, and with whom nothing is under way. */
const inactive = (limit: string) => sql`t.updated_at < ${limit}::timestamptz
  and not exists (select from audience.consent_current c where c.contact_id = t.id and c.state in ('granted', 'pending'))
  and not exists (select from activity.event e where e.contact_id = t.id and e.at >= ${limit}::timestamptz)
  and not exists (select from outreach.message m where m.contact_id = t.id and m.queued_at >= ${limit}::timestamptz)
  and not exists (select from workflows.enrolment w where w.contact_id = t.id and w.status = 'active')`

/** A device that belongs to no profile and has no events. */
const strayDevice = (limit: string) => sql`t.kind = 'anonymous_id' and t.created_at < ${limit}::timestamptz
  and not exists (select from audience.contact c where c.id = t.contact_id)
  and not exists (select from activity.event e where e.contact_id = t.contact_id)`

/** The rows of a kind that are past `limit`; the table has the alias `t`. */
export function expired(kind: RetentionKind, limit: Date): Rows {
  const at = limit.toISOString()
  const older = (column: string) => sql`${sql.ref(`t.${column}`)} < ${at}::timestamptz`
  const of = (table: string, column: string, more: RawBuilder<unknown> = sql`true`): Rows => ({
    table: sql.table(table),
    where: sql`${older(column)} and ${more}`,
    oldest: sql.ref(`t.${column}`),
  })
  switch (kind) {
    case 'pageViews':
      return of('activity.event', 'at', views)
    case 'events':
      return of('activity.event', 'at', sql`not (${views})`)
    case 'visitors':
      return { ...of('audience.identity', 'created_at'), where: strayDevice(at) }
    case 'hits':
      return of('outreach.hit', 'at', sql`t.verdict is not null`)
    case 'messageContents':
      return of(
        'outreach.message',
        'queued_at',
        sql`(t.payload is not null or t.reply_text is not null) and t.state in ('sent', 'failed', 'suppressed', 'cancelled')`,
      )
    case 'mailbox':
      return of('outreach.mailbox', 'at')
    case 'rejects':
      return of('capture.reject', 'received_at')
    case 'jobs':
      return of('platform.job', 'created_at', sql`t.state in ('done', 'failed', 'stopped')`)
    case 'webhookLogs':
      return of('outreach.call_attempt', 'at')
    case 'inactiveContacts':
      return { ...of('audience.contact', 'updated_at'), where: inactive(at) }
  }
}

/** How many rows are past their time (counted up to a million), and the oldest of them. */
export function countExpired(
  db: Db,
  kind: RetentionKind,
  limit: Date,
): Promise<{ n: number; oldest: Date | null }> {
  const { table, where, oldest } = expired(kind, limit)
  return one(
    db,
    sql`
    select count(*)::int as n, min(moment) as oldest
    from (select ${oldest} as moment from ${table} t where ${where} limit ${mostCounted}) counted`,
  )
}

/** Removes one bite; how many rows that were. Message rows stay, without their words. */
export async function removeSome(db: Db, kind: RetentionKind, limit: Date, bite: number): Promise<number> {
  const { table, where } = expired(kind, limit)
  if (kind !== 'pageViews' && kind !== 'events') return removeFrom(db, { kind, table, where, bite })
  for (const name of await eventTables(db)) {
    const removed = await removeFrom(db, { kind, table: sql.id('activity', name), where, bite })
    if (removed > 0) return bite
  }
  return 0
}

/** Rows are found once and reached by their place: what is left of a table is not walked again for every bite. */
function removeFrom(
  db: Db,
  given: { kind: RetentionKind; table: RawBuilder<unknown>; where: RawBuilder<unknown>; bite: number },
): Promise<number> {
  const { kind, table, where, bite } = given
  const some = sql`t.ctid = any(array(select t.ctid from ${table} t where ${where} limit ${bite}))`
  if (kind === 'messageContents')
    return run(db, sql`update ${table} t set payload = null, reply_text = null where ${some}`)
  return run(db, sql`delete from ${table} t where ${some}`)
}

/** The partitions of the ledger, the oldest first; the one for strays last. */
async function eventTables(db: Db): Promise<string[]> {
  const rows = await many<{ name: string }>(
    db,
    sql`
    select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'activity.event'::regclass order by 1`,
  )
  return rows.map(row => row.name)
}

/** Ids of contacts whose time is over, for the erasure that takes everything of them. */
export async function inactiveContacts(db: Db, limit: Date, most: number): Promise<string[]> {
  const { table, where } = expired('inactiveContacts', limit)
  const rows = await many<{ id: string }>(
    db,
    sql`select t.id from ${table} t where ${where} order by t.id limit ${most}`,
  )
  return rows.map(row => row.id)
}

/** Months of events that lie wholly before `limit`: their partitions go at once, without touching a row. */
export async function monthsBefore(db: Db, limit: Date): Promise<string[]> {
  return (await eventTables(db)).filter(name => {
    const [, year, month] = /^event_(\d{4})_(\d{2})$/.exec(name) ?? []
    return year && month && Date.UTC(Number(year), Number(month), 1) <= limit.getTime()
  })
}

/** Drops a month; how many rows went with it, as far as the statistics know. */
export async function dropMonth(db: Db, name: string): Promise<number> {
  const { n } = await one<{ n: number }>(
    db,
    sql`select greatest(reltuples, 0)::int as n from pg_class where oid = ${`activity.${name}`}::regclass`,
  )
  await run(db, sql`drop table if exists ${sql.id('activity', name)}`)
  return n
}
