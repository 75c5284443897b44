import { z } from 'zod'
import { audit } from '#access/audit.ts'
import { record } from '#activity/record.ts'
import { inTransaction } from '#platform/db/db.ts'
import { conflict } from '#platform/errors.ts'
import { idParams, idSchema, type Route, route, timeSchema } from '#platform/http/route.ts'
import { enterConsent } from './consent.by-hand.ts'
import { consentOf, consentStates } from './consent.ts'
import { getContact } from './contacts.ts'
import { suppress, suppressedAmong } from './suppression.ts'
import { topicRoutes } from './topics.routes.ts'

const state = z.enum(consentStates)
const answer = z.object({
  current: z.array(
    z.object({ purpose: z.string(), topicId: z.string().nullable(), state, since: timeSchema }),
  ),
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
    summary:
      'Record a withdrawal, a grant with the proof that the person gave it, or a wish to be confirmed by mail',
    tag: 'Consent',
    params: idParams,
    body: z
      .object({
        purpose: z.string().trim().min(1).max(60).default('marketing'),
        topicId: idSchema.nullable().optional(),
        state,
        /** With `pending`: whether the person is sent a letter to confirm it (double opt-in). */
        doubleOptIn: z.boolean().optional(),
        /** Granting needs the words that were agreed to and how it is known; withdrawing needs nothing. */
        wording: z.string().trim().max(2000).optional(),
        note: z.string().trim().max(2000).optional(),
      })
      .strict(),
    reply: answer,
    async handle({ params, body, actor }, { db, clock, secrets }) {
      const now = clock.now()
      await inTransaction(db, async trx => {
        const contact = await getContact(trx, params.id)
        await record(trx, await enterConsent(trx, secrets, { contact, actor, word: body, now }))
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
        await suppress(trx, secrets, [
          { address: email, reason: 'manual', source: `${actor.name}: ${body.note}`, at: clock.now() },
        ])
        await audit(trx, actor, 'suppressions.add', { kind: 'contact', id: contact.id }, {})
      })
      return { ok: true as const }
    },
  }),
  ...topicRoutes,
]
