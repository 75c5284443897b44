import { type Db, many, maybeOne, run, sql } from '#platform/db/db.ts'

export type Export = {
  id: string
  kind: string
  name: string
  format: 'csv' | 'jsonl'
  rows: number
  bytes: number
  createdAt: Date
  createdBy: string
  finishedAt: Date | null
  expiresAt: Date
  removed: string | null
  job: {
    id: string
    state: 'queued' | 'running' | 'done' | 'failed' | 'stopped'
    error: string | null
  } | null
}

const columns = sql`e.id, e.kind, e.name, e.format, e.rows, e.bytes::float8 as bytes, e.created_at as "createdAt",
  e.created_by as "createdBy", e.finished_at as "finishedAt", e.expires_at as "expiresAt", e.removed,
  (select jsonb_build_object('id', j.id::text, 'state', j.state, 'error', j.error) from platform.job j where j.id = e.job) as job`

export function selectExport(db: Db, id: string): Promise<(Export & { ask: unknown }) | undefined> {
  return maybeOne(db, sql`select ${columns}, e.ask from insight.export e where e.id = ${id}::bigint`)
}

/** The newest first, `limit + 1` at most. */
export function selectExports(db: Db, ask: { before: string | null; limit: number }): Promise<Export[]> {
  return many(
    db,
    sql`
    select ${columns} from insight.export e
    where e.id < ${ask.before ?? '9223372036854775807'}::bigint order by e.id desc limit ${ask.limit + 1}`,
  )
}

export type Piece = {
  position: number
  bytes: Buffer
  rows: number
  firstId: string | null
  lastId: string | null
}

/** Adds a piece of the file, in the transaction in which the cursor is saved. */
export async function insertPiece(db: Db, id: string, piece: Piece): Promise<void> {
  await run(
    db,
    sql`
    insert into insight.export_chunk (export_id, position, bytes, first_id, last_id)
    values (${id}::bigint, ${piece.position}, ${piece.bytes}, ${piece.firstId}::bigint, ${piece.lastId}::bigint)`,
  )
  await run(
    db,
    sql`
    update insight.export set rows = rows + ${piece.rows}::int, bytes = bytes + ${piece.bytes.length}::bigint
    where id = ${id}::bigint`,
  )
}

export async function* piecesOf(db: Db, id: string): AsyncGenerator<Buffer> {
  for (let position = 0; ; position++) {
    const piece = await maybeOne<{ bytes: Buffer }>(
      db,
      sql`select bytes from insight.export_chunk where export_id = ${id}::bigint and position = ${position}`,
    )
    if (!piece) return
    yield piece.bytes
  }
}

/** Takes files away whose time is over; that they were made stays on record. */
export async function dropExpired(db: Db, now: Date): Promise<void> {
  await run(
    db,
    sql`
    with over as (update insight.export set removed = 'after seven days', ask = '{}'
      where expires_at <= ${now} and removed is null returning id)
    delete from insight.export_chunk c using over where c.export_id = over.id`,
  )
}

/** A file that names somebody who is forgotten goes, whole: it can be made again, without him. */
export async function forgetExports(trx: Db, contactIds: string[]): Promise<void> {
  await run(
    trx,
    sql`
    with hit as (
      select distinct c.export_id from insight.export_chunk c
      join unnest(${contactIds}::bigint[]) as gone (id)
        on (c.first_id is null or gone.id between c.first_id and c.last_id)
        and position(convert_to(gone.id::text, 'UTF8') in c.bytes) > 0),
    marked as (update insight.export e set removed = 'because somebody in it was deleted'
      from hit where e.id = hit.export_id)
    delete from insight.export_chunk c using hit where c.export_id = hit.export_id`,
  )
}
