import { type Db, many, run, sql } from '#platform/db/db.ts'
import { summed } from './snapshot.sql.ts'
import { bodyOf, isHistory, keyOf, type OwnedTable } from './tables.sql.ts'

type Pair = { mergeId: string; gone: string; stayed: string }

const ofTable = (table: OwnedTable, pair: Pair) =>
  sql`r.contact_id = ${pair.gone}::bigint and r.merge_id = ${pair.mergeId}::bigint and r.table_name = ${table.name}::text`

/** Inserts rows (a jsonb column `row` of `source`) as those of a contact. */
async function insertRows(trx: Db, table: OwnedTable, contactId: string, source: ReturnType<typeof sql>) {
  const own = table.hasLane
    ? sql`jsonb_build_object('contact_id', ${contactId}::bigint, 'lane', ${contactId}::bigint & 63)`
    : sql`jsonb_build_object('contact_id', ${contactId}::bigint)`
  const name = sql.id(table.schema, table.table)
  await run(
    trx,
    sql`${source} insert into ${name}
      select (jsonb_populate_record(null::${name}, source.row || ${own})).* from source on conflict do nothing`,
  )
}

/**
 * A history: what only changed hands goes back as it is now; what the merge altered is put back as it was, unless
 * it has gone on since; what it dropped comes back.
 */
export async function restoreHistory(trx: Db, table: OwnedTable, pair: Pair): Promise<void> {
  const name = sql.id(table.schema, table.table)
  const here = ofTable(table, pair)
  const its = sql`t.contact_id = ${pair.stayed}::bigint and ${keyOf(table)} = r.key`
  await run(
    trx,
    sql`delete from ${name} t using stewardship.merge_row r
      where ${here} and r.before is not null and r.after is not null and ${its} and ${bodyOf(table)} = r.after`,
  )
  await insertRows(
    trx,
    table,
    pair.gone,
    sql`with source as (delete from ${name} t using stewardship.merge_row r where ${here} and ${its}
      returning ${bodyOf(table)} as row)`,
  )
  await insertRows(
    trx,
    table,
    pair.gone,
    sql`with source as (select r.before as row from stewardship.merge_row r where ${here} and r.before is not null)`,
  )
}

/**
 * How somebody stands: where nothing has changed since, both stand again as before; else the one that stayed keeps
 * what holds now, and the other gets what he had.
 */
export async function restoreState(trx: Db, table: OwnedTable, pair: Pair): Promise<void> {
  const name = sql.id(table.schema, table.table)
  const here = ofTable(table, pair)
  const sum = summed[table.name]
  if (sum) await takeOff(trx, table, pair, sum)
  else {
    await run(
      trx,
      sql`delete from ${name} t using stewardship.merge_row r where ${here} and r.after is not null
        and t.contact_id = ${pair.stayed}::bigint and ${keyOf(table)} = r.key and ${bodyOf(table)} = r.after`,
    )
    await insertRows(
      trx,
      table,
      pair.stayed,
      sql`with source as (select r.before as row from stewardship.merge_row r where ${here} and r.side = 'stayed' and r.before is not null)`,
    )
  }
  await insertRows(
    trx,
    table,
    pair.gone,
    sql`with source as (select r.before as row from stewardship.merge_row r where ${here} and r.side = 'gone')`,
  )
}

async function takeOff(trx: Db, table: OwnedTable, pair: Pair, column: string): Promise<void> {
  const name = sql.id(table.schema, table.table)
  const number = sql.ref(`t.${column}`)
  const brought = sql`(r.before ->> ${column})::int`
  const its = sql`${ofTable(table, pair)} and r.side = 'gone' and t.contact_id = ${pair.stayed}::bigint and ${keyOf(table)} = r.key`
  await run(
    trx,
    sql`delete from ${name} t using stewardship.merge_row r where ${its} and ${number} <= ${brought}`,
  )
  await run(
    trx,
    sql`update ${name} t set ${sql.id(column)} = ${number} - ${brought} from stewardship.merge_row r where ${its}`,
  )
}

/**
 * A workflow's timer belongs to a stay, and goes where the stay goes: it follows one that changed hands, and is
 * set again for one that the merge had ended.
 */
export async function restoreTimers(trx: Db, table: OwnedTable, pair: Pair): Promise<void> {
  const here = ofTable(table, pair)
  const name = sql.id(table.schema, table.table)
  const stays = sql`t.kind = 'workflow' and exists (select from workflows.enrolment e
    where e.contact_id = ${pair.gone}::bigint and e.id = t.key)`
  await insertRows(
    trx,
    table,
    pair.gone,
    sql`with source as (delete from ${name} t where t.contact_id = ${pair.stayed}::bigint and ${stays}
      returning ${bodyOf(table)} as row)`,
  )
  // Of stays that went on meanwhile the earlier timer has gone off.
  await run(
    trx,
    sql`delete from stewardship.merge_row r where ${here} and r.side = 'gone' and r.before ->> 'kind' = 'workflow'
      and not exists (select from stewardship.merge_row e where e.contact_id = r.contact_id and e.merge_id = r.merge_id
        and e.table_name = 'workflows.enrolment' and e.before is not null and e.before -> 'id' = r.key -> 'key')`,
  )
  await restoreState(trx, table, pair)
}

/** The tables in the order in which rows go back: stays before the timers that belong to them. */
export async function restoreAll(trx: Db, tables: OwnedTable[], pair: Pair): Promise<void> {
  const timers = tables.filter(table => table.name === 'engine.timer')
  for (const table of tables.filter(each => !timers.includes(each)))
    await (isHistory(table) ? restoreHistory : restoreState)(trx, table, pair)
  for (const table of timers) await restoreTimers(trx, table, pair)
}

/** The ids of the events that went back, for the engine to hand over what it still has to do about them. */
export async function eventsOf(trx: Db, pair: Pair): Promise<string[]> {
  const rows = await many<{ id: string }>(
    trx,
    sql`select r.key ->> 'id' as id from stewardship.merge_row r where r.contact_id = ${pair.gone}::bigint
      and r.merge_id = ${pair.mergeId}::bigint and r.table_name = 'activity.event'`,
  )
  return rows.map(row => row.id)
}
