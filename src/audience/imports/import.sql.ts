import { plainArray, textArray } from '#platform/db/arrays.ts'
import { type Db, many, maybeOne, run, sql } from '#platform/db/db.ts'
import { conflict } from '#platform/errors.ts'
import { nobody, type State } from './decide.ts'
import type { Dialect } from './dialect.ts'
import type { Column } from './guess.ts'
import type { ColumnMap, DryRun, ImportOptions } from './shape.ts'
import type { Rejected } from './values.ts'

export type Stage = 'uploading' | 'ready' | 'running' | 'done' | 'undoing' | 'undone'
export type ImportJob = {
  id: string
  state: 'queued' | 'running' | 'done' | 'failed' | 'stopped'
  done: number
  total: number | null
  error: string | null
}
export type UndoResult = { removed: number; restored: number; kept: number }
export type Import = {
  id: string
  name: string
  stage: Stage
  bytes: number
  dialect: Dialect | null
  columns: Column[] | null
  preview: string[][] | null
  mapping: ColumnMap[] | null
  options: ImportOptions | null
  dry: DryRun | null
  rows: number
  added: number
  updated: number
  unchanged: number
  rejected: number
  /** How many were asked by mail to confirm, and when the last of these letters leaves. */
  asked: number
  askingUntil: Date | null
  undone: UndoResult | null
  createdAt: Date
  createdBy: string
  startedAt: Date | null
  finishedAt: Date | null
  check: ImportJob | null
  run: ImportJob | null
  undo: ImportJob | null
}

const jobOf = (
  column: string,
) => sql`(select jsonb_build_object('id', j.id::text, 'state', j.state, 'done', j.done, 'total', j.total, 'error', j.error)
  from platform.job j where j.id = ${sql.ref(`i.${column}`)})`

const columns = sql`i.id, i.name, i.stage, i.bytes::float8 as bytes, i.dialect, i.columns, i.preview, i.mapping, i.options, i.dry, i.rows,
  i.added, i.updated, i.unchanged, i.rejected, i.asked, i.asking_until as "askingUntil", i.undone, i.created_at as "createdAt", i.created_by as "createdBy",
  i.started_at as "startedAt", i.finished_at as "finishedAt",
  ${jobOf('check_job')} as check, ${jobOf('run_job')} as run, ${jobOf('undo_job')} as undo`

export function selectImport(db: Db, id: string): Promise<Import | undefined> {
  return maybeOne(db, sql`select ${columns} from audience.import i where i.id = ${id}::bigint`)
}

/** The newest first, `limit + 1` at most. */
export function selectImports(db: Db, ask: { before: string | null; limit: number }): Promise<Import[]> {
  return many(
    db,
    sql`
    select ${columns} from audience.import i
    where i.id < ${ask.before ?? '9223372036854775807'}::bigint order by i.id desc limit ${ask.limit + 1}`,
  )
}

type Who = Omit<State, 'lists' | 'suppressed'> & { address: string; lists: string[] }

/** Contacts by any of their addresses, with what an import compares. One statement for any number. */
export async function selectStates(
  db: Db,
  addresses: string[],
  listIds: string[],
): Promise<Map<string, State>> {
  const rows = await many<Who>(
    db,
    sql`
    select known.value as address, true as exists,
      jsonb_strip_nulls(jsonb_build_object('first_name', c.first_name, 'last_name', c.last_name, 'phone', c.phone,
        'job_title', c.job_title, 'country', c.country, 'language', c.language, 'time_zone', c.time_zone, 'stage', c.stage))
        || coalesce((select jsonb_object_agg('attrs.' || key, value) from jsonb_each(c.attrs)), '{}') as values,
      array_remove(array[company.domain, lower(company.name)], null) as company,
      ${
        listIds.length === 0
          ? sql`'{}'::text[]`
          : sql`array(select m.list_id::text from audience.list_member m
              where m.contact_id = c.id and m.list_id = any(${plainArray(listIds)}::bigint[]))`
      } as lists,
      coalesce((select case when bool_or(said.state = 'withdrawn' and said.topic_id = 0) then 'withdrawn' else 'said' end
        from audience.consent_current said where said.contact_id = c.id and said.purpose = 'marketing'
        having count(*) > 0), 'none') as word
    from audience.identity known join audience.contact c on c.id = known.contact_id
    left join audience.company company on company.id = c.company_id
    where known.kind = 'email' and known.value = any(${textArray(addresses)}::text[])`,
  )
  return new Map(
    rows.map(({ address, lists, ...row }) => [address, { ...nobody(), ...row, lists: new Set(lists) }]),
  )
}

/** Keeps rows that did not go in, for the error file. */
export async function insertRejects(db: Db, importId: string, rows: Rejected[]): Promise<void> {
  if (rows.length === 0) return
  const reasons = rows.map(({ reason, detail }) =>
    detail === '' ? reason : `${reason}: ${detail.slice(0, 200)}`,
  )
  const clean = (text: string) => text.replaceAll('\u0000', '').toWellFormed()
  await run(
    db,
    sql`
    insert into audience.import_reject (import_id, row, reason, cells, address)
    select ${importId}::bigint, row, reason, cells::jsonb, address
    from unnest(${plainArray(rows.map(row => row.row))}::int[], ${textArray(reasons.map(clean))}::text[],
      ${textArray(rows.map(row => JSON.stringify(row.cells.map(clean))))}::text[],
      ${textArray(rows.map(row => row.address))}::text[]) as fresh (row, reason, cells, address)`,
  )
}

