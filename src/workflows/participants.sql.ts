import { type Db, many, maybeOne, run, sql } from '#platform/db/db.ts'

export type Participant = {
  enrolmentId: string
  contactId: string
  workflowId: string
  workflowName: string
  version: number
  status: 'active' | 'done' | 'left' | 'parked'
  node: string
  arrivedAt: Date
  wakeAt: Date | null
  held: boolean
  enteredAt: Date
  endedAt: Date | null
  endReason: string | null
}

const columns = sql`e.id as "enrolmentId", e.contact_id as "contactId", e.workflow_id as "workflowId",
  w.name as "workflowName", e.version, e.status, e.node, e.arrived_at as "arrivedAt", e.wake_at as "wakeAt", e.held,
  e.entered_at as "enteredAt", e.ended_at as "endedAt", e.end_reason as "endReason"`

/** One page of participants, the newest entry first. */
export function selectParticipants(
  db: Db,
  wanted: {
    workflowId: string
    status: string | null
    node: string | null
    before: string | null
    limit: number
  },
): Promise<Participant[]> {
  const { workflowId, status, node, before, limit } = wanted
  return many(
    db,
    sql`select ${columns} from workflows.enrolment e join workflows.workflow w on w.id = e.workflow_id
      where e.workflow_id = ${workflowId}::bigint
        and (${status}::text is null or e.status = ${status}) and (${node}::text is null or e.node = ${node})
        and (${before}::bigint is null or e.id < ${before}::bigint)
      order by e.id desc limit ${limit}`,
  )
}

/** Every stay of a contact, the newest first. */
export function selectStays(db: Db, contactId: string, limit: number): Promise<Participant[]> {
  return many(
    db,
    sql`select ${columns} from workflows.enrolment e join workflows.workflow w on w.id = e.workflow_id
      where e.contact_id = ${contactId}::bigint order by e.id desc limit ${limit}`,
  )
}

/** The steps of some stays of a contact, in their order. */
export function selectPath(
  db: Db,
  contactId: string,
  enrolmentIds: string[],
): Promise<
  { enrolmentId: string; id: number; node: string; exit: string; at: Date; causeId: string | null }[]
> {
  return many(
    db,
    sql`select enrolment_id as "enrolmentId", id, node, exit, at, cause_id as "causeId" from workflows.step
      where contact_id = ${contactId}::bigint and enrolment_id = any(${enrolmentIds}::bigint[])
      order by enrolment_id, id limit 5000`,
  )
}

export function selectParticipant(
  db: Db,
  workflowId: string,
  enrolmentId: string,
): Promise<Participant | undefined> {
  return maybeOne<Participant>(
    db,
    sql`select ${columns} from workflows.enrolment e join workflows.workflow w on w.id = e.workflow_id
      where e.workflow_id = ${workflowId}::bigint and e.id = ${enrolmentId}::bigint`,
  )
}

/** Ends a stay from outside; the messages it has sent so far, or null when it has ended already. */
export async function takeOutRow(
  db: Db,
  stay: { contactId: string; id: string; reason: string; now: Date },
): Promise<string[] | null> {
  const ended = await maybeOne<{ state: { sent: Record<string, string> } }>(
    db,
    sql`update workflows.enrolment set status = 'left', ended_at = ${stay.now}, end_reason = ${stay.reason},
        wake_at = null, listens = '{}', held = false, rev = rev + 1
      where contact_id = ${stay.contactId}::bigint and id = ${stay.id}::bigint and status = 'active'
      returning state`,
  )
  return ended ? Object.values(ended.state.sent) : null
}

/** Puts a parked participant back where he stood; false when he is not parked, or has come in again meanwhile. */
export async function unparkRow(db: Db, stay: { contactId: string; id: string }): Promise<boolean> {
  const back = await run(
    db,
    sql`update workflows.enrolment e set status = 'active', ended_at = null, end_reason = null, rev = rev + 1
      where contact_id = ${stay.contactId}::bigint and id = ${stay.id}::bigint and status = 'parked'
        and not exists (select from workflows.enrolment other
          where other.contact_id = e.contact_id and other.workflow_id = e.workflow_id and other.status = 'active')`,
  )
  return back === 1
}

