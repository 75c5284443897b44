import { plainArray } from '#platform/db/arrays.ts'
import { type Db, many, run, sql } from '#platform/db/db.ts'

/** Kind and value of a name. A value may hold anything, so names are kept in maps as `kind\nvalue`. */
export const keyOf = (kind: string, value: string) => `${kind}\n${value}`

function splitKey(key: string): [string, string] {
  const end = key.indexOf('\n')
  return [key.slice(0, end), key.slice(end + 1)]
}

/** The columns of `kind\nvalue` to contact, sorted, so that transactions wait for each other in one order. */
function columnsOf(named: Map<string, string>): { kinds: string[]; values: string[]; ids: string } {
  const rows = [...named]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, id]) => [...splitKey(key), id] as const)
  return {
    kinds: rows.map(row => row[0]),
    values: rows.map(row => row[1]),
    ids: plainArray(rows.map(row => row[2])),
  }
}

export type IdentityRow = { kind: string; value: string; contactId: string; known: boolean; shared: boolean }

/** One scan of the index per kind: half the price of joining with the list of names. */
export async function selectIdentities(db: Db, wanted: Map<string, Set<string>>): Promise<IdentityRow[]> {
  const parts = [...wanted]
    .filter(([, values]) => values.size > 0)
    .map(
      ([kind, values]) => sql`
    select i.kind, i.value, i.contact_id as "contactId", i.shared,
      exists (select from audience.contact c where c.id = i.contact_id) as known
    from audience.identity i where i.kind = ${kind} and i.value = any(${[...values]}::text[])`,
    )
  return parts.length === 0 ? [] : many<IdentityRow>(db, sql`${sql.join(parts, sql` union all `)}`)
}

/**
 * Claims new names; `shares` tells which of them are devices of several people. False, and nothing claimed, where
 * another transaction was faster with one of them.
 */
export async function claimIdentities(
  trx: Db,
  named: Map<string, string>,
  shares: Map<string, string>,
  now: Date,
): Promise<boolean> {
  if (named.size === 0) return true
  const owners = new Map([...named].map(([key, id]) => [key, shares.get(key) ?? id]))
  const { kinds, values, ids } = columnsOf(owners)
  const shared = [...owners.keys()].sort().map(key => shares.has(key))
  const won = await many<{ value: string }>(
    trx,
    sql`
    insert into audience.identity (kind, value, contact_id, shared, created_at)
    select kind, value, contact_id, shared, ${now}::timestamptz
    from unnest(${kinds}::text[], ${values}::text[], ${ids}::bigint[], ${shared}::boolean[]) as fresh (kind, value, contact_id, shared)
    on conflict do nothing returning value`,
  )
  if (won.length === named.size) return true
  // Ids made for a lost claim must not keep what they won: all of it is decided again.
  await run(
    trx,
    sql`
    delete from audience.identity i
    using unnest(${kinds}::text[], ${values}::text[], ${ids}::bigint[]) as mine (kind, value, contact_id)
    where i.kind = mine.kind and i.value = mine.value and i.contact_id = mine.contact_id`,
  )
  return false
}

/** Gives devices to their new anonymous owners, for good. */
export async function shareDevices(trx: Db, shares: Map<string, string>): Promise<void> {
  if (shares.size === 0) return
  const { kinds, values, ids } = columnsOf(shares)
  await run(
    trx,
    sql`
    update audience.identity i set contact_id = mine.contact_id, shared = true
    from unnest(${kinds}::text[], ${values}::text[], ${ids}::bigint[]) as mine (kind, value, contact_id)
    where i.kind = mine.kind and i.value = mine.value and i.contact_id <> mine.contact_id and not i.shared`,
  )
}

/**
 * Whether all of these are still visitors: they have a name, and no profile. Holds their names until the end of the
 * transaction (an update that changes nothing, for nobody locks many contacts' rows by a select here), so that two
 * who would join or promote the same visitor do it one after the other.
 */
export async function holdVisitors(trx: Db, visitors: string[]): Promise<boolean> {
  if (visitors.length === 0) return true
  const held = await many<{ id: string }>(
    trx,
    sql`
    update audience.identity set shared = false
    where contact_id = any(${plainArray(visitors)}::bigint[]) and not shared returning contact_id as id`,
  )
  if (new Set(held.map(row => row.id)).size < visitors.length) return false
  // A statement of its own: it must see what those have committed for whom the first one waited.
  const known = await many(
    trx,
    sql`select from audience.contact where id = any(${plainArray(visitors)}::bigint[])`,
  )
  return known.length === 0
}

/** Gives all names of joined visitors to who they are, and remembers the old ids. From, to. */
export async function redirectVisitors(trx: Db, joins: Map<string, string>, now: Date): Promise<void> {
  const from = plainArray([...joins.keys()])
  const to = plainArray([...joins.values()])
  await run(
    trx,
    sql`
    update audience.identity i set contact_id = joined.to_id
    from unnest(${from}::bigint[], ${to}::bigint[]) as joined (from_id, to_id) where i.contact_id = joined.from_id`,
  )
  await run(
    trx,
    sql`
    insert into audience.redirect (contact_id, to_contact_id, at)
    select from_id, to_id, ${now}::timestamptz from unnest(${from}::bigint[], ${to}::bigint[]) as joined (from_id, to_id)
    on conflict (contact_id) do update set to_contact_id = excluded.to_contact_id, at = excluded.at`,
  )
  // Who was joined into a visitor that now joins goes along: one step leads from any old id to the living one.
  await run(
    trx,
    sql`
    update audience.redirect r set to_contact_id = joined.to_id
    from unnest(${from}::bigint[], ${to}::bigint[]) as joined (from_id, to_id) where r.to_contact_id = joined.from_id`,
  )
}

/** Where joined or merged ids lead: from, to. */
export async function selectRedirects(db: Db, ids: string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map()
  const rows = await many<{ from: string; to: string }>(
    db,
    sql`
    select contact_id as "from", to_contact_id as "to" from audience.redirect where contact_id = any(${plainArray(ids)}::bigint[])`,
  )
  return new Map(rows.map(row => [row.from, row.to]))
}