/** A page of the rows that did not go in, in the order of the file. */
export function selectRejects(
  db: Db,
  importId: string,
  after: number,
  limit: number,
): Promise<{ row: number; reason: string; cells: string[] }[]> {
  return many(
    db,
    sql`
    select row, reason, cells from audience.import_reject
    where import_id = ${importId}::bigint and row > ${after} order by row limit ${limit}`,
  )
}

export type Changes = Record<string, { from: unknown; to: unknown }>
export type Change = {
  contactId: string
  kind: 'added' | 'updated'
  changes: Changes
  lists: string[]
  /** Consent was given, or asked for. */
  granted: boolean
}

/**
 * Keeps how contacts were before. Where an earlier batch of the same import changed a contact already, the first
 * "from" and the last "to" stay.
 */
export async function insertChanges(db: Db, importId: string, changes: Change[]): Promise<void> {
  if (changes.length === 0) return
  const rows = [...changes].sort((a, b) => (BigInt(a.contactId) < BigInt(b.contactId) ? -1 : 1))
  const fresh = await many<{ id: string }>(
    db,
    sql`
    insert into audience.import_change (contact_id, import_id, kind, changes, lists, granted)
    select contact_id, ${importId}::bigint, kind, changes::jsonb, lists::bigint[], granted from ${columnsOf(rows)}
    on conflict do nothing returning contact_id as id`,
  )
  if (fresh.length === rows.length) return
  const isFresh = new Set(fresh.map(row => row.id))
  await mergeChanges(
    db,
    importId,
    rows.filter(row => !isFresh.has(row.contactId)),
  )
}

const columnsOf = (rows: Change[]) => sql`
  unnest(${plainArray(rows.map(row => row.contactId))}::bigint[], ${textArray(rows.map(row => row.kind))}::text[],
    ${textArray(rows.map(row => JSON.stringify(row.changes)))}::text[],
    ${textArray(rows.map(row => plainArray(row.lists)))}::text[],
    ${`{${rows.map(row => row.granted).join(',')}}`}::boolean[]) as fresh (contact_id, kind, changes, lists, granted)`

async function mergeChanges(db: Db, importId: string, rows: Change[]): Promise<void> {
  const ids = plainArray(rows.map(row => row.contactId))
  const old = await many<{ id: string; changes: Changes }>(
    db,
    sql`
    select contact_id as id, changes from audience.import_change
    where import_id = ${importId}::bigint and contact_id = any(${ids}::bigint[])`,
  )
  const before = new Map(old.map(row => [row.id, row.changes]))
  const merged = rows.map(row => {
    const changes: Changes = { ...before.get(row.contactId) }
    for (const [field, { from, to }] of Object.entries(row.changes))
      changes[field] = { from: changes[field] ? changes[field].from : from, to }
    return { ...row, changes }
  })
  const grown = new Set(rows.filter(row => Object.keys(row.changes).length > 0).map(row => row.contactId))
  await run(
    db,
    sql`
    update audience.import_change c
    set changes = case when c.kind = 'added' then c.changes else fresh.changes::jsonb end,
      lists = c.lists || fresh.lists::bigint[], granted = c.granted or fresh.granted,
      version = c.version + case when fresh.contact_id = any(${plainArray([...grown])}::bigint[]) then 1 else 0 end
    from ${columnsOf(merged)} where c.import_id = ${importId}::bigint and c.contact_id = fresh.contact_id`,
  )
}

type Counts = Record<'added' | 'updated' | 'unchanged' | 'rejected', number>

/**
 * Counts a batch, in its transaction. `before` is how many rows were counted when it was read: a worker that was taken
 * for dead and wakes up again finds others, and its batch is undone.
 */
export async function countRows(
  db: Db,
  importId: string,
  { before, ...counts }: Counts & { before: number },
  now: Date,
): Promise<void> {
  const { added, updated, unchanged, rejected } = counts
  const counted = await run(
    db,
    sql`
    update audience.import set rows = rows + ${added + updated + unchanged + rejected}::int, added = added + ${added}::int,
      updated = updated + ${updated}::int, unchanged = unchanged + ${unchanged}::int, rejected = rejected + ${rejected}::int,
      touched_at = ${now}
    where id = ${importId}::bigint and rows = ${before} and stage = 'running'`,
  )
  if (counted === 0) throw conflict('overtaken', 'Another worker has gone on with this import.')
}

/** Lists that are in use, by their name in lower case. */
export async function listsByName(db: Db): Promise<Map<string, string>> {
  const rows = await many<{ id: string; name: string }>(
    db,
    sql`select id, lower(name) as name from audience.list where archived_at is null`,
  )
  return new Map(rows.map(row => [row.name, row.id]))
}
