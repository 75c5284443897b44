import { type Db, many, maybeOne, one, type RawBuilder, run, sql } from '#platform/db/db.ts'
import type { Filter } from './filter.ts'

export type SegmentStatus = 'draft' | 'live' | 'paused' | 'archived'

export type SegmentRow = {
  id: string
  name: string
  description: string
  status: SegmentStatus
  ownerId: string | null
  /** A day, `2026-11-23`. */
  reviewOn: string | null
  /** The filter that is being worked on. */
  draft: Filter | null
  /** What runs, or null before the first publication. */
  live: Filter | null
  liveVersion: number | null
  /** Grows with every change; an editor sends back the one it has read. */
  version: number
  /** Contacts up to this id have been judged by what is live; null: all have. */
  builtTo: string | null
  builtAt: Date | null
  broken: string | null
  drift: number | null
  checkedAt: Date | null
  createdAt: Date
  updatedAt: Date
  updatedBy: string
}

const columns = sql`s.id, s.name, s.description, s.status, s.owner_id as "ownerId",
  to_char(s.review_on, 'YYYY-MM-DD') as "reviewOn", s.draft, v.filter as live, s.live_version as "liveVersion", s.version,
  s.built_to as "builtTo", s.built_at as "builtAt", s.broken, s.drift, s.checked_at as "checkedAt",
  s.created_at as "createdAt", s.updated_at as "updatedAt", s.updated_by as "updatedBy"`
const tables = sql`decisions.segment s
  left join decisions.segment_version v on v.segment_id = s.id and v.version = s.live_version`

export function selectSegments(
  db: Db,
  ask: {
    archived: boolean
    search: string | null
    after: { name: string; id: string } | null
    limit: number
  },
): Promise<SegmentRow[]> {
  const rest = ask.after
    ? sql` and (lower(s.name), s.id) > (${ask.after.name}, ${ask.after.id}::bigint)`
    : sql``
  const search = ask.search ? sql` and strpos(lower(s.name), lower(${ask.search}::text)) > 0` : sql``
  return many(
    db,
    sql`
    select ${columns} from ${tables}
    where (s.status = 'archived') = ${ask.archived}${search}${rest}
    order by lower(s.name), s.id limit ${ask.limit}`,
  )
}

export function selectSegment(db: Db, id: string): Promise<SegmentRow | undefined> {
  return maybeOne(db, sql`select ${columns} from ${tables} where s.id = ${id}::bigint`)
}

/** The same, kept from others until the transaction ends. */
export async function lockSegment(trx: Db, id: string): Promise<SegmentRow | undefined> {
  await run(trx, sql`select from decisions.segment where id = ${id}::bigint for update`)
  return selectSegment(trx, id)
}

export async function insertSegment(
  db: Db,
  row: {
    id: string
    name: string
    description: string
    draft: Filter | null
    ownerId: string | null
    by: string
    now: Date
  },
): Promise<void> {
  await run(
    db,
    sql`
    insert into decisions.segment (id, name, description, draft, owner_id, created_at, updated_at, updated_by)
    values (${row.id}::bigint, ${row.name}, ${row.description}, ${row.draft === null ? null : JSON.stringify(row.draft)}::jsonb,
      ${row.ownerId}, ${row.now}, ${row.now}, ${row.by})`,
  )
}

type Changeable =
  | 'name'
  | 'description'
  | 'draft'
  | 'ownerId'
  | 'reviewOn'
  | 'status'
  | 'liveVersion'
  | 'builtTo'
  | 'broken'
type Change = { [K in Changeable]?: SegmentRow[K] | undefined }

function assignments(change: Change): RawBuilder<unknown>[] {
  const { name, description, draft, ownerId, reviewOn, status, liveVersion, builtTo, broken } = change
  return [
    name === undefined ? [] : sql`name = ${name}`,
    description === undefined ? [] : sql`description = ${description}`,
    draft === undefined ? [] : sql`draft = ${draft === null ? null : JSON.stringify(draft)}::jsonb`,
    ownerId === undefined ? [] : sql`owner_id = ${ownerId}`,
    reviewOn === undefined ? [] : sql`review_on = ${reviewOn}::date`,
    status === undefined ? [] : sql`status = ${status}`,
    liveVersion === undefined ? [] : sql`live_version = ${liveVersion}::int`,
    builtTo === undefined ? [] : sql`built_to = ${builtTo}::bigint`,
    broken === undefined ? [] : sql`broken = ${broken}`,
  ].flat()
}

