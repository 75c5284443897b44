import { type Db, many, sql } from './db.ts'

/** A table that a migration would hold against everybody, with what makes that long. */
export type Lock = { migration: string; table: string; why: string; rows: number; bytes: number }

const rules: { pattern: RegExp; why: string }[] = [
  {
    pattern: /^alter table (?:if exists |only )*([\w."]+)/gim,
    why: 'altered: nobody reads or writes meanwhile',
  },
  {
    pattern: /^create (?:unique )?index (?!concurrently)[\w\s"]*?\bon ([\w."]+)/gim,
    why: 'indexed: nobody writes meanwhile',
  },
  { pattern: /^drop (?:table|index) (?:if exists )?([\w."]+)/gim, why: 'dropped' },
  { pattern: /^update ([\w."]+)/gim, why: 'rows rewritten' },
  { pattern: /^delete from ([\w."]+)/gim, why: 'rows deleted' },
]

/** What pending migrations lock of tables that exist already, the largest first. An estimate, from their text. */
export async function estimateLocks(db: Db, pending: Map<string, string>): Promise<Lock[]> {
  const asked = [...pending].flatMap(([migration, text]) =>
    rules.flatMap(({ pattern, why }) =>
      [...text.matchAll(pattern)].map(([, table = '']) => ({ migration, table, why })),
    ),
  )
  const sizes = await many<{ table: string; rows: number; bytes: number }>(
    db,
    sql`
    select asked.name as table, greatest(c.reltuples, 0)::float8 as rows, pg_total_relation_size(c.oid)::float8 as bytes
    from unnest(${[...new Set(asked.map(row => row.table))]}::text[]) as asked (name)
    join pg_class c on c.oid = to_regclass(asked.name)`,
  )
  const byTable = new Map(sizes.map(row => [row.table, row]))
  return asked
    .flatMap(each => {
      const size = byTable.get(each.table)
      return size ? [{ ...each, rows: size.rows, bytes: size.bytes }] : []
    })
    .sort((a, b) => b.bytes - a.bytes)
}
