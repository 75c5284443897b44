import { plainArray, textArray } from '#platform/db/arrays.ts'
import { type Db, many, maybeOne, one, run, sql } from '#platform/db/db.ts'
import type { Escalation } from './definition.ts'

export type Alert = {
  contactId: string
  id: string
  ruleId: string | null
  source: string
  headline: string
  because: string | null
  causeId: string | null
  reason: string
  raisedAt: Date
  escalation: Escalation | null
  level: number
  acknowledgedAt: Date | null
  acknowledgedBy: string | null
}
export type NewAlert = Omit<Alert, 'level' | 'acknowledgedAt' | 'acknowledgedBy'>

const iso = (date: Date) => date.toISOString()
const columns = sql`a.contact_id as "contactId", a.id, a.rule_id as "ruleId", a.source, a.headline, a.because,
  a.cause_id as "causeId", a.reason, a.raised_at as "raisedAt", a.escalation, a.level,
  a.acknowledged_at as "acknowledgedAt", a.acknowledged_by as "acknowledgedBy"`

/** Writes alerts; the ids of those that were new: the same reason raises one. */
export async function insertAlerts(db: Db, rows: NewAlert[]): Promise<Set<string>> {
  if (rows.length === 0) return new Set()
  const fresh = await many<{ id: string }>(
    db,
    sql`
    insert into crm.alert (contact_id, id, rule_id, source, headline, because, cause_id, reason, raised_at, escalation)
    select contact_id, id, rule_id, source, headline, because, cause_id, reason, raised_at, escalation::jsonb
    from unnest(${plainArray(rows.map(row => row.contactId))}::bigint[], ${plainArray(rows.map(row => row.id))}::bigint[],
      ${plainArray(rows.map(row => row.ruleId))}::bigint[], ${textArray(rows.map(row => row.source))}::text[],
      ${textArray(rows.map(row => row.headline))}::text[], ${textArray(rows.map(row => row.because))}::text[],
      ${plainArray(rows.map(row => row.causeId))}::bigint[], ${textArray(rows.map(row => row.reason))}::text[],
      ${plainArray(rows.map(row => iso(row.raisedAt)))}::timestamptz[],
      ${textArray(rows.map(row => row.escalation && JSON.stringify(row.escalation)))}::text[])
      as fresh (contact_id, id, rule_id, source, headline, because, cause_id, reason, raised_at, escalation)
    on conflict (contact_id, reason) do nothing
    returning id`,
  )
  return new Set(fresh.map(row => row.id))
}

export function selectAlerts(db: Db, keys: { contactId: string; id: string }[]): Promise<Alert[]> {
  if (keys.length === 0) return Promise.resolve([])
  return many(
    db,
    sql`
    select ${columns} from unnest(${keys.map(key => key.contactId)}::bigint[], ${keys.map(key => key.id)}::bigint[])
      as wanted (contact_id, id)
    join crm.alert a on a.contact_id = wanted.contact_id and a.id = wanted.id`,
  )
}

/** When each rule last told of each of these contacts. */
export function lastRaised(
  db: Db,
  contactIds: string[],
  ruleIds: string[],
): Promise<{ contactId: string; ruleId: string; at: Date }[]> {
  return many(
    db,
    sql`
    select contact_id as "contactId", rule_id as "ruleId", max(raised_at) as at from crm.alert
    where contact_id = any(${contactIds}::bigint[]) and rule_id = any(${ruleIds}::bigint[])
    group by contact_id, rule_id`,
  )
}

export async function raiseLevel(db: Db, keys: { contactId: string; id: string }[]): Promise<void> {
  await run(
    db,
    sql`
    update crm.alert a set level = a.level + 1
    from unnest(${keys.map(key => key.contactId)}::bigint[], ${keys.map(key => key.id)}::bigint[]) as up (contact_id, id)
    where a.contact_id = up.contact_id and a.id = up.id`,
  )
}

/** Alerts of a rule, or a contact's, the newest first. */
export function listAlerts(
  db: Db,
  ask: { ruleId: string | null; contactId: string | null; before: string | null; limit: number },
): Promise<Alert[]> {
  return many(
    db,
    sql`
    select ${columns} from crm.alert a
    where (${ask.ruleId}::bigint is null or a.rule_id = ${ask.ruleId}::bigint)
      and (${ask.contactId}::bigint is null or a.contact_id = ${ask.contactId}::bigint)
      and (${ask.before}::bigint is null or a.id < ${ask.before}::bigint)
    order by a.id desc limit ${ask.limit}`,
  )
}

