import { type Db, many, maybeOne, one, run, sql } from '#platform/db/db.ts'
import type { PageDocument } from './document.ts'

export const pageStatuses = ['draft', 'live', 'paused', 'archived'] as const
export type PageStatus = (typeof pageStatuses)[number]

/** Who scheduled a publication, and as what it goes live. */
export type Scheduled = { actorId: string; actorName: string; ownerId: string; reviewOn: string }

export type PageHead = {
  id: string
  name: string
  status: PageStatus
  slug: string
  domainId: string
  host: string | null
  version: number
  liveVersion: number | null
  liveSlug: string | null
  liveHost: string | null
  decision: { winner: string; at: string; by: string; version: number } | null
  ownerId: string | null
  reviewOn: string | null
  publishAt: Date | null
  publishBy: Scheduled | null
  unpublishAt: Date | null
  scheduleWords: string | null
  updatedAt: Date
  updatedBy: string
  createdAt: Date
}
export type PageRow = PageHead & { document: PageDocument }

const headColumns = sql`p.id, p.name, p.status, p.slug, p.domain_id as "domainId", d.host, p.version,
  p.live_version as "liveVersion",
  a.slug as "liveSlug", ad.host as "liveHost",
  p.decision, p.owner_id as "ownerId", p.review_on::text as "reviewOn", p.publish_at as "publishAt",
  p.publish_by as "publishBy", p.unpublish_at as "unpublishAt", p.schedule_words as "scheduleWords", p.updated_at as "updatedAt",
  p.updated_by as "updatedBy", p.created_at as "createdAt"`
const source = sql`capture.page p left join capture.domain d on d.id = p.domain_id
  left join capture.page_address a on a.page_id = p.id and a.is_current
  left join capture.domain ad on ad.id = a.domain_id`

export function selectPage(db: Db, id: string): Promise<PageRow | undefined> {
  return maybeOne(db, sql`select ${headColumns}, p.document from ${source} where p.id = ${id}::bigint`)
}

/** The page, kept from others until the transaction ends. */
export async function lockPage(trx: Db, id: string): Promise<PageRow | undefined> {
  await maybeOne(trx, sql`select id from capture.page where id = ${id}::bigint for update`)
  return selectPage(trx, id)
}

export function selectPages(
  db: Db,
  wanted: {
    after: { name: string; id: string } | null
    limit: number
    status: PageStatus | null
    search: string | null
  },
): Promise<PageHead[]> {
  const { after, limit, status, search } = wanted
  return many(
    db,
    sql`
    select ${headColumns} from ${source}
    where ${after ? sql`(p.name, p.id) > (${after.name}, ${after.id}::bigint)` : sql`true`}
      and ${status ? sql`p.status = ${status}` : sql`p.status <> 'archived'`}
      and ${search ? sql`position(lower(${search}) in lower(p.name || ' /' || p.slug)) > 0` : sql`true`}
    order by p.name, p.id limit ${limit}`,
  )
}

export function selectPageNames(
  db: Db,
  ids: string[],
): Promise<{ id: string; name: string; status: PageStatus }[]> {
  return many(db, sql`select id, name, status from capture.page where id = any(${ids}::bigint[])`)
}

export async function insertPage(
  db: Db,
  row: {
    id: string
    name: string
    slug: string
    domainId: string
    document: PageDocument
    ownerId: string | null
    by: string
    now: Date
  },
): Promise<void> {
  await run(
    db,
    sql`
    insert into capture.page (id, name, status, slug, domain_id, document, version, owner_id, updated_at, updated_by, created_at)
    values (${row.id}::bigint, ${row.name}, 'draft', ${row.slug}, ${row.domainId}::bigint,
      ${JSON.stringify(row.document)}::jsonb, 1,
      ${row.ownerId}, ${row.now}, ${row.by}, ${row.now})`,
  )
}

export type PagePatch = Partial<
  Pick<
    PageRow,
    | 'name'
    | 'status'
    | 'slug'
    | 'domainId'
    | 'document'
    | 'liveVersion'
    | 'decision'
    | 'ownerId'
    | 'reviewOn'
    | 'publishAt'
    | 'publishBy'
    | 'unpublishAt'
    | 'scheduleWords'
  >
>

const columnOf: Record<keyof PagePatch, string> = {
  name: 'name',
  status: 'status',
  slug: 'slug',
  domainId: 'domain_id',
  document: 'document',
  liveVersion: 'live_version',
  decision: 'decision',
  ownerId: 'owner_id',
  reviewOn: 'review_on',
  publishAt: 'publish_at',
  publishBy: 'publish_by',
  unpublishAt: 'unpublish_at',
  scheduleWords: 'schedule_words',
}
const json = new Set(['document', 'decision', 'publishBy'])