/** Active participants in order of contact, for a walk in pages. `below` leaves out those in that version or later. */
export function selectInside(
  db: Db,
  wanted: {
    workflowId: string
    heldOnly: boolean
    below: number | null
    after: { contactId: string; id: string } | null
    limit: number
  },
): Promise<{ contactId: string; id: string }[]> {
  const { workflowId, heldOnly, below, after, limit } = wanted
  return many(
    db,
    sql`select contact_id as "contactId", id from workflows.enrolment
      where workflow_id = ${workflowId}::bigint and status = 'active' and (not ${heldOnly} or held)
        and (${below}::int is null or version < ${below})
        and (contact_id, id) > (${after?.contactId ?? '0'}::bigint, ${after?.id ?? '0'}::bigint)
      order by contact_id, id limit ${limit}`,
  )
}

/** Parked participants per workflow. */
export function countParked(db: Db): Promise<{ name: string; n: number; reason: string }[]> {
  return many(
    db,
    sql`select w.name, count(*)::int as n, min(e.end_reason) as reason
      from workflows.enrolment e join workflows.workflow w on w.id = e.workflow_id
      where e.status = 'parked' group by w.name order by n desc limit 20`,
  )
}

/** Removes every trace of a contact from this room. */
export async function forgetContact(trx: Db, contactIds: string[]): Promise<void> {
  await run(trx, sql`delete from workflows.step where contact_id = any(${contactIds}::bigint[])`)
  await run(trx, sql`delete from workflows.enrolment where contact_id = any(${contactIds}::bigint[])`)
}

/**
 * Hands the stays of one contact to another. The key of a stay that both have gets the stay's id behind it; of two
 * stays inside the same workflow the one of `to` goes on and the other ends.
 */
export async function repointContact(trx: Db, from: string, to: string): Promise<void> {
  await run(
    trx,
    sql`with gone as (
        delete from workflows.enrolment where contact_id = ${from}::bigint
        returning id, workflow_id, version, entry_key, status, node, arrived_at, steps, wake_at, listens, held, state,
          why, cause_id, entered_at, ended_at, end_reason, rev),
      mine as (select workflow_id, entry_key, status from workflows.enrolment where contact_id = ${to}::bigint)
      insert into workflows.enrolment (contact_id, id, workflow_id, version, entry_key, status, node, arrived_at, steps,
        wake_at, listens, held, state, why, cause_id, entered_at, ended_at, end_reason, rev)
      select ${to}::bigint, g.id, g.workflow_id, g.version,
        case when exists (select from mine m where m.workflow_id = g.workflow_id and m.entry_key = g.entry_key)
          then g.entry_key || ':' || g.id else g.entry_key end,
        case when joins then 'left' else g.status end, g.node, g.arrived_at, g.steps,
        case when joins then null else g.wake_at end, case when joins then '{}' else g.listens end,
        g.held and not joins, g.state, g.why, g.cause_id, g.entered_at,
        case when joins then g.arrived_at else g.ended_at end,
        case when joins then 'joined with another contact' else g.end_reason end, g.rev
      from gone g cross join lateral (
        select g.status = 'active' and exists (
          select from mine m where m.workflow_id = g.workflow_id and m.status = 'active') as joins) j`,
  )
  await run(
    trx,
    sql`with gone as (
        delete from workflows.step where contact_id = ${from}::bigint
        returning enrolment_id, id, node, exit, at, cause_id)
      insert into workflows.step (contact_id, enrolment_id, id, node, exit, at, cause_id)
      select ${to}::bigint, enrolment_id, id, node, exit, at, cause_id from gone`,
  )
}

/** What we hold about a contact here, for the contact. */
export function exportContact(db: Db, contactId: string): Promise<unknown> {
  return many(
    db,
    sql`select w.name as workflow, e.version, e.status, e.entered_at as "enteredAt", e.ended_at as "endedAt",
        e.end_reason as "endReason", (
          select coalesce(jsonb_agg(jsonb_build_object('step', s.node, 'way', s.exit, 'at', s.at) order by s.id), '[]')
          from workflows.step s where s.contact_id = e.contact_id and s.enrolment_id = e.id) as steps
      from workflows.enrolment e join workflows.workflow w on w.id = e.workflow_id
      where e.contact_id = ${contactId}::bigint order by e.id`,
  )
}
