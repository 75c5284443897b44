import { type Db, many, run, sql } from '#platform/db/db.ts'
import type { RemoteRef } from './connector.ts'

/** Asks that records be read again; said twice is said once. */
export async function addHints(trx: Db, connectionId: string, refs: RemoteRef[], now: Date): Promise<void> {
  if (refs.length === 0) return
  await run(
    trx,
    sql`
    insert into crm.hint as known (connection_id, remote_type, remote_id, at)
    select distinct ${connectionId}::bigint, type, id, ${now}::timestamptz
    from unnest(${refs.map(ref => ref.type)}::text[], ${refs.map(ref => ref.id)}::text[]) as fresh (type, id)
    order by 2, 3
    on conflict (connection_id, remote_type, remote_id) do update set at = greatest(excluded.at, known.at)`,
  )
}

export function selectHints(
  db: Db,
  connectionId: string,
  type: string,
  limit: number,
): Promise<{ id: string; at: Date }[]> {
  return many(
    db,
    sql`
    select remote_id as id, at from crm.hint where connection_id = ${connectionId}::bigint and remote_type = ${type}
    order by at, remote_id limit ${limit}`,
  )
}

/** Takes out what was read; what was asked for again meanwhile stays. */
export async function settleHints(
  trx: Db,
  connectionId: string,
  type: string,
  hints: { id: string; at: Date }[],
): Promise<void> {
  if (hints.length === 0) return
  await run(
    trx,
    sql`
    delete from crm.hint h using unnest(${hints.map(hint => hint.id)}::text[], ${hints.map(hint => hint.at.toISOString())}::timestamptz[]) as done (id, at)
    where h.connection_id = ${connectionId}::bigint and h.remote_type = ${type} and h.remote_id = done.id
      and h.at < done.at + interval '1 millisecond'`,
  )
}