/** Changes what is given; the version grows, so that other editors notice. */
export async function changeSegment(
  trx: Db,
  id: string,
  change: Change,
  { by, now }: { by: string; now: Date },
): Promise<void> {
  const parts = [
    ...assignments(change),
    sql`version = version + 1`,
    sql`updated_at = ${now}`,
    sql`updated_by = ${by}`,
  ]
  await run(trx, sql`update decisions.segment set ${sql.join(parts)} where id = ${id}::bigint`)
}

/** Numbers a filter as the next version. */
export async function insertSegmentVersion(
  trx: Db,
  row: { id: string; filter: Filter; by: string; now: Date },
): Promise<number> {
  const { version } = await one<{ version: number }>(
    trx,
    sql`
    insert into decisions.segment_version (segment_id, version, filter, published_at, published_by)
    select ${row.id}::bigint, coalesce(max(version), 0) + 1, ${JSON.stringify(row.filter)}::jsonb, ${row.now}::timestamptz, ${row.by}
    from decisions.segment_version where segment_id = ${row.id}::bigint
    returning version`,
  )
  return version
}

export function selectVersions(
  db: Db,
  id: string,
): Promise<{ version: number; filter: Filter; publishedAt: Date; publishedBy: string }[]> {
  return many(
    db,
    sql`
    select version, filter, published_at as "publishedAt", published_by as "publishedBy"
    from decisions.segment_version where segment_id = ${id}::bigint order by version desc limit 200`,
  )
}

/** Takes a segment away with everything of it. */
export async function deleteSegmentRows(trx: Db, id: string): Promise<void> {
  await run(trx, sql`delete from decisions.segment_member where segment_id = ${id}::bigint`)
  await run(trx, sql`delete from decisions.segment_version where segment_id = ${id}::bigint`)
  await run(trx, sql`delete from decisions.segment where id = ${id}::bigint`)
}

/** The live filters of the segments that these are built upon, directly or not. */
export function selectLiveFilters(db: Db): Promise<{ id: string; name: string; filter: Filter }[]> {
  return many(
    db,
    sql`
    select s.id, s.name, v.filter from decisions.segment s
    join decisions.segment_version v on v.segment_id = s.id and v.version = s.live_version
    where s.status in ('live', 'paused')`,
  )
}

/** Sizes, counted: membership rows and nothing else say how large a segment is. */
export async function countMembers(db: Db, ids: string[]): Promise<Map<string, number>> {
  const rows = await many<{ id: string; n: number }>(
    db,
    sql`
    select segment_id as id, count(*)::int as n from decisions.segment_member
    where segment_id = any(${ids}::bigint[]) group by segment_id`,
  )
  return new Map(rows.map(row => [row.id, row.n]))
}

export type Member = {
  contactId: string
  email: string | null
  firstName: string | null
  lastName: string | null
  enteredAt: Date
}

/** Members, the newest contact first. */
export function selectMembers(
  db: Db,
  ask: { id: string; before: string | null; limit: number },
): Promise<Member[]> {
  return many(
    db,
    sql`
    select m.contact_id as "contactId", contact.email, contact.first_name as "firstName", contact.last_name as "lastName",
      m.entered_at as "enteredAt"
    from decisions.segment_member m join audience.contact contact on contact.id = m.contact_id
    where m.segment_id = ${ask.id}::bigint and m.contact_id < coalesce(${ask.before}::bigint, 9223372036854775807)
    order by m.contact_id desc limit ${ask.limit}`,
  )
}

export type Membership = { id: string; name: string; status: SegmentStatus; enteredAt: Date }

export function selectMemberships(db: Db, contactId: string): Promise<Membership[]> {
  return many(
    db,
    sql`
    select s.id, s.name, s.status, m.entered_at as "enteredAt"
    from decisions.segment_member m join decisions.segment s on s.id = m.segment_id
    where m.contact_id = ${contactId}::bigint and s.status <> 'archived'
    order by m.entered_at desc, s.id`,
  )
}

export function selectByIds(
  db: Db,
  ids: string[],
): Promise<{ id: string; name: string; status: SegmentStatus; liveVersion: number | null }[]> {
  return many(
    db,
    sql`
    select id, name, status, live_version as "liveVersion" from decisions.segment where id = any(${ids}::bigint[])`,
  )
}