/** The first word counts: false where somebody has acknowledged it before. */
export async function acknowledgeAlert(
  db: Db,
  key: { contactId: string; id: string },
  by: string,
  now: Date,
): Promise<boolean> {
  const changed = await run(
    db,
    sql`
    update crm.alert set acknowledged_at = ${iso(now)}::timestamptz, acknowledged_by = ${by}
    where contact_id = ${key.contactId}::bigint and id = ${key.id}::bigint and acknowledged_at is null`,
  )
  return changed === 1
}

/** All alerts about a contact that nobody has answered since a moment; answers those this has changed. */
export function acknowledgeAll(
  db: Db,
  ask: { contactId: string; by: string; now: Date },
): Promise<{ id: string }[]> {
  return many(
    db,
    sql`
    update crm.alert set acknowledged_at = ${iso(ask.now)}::timestamptz, acknowledged_by = ${ask.by}
    where contact_id = ${ask.contactId}::bigint and acknowledged_at is null returning id`,
  )
}

export type Notice = {
  contactId: string
  id: string
  alertId: string
  level: number
  userId: string | null
  channel: 'email' | 'slack' | 'teams' | 'task'
  dueAt: Date
  waits: boolean
}
const noticeColumns = sql`n.contact_id as "contactId", n.id, n.alert_id as "alertId", n.level, n.user_id as "userId",
  n.channel, n.due_at as "dueAt", n.waits`

export async function insertNotices(db: Db, rows: Notice[]): Promise<void> {
  if (rows.length === 0) return
  await run(
    db,
    sql`
    insert into crm.alert_notice (contact_id, id, alert_id, level, user_id, channel, due_at, waits)
    select contact_id, id, alert_id, level, user_id, channel, due_at, waits
    from unnest(${plainArray(rows.map(row => row.contactId))}::bigint[], ${plainArray(rows.map(row => row.id))}::bigint[],
      ${plainArray(rows.map(row => row.alertId))}::bigint[], ${plainArray(rows.map(row => row.level))}::smallint[],
      ${textArray(rows.map(row => row.userId))}::text[], ${textArray(rows.map(row => row.channel))}::text[],
      ${plainArray(rows.map(row => iso(row.dueAt)))}::timestamptz[], ${rows.map(row => row.waits)}::boolean[])
      as fresh (contact_id, id, alert_id, level, user_id, channel, due_at, waits)`,
  )
}

export function selectNotice(db: Db, key: { contactId: string; id: string }): Promise<Notice | undefined> {
  return maybeOne(
    db,
    sql`select ${noticeColumns} from crm.alert_notice n
      where n.contact_id = ${key.contactId}::bigint and n.id = ${key.id}::bigint`,
  )
}

/** Whom these alerts have reached. */
export function noticesOf(db: Db, alerts: { contactId: string; id: string }[]): Promise<Notice[]> {
  if (alerts.length === 0) return Promise.resolve([])
  return many(
    db,
    sql`
    select ${noticeColumns} from unnest(${alerts.map(row => row.contactId)}::bigint[], ${alerts.map(row => row.id)}::bigint[])
      as wanted (contact_id, id)
    join crm.alert_notice n on n.contact_id = wanted.contact_id and n.alert_id = wanted.id
    order by n.level, n.id`,
  )
}

/** Takes what is due out of waiting for a digest, all of the people whose time has come. */
export function takeDigest(db: Db, now: Date): Promise<Notice[]> {
  return many(
    db,
    sql`
    update crm.alert_notice n set waits = false
    where n.waits and n.user_id in (
      select due.user_id from crm.alert_notice due where due.waits and due.due_at <= ${iso(now)}::timestamptz
      order by due.due_at limit 500) and n.due_at <= ${iso(now)}::timestamptz
    returning ${noticeColumns}`,
  )
}

/** How many notices wait for a digest that is due, and when the next one is. */
export function digestState(db: Db, now: Date): Promise<{ due: number; next: Date | null }> {
  return one(
    db,
    sql`
    select count(*) filter (where due_at <= ${iso(now)}::timestamptz)::int as due,
      min(due_at) filter (where due_at > ${iso(now)}::timestamptz) as next
    from crm.alert_notice where waits`,
  )
}
