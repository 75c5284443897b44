import { z } from 'zod'
import { audit } from '#access/audit.ts'
import { may } from '#access/policy.ts'
import { listUsers } from '#access/users.ts'
import { record } from '#activity/record.ts'
import { contactsForRender } from '#audience/contacts.ts'
import { scoreModelsByIds } from '#decisions/score-models.ts'
import type { Db } from '#platform/db/db.ts'
import { inTransaction } from '#platform/db/db.ts'
import { notFound } from '#platform/errors.ts'
import { page, pageOf, pageQuery, readCursor } from '#platform/http/paging.ts'
import {
  type Actor,
  daySchema,
  done,
  idParams,
  idSchema,
  type Route,
  route,
  timeSchema,
} from '#platform/http/route.ts'
import { type AlertRule, changeRule, createRule, getRule, publishRule, setRuleStatus } from './alert-rules.ts'
import { acknowledgeAlert, listAlerts, noticesOf, selectAlerts } from './alerts/alerts.sql.ts'
import { type AlertDefinition, definitionSchema } from './alerts/definition.ts'
import { pastOf, sampleOf } from './alerts/preview.ts'
import { countByRule, listRules } from './alerts/rules.sql.ts'
import { nameOf } from './alerts/story.ts'
import { describeTrigger } from './alerts/trigger.ts'

const tag = 'Sales alerts'
const monthMs = 30 * 86_400_000
const name = z
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
const alertSchema = z.object({
  contactId: idSchema,
  id: idSchema,
  ruleId: idSchema.nullable(),
  who: z.string(),
  source: z.string(),
  headline: z.string(),
  because: z.string().nullable(),
  raisedAt: timeSchema,
  acknowledgedAt: timeSchema.nullable(),
  acknowledgedBy: z.string().nullable(),
  told: z.array(
    z.object({ channel: z.string(), person: z.string().nullable(), dueAt: timeSchema, waits: z.boolean() }),
  ),
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

const definitions: Route[] = [
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
    body: z.strictObject({ name, draft: definitionSchema.optional() }),
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
      name: name.optional(),
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

const payload = z.object({
  subject: z.string().optional(),
  text: z.string(),
  html: z.string().optional(),
  body: z.record(z.string(), z.unknown()).optional(),
})
const whoAndWhen = z.object({ contactId: idSchema, at: timeSchema, who: z.string() })

const uses: Route[] = [
  route({
    method: 'POST',
    url: '/api/v1/alert-rules/preview',
    can: 'alerts.preview',
    summary: 'What a rule would have told in 30 days, and its messages about a real contact',
    tag,
    body: z.strictObject({ name, draft: definitionSchema, contactId: idSchema.nullable().default(null) }),
    reply: z.object({
      times: z.int().nullable(),
      people: z.int(),
      more: z.boolean(),
      last: z.array(whoAndWhen),
      sample: z
        .object({
          contactId: idSchema,
          who: z.string(),
          person: z.object({ id: z.string(), name: z.string(), email: z.string() }).nullable(),
          email: payload,
          slack: payload,
          teams: payload,
        })
        .nullable(),
    }),
    async handle({ body }, services) {
      const { db } = services
      const definition = body.draft
      const past = await pastOf(services, definition)
      const contactId = body.contactId ?? past.last[0]?.contactId ?? null
      const { trigger } = definition
      const model =
        trigger.on === 'score' && trigger.modelId ? await scoreModelsByIds(db, [trigger.modelId]) : []
      const because = describeTrigger(trigger, new Map(model.map(each => [each.id, each.name])))
      const sample =
        contactId && (await sampleOf(services, { name: body.name, definition, contactId, because }))
      const names = await namesOf(db, [
        ...past.last.map(row => row.contactId),
        ...(contactId ? [contactId] : []),
      ])
      const who = (id: string) => names.get(id) ?? 'A contact'
      return {
        ...past,
        last: past.last.map(row => ({ ...row, who: who(row.contactId) })),
        sample: sample ? { ...sample, who: who(sample.contactId) } : null,
      }
    },
  }),
  route({
    method: 'GET',
    url: '/api/v1/alerts',
    can: 'leads.read',
    summary: 'What sales was alerted to, the newest first: of a rule, about a contact, or all',
    tag,
    query: pageQuery.extend({ ruleId: idSchema.optional(), contactId: idSchema.optional() }),
    reply: pageOf(alertSchema),
    async handle({ query }, { db }) {
      const rows = await listAlerts(db, {
        ruleId: query.ruleId ?? null,
        contactId: query.contactId ?? null,
        before: readCursor(query.cursor, idSchema),
        limit: query.limit + 1,
      })
      const names = await namesOf(
        db,
        rows.map(row => row.contactId),
      )
      const users = new Map((await listUsers(db)).map(user => [user.id, user.name]))
      const notices = Map.groupBy(await noticesOf(db, rows), notice => notice.alertId)
      const items = rows.map(row => ({
        ...row,
        who: names.get(row.contactId) ?? 'A contact',
        told: (notices.get(row.id) ?? []).map(({ channel, userId, dueAt, waits }) => ({
          channel,
          person: userId ? (users.get(userId) ?? null) : null,
          dueAt,
          waits,
        })),
      }))
      return page(items, query.limit, row => row.id)
    },
  }),
  route({
    method: 'POST',
    url: '/api/v1/alerts/:contactId/:id/acknowledge',
    can: 'leads.edit',
    summary: 'Say that somebody looks after it: nobody else is told',
    tag,
    params: z.object({ contactId: idSchema, id: idSchema }),
    reply: done,
    async handle({ params, actor }, { db, clock }) {
      const now = clock.now()
      await inTransaction(db, async trx => {
        const [alert] = await selectAlerts(trx, [params])
        if (!alert) throw notFound('alert')
        if (!(await acknowledgeAlert(trx, params, actor.name, now))) return
        const data = { alertId: alert.id, by: actor.name }
        await record(trx, [{ contactId: alert.contactId, type: 'alert.acknowledged', at: now, data }])
        await audit(
          trx,
          actor,
          'alerts.acknowledge',
          { kind: 'contact', id: alert.contactId },
          { alert: alert.id },
        )
      })
      return { ok: true as const }
    },
  }),
]

async function namesOf(db: Db, ids: string[]): Promise<Map<string, string>> {
  const contacts = await contactsForRender(db, [...new Set(ids)])
  return new Map(contacts.map(contact => [contact.id, nameOf(contact)]))
}

/** Rules that alert sales, their preview, and what they told. */
export const alertRoutes: Route[] = [...definitions, ...uses]
