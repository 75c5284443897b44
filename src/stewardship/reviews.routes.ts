import { z } from 'zod'
import { audit } from '#access/audit.ts'
import { requireSteward } from '#access/ownership.ts'
import type { Module } from '#engine/module.ts'
import { inTransaction } from '#platform/db/db.ts'
import { notFound } from '#platform/errors.ts'
import { daySchema, done, idParams, idSchema, type Route, route, timeSchema } from '#platform/http/route.ts'
import { listNotices, readNotice } from './notices.ts'
import { listReviews } from './reviews.ts'

const tag = 'Stewardship'
const review = z.object({
  kind: z.string(),
  id: z.string(),
  name: z.string(),
  ownerId: z.string().nullable(),
  ownerName: z.string().nullable(),
  reviewOn: daySchema,
  overdue: z.boolean(),
  /** The day on which a workflow is paused if nobody has looked at it by then. */
  pausesOn: daySchema.nullable(),
  paused: z.boolean(),
})
const notice = z.object({
  id: idSchema,
  kind: z.enum(['review_due', 'pause_ahead', 'paused']),
  words: z.string(),
  subjectKind: z.string(),
  subjectId: z.string(),
  at: timeSchema,
})
/** Each kind of thing that is reviewed, and what one must be allowed to do to keep it. */
const kinds = {
  segments: 'segments.publish',
  scoring: 'scores.publish',
  emails: 'emails.publish',
  campaigns: 'campaigns.publish',
  workflows: 'workflows.publish',
  forms: 'forms.publish',
  pages: 'pages.publish',
  alerts: 'alerts.publish',
  crm: 'crm.edit',
} as const
type Kind = keyof typeof kinds

/** "Still needed": the same owner or another, and the next day to look at it. */
function renewRoute(kind: Kind, rooms: Module[]): Route {
  return route({
    method: 'POST',
    url: `/api/v1/reviews/${kind}/:id`,
    can: kinds[kind],
    summary: 'Say that something live is still needed: who answers for it, and when it is looked at again',
    tag,
    params: idParams,
    body: z.strictObject({ ownerId: z.string().max(100), reviewOn: daySchema }),
    reply: done,
    handle: ({ params, body, actor }, { db, clock }) =>
      inTransaction(db, async trx => {
        await requireSteward(trx, body, clock.now())
        let name: string | null = null
        for (const room of rooms) name ??= (await room.renew?.(trx, { kind, id: params.id }, body)) ?? null
        if (name === null) throw notFound('live thing of this kind')
        await audit(trx, actor, 'reviews.renew', { kind, id: params.id }, { name, ...body })
        return { ok: true as const }
      }),
  })
}

export function reviewRoutes(rooms: Module[]): Route[] {
  return [
    route({
      method: 'GET',
      url: '/api/v1/reviews',
      can: 'overview.read',
      summary: 'Everything that is live with its owner and review date, the most overdue first',
      tag,
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
    ...(Object.keys(kinds) as Kind[]).map(kind => renewRoute(kind, rooms)),
    route({
      method: 'GET',
      url: '/api/v1/notices',
      can: 'signed-in',
      summary: 'What the program has to tell me and I have not put away: reviews due, workflows paused',
      tag,
      reply: z.object({ items: z.array(notice), next: z.null() }),
      handle: async ({ actor }, { db }) => ({ items: await listNotices(db, actor.id), next: null }),
    }),
    route({
      method: 'POST',
      url: '/api/v1/notices/:id/read',
      can: 'signed-in',
      summary: 'Put one of my notices away',
      tag,
      params: idParams,
      reply: done,
      async handle({ params, actor }, { db, clock }) {
        if (!(await readNotice(db, { userId: actor.id, id: params.id, now: clock.now() })))
          throw notFound('notice')
        return { ok: true as const }
      },
    }),
  ]
}
