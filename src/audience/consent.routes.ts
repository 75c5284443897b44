import { z } from 'zod'
import { audit } from '#access/audit.ts'
import { record } from '#activity/record.ts'
import { type Db, inTransaction, many, maybeOne, sql } from '#platform/db/db.ts'
import { conflict, invalid } from '#platform/errors.ts'
import { idParams, idSchema, type Route, route, timeSchema } from '#platform/http/route.ts'
import { newId } from '#platform/ids.ts'
import { consentOf, consentStates, recordConsent } from './consent.ts'
import { getContact } from './contacts.ts'
import { suppress, suppressedAmong } from './suppression.ts'

const state = z.enum(consentStates)
const answer = z.object({
  current: z.array(z.object({ purpose: z.string(), topicId: z.string().nullable(), state, since: timeSchema })),
  ledger: z.array(
    z.object({
      id: z.string(),
      purpose: z.string(),
      topicId: z.string().nullable(),
      state,
      basis: z.string(),
      source: z.string(),
      wording: z.string().nullable(),
      proof: z.unknown(),
      at: timeSchema,
    }),
  ),
  suppressed: z.string().nullable(),
})

const topicSchema = z.object({ id: z.string(), name: z.string(), description: z.string(), archived: z.boolean() })
const topicColumns = sql`id, name, description, archived_at is not null as archived`
type Topic = z.infer<typeof topicSchema>

async function requireTopic(db: Db, id: string): Promise<void> {
  if (!(await maybeOne(db, sql`select id from audience.topic where id = ${id}::bigint and archived_at is null`))) {
    throw invalid('There is no such topic.', [{ path: 'topicId', message: 'is no topic' }])
  }
}

export const consentRoutes: Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/contacts/:id/consents',
    can: 'consents.read',
    summary: 'What the contact agreed to, and every word of it with proof',
    tag: 'Consent',
    params: idParams,
    reply: answer,
    async handle({ params }, { db, secrets }) {
      const contact = await getContact(db, params.id)
      const suppressed = contact.email ? await suppressedAmong(db, secrets, [contact.email]) : new Map()
      return { ...(await consentOf(db, contact.id)), suppressed: suppressed.get(contact.email) ?? null }
    },
  }),
  route({
    method: 'POST',
    url: '/api/v1/contacts/:id/consents',
    can: 'consents.edit',
    summary: 'Record a withdrawal, or a grant with the proof that the person gave it',
    tag: 'Consent',
    params: idParams,
    body: z
      .object({
        purpose: z.string().trim().min(1).max(60).default('marketing'),
        topicId: idSchema.nullable().optional(),
        state: z.enum(['granted', 'withdrawn']),
        /** Granting needs the words that were agreed to and how it is known; withdrawing needs nothing. */
        wording: z.string().trim().max(2000).optional(),
        note: z.string().trim().max(2000).optional(),
      })
      .strict(),
    reply: answer,
    async handle({ params, body, actor }, { db, clock, secrets }) {
      if (body.state === 'granted' && !(body.wording && body.note)) {
        throw invalid('Granting consent for somebody needs proof.', [
          ...(body.wording ? [] : [{ path: 'wording', message: 'say to which words the person agreed' }]),
          ...(body.note ? [] : [{ path: 'note', message: 'say when and how the person agreed' }]),
        ])
      }
      const now = clock.now()
      await inTransaction(db, async trx => {
        const contact = await getContact(trx, params.id)
        if (body.topicId) await requireTopic(trx, body.topicId)
        const events = await recordConsent(trx, [
          {
            contactId: contact.id,
            purpose: body.purpose,
            topicId: body.topicId ?? null,
            state: body.state,
            basis: body.state === 'granted' ? 'opt-in' : 'request',
            source: 'the office',
            wording: body.wording ?? null,
            proof: { enteredBy: actor.name, note: body.note ?? '' },
            at: now,
          },
        ])
        await audit(trx, actor, `consents.${body.state}`, { kind: 'contact', id: contact.id }, { purpose: body.purpose })
        await record(trx, events)
      })
      const contact = await getContact(db, params.id)
      const suppressed = contact.email ? await suppressedAmong(db, secrets, [contact.email]) : new Map()
      return { ...(await consentOf(db, contact.id)), suppressed: suppressed.get(contact.email) ?? null }
    },
  }),
  route({
    method: 'POST',
    url: '/api/v1/contacts/:id/suppress',
    can: 'suppressions.edit',
    summary: 'Never write to this contact’s address again, whatever else is said',
    tag: 'Consent',
    params: idParams,
    body: z.object({ note: z.string().trim().max(500).default('') }).strict(),
    reply: z.object({ ok: z.literal(true) }),
    async handle({ params, actor, body }, { db, clock, secrets }) {
      const contact = await getContact(db, params.id)
      if (!contact.email) throw conflict('no_address', 'This contact has no address.')
      const { email } = contact
      await inTransaction(db, async trx => {
        await suppress(trx, secrets, [{ address: email, reason: 'manual', source: `${actor.name}: ${body.note}`, at: clock.now() }])
        await audit(trx, actor, 'suppressions.add', { kind: 'contact', id: contact.id }, {})
      })
      return { ok: true as const }
    },
  }),
  route({
    method: 'GET',
    url: '/api/v1/topics',
    can: 'topics.read',
    summary: 'What people can subscribe to one by one',
    tag: 'Consent',
    reply: z.object({ items: z.array(topicSchema), next: z.null() }),
    handle: async (_input, { db }) => ({
      items: await many<Topic>(db, sql`select ${topicColumns} from audience.topic order by archived_at is not null, lower(name)`),
      next: null,
    }),
  }),
  route({
    method: 'POST',
    url: '/api/v1/topics',
    can: 'topics.edit',
    summary: 'Add a topic',
    tag: 'Consent',
    body: z.object({ name: z.string().trim().min(1).max(100), description: z.string().trim().max(500).default('') }).strict(),
    reply: topicSchema,
    status: 201,
    async handle({ body }, { db, clock }) {
      const [topic] = await many<Topic>(db, sql`
        insert into audience.topic (id, name, description, created_at)
        values (${newId()}::bigint, ${body.name}, ${body.description}, ${clock.now()}) returning ${topicColumns}`)
      if (!topic) throw new Error('a topic was not stored')
      return topic
    },
  }),
]
