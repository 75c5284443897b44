import { z } from 'zod'
import { audit } from '#access/audit.ts'
import { listUsers } from '#access/users.ts'
import { record } from '#activity/record.ts'
import { contactsForRender } from '#audience/contacts.ts'
import { scoreModelsByIds } from '#decisions/score-models.ts'
import type { Db } from '#platform/db/db.ts'
import { inTransaction } from '#platform/db/db.ts'
import { notFound } from '#platform/errors.ts'
import { page, pageOf, pageQuery, readCursor } from '#platform/http/paging.ts'
import { done, idSchema, type Route, route, timeSchema } from '#platform/http/route.ts'
import { ruleName } from './alert-rules.routes.ts'
import { acknowledgeAlert, listAlerts, noticesOf, selectAlerts } from './alerts/alerts.sql.ts'
import { definitionSchema } from './alerts/definition.ts'
import { pastOf, sampleOf } from './alerts/preview.ts'
import { nameOf } from './alerts/story.ts'
import { describeTrigger } from './alerts/trigger.ts'

const tag = 'Sales alerts'
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

const payload = z.object({
  subject: z.string().optional(),
  text: z.string(),
  html: z.string().optional(),
  body: z.record(z.string(), z.unknown()).optional(),
})
const whoAndWhen = z.object({ contactId: idSchema, at: timeSchema, who: z.string() })

/** What a rule would tell, and what was told. */
export const alertRoutes: Route[] = [
  route({
    method: 'POST',
    url: '/api/v1/alert-rules/preview',
    can: 'alerts.preview',
    summary: 'What a rule would have told in 30 days, and its messages about a real contact',
    tag,
    body: z.strictObject({
      name: ruleName,
      draft: definitionSchema,
      contactId: idSchema.nullable().default(null),
    }),
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
