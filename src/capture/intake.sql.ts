import { type RawBuilder, sql } from '#platform/db/db.ts'

export type RejectRow = {
  id: string
  sourceId: string
  receivedAt: Date
  reason: string
  detail: string
  messageId: string | null
  call: string
}

export function insertRejects(rows: RejectRow[]): RawBuilder<unknown> {
  return sql`
    insert into capture.reject (id, source_id, received_at, reason, detail, message_id, call)
    select reject.id, reject.source_id, reject.received_at, reject.reason, reject.detail, reject.message_id, reject.call
    from unnest(${rows.map(row => row.id)}::bigint[], ${rows.map(row => row.sourceId)}::bigint[],
      ${rows.map(row => row.receivedAt)}::timestamptz[], ${rows.map(row => row.reason)}::text[],
      ${rows.map(row => row.detail)}::text[], ${rows.map(row => row.messageId)}::text[],
      ${rows.map(row => row.call)}::text[])
      as reject(id, source_id, received_at, reason, detail, message_id, call)
    -- A source that was removed a moment ago must not fail the batch.
    join capture.source source on source.id = reject.source_id`
}

/** One page, newest first; `before` is the id of the last row of the page before. */
export function selectRejects(sourceId: string, before: string | null, limit: number): RawBuilder<RejectRow> {
  return sql<RejectRow>`
    select id, source_id as "sourceId", received_at as "receivedAt", reason, detail, message_id as "messageId", call
    from capture.reject
    where source_id = ${sourceId} and (${before}::bigint is null or id < ${before}::bigint)
    order by id desc limit ${limit}`
}

export type TrafficRow = {
  sourceId: string
  day: string
  accepted: number
  rejected: number
  bots: number
  optedOut: number
  lastAt: Date
}

/** Adds to the daily counters. Sorted by key, so that two processes never wait for each other in a circle. */
export function addTraffic(rows: TrafficRow[]): RawBuilder<unknown> {
  return sql`
    insert into capture.source_day as day (source_id, day, accepted, rejected, bots, opted_out, last_at)
    select added.source_id, added.day, added.accepted, added.rejected, added.bots, added.opted_out, added.last_at
    from unnest(${rows.map(row => row.sourceId)}::bigint[], ${rows.map(row => row.day)}::date[],
      ${rows.map(row => row.accepted)}::bigint[], ${rows.map(row => row.rejected)}::bigint[],
      ${rows.map(row => row.bots)}::bigint[], ${rows.map(row => row.optedOut)}::bigint[],
      ${rows.map(row => row.lastAt)}::timestamptz[])
      as added(source_id, day, accepted, rejected, bots, opted_out, last_at)
    join capture.source source on source.id = added.source_id
    order by added.source_id, added.day
    on conflict (source_id, day) do update set
      accepted = day.accepted + excluded.accepted, rejected = day.rejected + excluded.rejected,
      bots = day.bots + excluded.bots, opted_out = day.opted_out + excluded.opted_out,
      last_at = greatest(day.last_at, excluded.last_at)`
}
