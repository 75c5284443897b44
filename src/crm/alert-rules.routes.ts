import { z } from 'zod'
import { may } from '#access/policy.ts'
import { scoreModelsByIds } from '#decisions/score-models.ts'
import type { Db } from '#platform/db/db.ts'
import { notFound } from '#platform/errors.ts'
import { page, pageOf, pageQuery, readCursor } from '#platform/http/paging.ts'
import {
  type Actor,
  daySchema,
  idParams,
  idSchema,
  type Route,
  route,
  timeSchema,
} from '#platform/http/route.ts'
import { type AlertRule, changeRule, createRule, getRule, publishRule, setRuleStatus } from './alert-rules.ts'
import { type AlertDefinition, definitionSchema } from './alerts/definition.ts'
import { countByRule, listRules } from './alerts/rules.sql.ts'
import { describeTrigger } from './alerts/trigger.ts'

const tag = 'Sales alerts'
const monthMs = 30 * 86_400_000
export const ruleName = z
  .string()
  .trim()
  .min(1)
  .max(120)
  .refine(text => !text.includes('\0'), 'holds a NUL')
const ruleSchema = z.object({
  id: idSchema,
  name: z.string(),
  status: z.enum(['draft', 'live', 'paused', 'archived']),
  ownerId: z.string().nullable(),
  reviewOn: daySchema.nullable(),
  draft: definitionSchema,
  live: definitionSchema.nullable(),
  liveVersion: z.int().nullable(),
  version: z.int(),
  createdAt: timeSchema,
  updatedAt: timeSchema,
  updatedBy: z.string(),
  /** When somebody ..., in words. */
  sentence: z.string(),
  /** In the last 30 days. */
  raised: z.int(),
  acknowledged: z.int(),
})
/** Whoever knows the address of a channel can write there: who may not change the rule sees only where it leads. */
function visible(actor: Actor, definition: AlertDefinition): AlertDefinition {
  if (may(actor, 'alerts.edit')) return definition
  const hostOnly = (url: string | null) => (url && URL.canParse(url) ? `${new URL(url).origin}/...` : null)
  const { channels } = definition
  return {
    ...definition,
    channels: { ...channels, slackUrl: hostOnly(channels.slackUrl), teamsUrl: hostOnly(channels.teamsUrl) },
  }
}

async function shownAll(db: Db, actor: Actor, rules: AlertRule[], now: Date) {
  const models = rules.flatMap(({ draft, live }) =>
    [draft, live].flatMap(each =>
      each?.trigger.on === 'score' && each.trigger.modelId ? [each.trigger.modelId] : [],
    ),
  )
  const names = new Map(
    (await scoreModelsByIds(db, [...new Set(models)])).map(model => [model.id, model.name]),
  )
  const since = new Date(now.getTime() - monthMs)
  const counts = new Map(
    (
      await countByRule(
        db,
        rules.map(rule => rule.id),
        since,
      )
    ).map(row => [row.ruleId, row]),
  )
  return rules.map(rule => ({
    ...rule,
    draft: visible(actor, rule.draft),
    live: rule.live && visible(actor, rule.live),
    sentence: describeTrigger((rule.live ?? rule.draft).trigger, names),
    raised: counts.get(rule.id)?.raised ?? 0,
    acknowledged: counts.get(rule.id)?.acknowledged ?? 0,
  }))
}

async function shown(db: Db, actor: Actor, rule: AlertRule, now: Date) {
  const [one] = await shownAll(db, actor, [rule], now)
  if (!one) throw notFound('alert rule')
  return one
}

/** Rules that alert sales: drafts, publishing, pausing. */
export const alertRuleRoutes: Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/alert-rules',
    can: 'alerts.read',
    summary: 'Rules that alert sales, the newest first, with how often they did in 30 days',
    tag,
    query: pageQuery.extend({ archived: z.enum(['true', 'false']).default('false') }),
    reply: pageOf(ruleSchema),
    async handle({ query, actor }, { db, clock }) {
      const rows = await listRules(db, {
        archived: query.archived === 'true',
        before: readCursor(query.cursor, idSchema),
        limit: query.limit + 1,
      })
      return page(await shownAll(db, actor, rows, clock.now()), query.limit, row => row.id)
    },
  }),
  route({
    method: 'POST',
    url: '/api/v1/alert-rules',
    can: 'alerts.edit',
    summary: 'Start an alert rule as a draft, finished or not',
    tag,
    body: z.strictObject({ name: ruleName, draft: definitionSchema.optional() }),
    reply: ruleSchema,
    status: 201,
    handle: async ({ body, actor }, services) =>
      shown(services.db, actor, await createRule(services, actor, body), services.clock.now()),
  }),
  route({
    method: 'GET',
    url: '/api/v1/alert-rules/:id',
    can: 'alerts.read',
    summary: 'One alert rule: its draft, and what is live',
    tag,
    params: idParams,
    reply: ruleSchema,
    handle: async ({ params, actor }, { db, clock }) =>
      shown(db, actor, await getRule(db, params.id), clock.now()),
  }),
  route({
    method: 'PATCH',
    url: '/api/v1/alert-rules/:id',
    can: 'alerts.edit',
    summary: 'Change the draft, name, owner or review day; needs the version that was read',
    tag,
    params: idParams,
    body: z.strictObject({
      version: z.int(),
      name: ruleName.optional(),
      draft: definitionSchema.optional(),
      ownerId: z.string().max(60).nullable().optional(),
      reviewOn: daySchema.nullable().optional(),
    }),
    reply: ruleSchema,
    handle: async ({ params, body, actor }, services) =>
      shown(services.db, actor, await changeRule(services, actor, params.id, body), services.clock.now()),
  }),
  route({
    method: 'POST',
    url: '/api/v1/alert-rules/:id/publish',
    can: 'alerts.publish',
    summary: 'Make the draft live: it tells sales from now on',
    tag,
    params: idParams,
    body: z.strictObject({ version: z.int(), ownerId: z.string().max(60), reviewOn: daySchema }),
    reply: ruleSchema,
    handle: async ({ params, body, actor }, services) =>
      shown(services.db, actor, await publishRule(services, actor, params.id, body), services.clock.now()),
  }),
  ...(['pause', 'archive'] as const).map(word =>
    route({
      method: 'POST',
      url: `/api/v1/alert-rules/:id/${word}`,
      can: 'alerts.publish',
      summary:
        word === 'pause' ? 'Tell nobody until it is published again' : 'Put a rule away; what it told stays',
      tag,
      params: idParams,
      body: z.strictObject({ version: z.int() }),
      reply: ruleSchema,
      handle: async ({ params, body, actor }, services) => {
        const status = word === 'pause' ? 'paused' : 'archived'
        const rule = await setRuleStatus(services, actor, params.id, { version: body.version, status })
        return shown(services.db, actor, rule, services.clock.now())
      },
    }),
  ),
]
