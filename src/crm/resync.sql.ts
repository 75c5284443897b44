import { type Db, many, maybeOne, run, sql } from '#platform/db/db.ts'

export type Scope = { listId: string | null; segmentId: string | null }
export type Resync = Scope & {
  state: 'running' | 'stopped' | 'done'
  /** How many there were to read, and how many of them are still to be read. */
  records: number
  left: number
  startedAt: Date
  startedBy: string
  endedAt: Date | null
}
export type LinkedRecord = { type: string; id: string; kind: string; localId: string }

/** The latest wish of a connection; `left` is counted. */
export function getResync(db: Db, connectionId: string): Promise<Resync | undefined> {
  return maybeOne<Resync>(
    db,
    sql`
    select r.list_id as "listId", r.segment_id as "segmentId", r.state, r.records, r.started_at as "startedAt",
      r.started_by as "startedBy", r.ended_at as "endedAt",
      (select count(*)::int from crm.resync_item i where i.connection_id = r.connection_id) as "left"
    from crm.resync r where r.connection_id = ${connectionId}::bigint`,
  )
}

/** Only how it stands, without counting what is left. */
export async function getResyncState(db: Db, connectionId: string): Promise<Resync['state'] | undefined> {
  const row = await maybeOne<Pick<Resync, 'state'>>(
    db,
    sql`select state from crm.resync where connection_id = ${connectionId}::bigint`,
  )
  return row?.state
}

/** Living links in the order of (type, id), some at a time; of people alone, or of everything in these objects. */
export function selectLinked(
  db: Db,
  ask: {
    connectionId: string
    types: string[]
    onlyPeople: boolean
    after: { type: string; id: string } | null
    limit: number
  },
): Promise<LinkedRecord[]> {
  return many(
    db,
    sql`
    select remote_type as type, remote_id as id, kind, local_id as "localId" from crm.link
    where connection_id = ${ask.connectionId}::bigint and state = 'active' and remote_type = any(${ask.types}::text[])
      and ${ask.onlyPeople ? sql`kind = 'person'` : sql`true`}
      and ${ask.after ? sql`(remote_type, remote_id) > (${ask.after.type}, ${ask.after.id})` : sql`true`}
    order by remote_type, remote_id limit ${ask.limit}`,
  )
}

/** Forgets the wish before this one, and what was left of it. */
export async function insertResync(
  trx: Db,
  row: Scope & { connectionId: string; records: number; startedBy: string },
  now: Date,
): Promise<void> {
  await run(
    trx,
    sql`
    insert into crm.resync as known (connection_id, list_id, segment_id, state, records, started_at, started_by)
    values (${row.connectionId}::bigint, ${row.listId}::bigint, ${row.segmentId}::bigint, 'running', ${row.records},
      ${now}::timestamptz, ${row.startedBy})
    on conflict (connection_id) do update set list_id = excluded.list_id, segment_id = excluded.segment_id,
      state = excluded.state, records = excluded.records, started_at = excluded.started_at,
      started_by = excluded.started_by, ended_at = null`,
  )
}

export async function addItems(trx: Db, connectionId: string, rows: LinkedRecord[]): Promise<void> {
  await run(
    trx,
    sql`
    insert into crm.resync_item (connection_id, remote_type, remote_id)
    select ${connectionId}::bigint, type, id
    from unnest(${rows.map(row => row.type)}::text[], ${rows.map(row => row.id)}::text[]) as fresh (type, id)
    on conflict do nothing`,
  )
}

export async function nextItems(
  db: Db,
  connectionId: string,
  type: string,
  limit: number,
): Promise<string[]> {
  const rows = await many<{ id: string }>(
    db,
    sql`
    select remote_id as id from crm.resync_item where connection_id = ${connectionId}::bigint and remote_type = ${type}
    order by remote_id limit ${limit}`,
  )
  return rows.map(row => row.id)
}

/** Takes out what was read; without `ids` all that is left. */
export async function dropItems(
  trx: Db,
  connectionId: string,
  what: { type: string; ids: string[] } | null,
): Promise<void> {
  await run(
    trx,
    sql`
    delete from crm.resync_item where connection_id = ${connectionId}::bigint
      and ${what ? sql`remote_type = ${what.type} and remote_id = any(${what.ids}::text[])` : sql`true`}`,
  )
}

export async function changeResync(
  trx: Db,
  connectionId: string,
  state: Resync['state'],
  endedAt: Date | null,
): Promise<void> {
  await run(
    trx,
    sql`
    update crm.resync set state = ${state}, ended_at = ${endedAt}::timestamptz
    where connection_id = ${connectionId}::bigint`,
  )
}
