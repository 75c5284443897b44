import { type Db, many, maybeOne, one, run, sql } from '#platform/db/db.ts'

export type DomainRow = {
  id: string
  host: string
  status: 'pending' | 'verified' | 'failed'
  proof: string
  verifiedAt: Date | null
  checkedAt: Date | null
  tls: 'acme' | 'proxy'
  hsts: boolean
  certificateUntil: Date | null
  dueAt: Date | null
  attempts: number
  words: string | null
  homePageId: string | null
  /** New pages stand on it. */
  isPrimary: boolean
  createdBy: string
  createdAt: Date
  version: number
}

const columns = sql`id, host, status, proof, verified_at as "verifiedAt", checked_at as "checkedAt", tls, hsts,
  certificate_until as "certificateUntil", due_at as "dueAt", attempts, words, home_page_id as "homePageId",
  is_primary as "isPrimary",
  created_by as "createdBy", created_at as "createdAt", version`

export function selectDomains(db: Db): Promise<DomainRow[]> {
  return many(db, sql`select ${columns} from capture.domain order by host limit 500`)
}

export function selectDomain(db: Db, id: string): Promise<DomainRow | undefined> {
  return maybeOne(db, sql`select ${columns} from capture.domain where id = ${id}::bigint`)
}

/** Whether a domain may show pages; undefined where there is none. */
export async function domainStatus(db: Db, id: string): Promise<DomainRow['status'] | undefined> {
  return (await selectDomain(db, id))?.status
}

/** False where the domain is there already. */
export async function insertDomain(
  trx: Db,
  row: Pick<DomainRow, 'id' | 'host' | 'proof' | 'tls' | 'createdBy' | 'createdAt'>,
): Promise<boolean> {
  const added = await run(
    trx,
    sql`
    insert into capture.domain (id, host, status, proof, tls, created_by, created_at, version)
    values (${row.id}::bigint, ${row.host}, 'pending', ${row.proof}, ${row.tls}, ${row.createdBy}, ${row.createdAt}, 1)
    on conflict (host) do nothing`,
  )
  return added === 1
}

export type DomainPatch = Partial<
  Pick<
    DomainRow,
    | 'status'
    | 'verifiedAt'
    | 'checkedAt'
    | 'tls'
    | 'hsts'
    | 'dueAt'
    | 'attempts'
    | 'words'
    | 'homePageId'
    | 'isPrimary'
  >
>

const columnOf: Record<keyof DomainPatch, string> = {
  status: 'status',
  verifiedAt: 'verified_at',
  checkedAt: 'checked_at',
  tls: 'tls',
  hsts: 'hsts',
  dueAt: 'due_at',
  attempts: 'attempts',
  words: 'words',
  homePageId: 'home_page_id',
  isPrimary: 'is_primary',
}

export async function changeDomain(trx: Db, id: string, patch: DomainPatch): Promise<boolean> {
  const sets = Object.entries(patch).flatMap(([key, value]) =>
    value === undefined ? [] : [sql`${sql.ref(columnOf[key as keyof DomainPatch])} = ${value}`],
  )
  const all = [...sets, sql`version = version + 1`]
  return (await run(trx, sql`update capture.domain set ${sql.join(all)} where id = ${id}::bigint`)) === 1
}

export type DomainUse = { domainId: string; pages: number; drafts: number; redirects: number }

/** What stands on domains: published pages, drafts that are meant for one, and old addresses that lead to pages. */
export function countUses(db: Db, ids: string[]): Promise<DomainUse[]> {
  return many(
    db,
    sql`
    select "domainId", sum(pages)::int as pages, sum(drafts)::int as drafts, sum(redirects)::int as redirects
    from (
      select domain_id as "domainId", count(*) filter (where is_current) as pages, 0 as drafts,
        count(*) filter (where not is_current) as redirects
      from capture.page_address where domain_id = any(${ids}::bigint[]) group by domain_id
      union all
      select p.domain_id, 0, count(*), 0 from capture.page p
      where p.domain_id = any(${ids}::bigint[]) and p.status <> 'archived' and not exists (
        select from capture.page_address a
        where a.page_id = p.id and a.is_current and a.domain_id = p.domain_id)
      group by p.domain_id) u
    group by "domainId"`,
  )
}

/** The domain that new pages stand on, if there is one that is shown to be ours. */
export async function primaryDomain(db: Db): Promise<string> {
  const row = await maybeOne<{ id: string }>(
    db,
    sql`select id from capture.domain where is_primary and status = 'verified'`,
  )
  return row?.id ?? '0'
}

/** Makes room for another primary domain: there is one at most. */
export async function dropPrimary(trx: Db): Promise<void> {
  await run(trx, sql`update capture.domain set is_primary = false, version = version + 1 where is_primary`)
}

/** Its drafts stand on the street from now on; addresses that led to pages from it lead nowhere. */
export async function deleteDomain(trx: Db, id: string): Promise<boolean> {
  await run(trx, sql`update capture.page set domain_id = 0 where domain_id = ${id}::bigint`)
  await run(trx, sql`delete from capture.page_address where domain_id = ${id}::bigint`)
  return (await run(trx, sql`delete from capture.domain where id = ${id}::bigint`)) === 1
}

/** Domains to be looked at by now: proof, certificate or its renewal. Kept from other workers for the transaction. */
export function takeDueDomain(trx: Db, now: Date): Promise<DomainRow | undefined> {
  return maybeOne(
    trx,
    sql`select ${columns} from capture.domain where due_at <= ${now} order by due_at limit 1 for update skip locked`,
  )
}

/** A certificate with its sealed key; the street takes it from here. */
export async function saveCertificate(
  trx: Db,
  id: string,
  given: { certificate: string; key: string; until: Date; renewAt: Date },
): Promise<void> {
  await run(
    trx,
    sql`
    update capture.domain set certificate = ${given.certificate}, certificate_key = ${given.key},
      certificate_until = ${given.until}, due_at = ${given.renewAt}, attempts = 0, words = null, version = version + 1
    where id = ${id}::bigint`,
  )
}

export function selectCertificate(
  db: Db,
  host: string,
): Promise<{ certificate: string; key: string } | undefined> {
  return maybeOne(
    db,
    sql`
    select certificate, certificate_key as key from capture.domain
    where host = ${host} and status = 'verified' and certificate is not null`,
  )
}

export type Account = { key: string; url: string | null }

/** Our account at a certificate authority; whoever comes first makes it. */
export async function keepAccount(
  db: Db,
  directory: string,
  fresh: { key: string; now: Date },
): Promise<Account> {
  await run(
    db,
    sql`
    insert into capture.acme_account (directory, account_key, made_at) values (${directory}, ${fresh.key}, ${fresh.now})
    on conflict do nothing`,
  )
  return one(
    db,
    sql`select account_key as key, account_url as url from capture.acme_account where directory = ${directory}`,
  )
}

export async function saveAccountUrl(db: Db, directory: string, url: string): Promise<void> {
  await run(db, sql`update capture.acme_account set account_url = ${url} where directory = ${directory}`)
}

export async function putChallenge(db: Db, row: { token: string; answer: string; now: Date }): Promise<void> {
  await run(
    db,
    sql`
    insert into capture.acme_challenge (token, answer, made_at) values (${row.token}, ${row.answer}, ${row.now})
    on conflict (token) do update set answer = excluded.answer`,
  )
}

export async function dropChallenge(db: Db, token: string): Promise<void> {
  await run(db, sql`delete from capture.acme_challenge where token = ${token}`)
}
