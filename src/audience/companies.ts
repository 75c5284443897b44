import { type Db, many, maybeOne, one, run, sql } from '#platform/db/db.ts'
import { conflict, notFound } from '#platform/errors.ts'
import { newId } from '#platform/ids.ts'
import { prefixPattern } from './contacts.list.ts'
import type { CompanyTrait } from './traits.ts'

export type Company = {
  id: string
  externalId: string | null
  domain: string | null
  name: string
  attrs: Record<string, unknown>
  createdAt: Date
  updatedAt: Date
  version: number
}

const columns = sql`company.id, company.external_id as "externalId", company.domain, company.name, company.attrs,
  company.created_at as "createdAt", company.updated_at as "updatedAt", company.version`

/** What makes two mentions one company: its id elsewhere, else its domain, else its name. */
const keyOf = ({ externalId, domain, name }: CompanyTrait) =>
  externalId !== null
    ? `id ${externalId}`
    : domain !== null
      ? `domain ${domain}`
      : `name ${name?.toLowerCase() ?? ''}`

type Wanted = { key: string; id: string; externalId: string | null; domain: string | null; label: string }

/**
 * Finds companies by external id, domain or exact name, and makes those that are missing. The external id decides:
 * two ids of one domain are two companies (of which the first has the domain), but a company that was known by its
 * domain alone is given the id. One statement, and four more where one is missing; those that make companies wait
 * for each other. Returns a look-up from mention to id.
 */
export async function companiesFor(
  trx: Db,
  traits: CompanyTrait[],
  now: Date,
): Promise<(trait: CompanyTrait) => string | undefined> {
  const mentions = [...new Map(traits.map(trait => [keyOf(trait), trait])).entries()].sort(([a], [b]) =>
    a < b ? -1 : 1,
  )
  if (mentions.length === 0) return () => undefined
  const wanted = mentions.map(([key, { externalId, domain, name }]) => {
    return { key, id: newId(), externalId, domain, label: name ?? domain ?? externalId ?? '' }
  })
  const found = await findCompanies(trx, wanted)
  if (wanted.some(row => !found.has(row.key))) {
    await run(trx, sql`select pg_advisory_xact_lock(hashtext('audience.company'))`)
    await adoptCompanies(trx, wanted, now)
    const known = await findCompanies(trx, wanted)
    await insertCompanies(
      trx,
      wanted.filter(row => !known.has(row.key)),
      now,
    )
    for (const [key, id] of await findCompanies(trx, wanted)) found.set(key, id)
  }
  return trait => found.get(keyOf(trait))
}

const wantedColumns = (
  rows: Wanted[],
) => sql`unnest(${rows.map(row => row.key)}::text[], ${rows.map(row => row.id)}::bigint[],
  ${rows.map(row => row.externalId)}::text[], ${rows.map(row => row.domain)}::text[], ${rows.map(row => row.label)}::text[])
  as w (key, id, external_id, domain, name)`

async function findCompanies(db: Db, wanted: Wanted[]): Promise<Map<string, string>> {
  const rows = await many<{ key: string; id: string }>(
    db,
    sql`
    select w.key, company.id from ${wantedColumns(wanted)}
    cross join lateral (
      (select c.id from audience.company c where c.external_id = w.external_id)
      union all
      (select c.id from audience.company c where w.external_id is null and c.domain = w.domain)
      union all
      (select c.id from audience.company c
        where w.external_id is null and w.domain is null and lower(c.name) = lower(w.name) order by c.id limit 1)
      limit 1) company`,
  )
  return new Map(rows.map(row => [row.key, row.id]))
}

/** A company that was known by its domain alone gets the id by which it is called now. */
async function adoptCompanies(trx: Db, wanted: Wanted[], now: Date): Promise<void> {
  await run(
    trx,
    sql`
    update audience.company c set external_id = w.external_id, updated_at = ${now}::timestamptz, version = c.version + 1
    from (select distinct on (domain) domain, external_id from ${wantedColumns(wanted)}
      where external_id is not null and domain is not null order by domain, id) w
    where c.domain = w.domain and c.external_id is null
      and not exists (select from audience.company other where other.external_id = w.external_id)`,
  )
}

