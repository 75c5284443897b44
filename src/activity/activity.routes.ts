import { z } from 'zod'
import { page, pageOf, pageQuery, readCursor } from '#platform/http/paging.ts'
import { idParams, idSchema, type Route, route, timeSchema } from '#platform/http/route.ts'
import { describeEventTypes, findEventType } from './catalogue.ts'
import { listNames } from './names.ts'
import { chainOf, timeline } from './timeline.ts'

const itemSchema = z.object({
  id: idSchema,
  type: z.string(),
  name: z.string().nullable(),
  at: timeSchema,
  sentence: z.string(),
  data: z.record(z.string(), z.unknown()),
  causeId: idSchema.nullable(),
  isMachine: z.boolean(),
})

const cursorSchema = z.object({ at: z.coerce.date(), id: idSchema })

const typesSchema = z
  .string()
  .max(1000)
  .transform(text =>
    text
      .split(',')
      .map(word => word.trim())
      .filter(Boolean),
  )
  .refine(types => types.every(type => findEventType(type)), 'names an event type that does not exist')

export const activityRoutes: Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/contacts/:id/timeline',
    can: 'contacts.read',
    summary: 'What happened with a contact, the newest first',
    tag: 'Contacts',
    params: idParams,
    query: pageQuery.extend({ types: typesSchema.optional().describe('event types, separated by commas') }),
    reply: pageOf(itemSchema),
    async handle({ params, query }, { db }) {
      const before = readCursor(query.cursor, cursorSchema)
      const types = query.types && query.types.length > 0 ? query.types : null
      const rows = await timeline(db, params.id, { before, limit: query.limit + 1, types })
      return page(rows, query.limit, row => ({ at: row.at, id: row.id }))
    },
  }),
  route({
    method: 'GET',
    url: '/api/v1/contacts/:id/timeline/:eventId/causes',
    can: 'contacts.read',
    summary: 'What led to an event: itself first, then its cause, and so on back to the beginning',
    tag: 'Contacts',
    params: idParams.extend({ eventId: idSchema }),
    reply: z.object({ items: z.array(itemSchema), next: z.null() }),
    async handle({ params }, { db }) {
      return { items: await chainOf(db, params.id, params.eventId), next: null }
    },
  }),
  route({
    method: 'GET',
    url: '/api/v1/events/names',
    can: 'events.read',
    summary: 'Names of tracked events, pages and screens seen so far, the latest first',
    tag: 'Events',
    query: z.object({
      type: z.string().max(100).optional(),
      search: z
        .string()
        .max(200)
        .refine(text => !text.includes('\0'), 'holds a NUL')
        .optional(),
      limit: z.coerce.number().int().min(1).max(1000).default(200),
    }),
    reply: z.object({
      items: z.array(z.object({ type: z.string(), name: z.string(), lastSeen: timeSchema })),
      next: z.null(),
    }),
    async handle({ query }, { db }) {
      const items = await listNames(db, {
        type: query.type ?? null,
        search: query.search ?? null,
        limit: query.limit,
      })
      return { items, next: null }
    },
  }),
  route({
    method: 'GET',
    url: '/api/v1/events/types',
    can: 'events.read',
    summary: 'The catalogue: every kind of event with its title and the schema of its data',
    tag: 'Events',
    reply: z.object({
      items: z.array(
        z.object({
          type: z.string(),
          title: z.string(),
          named: z.boolean(),
          public: z.boolean(),
          schema: z.unknown(),
        }),
      ),
      next: z.null(),
    }),
    handle: async () => ({ items: describeEventTypes(), next: null }),
  }),
]
