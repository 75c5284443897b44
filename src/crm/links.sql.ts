import { type Db, many, run, sql } from '#platform/db/db.ts'
import type { RemoteRef, Values } from './connector.ts'
import type { Kind } from './mapping.ts'
import type { Base } from './merge.ts'

export const linkStates = ['active', 'deleted_remote', 'deleted_local', 'merged', 'converted'] as const
export type LinkState = (typeof linkStates)[number]

export type Link = {
  remoteType: string
  remoteId: string
  kind: Kind
  localId: string
  isPrimary: boolean
  state: LinkState
  became: RemoteRef | null
  base: Base
  sent: Values | null
  frozen: string[]
  flips: Record<string, { n: number; since: string }>
  remoteVersion: string | null
  remoteModified: Date | null
  readAt: Date
  pulledAt: Date | null
  pushedAt: Date | null
}

const columns = sql`l.remote_type as "remoteType", l.remote_id as "remoteId", l.kind, l.local_id as "localId",
  l.is_primary as "isPrimary", l.state, l.became, l.base, l.sent, l.frozen, l.flips,
  l.remote_version as "remoteVersion", l.remote_modified as "remoteModified", l.read_at as "readAt",
  l.pulled_at as "pulledAt", l.pushed_at as "pushedAt"`

/** The links of these records, held to the end of the transaction in one order for all. */
export function holdLinks(trx: Db, connectionId: string, type: string, ids: string[]): Promise<Link[]> {
  return many(
    trx,
    sql`
    select ${columns} from crm.link l where l.connection_id = ${connectionId}::bigint and l.remote_type = ${type}
      and l.remote_id = any(${ids}::text[]) order by l.remote_id for update`,
  )
}

/** The links of what is here, in any state. */
export function linksOf(db: Db, kind: Kind, localIds: string[], connectionId?: string): Promise<Link[]> {
  return many(
    db,
    sql`
    select ${columns} from crm.link l where l.local_id = any(${localIds}::bigint[]) and l.kind = ${kind}
      ${connectionId ? sql`and l.connection_id = ${connectionId}::bigint` : sql``}
    order by l.is_primary desc, l.remote_type, l.remote_id`,
  )
}

/** Writes links as they are given, whether they were there or not. */
export async function saveLinks(trx: Db, connectionId: string, given: Link[]): Promise<void> {
  if (given.length === 0) return
  const rows = [...new Map(given.map(row => [`${row.remoteType}\n${row.remoteId}`, row])).values()]
  await run(
    trx,
    sql`
    insert into crm.link as known (connection_id, remote_type, remote_id, kind, local_id, is_primary, state, became, base,
      sent, frozen, flips, remote_version, remote_modified, read_at, pulled_at, pushed_at)
    select ${connectionId}::bigint, "remoteType", "remoteId", kind, "localId", "isPrimary", state, became, base, sent,
      array(select jsonb_array_elements_text(frozen)), flips, "remoteVersion", "remoteModified", "readAt", "pulledAt", "pushedAt"
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as fresh ("remoteType" text, "remoteId" text, kind text,
      "localId" bigint, "isPrimary" boolean, state text, became jsonb, base jsonb, sent jsonb, frozen jsonb, flips jsonb,
      "remoteVersion" text, "remoteModified" timestamptz, "readAt" timestamptz, "pulledAt" timestamptz, "pushedAt" timestamptz)
    order by "remoteType", "remoteId"
    on conflict (connection_id, remote_type, remote_id) do update set kind = excluded.kind, local_id = excluded.local_id,
      is_primary = excluded.is_primary, state = excluded.state, became = excluded.became, base = excluded.base,
      sent = excluded.sent, frozen = excluded.frozen, flips = excluded.flips, remote_version = excluded.remote_version,
      remote_modified = excluded.remote_modified, read_at = excluded.read_at, pulled_at = excluded.pulled_at,
      pushed_at = excluded.pushed_at, version = known.version + 1`,
  )
}

/** Remembers what is about to be written there, before it goes. */
export async function markSent(
  trx: Db,
  connectionId: string,
  type: string,
  rows: { remoteId: string; sent: Values }[],
): Promise<void> {
  await run(
    trx,
    sql`
    update crm.link l set sent = fresh.sent
    from unnest(${rows.map(row => row.remoteId)}::text[], ${rows.map(row => JSON.stringify(row.sent))}::jsonb[]) as fresh (remote_id, sent)
    where l.connection_id = ${connectionId}::bigint and l.remote_type = ${type} and l.remote_id = fresh.remote_id`,
  )
}

/** What records of other kinds are here, for references: remote id -> local id. Dead links still say who is meant. */
export async function localIdsOf(
  db: Db,
  connectionId: string,
  kind: Kind,
  remoteIds: string[],
): Promise<Map<string, string>> {
  if (remoteIds.length === 0) return new Map()
  const rows = await many<{ remoteId: string; localId: string }>(
    db,
    sql`
    select remote_id as "remoteId", local_id as "localId" from crm.link
    where connection_id = ${connectionId}::bigint and kind = ${kind} and remote_id = any(${remoteIds}::text[])
      and state <> 'deleted_local' order by state = 'active'`,
  )
  return new Map(rows.map(row => [row.remoteId, row.localId]))
}

/** The living record of each of ours: the primary one. */
export async function remoteIdsOf(
  db: Db,
  connectionId: string,
  kind: Kind,
  localIds: string[],
): Promise<Map<string, RemoteRef>> {
  if (localIds.length === 0) return new Map()
  const rows = await many<{ localId: string; type: string; id: string }>(
    db,
    sql`
    select local_id as "localId", remote_type as type, remote_id as id from crm.link
    where connection_id = ${connectionId}::bigint and kind = ${kind} and local_id = any(${localIds}::bigint[])
      and state = 'active' order by is_primary`,
  )
  return new Map(rows.map(({ localId, type, id }) => [localId, { type, id }]))
}

/** Which of these records are linked, in any state: `type\nid`. */
export async function linksOfRecords(db: Db, connectionId: string, refs: RemoteRef[]): Promise<Set<string>> {
  if (refs.length === 0) return new Set()
  const rows = await many<{ key: string }>(
    db,
    sql`
    select l.remote_type || E'\n' || l.remote_id as key from crm.link l
    join unnest(${refs.map(ref => ref.type)}::text[], ${refs.map(ref => ref.id)}::text[]) as asked (type, id)
      on l.connection_id = ${connectionId}::bigint and l.remote_type = asked.type and l.remote_id = asked.id`,
  )
  return new Set(rows.map(row => row.key))
}

/** Living records of one type; those read since a moment, or all. */
export function linksOfType(
  db: Db,
  connectionId: string,
  type: string,
  since: Date | null,
): Promise<{ remoteId: string; localId: string }[]> {
  return many(
    db,
    sql`
    select remote_id as "remoteId", local_id as "localId" from crm.link
    where connection_id = ${connectionId}::bigint and remote_type = ${type} and state = 'active'
      and (${since?.toISOString() ?? null}::timestamptz is null or pulled_at >= ${since?.toISOString() ?? null}::timestamptz)`,
  )
}

/** Notes records that were read and are nobody here. */
export async function addStrangers(
  trx: Db,
  { connection, object }: { connection: { id: string }; object: { remote: string } },
  ids: string[],
): Promise<void> {
  if (ids.length === 0) return
  await run(
    trx,
    sql`
    insert into crm.stranger (connection_id, remote_type, remote_id)
    select ${connection.id}::bigint, ${object.remote}, id from unnest(${[...ids].sort()}::text[]) as seen (id) on conflict do nothing`,
  )
}
