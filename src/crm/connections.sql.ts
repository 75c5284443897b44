import { type Db, many, maybeOne, type RawBuilder, run, sql } from '#platform/db/db.ts'
import { notFound } from '#platform/errors.ts'
import type { RemoteSchema } from './connector.ts'
import type { Kind, Mapping } from './mapping.ts'

/** Something of the CRM that is not as the mapping has it; it rests until it is described or published anew. */
export type Drift = {
  object: string
  field: string | null
  words: string
  until: 'described' | 'published'
  at: string
}
export type LoadReport = {
  objects: {
    remote: string
    kind: Kind
    records: number
    matched: number
    createHere: number
    createThere: number
    leftOut: number
    conflicts: number
    ambiguous: number
  }[]
  examples: {
    object: string
    what: string
    remoteId: string
    localId: string | null
    detail: Record<string, unknown>
  }[]
  calls: { used: number; needed: number; perDay: number; days: number }
  at: string
}

export type ConnectionRow = {
  id: string
  name: string
  connector: string
  status: 'draft' | 'live' | 'paused' | 'archived'
  pauseWords: string | null
  settings: Record<string, unknown>
  secrets: string
  vault: string
  draft: Mapping
  liveMapping: number | null
  /** The published mapping, where there is one. */
  mapping: Mapping | null
  schema: RemoteSchema | null
  describedAt: Date | null
  drift: Drift[]
  callsPerDay: number
  quota: { used: number; allowed: number; at: string } | null
  loadState: 'none' | 'checking' | 'report' | 'loading' | 'done'
  loadReport: LoadReport | null
  loadJob: string | null
  loadedAt: Date | null
  hookKey: string
  ownerId: string | null
  reviewOn: string | null
  version: number
  syncedAt: Date | null
  createdAt: Date
  updatedAt: Date
  updatedBy: string
}

const columns = sql`c.id, c.name, c.connector, c.status, c.pause_words as "pauseWords", c.settings, c.secrets, c.vault, c.draft,
  c.live_mapping as "liveMapping", m.mapping, c.schema, c.described_at as "describedAt", c.drift,
  c.calls_per_day as "callsPerDay", c.quota, c.load_state as "loadState", c.load_report as "loadReport",
  c.load_job as "loadJob", c.loaded_at as "loadedAt", c.hook_key as "hookKey", c.owner_id as "ownerId",
  c.review_on::text as "reviewOn", c.version, c.synced_at as "syncedAt", c.created_at as "createdAt",
  c.updated_at as "updatedAt", c.updated_by as "updatedBy"`
const from = sql`crm.connection c left join crm.mapping m on m.connection_id = c.id and m.version = c.live_mapping`

export function selectConnections(db: Db): Promise<ConnectionRow[]> {
  return many(
    db,
    sql`select ${columns} from ${from} where c.status <> 'archived' order by lower(c.name), c.id limit 200`,
  )
}

/** Those that run: published and not paused. */
export function selectLive(db: Db): Promise<ConnectionRow[]> {
  return many(db, sql`select ${columns} from ${from} where c.status = 'live' order by c.id`)
}

/** The connection; 404 where there is none. */
export async function getConnection(db: Db, id: string): Promise<ConnectionRow> {
  const row = await maybeOne<ConnectionRow>(
    db,
    sql`select ${columns} from ${from} where c.id = ${id}::bigint`,
  )
  if (!row) throw notFound('connection')
  return row
}

/** The same, held until the end of the transaction. */
export async function holdConnection(trx: Db, id: string): Promise<ConnectionRow> {
  await run(trx, sql`select from crm.connection where id = ${id}::bigint for update`)
  return getConnection(trx, id)
}

const json = new Set(['settings', 'draft', 'schema', 'drift', 'quota', 'load_report'])
const typed: Record<string, RawBuilder<unknown>> = {
  review_on: sql`::date`,
  described_at: sql`::timestamptz`,
  synced_at: sql`::timestamptz`,
  loaded_at: sql`::timestamptz`,
}
const snake = (name: string) => name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)

export type ConnectionChange = Partial<
  Pick<
    ConnectionRow,
    | 'name'
    | 'status'
    | 'pauseWords'
    | 'settings'
    | 'secrets'
    | 'vault'
    | 'draft'
    | 'liveMapping'
    | 'schema'
    | 'describedAt'
    | 'drift'
    | 'callsPerDay'
    | 'quota'
    | 'loadState'
    | 'loadReport'
    | 'loadJob'
    | 'loadedAt'
    | 'ownerId'
    | 'reviewOn'
    | 'syncedAt'
  >
>

/** Sets what is named. With `by`, a person changed it: the version rises. */
export async function changeConnection(
  db: Db,
  id: string,
  change: ConnectionChange,
  by?: { name: string; now: Date },
): Promise<void> {
  const sets = Object.entries(change).map(([name, value]) => {
    const column = snake(name)
    const given = json.has(column)
      ? JSON.stringify(value)
      : value instanceof Date
        ? value.toISOString()
        : value
    return sql`${sql.ref(column)} = ${given}${json.has(column) ? sql`::jsonb` : (typed[column] ?? sql``)}`
  })
  if (by)
    sets.push(
      sql`version = version + 1`,
      sql`updated_at = ${by.now}::timestamptz`,
      sql`updated_by = ${by.name}`,
    )
  if (sets.length === 0) return
  await run(db, sql`update crm.connection set ${sql.join(sets)} where id = ${id}::bigint`)
}

export async function insertConnection(
  db: Db,
  row: Pick<
    ConnectionRow,
    'id' | 'name' | 'connector' | 'settings' | 'secrets' | 'vault' | 'draft' | 'callsPerDay' | 'hookKey'
  >,
  by: { name: string; now: Date },
): Promise<void> {
  await run(
    db,
    sql`
    insert into crm.connection (id, name, connector, status, settings, secrets, vault, draft, calls_per_day, hook_key,
      created_at, updated_at, updated_by)
    values (${row.id}::bigint, ${row.name}, ${row.connector}, 'draft', ${JSON.stringify(row.settings)}::jsonb, ${row.secrets},
      ${row.vault}, ${JSON.stringify(row.draft)}::jsonb, ${row.callsPerDay}, ${row.hookKey}, ${by.now}::timestamptz, ${by.now}::timestamptz, ${by.name})`,
  )
}

export async function insertMapping(
  db: Db,
  row: { connectionId: string; version: number; mapping: Mapping },
  by: { name: string; now: Date },
): Promise<void> {
  await run(
    db,
    sql`
    insert into crm.mapping (connection_id, version, mapping, published_at, published_by)
    values (${row.connectionId}::bigint, ${row.version}, ${JSON.stringify(row.mapping)}::jsonb, ${by.now}::timestamptz, ${by.name})`,
  )
}

export function selectMappings(
  db: Db,
  id: string,
): Promise<{ version: number; mapping: Mapping; publishedAt: Date; publishedBy: string }[]> {
  return many(
    db,
    sql`
    select version, mapping, published_at as "publishedAt", published_by as "publishedBy" from crm.mapping
    where connection_id = ${id}::bigint order by version desc limit 100`,
  )
}
