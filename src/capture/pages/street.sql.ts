import { type Db, many, maybeOne, sql } from '#platform/db/db.ts'
import type { PageDocument } from './document.ts'

export type Address = {
  domainId: string
  slug: string
  pageId: string
  isCurrent: boolean
  isLive: boolean
  /** Where the page is now; the host is null on the street itself. */
  current: string | null
  currentHost: string | null
  indexed: boolean
  /** Reaching this path is what the page is for; `*` stands for anything. */
  goal: string | null
  since: Date
}

/** Every address of the street, with what it leads to: some thousands at most. */
export function selectAddresses(db: Db): Promise<Address[]> {
  return many(
    db,
    sql`
    select a.domain_id as "domainId", a.slug, a.page_id as "pageId", a.is_current as "isCurrent",
      p.status = 'live' as "isLive",
      c.slug as current, d.host as "currentHost",
      coalesce(v.document #>> '{settings,robots,index}' = 'true', false) as indexed,
      case when v.document #>> '{test,goal,type}' = 'url' then v.document #>> '{test,goal,path}' end as goal, a.since
    from capture.page_address a
    join capture.page p on p.id = a.page_id
    left join capture.page_address c on c.page_id = a.page_id and c.is_current
    left join capture.domain d on d.id = c.domain_id
    left join capture.page_version v on v.page_id = p.id and v.number = p.live_version`,
  )
}

export type ServedDomain = {
  id: string
  host: string
  homePageId: string | null
  hsts: boolean
  /** We have a certificate: http leads to https. */
  isSecure: boolean
}

/** Domains on which pages are served. */
export function selectServedDomains(db: Db): Promise<ServedDomain[]> {
  return many(
    db,
    sql`select id, host, home_page_id as "homePageId", hsts,
      tls = 'acme' and certificate is not null as "isSecure" from capture.domain where status = 'verified'`,
  )
}

export type LiveRow = {
  id: string
  number: number
  document: PageDocument
  winner: string | null
  publishedAt: Date
}

/** The live version of a page, or undefined. */
export function selectLiveVersion(db: Db, pageId: string): Promise<LiveRow | undefined> {
  return maybeOne(
    db,
    sql`
    select p.id, v.number, v.document, v.published_at as "publishedAt",
      case when (p.decision ->> 'version')::int = v.number then p.decision ->> 'winner' end as winner
    from capture.page p join capture.page_version v on v.page_id = p.id and v.number = p.live_version
    where p.id = ${pageId}::bigint and p.status = 'live'`,
  )
}

/** Where these pages stand; those that are not live are left out. */
export function selectLivePaths(
  db: Db,
  ids: string[],
): Promise<{ id: string; host: string | null; slug: string }[]> {
  if (ids.length === 0) return Promise.resolve([])
  return many(
    db,
    sql`
    select p.id, d.host, a.slug from capture.page p
    join capture.page_address a on a.page_id = p.id and a.is_current
    left join capture.domain d on d.id = a.domain_id
    where p.id = any(${ids}::bigint[]) and p.status = 'live'`,
  )
}

/** The answer to a question of the certificate authority. */
export async function selectChallenge(db: Db, token: string): Promise<string | null> {
  const row = await maybeOne<{ answer: string }>(
    db,
    sql`select answer from capture.acme_challenge where token = ${token}`,
  )
  return row?.answer ?? null
}

/** The proof that a domain is to show, whether it is verified already or not. */
export async function selectProof(db: Db, host: string): Promise<string | null> {
  const row = await maybeOne<{ proof: string }>(
    db,
    sql`select proof from capture.domain where host = ${host}`,
  )
  return row?.proof ?? null
}
