import { type Db, many, run, sql } from '#platform/db/db.ts'
import { bury } from './removals.ts'

/**
 * Takes out all that is held of these people. What they are in a CRM is deleted there too, where the mapping passes
 * deletions on and wherever somebody asked to be erased; either way nothing there makes them again here.
 */
export async function forgetPeople(trx: Db, contactIds: string[]): Promise<void> {
  const links = await many<{ connectionId: string; type: string; id: string; isDeleted: boolean }>(
    trx,
    sql`
    delete from crm.link l using crm.connection c left join crm.mapping m on m.connection_id = c.id and m.version = c.live_mapping
    where c.id = l.connection_id and l.kind = 'person' and l.local_id = any(${contactIds}::bigint[])
    returning l.connection_id as "connectionId", l.remote_type as type, l.remote_id as id,
      l.state = 'active' and exists (select from jsonb_array_elements(m.mapping -> 'objects') o
        where o ->> 'remote' = l.remote_type and o ->> 'deletedHere' = 'delete') as "isDeleted"`,
  )
  const at = await many<{ at: Date }>(trx, sql`select transaction_timestamp() as at`)
  for (const [connectionId, some] of Map.groupBy(links, link => link.connectionId))
    await bury(
      trx,
      connectionId,
      some.map(link => ({ ...link, reason: 'deleted here' })),
      at[0]?.at ?? new Date(0),
    )
  const ids = sql`${contactIds}::bigint[]`
  await run(trx, sql`delete from crm.outbox where kind = 'person' and local_id = any(${ids})`)
  await run(trx, sql`delete from crm.issue_item where kind = 'person' and local_id = any(${ids})`)
  await run(trx, sql`delete from crm.clash where contact_id = any(${ids})`)
  await run(trx, sql`delete from crm.member where contact_id = any(${ids})`)
  await run(trx, sql`delete from crm.task where contact_id = any(${ids})`)
  await run(trx, sql`delete from crm.deal_role where contact_id = any(${ids})`)
}

/** What is held of somebody, for himself. */
export async function exportPerson(db: Db, contactId: string): Promise<unknown> {
  const [links, conflicts, tasks, campaigns, deals] = await Promise.all([
    many(
      db,
      sql`
      select c.name as crm, l.remote_type, l.remote_id, l.state, l.base, l.pulled_at, l.pushed_at from crm.link l
      join crm.connection c on c.id = l.connection_id where l.kind = 'person' and l.local_id = ${contactId}::bigint`,
    ),
    many(db, sql`select * from crm.clash where contact_id = ${contactId}::bigint`),
    many(db, sql`select * from crm.task where contact_id = ${contactId}::bigint`),
    many(
      db,
      sql`
      select m.*, c.name from crm.member m left join crm.campaign c on c.id = m.campaign_id
      where m.contact_id = ${contactId}::bigint`,
    ),
    many(
      db,
      sql`
      select r.*, d.name, d.stage, d.status, d.amount, d.currency from crm.deal_role r left join crm.deal d on d.id = r.deal_id
      where r.contact_id = ${contactId}::bigint`,
    ),
  ])
  return { links, conflicts, tasks, campaigns, deals }
}

/** Hands all of one contact to another. Of two primary records of one CRM, the one that stayed keeps its place. */
export async function repointPerson(trx: Db, from: string, to: string): Promise<void> {
  await run(
    trx,
    sql`
    update crm.link l set local_id = ${to}::bigint, is_primary = l.is_primary and not exists (
      select from crm.link o where o.local_id = ${to}::bigint and o.kind = 'person' and o.connection_id = l.connection_id
        and o.is_primary and o.state = 'active'), version = l.version + 1
    where l.kind = 'person' and l.local_id = ${from}::bigint`,
  )
  await run(
    trx,
    sql`
    with gone as (delete from crm.outbox where kind = 'person' and local_id = ${from}::bigint returning connection_id, lane, not_before, queued_at)
    insert into crm.outbox as known (connection_id, kind, local_id, lane, not_before, queued_at)
    select connection_id, 'person', ${to}::bigint, lane, not_before, queued_at from gone
    on conflict (connection_id, kind, local_id) do update set seq = known.seq + 1, state = 'waiting'`,
  )
  await run(
    trx,
    sql`update crm.issue_item set local_id = ${to}::bigint where kind = 'person' and local_id = ${from}::bigint`,
  )
  for (const [table, columns] of moved) {
    const names = sql.raw(columns)
    await run(
      trx,
      sql`
      with gone as (delete from ${sql.table(table)} where contact_id = ${from}::bigint returning ${names})
      insert into ${sql.table(table)} (contact_id, ${names}) select ${to}::bigint, ${names} from gone on conflict do nothing`,
    )
  }
}

const moved: [string, string][] = [
  ['crm.clash', 'id, connection_id, field, ours, theirs, winner, at'],
  ['crm.member', 'id, campaign_id, connection_id, status, updated_at'],
  ['crm.task', 'id, connection_id, subject, body, due_on, owner_id, status, reason, created_at, updated_at'],
  ['crm.deal_role', 'deal_id, role, is_primary'],
]

/** Somebody asked to be erased: his records in every CRM are deleted there, whatever the mapping says. Before `forgetPeople`. */
export async function eraseThere(trx: Db, contactIds: string[], now: Date): Promise<number> {
  const links = await many<{ connectionId: string; type: string; id: string; isDeleted: boolean }>(
    trx,
    sql`
    delete from crm.link l where l.kind = 'person' and l.local_id = any(${contactIds}::bigint[])
    returning l.connection_id as "connectionId", l.remote_type as type, l.remote_id as id, l.state = 'active' as "isDeleted"`,
  )
  for (const [connectionId, some] of Map.groupBy(links, link => link.connectionId))
    await bury(
      trx,
      connectionId,
      some.map(link => ({ ...link, reason: 'erased' })),
      now,
    )
  return links.filter(link => link.isDeleted).length
}
