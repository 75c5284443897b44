import { audit } from '#access/audit.ts'
import { requireSteward } from '#access/ownership.ts'
import { setReferences } from '#access/references.ts'
import { registerMetrics, releaseMetrics } from '#decisions/metrics.ts'
import { type Db, inTransaction } from '#platform/db/db.ts'
import { conflict, invalid, notFound } from '#platform/errors.ts'
import type { Actor } from '#platform/http/route.ts'
import { newId } from '#platform/ids.ts'
import type { Services } from '#platform/services.ts'
import {
  type AlertDefinition,
  emptyDefinition,
  filtersIn,
  referencesOf,
  requireSound,
} from './alerts/definition.ts'
import { activePeople } from './alerts/recipients.ts'
import {
  type AlertRule,
  insertRule,
  insertVersion,
  lockRule,
  selectRule,
  updateRule,
} from './alerts/rules.sql.ts'

export { definitionSchema } from './alerts/definition.ts'
export type { AlertRule }

type House = Pick<Services, 'db' | 'egress' | 'clock'>

export async function getRule(db: Db, id: string): Promise<AlertRule> {
  const found = await selectRule(db, id)
  if (!found) throw notFound('alert rule')
  return found
}

/** Refused at once, and not only when it would be told: what is no public address. */
function requireReachable({ egress }: Pick<Services, 'egress'>, { channels }: AlertDefinition): void {
  const problems = (['slackUrl', 'teamsUrl'] as const).flatMap(field => {
    const url = channels[field]
    const words = url ? egress.refusal(url) : null
    return words ? [{ path: `draft.channels.${field}`, message: words }] : []
  })
  if (problems.length > 0) throw invalid('This address cannot be told.', problems)
}

/** Starts a rule as a draft, finished or not. */
export async function createRule(
  house: House,
  actor: Actor,
  wanted: { name: string; draft?: AlertDefinition | undefined },
): Promise<AlertRule> {
  const id = newId()
  const draft = wanted.draft ?? emptyDefinition
  requireReachable(house, draft)
  return inTransaction(house.db, async trx => {
    const ownerId = actor.kind === 'user' ? actor.id : null
    await insertRule(trx, { id, name: wanted.name, draft, ownerId, by: actor.name, now: house.clock.now() })
    await audit(trx, actor, 'alerts.create', { kind: 'alert', id }, { name: wanted.name })
    return getRule(trx, id)
  })
}

/** Refuses a change made against an older state, and says who changed it since. */
async function lockAt(trx: Db, id: string, version: number): Promise<AlertRule> {
  const rule = await lockRule(trx, id)
  if (!rule) throw notFound('alert rule')
  if (rule.version !== version)
    throw conflict('stale', `${rule.updatedBy} has changed this alert meanwhile. Load it again.`, {
      version: rule.version,
      updatedBy: rule.updatedBy,
      updatedAt: rule.updatedAt.toISOString(),
    })
  return rule
}

export type RuleChange = {
  version: number
  name?: string | undefined
  draft?: AlertDefinition | undefined
  ownerId?: string | null | undefined
  reviewOn?: string | null | undefined
}

/** Changes the draft, name or steward. What is live goes on as it was published. */
export async function changeRule(
  house: House,
  actor: Actor,
  id: string,
  change: RuleChange,
): Promise<AlertRule> {
  const now = house.clock.now()
  if (change.draft) requireReachable(house, change.draft)
  return inTransaction(house.db, async trx => {
    const before = await lockAt(trx, id, change.version)
    const after = {
      ...before,
      name: change.name ?? before.name,
      draft: change.draft ?? before.draft,
      ownerId: change.ownerId === undefined ? before.ownerId : change.ownerId,
      reviewOn: change.reviewOn === undefined ? before.reviewOn : change.reviewOn,
    }
    if (before.status === 'live') await requireSteward(trx, after, now)
    await updateRule(trx, after, { name: actor.name, now })
    await audit(trx, actor, 'alerts.edit', { kind: 'alert', id }, { name: after.name })
    return getRule(trx, id)
  })
}

/** Makes the draft the next version and live. What its filters count is counted from now on. */
export async function publishRule(
  house: House,
  actor: Actor,
  id: string,
  wanted: { version: number; ownerId: string; reviewOn: string },
): Promise<AlertRule> {
  const now = house.clock.now()
  return inTransaction(house.db, async trx => {
    await requireSteward(trx, wanted, now)
    const rule = await lockAt(trx, id, wanted.version)
    requireSound(rule.draft, new Set((await activePeople(trx)).keys()))
    requireReachable(house, rule.draft)
    const isNew = rule.status !== 'live' || JSON.stringify(rule.live) !== JSON.stringify(rule.draft)
    const given = { ruleId: id, definition: rule.draft, by: actor.name, now }
    const liveVersion = isNew ? await insertVersion(trx, given) : rule.liveVersion
    const { ownerId, reviewOn } = wanted
    await updateRule(
      trx,
      { ...rule, status: 'live', liveVersion, ownerId, reviewOn },
      { name: actor.name, now },
    )
    await follow(trx, rule, rule.draft)
    await audit(trx, actor, 'alerts.publish', { kind: 'alert', id }, { liveVersion })
    return getRule(trx, id)
  })
}

/** States what a rule uses and what is to be counted for it; null: nothing any more. */
async function follow(trx: Db, { id, name }: AlertRule, definition: AlertDefinition | null): Promise<void> {
  await setReferences(trx, { kind: 'alert', id, name }, definition ? referencesOf(definition) : [])
  const filters = definition ? filtersIn(definition).map(({ filter }) => filter) : []
  if (filters.length > 0) await registerMetrics(trx, { kind: 'alert', id }, filters)
  else await releaseMetrics(trx, { kind: 'alert', id })
}

/** Pauses a rule, lets a paused one go on, or archives it: it tells nobody any more, what it told stays. */
export async function setRuleStatus(
  house: House,
  actor: Actor,
  id: string,
  wanted: { version: number; status: 'paused' | 'archived' },
): Promise<AlertRule> {
  const now = house.clock.now()
  return inTransaction(house.db, async trx => {
    const rule = await lockAt(trx, id, wanted.version)
    if (wanted.status === 'paused' && rule.status !== 'live')
      throw conflict('not_live', 'Only a live alert can be paused.')
    await updateRule(trx, { ...rule, status: wanted.status }, { name: actor.name, now })
    if (wanted.status === 'archived') await follow(trx, rule, null)
    await audit(trx, actor, `alerts.${wanted.status === 'paused' ? 'pause' : 'archive'}`, {
      kind: 'alert',
      id,
    })
    return getRule(trx, id)
  })
}
