import { type Db, many, sql } from '#platform/db/db.ts'

/** A table with rows of contacts, with the columns of its primary key besides the contact. */
export type OwnedTable = { name: string; schema: string; table: string; keys: string[]; hasLane: boolean }

/**
 * What a merge leaves to others: old ids have rules of their own, the reports count again from the ledger, and our
 * own notes stay where they are. Pending work is not a contact's row; the engine parts it.
 */
const leftOut = /^(audience\.(redirect|contact)|insight\..*|stewardship\..*)$/

/** Every table that a merge moves rows of. Nobody has to register one: the database is asked. */
export async function ownedTables(db: Db): Promise<OwnedTable[]> {
  const tables = await many<OwnedTable>(
    db,
    sql`
    select n.nspname || '.' || c.relname as name, n.nspname as schema, c.relname as table,
      array(select a.attname::text from pg_index i join pg_attribute a on a.attrelid = c.oid and a.attnum = any(i.indkey)
        where i.indrelid = c.oid and i.indisprimary and a.attname <> 'contact_id' order by a.attnum) as keys,
      exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'lane' and not a.attisdropped) as "hasLane"
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('engine', 'activity', 'audience', 'decisions', 'outreach', 'capture', 'crm', 'workflows')
      and c.relkind in ('r', 'p') and not c.relispartition
      and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'contact_id' and not a.attisdropped)
      and exists (select from pg_index i where i.indrelid = c.oid and i.indisprimary)
    order by n.nspname, c.relname`,
  )
  return tables.filter(table => !leftOut.test(table.name))
}

/**
 * Rows with an id of their own are parts of a history: they are one person's, and go back as they are by then.
 * All others say how somebody stands (a list, a word of consent, a counter): both had, or could have had, one.
 */
export function isHistory({ name, keys }: OwnedTable): boolean {
  return name === 'audience.identity' || keys.includes('id') || keys.includes('enrolment_id')
}

/** The key of the row under the alias `t`, as merge_row keeps it. */
export const keyOf = (table: OwnedTable) =>
  sql`jsonb_build_object(${sql.join(table.keys.flatMap(key => [sql`${sql.lit(key)}::text`, sql.ref(`t.${key}`)]))})`

/** The row under the alias `t` without whose it is. */
export const bodyOf = (table: OwnedTable) =>
  table.hasLane ? sql`(to_jsonb(t) - 'contact_id' - 'lane')` : sql`(to_jsonb(t) - 'contact_id')`
