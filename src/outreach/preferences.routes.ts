import { z } from 'zod'
import { getContact } from '#audience/contacts.ts'
import { idParams, type Route, route, timeSchema } from '#platform/http/route.ts'
import { countLeaving } from './preferences.sql.ts'
import { frequencies, leavingReasons, noPreference, preferencesOf } from './preferences.ts'

const tag = 'Consent'
const dayMs = 86_400_000

export const preferenceRoutes: Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/contacts/:id/preferences',
    can: 'consents.read',
    summary: 'How a contact wants to be written to: how often, and until when not at all',
    tag,
    params: idParams,
    reply: z.object({ frequency: z.enum(frequencies), pausedUntil: timeSchema.nullable() }),
    async handle({ params }, { db }) {
      const { id } = await getContact(db, params.id)
      return (await preferencesOf(db, [id])).get(id) ?? noPreference
    },
  }),
  route({
    method: 'GET',
    url: '/api/v1/leaving-reasons',
    can: 'topics.read',
    summary: 'Why people unsubscribed, where they wanted to say so',
    tag,
    query: z.object({ days: z.coerce.number().int().min(1).max(730).default(90) }),
    reply: z.object({
      items: z.array(z.object({ reason: z.enum(leavingReasons), n: z.int() })),
      next: z.null(),
    }),
    async handle({ query }, { db, clock }) {
      const since = new Date(clock.now().getTime() - query.days * dayMs)
      const rows = await countLeaving(db, since)
      const items = rows.flatMap(({ reason, n }) => {
        const known = leavingReasons.find(each => each === reason)
        return known ? [{ reason: known, n }] : []
      })
      return { items, next: null }
    },
  }),
]
