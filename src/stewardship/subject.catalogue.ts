import { type Db, many, type RawBuilder, sql } from '#platform/db/db.ts'

/** The schemas of the rooms: whatever is in them and belongs to a contact is found here, whoever made the table. */
const schemas = [
  'engine',
  'activity',
  'audience',
  'decisions',
  'outreach',
  'capture',
  'crm',
  'workflows',
  'insight',
  'stewardship',
]

export type Column = { name: string; type: string }
/** A table with rows about one contact; `keys` are the columns that say whose they are. */
export type ContactTable = { name: string; schema: string; table: string; keys: string[]; columns: Column[] }

/** Other words for "whose": a profile's own id, the target of a redirect. */
const keyOf = (table: string, column: string): boolean =>
  /(^|_)contact_id$/.test(column) || (table === 'audience.contact' && column === 'id')

/** Every table of the rooms with its columns; partitions only by the table they are part of. */
export async function roomTables(db: Db, besides: string[] = []): Promise<Omit<ContactTable, 'keys'>[]> {
  return many(
    db,
    sql`
    select n.nspname || '.' || c.relname as name, n.nspname as schema, c.relname as table,
      (select jsonb_agg(jsonb_build_object('name', a.attname, 'type', format_type(a.atttypid, null)) order by a.attnum)
        from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = any(${[...schemas, ...besides]}) and c.relkind in ('r', 'p') and not c.relispartition
    order by n.nspname, c.relname`,
  )
}

/** Every table that holds something about a contact. Nobody has to register one: the database is asked. */
export async function contactTables(db: Db): Promise<ContactTable[]> {
  const tables = await roomTables(db)
  return tables.flatMap(table => {
    const keys = table.columns.map(column => column.name).filter(column => keyOf(table.name, column))
    return keys.length > 0 ? [{ ...table, keys }] : []
  })
}

/** The condition for the rows of these contacts; the table has the alias `t`. */
export function ownedBy(table: ContactTable, ids: string[]): RawBuilder<boolean> {
  return sql<boolean>`(${sql.join(
    table.keys.map(key => sql`${sql.ref(`t.${key}`)} = any(${ids}::bigint[])`),
    sql` or `,
  )})`
}

/** A column as it is handed out: long numbers as text, bytes as what they spell. */
function shown({ name, type }: Column): RawBuilder<unknown> {
  const column = sql.ref(`t.${name}`)
  if (type === 'bigint') return sql`${column}::text as ${sql.id(name)}`
  if (type === 'bigint[]') return sql`${column}::text[] as ${sql.id(name)}`
  if (type !== 'bytea') return sql`${column} as ${sql.id(name)}`
  return sql`encode(${column}, ${/hash/.test(name) ? 'hex' : 'escape'}) as ${sql.id(name)}`
}

/** All rows of a table about these contacts, with all columns. */
export async function rowsOf(db: Db, table: ContactTable, ids: string[]): Promise<Record<string, unknown>[]> {
  const rows = await many<{ row: Record<string, unknown> }>(
    db,
    sql`
    select to_jsonb(r) as row from (
      select ${sql.join(table.columns.map(shown))} from ${sql.id(table.schema, table.table)} t
      where ${ownedBy(table, ids)} order by ${sql.ref(`t.${table.columns[0]?.name}`)}) r`,
  )
  return rows.map(({ row }) => row)
}

/** How many rows each table holds about these contacts; empty ones are left out. */
export async function countRows(db: Db, ids: string[]): Promise<{ table: string; rows: number }[]> {
  const tables = await contactTables(db)
  const counts = await many<{ table: string; rows: number }>(
    db,
    sql`${sql.join(
      tables.map(
        table =>
          sql`select ${table.name}::text as "table", count(*)::int as rows from ${sql.id(table.schema, table.table)} t where ${ownedBy(table, ids)}`,
      ),
      sql` union all `,
    )}`,
  )
  return counts.filter(({ rows }) => rows > 0)
}
