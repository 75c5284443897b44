import { type Db, many, run, sql } from '#platform/db/db.ts'
import type { CallLane } from './budget.ts'
import type { Kind } from './mapping.ts'

export type OutboxRow = {
  kind: Kind
  localId: string
  lane: CallLane
  seq: number
  attempts: number
  isUrged: boolean
  queuedAt: Date
}

const rank = (lane: unknown) => sql`array_position(array['interactive', 'delta', 'backfill'], ${lane})`

/**
 * Asks that these be looked at: what waits already waits for the more urgent of the two. What is parked is tried
 * again, because the record has changed.
 */
export async function enqueue(
  trx: Db,
  rows: { connectionId: string; kind: Kind; localId: string; lane: CallLane; isUrged?: boolean }[],
  now: Date,
): Promise<void> {
  if (rows.length === 0) return
  const sorted = [...rows].sort((a, b) => (BigInt(a.localId) < BigInt(b.localId) ? -1 : 1))
  await run(
    trx,
    sql`
    insert into crm.outbox as known (connection_id, kind, local_id, lane, is_urged, not_before, queued_at)
    select distinct on (connection_id, kind, local_id) connection_id, kind, local_id, lane, urged, ${now}::timestamptz, ${now}::timestamptz
    from unnest(${sorted.map(row => row.connectionId)}::bigint[], ${sorted.map(row => row.kind)}::text[],
      ${sorted.map(row => row.localId)}::bigint[], ${sorted.map(row => row.lane)}::text[],
      ${sorted.map(row => row.isUrged ?? false)}::boolean[]) as fresh (connection_id, kind, local_id, lane, urged)
    order by connection_id, kind, local_id, ${rank(sql`fresh.lane`)}
    on conflict (connection_id, kind, local_id) do update set seq = known.seq + 1, attempts = 0, state = 'waiting',
      is_urged = known.is_urged or excluded.is_urged, not_before = excluded.not_before,
      queued_at = case when known.state = 'parked' then excluded.queued_at else known.queued_at end, issue_id = null,
      lane = case when ${rank(sql`excluded.lane`)} < ${rank(sql`known.lane`)} then excluded.lane else known.lane end`,
  )
}

/** What is due in a lane, one kind after the other in the order of dependency, without what is under way. */
export function selectDue(
  db: Db,
  ask: { connectionId: string; lanes: CallLane[]; kinds: Kind[]; now: Date; limit: number; but: string[] },
): Promise<OutboxRow[]> {
  return many(
    db,
    sql`
    select kind, local_id as "localId", lane, seq, attempts, is_urged as "isUrged", queued_at as "queuedAt" from crm.outbox
    where connection_id = ${ask.connectionId}::bigint and state = 'waiting' and lane = any(${ask.lanes}::text[])
      and kind = any(${ask.kinds}::text[]) and not_before <= ${ask.now}::timestamptz and local_id <> all(${ask.but}::bigint[])
    order by array_position(${ask.kinds}::text[], kind), not_before, local_id limit ${ask.limit}`,
  )
}

/** Takes out what is done; what was asked for again meanwhile stays. */
export async function settle(
  trx: Db,
  connectionId: string,
  rows: Pick<OutboxRow, 'kind' | 'localId' | 'seq'>[],
): Promise<void> {
  if (rows.length === 0) return
  await run(
    trx,
    sql`
    delete from crm.outbox o using unnest(${rows.map(row => row.kind)}::text[], ${rows.map(row => row.localId)}::bigint[],
      ${rows.map(row => row.seq)}::int[]) as mine (kind, local_id, seq)
    where o.connection_id = ${connectionId}::bigint and o.kind = mine.kind and o.local_id = mine.local_id and o.seq = mine.seq`,
  )
}

/** Tries again at `notBefore`, or parks under an issue where that is null. */
export async function postpone(
  trx: Db,
  connectionId: string,
  rows: (Pick<OutboxRow, 'kind' | 'localId' | 'seq'> & { notBefore: Date | null; issueId: string | null })[],
): Promise<void> {
  if (rows.length === 0) return
  await run(
    trx,
    sql`
    update crm.outbox o set attempts = o.attempts + 1, issue_id = mine.issue_id,
      state = case when mine.not_before is null then 'parked' else 'waiting' end,
      not_before = coalesce(mine.not_before, o.not_before)
    from unnest(${rows.map(row => row.kind)}::text[], ${rows.map(row => row.localId)}::bigint[], ${rows.map(row => row.seq)}::int[],
      ${rows.map(row => row.notBefore?.toISOString() ?? null)}::timestamptz[], ${rows.map(row => row.issueId)}::bigint[])
      as mine (kind, local_id, seq, not_before, issue_id)
    where o.connection_id = ${connectionId}::bigint and o.kind = mine.kind and o.local_id = mine.local_id and o.seq = mine.seq`,
  )
}

/** Waits of a connection by kind and lane: for the backlog on the screen. */
export function countWaiting(
  db: Db,
  connectionId: string,
): Promise<
  { kind: Kind; lane: CallLane; state: 'waiting' | 'parked'; count: number; oldest: Date | null }[]
> {
  return many(
    db,
    sql`
    select kind, lane, state, count(*)::int as count, min(queued_at) as oldest from crm.outbox
    where connection_id = ${connectionId}::bigint group by kind, lane, state`,
  )
}
