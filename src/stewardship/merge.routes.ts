import { z } from 'zod'
import { contactSchema, shapeContact } from '#audience/contact-shape.ts'
import { contactsForRender, getContact } from '#audience/contacts.ts'
import { page, pageOf, pageQuery, readCursor } from '#platform/http/paging.ts'
import { done, idParams, idSchema, type Route, route, timeSchema } from '#platform/http/route.ts'
import { countPairs, reasons, selectPairs } from './duplicates/find.sql.ts'
import { decidePair, findDuplicates, searchState, weigh } from './duplicates.ts'
import { mergeContacts, mostMerged, previewMerge } from './merge.ts'
import { getMerge, listMerges, mergesOf, undoMerge } from './merge.undo.ts'

const tag = 'Duplicates'
const ask = z
  .object({
    contactId: idSchema,
    others: z.array(idSchema).min(1).max(mostMerged),
    /** Field by field the contact whose value is kept; left out, the first of the contacts that has one. */
    choices: z.record(z.string().max(200), idSchema).default({}),
  })
  .strict()

const merge = z.object({
  id: z.string(),
  contactId: z.string(),
  merged: z.array(z.string()),
  at: timeSchema,
  by: z.string(),
  undoneAt: timeSchema.nullable(),
  undoneBy: z.string().nullable(),
  undoUntil: timeSchema.nullable(),
})
const weight = z.object({
  id: z.string(),
  addresses: z.array(z.string()),
  lists: z.number().int(),
  events: z.number().int(),
  messages: z.number().int(),
})
const reason = z.enum(reasons)
const pairCursor = z.object({ score: z.number().int(), contactId: idSchema, otherId: idSchema })

const mergeRoutes: Route[] = [
  route({
    method: 'POST',
    url: '/api/v1/contacts/merge/preview',
    can: 'contacts.read',
    summary: 'What a merge would make of several contacts, and how much is behind each; nothing is changed',
    tag,
    body: ask,
    reply: z.object({
      contacts: z.array(contactSchema),
      weights: z.array(weight),
      united: z.object({ core: z.record(z.string(), z.unknown()), attrs: z.record(z.string(), z.unknown()) }),
    }),
    async handle({ body }, { db }) {
      const { contacts, united } = await previewMerge(db, body)
      const weights = await weigh(
        db,
        contacts.map(({ id }) => id),
      )
      return { contacts: contacts.map(shapeContact), weights, united }
    },
  }),
  route({
    method: 'POST',
    url: '/api/v1/contacts/merge',
    can: 'contacts.merge',
    summary: 'Make one contact of several; it can be undone for 30 days',
    tag,
    body: ask,
    reply: merge,
    status: 201,
    async handle({ body, actor }, services) {
      const { id } = await mergeContacts(services, { ...body, actor })
      return getMerge(services.db, id, services.clock.now())
    },
  }),
  route({
    method: 'GET',
    url: '/api/v1/merges',
    can: 'contacts.read',
    summary: 'Merges, the newest first',
    tag,
    query: pageQuery,
    reply: pageOf(merge),
    async handle({ query }, { db, clock }) {
      const before = readCursor(query.cursor, idSchema)
      const rows = await listMerges(db, { before, limit: query.limit + 1, now: clock.now() })
      return page(rows, query.limit, row => row.id)
    },
  }),
  route({
    method: 'GET',
    url: '/api/v1/contacts/:id/merges',
    can: 'contacts.read',
    summary: 'What was merged into a contact',
    tag,
    params: idParams,
    reply: z.object({ items: z.array(merge), next: z.null() }),
    async handle({ params }, { db, clock }) {
      const { id } = await getContact(db, params.id)
      return { items: await mergesOf(db, id, clock.now()), next: null }
    },
  }),
  route({
    method: 'POST',
    url: '/api/v1/merges/:id/undo',
    can: 'contacts.merge',
    summary: 'Make several contacts of one again',
    tag,
    params: idParams,
    reply: merge,
    handle: ({ params, actor }, services) => undoMerge(services, params.id, actor),
  }),
]

const duplicateRoutes: Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/duplicates',
    can: 'contacts.read',
    summary: 'Pairs of contacts that may be one person, the surest first',
    tag,
    query: pageQuery.extend({
      reason: reason.optional(),
      state: z.enum(['open', 'dismissed']).default('open'),
    }),
    reply: pageOf(
      z.object({
        contact: contactSchema,
        other: contactSchema,
        reasons: z.array(reason),
        score: z.number().int(),
        foundAt: timeSchema,
      }),
    ),
    async handle({ query }, { db }) {
      const after = readCursor(query.cursor, pairCursor)
      const { limit, state } = query
      const rows = await selectPairs(db, { reason: query.reason ?? null, state, after, limit: limit + 1 })
      const { items, next } = page(rows, limit, ({ score, contactId, otherId }) => ({
        score,
        contactId,
        otherId,
      }))
      const found = await contactsForRender(
        db,
        items.flatMap(({ contactId, otherId }) => [contactId, otherId]),
      )
      const people = new Map(found.map(contact => [contact.id, shapeContact(contact)]))
      return {
        next,
        items: items.flatMap(({ contactId, otherId, ...rest }) => {
          const [contact, other] = [people.get(contactId), people.get(otherId)]
          return contact && other ? [{ contact, other, ...rest }] : []
        }),
      }
    },
  }),
  route({
    method: 'GET',
    url: '/api/v1/duplicates/state',
    can: 'contacts.read',
    summary: 'How many pairs are open by reason, when they were looked for, and whether a search is running',
    tag,
    reply: z.object({
      open: z.number().int(),
      foundAt: timeSchema.nullable(),
      jobId: z.string().nullable(),
      reasons: z.array(z.object({ reason, pairs: z.number().int() })),
    }),
    handle: async (_input, { db }) => ({ ...(await searchState(db)), reasons: await countPairs(db) }),
  }),
  route({
    method: 'POST',
    url: '/api/v1/duplicates/search',
    can: 'contacts.merge',
    summary: 'Look for duplicates among all contacts; a job',
    tag,
    reply: z.object({ jobId: z.string() }),
    status: 202,
    handle: async (_input, { db, jobs }) => ({
      jobId: await jobs.start(db, findDuplicates, {}, { key: 'by hand' }),
    }),
  }),
  route({
    method: 'POST',
    url: '/api/v1/duplicates/:contactId/:otherId/decide',
    can: 'contacts.merge',
    summary: 'Say that a pair is two people, or take that back',
    tag,
    params: z.object({ contactId: idSchema, otherId: idSchema }),
    body: z.object({ dismissed: z.boolean() }).strict(),
    reply: done,
    async handle({ params, body, actor }, { db }) {
      await decidePair(db, params, body.dismissed, actor)
      return { ok: true as const }
    },
  }),
]

/** Duplicates, merges and their undo. */
export const mergingRoutes: Route[] = [...mergeRoutes, ...duplicateRoutes]
