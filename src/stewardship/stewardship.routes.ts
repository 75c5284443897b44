import { z } from 'zod'
import type { Module } from '#engine/module.ts'
import { daySchema, done, idParams, type Route, route } from '#platform/http/route.ts'
import { eraseContact } from './erase.ts'
import { listReviews } from './reviews.ts'

const review = z.object({
  kind: z.string(),
  id: z.string(),
  name: z.string(),
  ownerId: z.string().nullable(),
  ownerName: z.string().nullable(),
  reviewOn: daySchema,
  overdue: z.boolean(),
})

/** Routes that reach into all rooms; app.ts hands the rooms over. */
export function stewardshipRoutes(modules: Module[]): Route[] {
  return [
    route({
      method: 'DELETE',
      url: '/api/v1/contacts/:id',
      can: 'contacts.delete',
      summary:
        'Delete a contact and all that is held about it; an opt-out stays known by the hash of the address',
      tag: 'Contacts',
      params: idParams,
      reply: done,
      async handle({ params, actor }, services) {
        await eraseContact(modules, services, { id: params.id, actor })
        return { ok: true as const }
      },
    }),
    route({
      method: 'GET',
      url: '/api/v1/reviews',
      can: 'overview.read',
      summary: 'Everything that is live with its owner and review date, the most overdue first',
      tag: 'Stewardship',
      query: z.object({ mine: z.stringbool().default(false) }),
      reply: z.object({ items: z.array(review), next: z.null() }),
      async handle({ query, actor }, { db, clock }) {
        const today = clock.now().toISOString().slice(0, 10)
        return {
          items: await listReviews(db, { ownerId: query.mine ? actor.id : null, today, limit: 200 }),
          next: null,
        }
      },
    }),
  ]
}
