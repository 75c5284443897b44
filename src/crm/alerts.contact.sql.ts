import { type Db, many, run, sql } from '#platform/db/db.ts'

/** Removes every trace of contacts from alerts and leads. */
export async function forgetAlerts(trx: Db, contactIds: string[]): Promise<void> {
  for (const table of ['crm.alert_notice', 'crm.alert', 'crm.handoff'])
    await run(trx, sql`delete from ${sql.table(table)} where contact_id = any(${contactIds}::bigint[])`)
}

/** Hands alerts and leads of one contact to another. Of two leads that wait, that of `to` goes on. */
export async function repointAlerts(trx: Db, from: string, to: string): Promise<void> {
  await run(
    trx,
    sql`
    with gone as (
      delete from crm.alert where contact_id = ${from}::bigint
      returning id, rule_id, source, headline, because, cause_id, reason, raised_at, escalation, level,
        acknowledged_at, acknowledged_by)
    insert into crm.alert (contact_id, id, rule_id, source, headline, because, cause_id, reason, raised_at, escalation,
      level, acknowledged_at, acknowledged_by)
    select ${to}::bigint, g.id, g.rule_id, g.source, g.headline, g.because, g.cause_id,
      case when exists (select from crm.alert a where a.contact_id = ${to}::bigint and a.reason = g.reason)
        then g.reason || ':' || g.id else g.reason end,
      g.raised_at, g.escalation, g.level, g.acknowledged_at, g.acknowledged_by
    from gone g`,
  )
  await run(
    trx,
    sql`
    with gone as (
      delete from crm.alert_notice where contact_id = ${from}::bigint
      returning id, alert_id, level, user_id, channel, due_at, waits)
    insert into crm.alert_notice (contact_id, id, alert_id, level, user_id, channel, due_at, waits)
    select ${to}::bigint, id, alert_id, level, user_id, channel, due_at, waits from gone`,
  )
  await repointHandoffs(trx, from, to)
}

async function repointHandoffs(trx: Db, from: string, to: string): Promise<void> {
  await run(
    trx,
    sql`
    with gone as (
      delete from crm.handoff where contact_id = ${from}::bigint
      returning id, user_id, state, words, requested_by, alert_id, hot_at, requested_at, decided_at, decided_by,
        return_reason, note)
    insert into crm.handoff (contact_id, id, user_id, state, words, requested_by, alert_id, hot_at, requested_at,
      decided_at, decided_by, return_reason, note)
    select ${to}::bigint, g.id, g.user_id, case when double then 'returned' else g.state end, g.words, g.requested_by,
      g.alert_id, g.hot_at, g.requested_at, case when double then g.hot_at else g.decided_at end,
      case when double then 'Tend' else g.decided_by end, case when double then 'already_known' else g.return_reason end,
      case when double then 'joined with another contact' else g.note end
    from gone g cross join lateral (
      select g.state = 'open' and exists (
        select from crm.handoff h where h.contact_id = ${to}::bigint and h.state = 'open') as double) d`,
  )
}

/** What we hold about a contact here, for the contact. */
export async function exportAlerts(db: Db, contactId: string): Promise<unknown> {
  const alerts = await many(
    db,
    sql`
    select source, headline, because, raised_at as "raisedAt", acknowledged_at as "acknowledgedAt"
    from crm.alert where contact_id = ${contactId}::bigint order by id`,
  )
  const leads = await many(
    db,
    sql`
    select state, words, requested_by as "requestedBy", requested_at as "requestedAt", decided_at as "decidedAt",
      return_reason as "returnReason", note
    from crm.handoff where contact_id = ${contactId}::bigint order by id`,
  )
  return { alerts, leads }
}
