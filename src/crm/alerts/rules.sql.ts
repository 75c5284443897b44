import { type Db, many, maybeOne, one, run, sql } from '#platform/db/db.ts'
import type { AlertDefinition } from './definition.ts'

export type RuleStatus = 'draft' | 'live' | 'paused' | 'archived'
export type AlertRule = {
  id: string
  name: string
  status: RuleStatus
  ownerId: string | null
  reviewOn: string | null
  draft: AlertDefinition
  live: AlertDefinition | null
  liveVersion: number | null
  version: number
  createdAt: Date
  updatedAt: Date
  updatedBy: string
}
export type LiveRule = { id: string; name: string; definition: AlertDefinition }

const columns = sql`r.id, r.name, r.status, r.owner_id as "ownerId", to_char(r.review_on, 'YYYY-MM-DD') as "reviewOn",
  r.draft, v.definition as live, r.live_version as "liveVersion", r.version, r.created_at as "createdAt",
  r.updated_at as "updatedAt", r.updated_by as "updatedBy"`
const tables = sql`crm.alert_rule r left join crm.alert_rule_version v on v.rule_id = r.id and v.number = r.live_version`
const iso = (date: Date) => date.toISOString()

/** All rules that run, as they were published: asked once per batch of events, so that a change counts at once. */
export function liveRules(db: Db): Promise<LiveRule[]> {
  return many(
    db,
    sql`select r.id, r.name, v.definition from ${tables} where r.status = 'live' and v.definition is not null order by r.id limit 500`,
  )
}

export function selectRule(db: Db, id: string): Promise<AlertRule | undefined> {
  return maybeOne(db, sql`select ${columns} from ${tables} where r.id = ${id}::bigint`)
}

export async function lockRule(db: Db, id: string): Promise<AlertRule | undefined> {
  await run(db, sql`select from crm.alert_rule where id = ${id}::bigint for update`)
  return selectRule(db, id)
}

/** Rules, the newest first; archived ones only where asked for. */
export function listRules(
  db: Db,
  ask: { archived: boolean; before: string | null; limit: number },
): Promise<AlertRule[]> {
  return many(
    db,
    sql`
    select ${columns} from ${tables}
    where (r.status = 'archived') = ${ask.archived} and (${ask.before}::bigint is null or r.id < ${ask.before}::bigint)
    order by r.id desc limit ${ask.limit}`,
  )
}

/** How often these rules told somebody since a moment, and how many of it were acknowledged. */
export function countByRule(
  db: Db,
  ids: string[],
  since: Date,
): Promise<{ ruleId: string; raised: number; acknowledged: number }[]> {
  return many(
    db,
    sql`
    select rule_id as "ruleId", count(*)::int as raised, count(acknowledged_at)::int as acknowledged
    from crm.alert where rule_id = any(${ids}::bigint[]) and raised_at > ${iso(since)}::timestamptz group by rule_id`,
  )
}

export async function insertRule(
  db: Db,
  rule: { id: string; name: string; draft: AlertDefinition; ownerId: string | null; by: string; now: Date },
): Promise<void> {
  await run(
    db,
    sql`
    insert into crm.alert_rule (id, name, status, draft, version, owner_id, created_at, updated_at, updated_by)
    values (${rule.id}::bigint, ${rule.name}, 'draft', ${JSON.stringify(rule.draft)}::jsonb, 1, ${rule.ownerId},
      ${iso(rule.now)}::timestamptz, ${iso(rule.now)}::timestamptz, ${rule.by})`,
  )
}

export async function updateRule(
  db: Db,
  rule: Pick<AlertRule, 'id' | 'name' | 'draft' | 'ownerId' | 'reviewOn' | 'status' | 'liveVersion'>,
  by: { name: string; now: Date },
): Promise<void> {
  await run(
    db,
    sql`
    update crm.alert_rule set name = ${rule.name}, draft = ${JSON.stringify(rule.draft)}::jsonb, owner_id = ${rule.ownerId},
      review_on = ${rule.reviewOn}::date, status = ${rule.status}, live_version = ${rule.liveVersion}::int,
      version = version + 1, updated_at = ${iso(by.now)}::timestamptz, updated_by = ${by.name}
    where id = ${rule.id}::bigint`,
  )
}

/** Writes the next version of what runs; its number. */
export async function insertVersion(
  db: Db,
  given: { ruleId: string; definition: AlertDefinition; by: string; now: Date },
): Promise<number> {
  const { number } = await one<{ number: number }>(
    db,
    sql`
    insert into crm.alert_rule_version (rule_id, number, definition, published_at, published_by)
    select ${given.ruleId}::bigint, coalesce(max(number), 0) + 1, ${JSON.stringify(given.definition)}::jsonb,
      ${iso(given.now)}::timestamptz, ${given.by}
    from crm.alert_rule_version where rule_id = ${given.ruleId}::bigint
    returning number`,
  )
  return number
}
