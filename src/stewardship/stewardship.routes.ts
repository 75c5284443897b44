import { z } from 'zod'
import type { Module } from '#engine/module.ts'
import { daySchema, type Route, route } from '#platform/http/route.ts'
import { handOverRoutes } from './hand-over.routes.ts'
import { mergingRoutes } from './merge.routes.ts'
import { requestRoutes } from './requests.routes.ts'
import { listReviews } from './reviews.ts'
import { subjectRoutes } from './subject.routes.ts'

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
    ...handOverRoutes(modules),
    ...subjectRoutes(modules),
    ...requestRoutes(modules),
    ...mergingRoutes,
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
