import type pg from 'pg'

/** A table as the catalogue of the database has it. */
export type Table = {
  name: string
  columns: { name: string; type: string; generated: boolean; keyed: boolean; choices: string[] }[]
}

const rooms = [
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

/** Every table of the rooms and of the platform, asked from the database: a new one is in here by itself. */
export async function readTables(client: pg.Client): Promise<Table[]> {
  const { rows } = await client.query<Table>(
    `select n.nspname || '.' || c.relname as name, (
       select jsonb_agg(jsonb_build_object('name', a.attname, 'type', format_type(a.atttypid, null),
         'generated', a.attgenerated <> '', 'keyed', exists (
           select from pg_index i where i.indrelid = c.oid and i.indisunique and a.attnum = any(i.indkey)), 'choices', coalesce((
           select jsonb_agg(m[1]) from pg_constraint k, regexp_matches(pg_get_constraintdef(k.oid), '''([^'']+)''::text', 'g') m
           where k.conrelid = c.oid and k.contype = 'c' and a.attnum = any(k.conkey) and array_length(k.conkey, 1) = 1
             and pg_get_constraintdef(k.oid) !~ '~'), '[]'::jsonb)) order by a.attnum)
       from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = any($1) and c.relkind in ('r', 'p') and not c.relispartition order by 1`,
    [[...rooms, 'platform']],
  )
  return rows
}

/** Lets any row in: what is to be seen is whether it is found, not whether it makes sense. */
export async function dropChecks(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ line: string }>(
    `select format('alter table %s drop constraint %I', conrelid::regclass, conname) as line
     from pg_constraint where contype = 'c' and connamespace::regnamespace::text = any($1) and coninhcount = 0`,
    [[...rooms, 'platform']],
  )
  for (const { line } of rows) await client.query(line)
}

let counter = 7_000_000

/** A value for a column: `text` where any text may stand, `contactId` where a contact is meant. */
function valueFor(
  column: Table['columns'][number],
  given: { text: string; contactId: string; isContacts: boolean },
): unknown {
  const { name, type, choices } = column
  if (/(^|_)contact_id$/.test(name)) return given.contactId
  if (choices.length > 0) return choices[0]
  if (type === 'boolean') return false
  if (type.startsWith('timestamp')) return '2026-11-01T12:00:00Z'
  if (type === 'date') return '2026-11-01'
  if (type === 'jsonb' || type === 'json') return JSON.stringify({ words: given.text })
  if (type === 'bytea' && /hash/.test(name)) return Buffer.from('a hash')
  if (type === 'bytea') return Buffer.from(given.text)
  if (type === 'uuid') return '00000000-0000-4000-8000-000000000001'
  if (type === 'text[]') return [given.text]
  if (type.endsWith('[]')) return []
  if (type === 'smallint') return 1
  if (/int|double|numeric|real/.test(type)) return String(++counter)
  // Ids and the customer's own keys are no place for people's data.
  return column.keyed && !given.isContacts ? `key${++counter}` : given.text
}

/**
 * Puts one row into a table with `text` in every column that can hold it. Foreign keys are not looked at: what
 * matters is what is in the row.
 */
export async function fillRow(
  client: pg.Client,
  table: Table,
  given: { text: string; contactId: string; fixed?: Record<string, unknown> },
): Promise<void> {
  const columns = table.columns.filter(column => !column.generated)
  const isContacts = columns.some(column => /(^|_)contact_id$/.test(column.name))
  const values = columns.map(
    column => given.fixed?.[column.name] ?? valueFor(column, { ...given, isContacts }),
  )
  await client.query(`set session_replication_role = replica`)
  try {
    await client.query(
      `insert into ${table.name} (${columns.map(column => `"${column.name}"`).join(', ')})
       values (${columns.map((_, i) => `$${i + 1}`).join(', ')}) on conflict do nothing`,
      values,
    )
  } finally {
    await client.query(`set session_replication_role = origin`)
  }
}

/** Everything that is in the database, of all schemas, as text: a line per row. */
export async function dump(client: pg.Client): Promise<{ table: string; line: string }[]> {
  const { rows: tables } = await client.query<{ name: string; columns: string }>(
    `select c.oid::regclass::text as name, (
       select string_agg(case when format_type(a.atttypid, null) = 'bytea' then format('encode(t.%I, ''escape'')', a.attname)
         else format('t.%I::text', a.attname) end, ', ')
       from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_toast'`,
  )
  const lines: { table: string; line: string }[] = []
  for (const { name, columns } of tables) {
    const { rows } = await client.query<{ line: string }>(
      `select concat_ws(' | ', ${columns}) as line from ${name} t`,
    )
    for (const { line } of rows) lines.push({ table: name, line })
  }
  return lines
}