async function insertCompanies(trx: Db, missing: Wanted[], now: Date): Promise<void> {
  if (missing.length === 0) return
  await run(
    trx,
    sql`
    insert into audience.company (id, external_id, domain, name, created_at, updated_at)
    select w.id, w.external_id,
      case when row_number() over (partition by w.domain order by w.id) = 1
        and not exists (select from audience.company c where c.domain = w.domain) then w.domain end,
      w.name, ${now}::timestamptz, ${now}::timestamptz
    from ${wantedColumns(missing)} on conflict do nothing`,
  )
}

/** What a group call says of a company: new attributes are laid over the old ones. */
export async function describeCompanies(
  trx: Db,
  rows: { id: string; attrs: Record<string, unknown> }[],
  now: Date,
): Promise<void> {
  const merged = new Map<string, Record<string, unknown>>()
  for (const row of rows) merged.set(row.id, { ...merged.get(row.id), ...row.attrs })
  const ids = [...merged.keys()].sort()
  if (ids.length === 0) return
  await run(
    trx,
    sql`
    update audience.company c set attrs = jsonb_strip_nulls(c.attrs || fresh.attrs), updated_at = ${now}::timestamptz, version = c.version + 1
    from unnest(${ids}::bigint[], ${ids.map(id => JSON.stringify(merged.get(id)))}::jsonb[]) as fresh (id, attrs)
    where c.id = fresh.id`,
  )
}

export async function getCompany(db: Db, id: string): Promise<Company & { people: number }> {
  const company = await maybeOne<Company & { people: number }>(
    db,
    sql`
    select ${columns}, (select count(*)::int from audience.contact where company_id = company.id) as people
    from audience.company company where id = ${id}::bigint`,
  )
  if (!company) throw notFound('company')
  return company
}

/** One page by name, `limit + 1` rows at most; `search` is the beginning of a name or a domain. */
export function listCompanies(
  db: Db,
  ask: { search?: string; cursor: { name: string; id: string } | null; limit: number },
): Promise<(Company & { people: number })[]> {
  const prefix = ask.search ? prefixPattern(ask.search) : null
  return many(
    db,
    sql`
    select ${columns}, (select count(*)::int from audience.contact where company_id = company.id) as people
    from audience.company company
    where ${prefix ? sql`(lower(name) like ${prefix} or domain like ${prefix})` : sql`true`}
      ${ask.cursor ? sql`and (lower(name), id) > (${ask.cursor.name}, ${ask.cursor.id}::bigint)` : sql``}
    order by lower(name), id limit ${ask.limit + 1}`,
  )
}

export async function createCompany(
  db: Db,
  given: { name: string; domain: string | null },
  now: Date,
): Promise<Company> {
  const made = await many<Company>(
    db,
    sql`
    insert into audience.company as company (id, name, domain, created_at, updated_at)
    values (${newId()}::bigint, ${given.name}, ${given.domain}, ${now}, ${now}) on conflict do nothing returning ${columns}`,
  )
  const [company] = made
  if (!company) throw conflict('domain_taken', 'A company with this domain is already here.')
  return company
}

export async function updateCompany(
  db: Db,
  ask: {
    id: string
    version: number
    name?: string | undefined
    domain?: string | null | undefined
    attrs?: Record<string, unknown> | undefined
  },
  now: Date,
): Promise<Company> {
  if (
    ask.domain &&
    (await maybeOne(
      db,
      sql`select from audience.company where domain = ${ask.domain} and id <> ${ask.id}::bigint`,
    ))
  ) {
    throw conflict('domain_taken', 'Another company has this domain.')
  }
  const changed = await run(
    db,
    sql`
    update audience.company set name = coalesce(${ask.name ?? null}, name),
      domain = case when ${ask.domain !== undefined} then ${ask.domain ?? null} else domain end,
      attrs = jsonb_strip_nulls(attrs || ${JSON.stringify(ask.attrs ?? {})}::jsonb), updated_at = ${now}, version = version + 1
    where id = ${ask.id}::bigint and version = ${ask.version}`,
  )
  if (changed === 0) {
    await getCompany(db, ask.id)
    throw conflict('stale', 'Somebody changed this company meanwhile.')
  }
  return one(db, sql`select ${columns} from audience.company company where id = ${ask.id}::bigint`)
}
