import { type Db, many, maybeOne, one, run, sql } from '#platform/db/db.ts'
import { conflict, notFound } from '#platform/errors.ts'
import { newId } from '#platform/ids.ts'
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
const keyOf = (trait: CompanyTrait) => trait.externalId ?? trait.domain ?? trait.name?.toLowerCase() ?? ''

/**
 * Finds companies by external id, domain or exact name, and makes those that are missing. Two statements for any
 * number; returns a look-up from mention to id.
 */
export async function companiesFor(trx: Db, traits: CompanyTrait[], now: Date): Promise<(trait: CompanyTrait) => string | undefined> {
  const wanted = [...new Map(traits.map(trait => [keyOf(trait), trait])).entries()].sort(([a], [b]) => (a < b ? -1 : 1))
  if (wanted.length === 0) return () => undefined
  const rows = wanted.map(([key, trait]) => ({ key, id: newId(), ...trait, label: trait.name ?? trait.domain ?? trait.externalId ?? '' }))
  const find = () => many<{ key: string; id: string }>(trx, sql`
    select w.key, company.id from unnest(${rows.map(row => row.key)}::text[], ${rows.map(row => row.externalId)}::text[],
      ${rows.map(row => row.domain)}::text[], ${rows.map(row => row.label.toLowerCase())}::text[]) as w (key, external_id, domain, name)
    cross join lateral (
      select id from audience.company c
      where c.external_id = w.external_id or c.domain = w.domain
        or (w.external_id is null and w.domain is null and lower(c.name) = w.name)
      order by (c.external_id = w.external_id) desc nulls last, c.id limit 1) company`)
  const found = new Map((await find()).map(row => [row.key, row.id]))
  const missing = rows.filter(row => !found.has(row.key))
  if (missing.length > 0) {
    await run(trx, sql`
      insert into audience.company (id, external_id, domain, name, created_at, updated_at)
      select id, external_id, domain, name, ${now}::timestamptz, ${now}::timestamptz
      from unnest(${missing.map(row => row.id)}::bigint[], ${missing.map(row => row.externalId)}::text[],
        ${missing.map(row => row.domain)}::text[], ${missing.map(row => row.label)}::text[]) as fresh (id, external_id, domain, name)
      on conflict do nothing`)
    for (const row of await find()) found.set(row.key, row.id)
  }
  return trait => found.get(keyOf(trait))
}

/** What a group call says of a company: new attributes are laid over the old ones. */
export async function describeCompanies(trx: Db, rows: { id: string; attrs: Record<string, unknown> }[], now: Date): Promise<void> {
  const merged = new Map<string, Record<string, unknown>>()
  for (const row of rows) merged.set(row.id, { ...merged.get(row.id), ...row.attrs })
  const ids = [...merged.keys()].sort()
  if (ids.length === 0) return
  await run(trx, sql`
    update audience.company c set attrs = jsonb_strip_nulls(c.attrs || fresh.attrs), updated_at = ${now}::timestamptz, version = c.version + 1
    from unnest(${ids}::bigint[], ${ids.map(id => JSON.stringify(merged.get(id)))}::jsonb[]) as fresh (id, attrs)
    where c.id = fresh.id`)
}

export async function getCompany(db: Db, id: string): Promise<Company & { people: number }> {
  const company = await maybeOne<Company & { people: number }>(db, sql`
    select ${columns}, (select count(*)::int from audience.contact where company_id = company.id) as people
    from audience.company company where id = ${id}::bigint`)
  if (!company) throw notFound('company')
  return company
}

/** One page by name, `limit + 1` rows at most; `search` is the beginning of a name or a domain. */
export function listCompanies(
  db: Db,
  ask: { search?: string; cursor: { name: string; id: string } | null; limit: number },
): Promise<(Company & { people: number })[]> {
  const prefix = ask.search ? `${ask.search.toLowerCase().replace(/[\\%_]/g, '\\$&')}%` : null
  return many(db, sql`
    select ${columns}, (select count(*)::int from audience.contact where company_id = company.id) as people
    from audience.company company
    where ${prefix ? sql`(lower(name) like ${prefix} or domain like ${prefix})` : sql`true`}
      ${ask.cursor ? sql`and (lower(name), id) > (${ask.cursor.name}, ${ask.cursor.id}::bigint)` : sql``}
    order by lower(name), id limit ${ask.limit + 1}`)
}

export async function createCompany(db: Db, given: { name: string; domain: string | null }, now: Date): Promise<Company> {
  const made = await many<Company>(db, sql`
    insert into audience.company as company (id, name, domain, created_at, updated_at)
    values (${newId()}::bigint, ${given.name}, ${given.domain}, ${now}, ${now}) on conflict do nothing returning ${columns}`)
  const [company] = made
  if (!company) throw conflict('domain_taken', 'A company with this domain is already here.')
  return company
}

export async function updateCompany(
  db: Db,
  ask: { id: string; version: number; name?: string | undefined; domain?: string | null | undefined; attrs?: Record<string, unknown> | undefined },
  now: Date,
): Promise<Company> {
  const changed = await run(db, sql`
    update audience.company set name = coalesce(${ask.name ?? null}, name),
      domain = case when ${ask.domain !== undefined} then ${ask.domain ?? null} else domain end,
      attrs = jsonb_strip_nulls(attrs || ${JSON.stringify(ask.attrs ?? {})}::jsonb), updated_at = ${now}, version = version + 1
    where id = ${ask.id}::bigint and version = ${ask.version}`)
  if (changed === 0) {
    await getCompany(db, ask.id)
    throw conflict('stale', 'Somebody changed this company meanwhile.')
  }
  return one(db, sql`select ${columns} from audience.company company where id = ${ask.id}::bigint`)
}
