import { type Db, many, maybeOne, one, run, sql } from '#platform/db/db.ts'
import type { FormDocument } from './definition.ts'

export const formStatuses = ['draft', 'live', 'paused', 'archived'] as const
export type FormStatus = (typeof formStatuses)[number]

/** A published version that is tried beside the live one; both are fixed while it runs. */
export type FormTest = {
  number: number
  /** Percent that see it. */
  weight: number
  /** Showings of each that it takes before a winner may be named, and the probability in percent. */
  minimum: number
  confidence: number
  /** Ends by itself once there is a winner. */
  autoStop: boolean
  startedAt: string
  startedBy: string
}

export type FormHead = {
  id: string
  key: string
  name: string
  status: FormStatus
  version: number
  liveVersion: number | null
  test: FormTest | null
  ownerId: string | null
  reviewOn: string | null
  updatedAt: Date
  updatedBy: string
  createdAt: Date
}
export type FormRow = FormHead & { document: FormDocument }

const head = sql`f.id, f.key, f.name, f.status, f.version, f.live_version as "liveVersion", f.test,
  f.owner_id as "ownerId", f.review_on::text as "reviewOn", f.updated_at as "updatedAt", f.updated_by as "updatedBy",
  f.created_at as "createdAt"`

export function selectForm(db: Db, id: string): Promise<FormRow | undefined> {
  return maybeOne(db, sql`select ${head}, f.document from capture.form f where f.id = ${id}::bigint`)
}

/** The form, kept from others until the transaction ends. */
export function lockForm(trx: Db, id: string): Promise<FormRow | undefined> {
  return maybeOne(
    trx,
    sql`select ${head}, f.document from capture.form f where f.id = ${id}::bigint for update`,
  )
}

/** How much came in, and how many of those who saw it within 30 days sent it, for lists. */
export type FormCounts = {
  submissions: number
  held: number
  views: number
  starts: number
  completions: number
}

export function selectForms(
  db: Db,
  wanted: {
    after: { name: string; id: string } | null
    limit: number
    status: FormStatus | null
    search: string | null
    since: Date
  },
): Promise<(FormHead & FormCounts)[]> {
  const { after, limit, status, search, since } = wanted
  return many(
    db,
    sql`
    select ${head}, n.submissions, n.held, seen.views, seen.starts, seen.completions from capture.form f
    cross join lateral (
      select count(*) filter (where s.status = 'accepted')::int as submissions,
        count(*) filter (where s.status = 'held')::int as held
      from capture.form_submission s where s.form_id = f.id) n
    cross join lateral (
      select count(*)::int as views, count(v.started_at)::int as starts, count(v.completed_at)::int as completions
      from capture.form_view v where v.form_id = f.id and v.at >= ${since}) seen
    where ${after ? sql`(f.name, f.id) > (${after.name}, ${after.id}::bigint)` : sql`true`}
      and ${status ? sql`f.status = ${status}` : sql`f.status <> 'archived'`}
      and ${search ? sql`position(lower(${search}) in lower(f.name || ' ' || f.key)) > 0` : sql`true`}
    order by f.name, f.id limit ${limit}`,
  )
}

export function selectFormNames(
  db: Db,
  ids: string[],
): Promise<{ id: string; key: string; name: string; status: FormStatus }[]> {
  return many(db, sql`select id, key, name, status from capture.form where id = any(${ids}::bigint[])`)
}

export async function insertForm(
  db: Db,
  row: {
    id: string
    key: string
    name: string
    document: FormDocument
    ownerId: string | null
    by: string
    now: Date
  },
): Promise<void> {
  await run(
    db,
    sql`
    insert into capture.form (id, key, name, status, document, version, owner_id, updated_at, updated_by, created_at)
    values (${row.id}::bigint, ${row.key}, ${row.name}, 'draft', ${JSON.stringify(row.document)}::jsonb, 1, ${row.ownerId},
      ${row.now}, ${row.by}, ${row.now})`,
  )
}

export type FormPatch = Partial<
  Pick<FormRow, 'name' | 'status' | 'document' | 'liveVersion' | 'test' | 'ownerId' | 'reviewOn'>
>
const columnOf: Record<keyof FormPatch, string> = {
  name: 'name',
  status: 'status',
  document: 'document',
  liveVersion: 'live_version',
  test: 'test',
  ownerId: 'owner_id',
  reviewOn: 'review_on',
}
const json = new Set(['document', 'test'])

/** Changes some columns of a form that the caller has locked; its version counts up. */
export async function changeForm(
  trx: Db,
  id: string,
  patch: FormPatch,
  by: { name: string; now: Date },
): Promise<void> {
  const sets = Object.entries(patch).flatMap(([key, value]) => {
    if (value === undefined) return []
    const column = sql.ref(columnOf[key as keyof FormPatch])
    if (json.has(key)) return [sql`${column} = ${value === null ? null : JSON.stringify(value)}::jsonb`]
    return [sql`${column} = ${value}`]
  })
  await run(
    trx,
    sql`update capture.form set ${sql.join([...sets, sql`version = version + 1`, sql`updated_at = ${by.now}`, sql`updated_by = ${by.name}`])}
      where id = ${id}::bigint`,
  )
}

/** Keeps a version for good; its number. */
export async function insertFormVersion(
  trx: Db,
  row: { id: string; document: FormDocument; ownerId: string; reviewOn: string; by: string; now: Date },
): Promise<number> {
  const { number } = await one<{ number: number }>(
    trx,
    sql`
    insert into capture.form_version (form_id, number, document, owner_id, review_on, published_by, published_at)
    select ${row.id}::bigint, coalesce(max(v.number), 0) + 1, ${JSON.stringify(row.document)}::jsonb, ${row.ownerId},
      ${row.reviewOn}::date, ${row.by}, ${row.now}::timestamptz
    from capture.form_version v where v.form_id = ${row.id}::bigint
    returning number`,
  )
  return number
}

export type FormVersionHead = { number: number; fields: number; publishedAt: Date; publishedBy: string }

export function selectFormVersions(
  db: Db,
  id: string,
  wanted: { before: number | null; limit: number },
): Promise<FormVersionHead[]> {
  return many(
    db,
    sql`
    select number, jsonb_array_length(jsonb_path_query_array(document, '$.steps[*].fields[*]')) as fields,
      published_at as "publishedAt", published_by as "publishedBy"
    from capture.form_version where form_id = ${id}::bigint
      and ${wanted.before === null ? sql`true` : sql`number < ${wanted.before}`}
    order by number desc limit ${wanted.limit}`,
  )
}

export function selectFormVersion(
  db: Db,
  id: string,
  number: number,
): Promise<{ number: number; document: FormDocument; publishedAt: Date; publishedBy: string } | undefined> {
  return maybeOne(
    db,
    sql`
    select number, document, published_at as "publishedAt", published_by as "publishedBy" from capture.form_version
    where form_id = ${id}::bigint and number = ${number}`,
  )
}

/** A form by the key in its address, if it is live, with what is tried beside it. */
export function selectLive(
  db: Db,
  key: string,
): Promise<
  { id: string; key: string; name: string; liveVersion: number; test: FormTest | null } | undefined
> {
  return maybeOne(
    db,
    sql`select id, key, name, live_version as "liveVersion", test from capture.form
      where key = ${key} and status = 'live' and live_version is not null`,
  )
}

/** Live forms whose test ends by itself. */
export function selectOpenTests(db: Db): Promise<{ id: string }[]> {
  return many(db, sql`select id from capture.form where status = 'live' and test ->> 'autoStop' = 'true'`)
}
