import type { ClientBase } from 'pg'
import type { Header, TableStart } from './format.ts'

type Column = { schema: string; name: string; columns: string[] }

/** Every table of these schemas that holds rows itself, partitions among them, with the columns that can be written. */
async function readTables(client: ClientBase, schemas: string[]): Promise<Column[]> {
  const { rows } = await client.query<Column>(
    `select n.nspname as schema, c.relname as name, array(
        select a.attname::text from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
        order by a.attnum) as columns
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind = 'r' and n.nspname = any($1)
      order by n.nspname, c.relname`,
    [schemas],
  )
  return rows
}

/** Tables so that none comes before one that it points at. */
export async function tablesInOrder(client: ClientBase, schemas: string[]): Promise<TableStart[]> {
  const tables = await readTables(client, schemas)
  const { rows: links } = await client.query<{ from: string; to: string }>(
    `select distinct conrelid::regclass::text as "from", confrelid::regclass::text as "to"
      from pg_constraint where contype = 'f' and conrelid <> confrelid`,
  )
  const { rows: named } = await client.query<{ key: string; text: string }>(
    `select n.nspname || '.' || c.relname as key, c.oid::regclass::text as text
      from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind = 'r' and n.nspname = any($1)`,
    [schemas],
  )
  const keyOf = new Map(named.map(row => [row.text, row.key]))
  const needs = Map.groupBy(links, link => keyOf.get(link.from) ?? '')
  const byKey = new Map(tables.map(table => [`${table.schema}.${table.name}`, table]))
  const ordered = new Map<string, TableStart>()
  const place = (key: string, path: Set<string>) => {
    const table = byKey.get(key)
    if (!table || ordered.has(key) || path.has(key)) return
    for (const link of needs.get(key) ?? []) place(keyOf.get(link.to) ?? '', new Set(path).add(key))
    ordered.set(key, table)
  }
  for (const key of byKey.keys()) place(key, new Set())
  return [...ordered.values()]
}

export async function readPartitions(client: ClientBase, schemas: string[]): Promise<Header['partitions']> {
  const { rows } = await client.query<Header['partitions'][number]>(
    `select n.nspname as schema, c.relname as name, p.relname as parent, pg_get_expr(c.relpartbound, c.oid) as bounds
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      join pg_inherits i on i.inhrelid = c.oid join pg_class p on p.oid = i.inhparent
      where c.relispartition and c.relkind = 'r' and n.nspname = any($1) order by 1, 2`,
    [schemas],
  )
  return rows
}

export async function readSequences(client: ClientBase, schemas: string[]): Promise<Header['sequences']> {
  const { rows } = await client.query<Header['sequences'][number]>(
    `select schemaname as schema, sequencename as name, last_value::text as value
      from pg_sequences where schemaname = any($1) and last_value is not null order by 1, 2`,
    [schemas],
  )
  return rows
}

/** What is read once about the installation: its migrations, its key's print, its server. */
export async function readFacts(
  client: ClientBase,
): Promise<{ migrations: string[]; keyFingerprint: string; server: string }> {
  const { rows } = await client.query<{ migrations: string[]; keyFingerprint: string; server: string }>(
    `select array(select name::text from public.tend_migration order by name) as migrations,
      coalesce((select value #>> '{}' from platform.setting where name = 'key_fingerprint'), '') as "keyFingerprint",
      current_setting('server_version') as server`,
  )
  return rows[0] ?? { migrations: [], keyFingerprint: '', server: '' }
}
