import { type Db, many, sql } from '#platform/db/db.ts'
import type { Company } from './companies.ts'

type Batch = Pick<Company, 'id' | 'name' | 'domain' | 'attrs' | 'updatedAt' | 'version'>
const columns = sql`c.id, c.name, c.domain, c.attrs, c.updated_at as "updatedAt", c.version`

/** Companies by id; those that are gone are left out. */
export function companiesByIds(db: Db, ids: string[]): Promise<Batch[]> {
  return many(db, sql`select ${columns} from audience.company c where c.id = any(${ids}::bigint[])`)
}

/** Which companies have these domains, and which one alone has such a name (lower case): key -> company. */
export async function companiesByKeys(
  db: Db,
  keys: { domains: string[]; names: string[] },
): Promise<{ domains: Map<string, string>; names: Map<string, string> }> {
  const [domains, names] = await Promise.all([
    many<{ key: string; id: string }>(
      db,
      sql`select domain as key, id from audience.company where domain = any(${keys.domains}::text[])`,
    ),
    many<{ key: string; id: string }>(
      db,
      sql`
      select lower(name) as key, min(id) as id from audience.company where lower(name) = any(${keys.names}::text[])
      group by lower(name) having count(*) = 1`,
    ),
  ])
  const mapOf = (rows: { key: string; id: string }[]) => new Map(rows.map(row => [row.key, row.id]))
  return { domains: mapOf(domains), names: mapOf(names) }
}

/**
 * Lays values over companies as they were at `version`; attributes set to null go away, a domain that another
 * company has is left out. Returns those that were written: the others were changed meanwhile.
 */
export async function writeCompanies(
  trx: Db,
  rows: {
    id: string
    version: number
    name: string
    domain: string | null
    attrs: Record<string, unknown>
  }[],
  now: Date,
): Promise<Set<string>> {
  if (rows.length === 0) return new Set()
  const written = await many<{ id: string }>(
    trx,
    sql`
    update audience.company c set name = fresh.name, attrs = jsonb_strip_nulls(c.attrs || fresh.attrs),
      domain = case when exists (select from audience.company o where o.domain = fresh.domain and o.id <> c.id)
        then c.domain else fresh.domain end,
      updated_at = ${now}::timestamptz, version = c.version + 1
    from unnest(${rows.map(row => row.id)}::bigint[], ${rows.map(row => row.version)}::int[], ${rows.map(row => row.name)}::text[],
      ${rows.map(row => row.domain)}::text[], ${rows.map(row => JSON.stringify(row.attrs))}::jsonb[])
      as fresh (id, version, name, domain, attrs)
    where c.id = fresh.id and c.version = fresh.version returning c.id`,
  )
  return new Set(written.map(row => row.id))
}

/** Makes companies under these ids; a domain that is taken is left out. */
export async function insertCompanies(
  trx: Db,
  rows: { id: string; name: string; domain: string | null; attrs: Record<string, unknown> }[],
  now: Date,
): Promise<void> {
  if (rows.length === 0) return
  await many(
    trx,
    sql`
    insert into audience.company (id, name, domain, attrs, created_at, updated_at)
    select f.id, f.name,
      case when row_number() over (partition by f.domain order by f.id) = 1
        and not exists (select from audience.company c where c.domain = f.domain) then f.domain end,
      f.attrs, ${now}::timestamptz, ${now}::timestamptz
    from unnest(${rows.map(row => row.id)}::bigint[], ${rows.map(row => row.name)}::text[], ${rows.map(row => row.domain)}::text[],
      ${rows.map(row => JSON.stringify(row.attrs))}::jsonb[]) as f (id, name, domain, attrs)`,
  )
}
