import { type Db, many, sql } from '#platform/db/db.ts'
import { isMachine, sentenceOf } from './catalogue.ts'

/** One thing in somebody's story, the newest first. */
export type TimelineItem = {
  id: string
  type: string
  name: string | null
  at: Date
  /** What happened, without its subject: "looked at the page “Pricing”". */
  sentence: string
  data: Record<string, unknown>
  causeId: string | null
  /** A bot, a scanner or a prefetching mail program, not the person. */
  isMachine: boolean
}

type Row = Omit<TimelineItem, 'sentence' | 'isMachine'>
const columns = sql`event.id, event.type, event.name, event.at, event.data, event.cause_id as "causeId"`

function told(row: Row): TimelineItem {
  return { ...row, sentence: sentenceOf(row), isMachine: isMachine(row.data) }
}

/**
 * A contact's story backwards from `before` (the last item of the page before), at most `limit` items, of some
 * types only if any are given. It walks the ledger's one index.
 */
export async function timeline(
  db: Db,
  contactId: string,
  {
    before,
    limit,
    types,
  }: { before: { at: Date; id: string } | null; limit: number; types: string[] | null },
): Promise<TimelineItem[]> {
  const rows = await many<Row>(
    db,
    sql`
    select ${columns}
    from activity.event event
    where event.contact_id = ${contactId}::bigint
      ${before ? sql`and event.at <= ${before.at.toISOString()}::timestamptz and (event.at, event.id) < (${before.at.toISOString()}::timestamptz, ${before.id}::bigint)` : sql``}
      ${types ? sql`and event.type = any(${types}::text[])` : sql``}
    order by event.at desc, event.id desc
    limit ${limit}`,
  )
  return rows.map(told)
}

/** Longer than any chain the engine lets grow; a circle of causes, which nothing should write, ends here. */
const longestChain = 50

/**
 * The events that led to this one, beginning with itself and going back to the first cause: the answer to "why?".
 * Empty if the contact has no such event; it ends where a cause was erased.
 */
export async function chainOf(db: Db, contactId: string, eventId: string): Promise<TimelineItem[]> {
  const rows = await many<Row>(
    db,
    sql`
    with recursive chain as (
      select ${columns}, 1 as step from activity.event event
      where event.contact_id = ${contactId}::bigint and event.id = ${eventId}::bigint
      union all
      select ${columns}, chain.step + 1 from chain
      join activity.event event on event.contact_id = ${contactId}::bigint and event.id = chain."causeId"
      where chain.step < ${longestChain}::int)
    select id, type, name, at, data, "causeId" from chain order by step`,
  )
  return rows.map(told)
}
