import { type Db, many, maybeOne, run, sql } from '#platform/db/db.ts'
import type { Cursor } from './connector.ts'

export type StreamName = 'delta' | 'removals' | 'load' | 'check' | 'sweep' | 'compare'
export type Stream = { cursor: Cursor | null; done: boolean; count: number; polledAt: Date | null }

/** Where a stream of an object stands; at its beginning where it has never run. */
export async function getStream(
  db: Db,
  connectionId: string,
  type: string,
  name: StreamName,
): Promise<Stream> {
  const row = await maybeOne<{
    at: string
    id: string
    token: string | null
    done: boolean
    count: number
    polledAt: Date | null
  }>(
    db,
    sql`
    select at, id, token, done, count::float8 as count, polled_at as "polledAt" from crm.stream
    where connection_id = ${connectionId}::bigint and remote_type = ${type} and stream = ${name}`,
  )
  if (!row) return { cursor: null, done: false, count: 0, polledAt: null }
  const { at, id, token, ...rest } = row
  return { ...rest, cursor: at === '' ? null : { at, id, token } }
}

/** Moves a stream; called in the transaction of what was read, so that a kill neither repeats nor skips a page. */
export async function moveStream(
  trx: Db,
  of: { connectionId: string; type: string; name: StreamName },
  to: { cursor: Cursor | null; done?: boolean; read?: number; polledAt?: Date },
): Promise<void> {
  const { cursor } = to
  await run(
    trx,
    sql`
    insert into crm.stream as known (connection_id, remote_type, stream, at, id, token, done, count, polled_at)
    values (${of.connectionId}::bigint, ${of.type}, ${of.name}, ${cursor?.at ?? ''}, ${cursor?.id ?? ''}, ${cursor?.token ?? null},
      ${to.done ?? false}, ${to.read ?? 0}, ${to.polledAt?.toISOString() ?? null}::timestamptz)
    on conflict (connection_id, remote_type, stream) do update set at = excluded.at, id = excluded.id, token = excluded.token,
      done = excluded.done, count = known.count + excluded.count, polled_at = coalesce(excluded.polled_at, known.polled_at)`,
  )
}

export async function dropStreams(trx: Db, connectionId: string, names: StreamName[]): Promise<void> {
  await run(
    trx,
    sql`delete from crm.stream where connection_id = ${connectionId}::bigint and stream = any(${names}::text[])`,
  )
}

export function selectStreams(
  db: Db,
  connectionId: string,
): Promise<
  { type: string; name: StreamName; at: string; done: boolean; count: number; polledAt: Date | null }[]
> {
  return many(
    db,
    sql`
    select remote_type as type, stream as name, at, done, count::float8 as count, polled_at as "polledAt" from crm.stream
    where connection_id = ${connectionId}::bigint order by remote_type, stream`,
  )
}
