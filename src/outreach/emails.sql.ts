import { type Db, many, maybeOne, run, sql } from '#platform/db/db.ts'
import type { EmailDraft } from './emails.draft.ts'
import type { Compiled, Link } from './render/protocol.ts'

export type EmailStatus = 'draft' | 'live' | 'archived'

export type EmailRow = {
  id: string
  name: string
  status: EmailStatus
  draft: EmailDraft
  version: number
  liveVersion: number | null
  ownerId: string | null
  /** `YYYY-MM-DD` */
  reviewOn: string | null
  updatedAt: Date
  updatedBy: string
  createdAt: Date
}

/** A published email, never changed again. */
export type VersionRow = {
  id: string
  emailId: string
  emailName: string
  number: number
  draft: EmailDraft
  subject: string
  html: string
  text: string
  links: Link[]
}

const columns = sql`e.id, e.name, e.status, e.draft, e.version, e.live_version as "liveVersion",
  e.owner_id as "ownerId", e.review_on::text as "reviewOn", e.updated_at as "updatedAt", e.updated_by as "updatedBy",
  e.created_at as "createdAt"`

export function selectEmail(db: Db, id: string): Promise<EmailRow | undefined> {
  return maybeOne(db, sql`select ${columns} from outreach.email e where e.id = ${id}::bigint`)
}

export function selectNames(
  db: Db,
  ids: string[],
): Promise<Pick<EmailRow, 'id' | 'name' | 'status' | 'liveVersion'>[]> {
  return many(
    db,
    sql`
    select e.id, e.name, e.status, e.live_version as "liveVersion" from outreach.email e
    where e.id = any(${ids}::bigint[])`,
  )
}

export function selectEmails(
  db: Db,
  wanted: { after: { name: string; id: string } | null; limit: number; status: EmailStatus | null },
): Promise<EmailRow[]> {
  const { after, limit, status } = wanted
  return many(
    db,
    sql`
    select ${columns} from outreach.email e
    where ${after ? sql`(e.name, e.id) > (${after.name}, ${after.id}::bigint)` : sql`true`}
      ${status ? sql`and e.status = ${status}` : sql`and e.status <> 'archived'`}
    order by e.name, e.id limit ${limit}`,
  )
}

export async function insertEmail(
  db: Db,
  row: { id: string; name: string; draft: EmailDraft; by: string; now: Date },
): Promise<void> {
  const now = row.now.toISOString()
  await run(
    db,
    sql`
    insert into outreach.email (id, name, status, draft, version, updated_at, updated_by, created_at)
    values (${row.id}::bigint, ${row.name}, 'draft', ${JSON.stringify(row.draft)}::jsonb, 1, ${now}::timestamptz,
      ${row.by}, ${now}::timestamptz)`,
  )
}

/** Saves a draft that still is at `version`; false where somebody was faster. */
export async function updateDraft(
  db: Db,
  row: Pick<EmailRow, 'id' | 'version' | 'name' | 'draft' | 'ownerId' | 'reviewOn'> & {
    by: string
    now: Date
  },
): Promise<boolean> {
  const saved = await run(
    db,
    sql`
    update outreach.email set name = ${row.name}, draft = ${JSON.stringify(row.draft)}::jsonb,
      owner_id = ${row.ownerId}, review_on = ${row.reviewOn}::date, version = version + 1,
      updated_at = ${row.now.toISOString()}::timestamptz, updated_by = ${row.by}
    where id = ${row.id}::bigint and version = ${row.version} and status <> 'archived'`,
  )
  return saved === 1
}

export async function updateStatus(
  db: Db,
  row: { id: string; status: EmailStatus; by: string; now: Date },
): Promise<void> {
  await run(
    db,
    sql`
    update outreach.email set status = ${row.status}, version = version + 1,
      updated_at = ${row.now.toISOString()}::timestamptz, updated_by = ${row.by}
    where id = ${row.id}::bigint`,
  )
}

/** Makes the compiled draft the live version; its number, or undefined where the draft was changed meanwhile. */
export async function insertVersion(
  db: Db,
  row: {
    id: string
    versionId: string
    version: number
    draft: EmailDraft
    compiled: Compiled
    ownerId: string
    reviewOn: string
    by: string
    now: Date
  },
): Promise<number | undefined> {
  const now = row.now.toISOString()
  const live = await maybeOne<{ number: number }>(
    db,
    sql`
    update outreach.email e set status = 'live', version = version + 1, owner_id = ${row.ownerId},
      review_on = ${row.reviewOn}::date, updated_at = ${now}::timestamptz, updated_by = ${row.by},
      live_version = coalesce((select max(v.number) from outreach.email_version v where v.email_id = e.id), 0) + 1
    where id = ${row.id}::bigint and version = ${row.version}
    returning live_version as number`,
  )
  if (!live) return undefined
  const { subject, html, text, links } = row.compiled
  await run(
    db,
    sql`
    insert into outreach.email_version (id, email_id, number, draft, subject, html, text, links, owner_id, review_on,
      published_by, published_at)
    values (${row.versionId}::bigint, ${row.id}::bigint, ${live.number}, ${JSON.stringify(row.draft)}::jsonb,
      ${subject}, ${html}, ${text}, ${JSON.stringify(links)}::jsonb, ${row.ownerId}, ${row.reviewOn}::date,
      ${row.by}, ${now}::timestamptz)`,
  )
  return live.number
}

export function selectVersions(db: Db, ids: string[]): Promise<VersionRow[]> {
  return many(
    db,
    sql`
    select v.id, v.email_id as "emailId", e.name as "emailName", v.number, v.draft, v.subject, v.html, v.text, v.links
    from outreach.email_version v join outreach.email e on e.id = v.email_id
    where v.id = any(${ids}::bigint[])`,
  )
}

export type VersionHead = {
  id: string
  number: number
  subject: string
  publishedAt: Date
  publishedBy: string
  links: Link[]
}

export function selectVersionHeads(db: Db, emailId: string): Promise<VersionHead[]> {
  return many(
    db,
    sql`
    select id, number, subject, published_at as "publishedAt", published_by as "publishedBy", links
    from outreach.email_version where email_id = ${emailId}::bigint and number > 0 order by number desc limit 200`,
  )
}

export function selectLive(db: Db, emailIds: string[]): Promise<{ emailId: string; versionId: string }[]> {
  return many(
    db,
    sql`
    select e.id as "emailId", v.id as "versionId"
    from outreach.email e
    join outreach.email_version v on v.email_id = e.id and v.number = e.live_version
    where e.id = any(${emailIds}::bigint[]) and e.status = 'live'`,
  )
}
