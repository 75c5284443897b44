import { type Db, many, run, sql } from '#platform/db/db.ts'
import { laneOf } from '#platform/ids.ts'

const callColumns = sql`event_id, endpoint_id, event_at, type, state, attempt, not_before, queued_at, sender, done_at,
  status, words`
const attemptColumns = sql`event_id, endpoint_id, number, at, took_ms, status, words, request, response`

/** What others were told of `from` is of `to` from now on. */
export async function repointCalls(trx: Db, from: string, to: string): Promise<void> {
  await run(
    trx,
    sql`
    with gone as (delete from outreach.call where contact_id = ${from}::bigint returning ${callColumns})
    insert into outreach.call (contact_id, lane, ${callColumns})
    select ${to}::bigint, ${laneOf(to)}::smallint, ${callColumns} from gone on conflict do nothing`,
  )
  await run(
    trx,
    sql`
    with gone as (delete from outreach.call_attempt where contact_id = ${from}::bigint returning ${attemptColumns})
    insert into outreach.call_attempt (contact_id, ${attemptColumns})
    select ${to}::bigint, ${attemptColumns} from gone on conflict do nothing`,
  )
}

export async function forgetCalls(trx: Db, contactIds: string[]): Promise<void> {
  await run(trx, sql`delete from outreach.call_attempt where contact_id = any(${contactIds}::bigint[])`)
  await run(trx, sql`delete from outreach.call where contact_id = any(${contactIds}::bigint[])`)
}

export function exportCalls(db: Db, contactId: string): Promise<unknown[]> {
  return many(
    db,
    sql`
    select e.name as endpoint, c.type, c.event_at as "eventAt", c.state, c.done_at as "doneAt"
    from outreach.call c left join outreach.endpoint e on e.id = c.endpoint_id
    where c.contact_id = ${contactId}::bigint order by c.queued_at, c.event_id`,
  )
}