/** Changes some columns of a page that the caller has locked; its version counts up unless only a test was decided. */
export async function changePage(
  trx: Db,
  id: string,
  patch: PagePatch,
  by: { name: string; now: Date },
): Promise<void> {
  const count = Object.keys(patch).every(key => key === 'decision') ? [] : [sql`version = version + 1`]
  const sets = Object.entries(patch).flatMap(([key, value]) => {
    if (value === undefined) return []
    const column = sql.ref(columnOf[key as keyof PagePatch])
    if (json.has(key)) return [sql`${column} = ${value === null ? null : JSON.stringify(value)}::jsonb`]
    return [sql`${column} = ${value}`]
  })
  await run(
    trx,
    sql`update capture.page set ${sql.join([...sets, ...count, sql`updated_at = ${by.now}`, sql`updated_by = ${by.name}`])}
      where id = ${id}::bigint`,
  )
}

/** Keeps a version for good; its number. */
export async function insertPageVersion(
  trx: Db,
  row: Pick<PageRow, 'id' | 'slug' | 'domainId' | 'document'> & {
    ownerId: string
    reviewOn: string
    by: string
    now: Date
  },
): Promise<number> {
  const { number } = await one<{ number: number }>(
    trx,
    sql`
    insert into capture.page_version (page_id, number, slug, domain_id, document, owner_id, review_on, published_by,
      published_at)
    select ${row.id}::bigint, coalesce(max(v.number), 0) + 1, ${row.slug}, ${row.domainId}::bigint,
      ${JSON.stringify(row.document)}::jsonb, ${row.ownerId}, ${row.reviewOn}::date, ${row.by}, ${row.now}::timestamptz
    from capture.page_version v where v.page_id = ${row.id}::bigint
    returning number`,
  )
  return number
}

export type VersionHead = {
  number: number
  slug: string
  title: string
  publishedAt: Date
  publishedBy: string
}

export function selectPageVersions(
  db: Db,
  id: string,
  wanted: { before: number | null; limit: number },
): Promise<VersionHead[]> {
  return many(
    db,
    sql`
    select number, slug, document -> 'settings' ->> 'title' as title, published_at as "publishedAt",
      published_by as "publishedBy"
    from capture.page_version where page_id = ${id}::bigint
      and ${wanted.before === null ? sql`true` : sql`number < ${wanted.before}`}
    order by number desc limit ${wanted.limit}`,
  )
}

export function selectPageVersion(
  db: Db,
  id: string,
  number: number,
): Promise<
  { number: number; slug: string; domainId: string; document: PageDocument; publishedAt: Date } | undefined
> {
  return maybeOne(
    db,
    sql`
    select number, slug, domain_id as "domainId", document, published_at as "publishedAt"
    from capture.page_version where page_id = ${id}::bigint and number = ${number}`,
  )
}

/** The page that holds this address now, or did and redirects from it. */
export function selectAddress(
  db: Db,
  domainId: string,
  slug: string,
): Promise<{ pageId: string; name: string; isCurrent: boolean } | undefined> {
  return maybeOne(
    db,
    sql`
    select a.page_id as "pageId", p.name, a.is_current as "isCurrent"
    from capture.page_address a join capture.page p on p.id = a.page_id
    where a.domain_id = ${domainId}::bigint and a.slug = ${slug}`,
  )
}

/** Gives a page its address; the ones it had before lead to it from now on. */
export async function moveAddress(
  trx: Db,
  row: { pageId: string; domainId: string; slug: string; now: Date },
): Promise<void> {
  await run(
    trx,
    sql`update capture.page_address set is_current = false where page_id = ${row.pageId}::bigint and is_current`,
  )
  await run(
    trx,
    sql`
    insert into capture.page_address (domain_id, slug, page_id, is_current, since)
    values (${row.domainId}::bigint, ${row.slug}, ${row.pageId}::bigint, true, ${row.now})
    on conflict (domain_id, slug) do update set page_id = excluded.page_id, is_current = true, since = excluded.since`,
  )
}

/** Frees all addresses of a page that is gone for good. */
export async function dropAddresses(trx: Db, pageId: string): Promise<void> {
  await run(trx, sql`delete from capture.page_address where page_id = ${pageId}::bigint`)
}

export function selectRedirects(
  db: Db,
  pageId: string,
): Promise<{ domainId: string; host: string | null; slug: string; since: Date }[]> {
  return many(
    db,
    sql`
    select a.domain_id as "domainId", d.host, a.slug, a.since
    from capture.page_address a left join capture.domain d on d.id = a.domain_id
    where a.page_id = ${pageId}::bigint and not a.is_current order by a.since desc limit 200`,
  )
}

export async function deleteRedirect(
  trx: Db,
  pageId: string,
  { domainId, slug }: { domainId: string; slug: string },
): Promise<boolean> {
  const gone = await run(
    trx,
    sql`delete from capture.page_address where page_id = ${pageId}::bigint
      and domain_id = ${domainId}::bigint and slug = ${slug} and not is_current`,
  )
  return gone > 0
}

/** Tells every street that something it may have kept has changed. */
export async function tellStreets(trx: Db): Promise<void> {
  await run(trx, sql`select pg_notify('tend_pages', '')`)
}
