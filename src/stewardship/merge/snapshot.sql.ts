import { type Db, run, sql } from '#platform/db/db.ts'
import { bodyOf, isHistory, keyOf, type OwnedTable } from './tables.sql.ts'

/** Numbers that were added up: what the one brought is taken off again. */
export const summed: Record<string, string> = { 'decisions.counter': 'n' }

type Pair = { mergeId: string; gone: string; stayed: string }

const numberedFrom = (pair: Pair) => sql`(select coalesce(max(r.n), 0)::int from stewardship.merge_row r
  where r.contact_id = ${pair.gone}::bigint and r.merge_id = ${pair.mergeId}::bigint)`

/** Writes down all rows of both, before anything is moved. Of the one that stays only what a merge can change. */
export async function noteBefore(trx: Db, tables: OwnedTable[], pair: Pair): Promise<void> {
  for (const table of tables) {
    const sides = isHistory(table)
      ? [['gone', pair.gone]]
      : [
          ['gone', pair.gone],
          ['stayed', pair.stayed],
        ]
    for (const [side, id] of sides) {
      await run(
        trx,
        sql`
        insert into stewardship.merge_row (contact_id, merge_id, n, side, table_name, key, before)
        select ${pair.gone}::bigint, ${pair.mergeId}::bigint, ${numberedFrom(pair)} + row_number() over ()::int, ${side}::text,
          ${table.name}::text, ${keyOf(table)}, ${bodyOf(table)}
        from ${sql.id(table.schema, table.table)} t where t.contact_id = ${id}::bigint`,
      )
    }
  }
}

/**
 * Writes down what became of the noted rows; what only changed hands is kept by its key alone, and what the merge
 * left as it was is forgotten again.
 */
export async function noteAfter(trx: Db, tables: OwnedTable[], pair: Pair): Promise<void> {
  const mine = sql`r.contact_id = ${pair.gone}::bigint and r.merge_id = ${pair.mergeId}::bigint`
  for (const table of tables) {
    const here = sql`${mine} and r.table_name = ${table.name}::text`
    await run(
      trx,
      sql`
      update stewardship.merge_row r set after = ${bodyOf(table)} from ${sql.id(table.schema, table.table)} t
      where ${here} and t.contact_id = ${pair.stayed}::bigint and r.key = ${keyOf(table)}`,
    )
    if (isHistory(table))
      await run(
        trx,
        sql`update stewardship.merge_row r set before = null, after = null where ${here} and r.after = r.before`,
      )
    else {
      await run(
        trx,
        sql`
        insert into stewardship.merge_row (contact_id, merge_id, n, side, table_name, key, after)
        select ${pair.gone}::bigint, ${pair.mergeId}::bigint, ${numberedFrom(pair)} + row_number() over ()::int, 'stayed',
          ${table.name}::text, ${keyOf(table)}, ${bodyOf(table)}
        from ${sql.id(table.schema, table.table)} t where t.contact_id = ${pair.stayed}::bigint
          and not exists (select from stewardship.merge_row r where ${here} and r.key = ${keyOf(table)})`,
      )
      await run(
        trx,
        sql`delete from stewardship.merge_row r where ${here} and r.side = 'stayed' and r.after = r.before
          and not exists (select from stewardship.merge_row g where g.contact_id = r.contact_id
            and g.merge_id = r.merge_id and g.table_name = r.table_name and g.side = 'gone' and g.key = r.key)`,
      )
    }
  }
}
