import { z } from 'zod'
import { done, idParams, type Route, route, timeSchema } from '#platform/http/route.ts'
import { createView, deleteView, listViews, updateView } from './views.ts'

const tag = 'Views'
const name = z.string().trim().min(1).max(100)
const screen = z.enum(['contacts', 'companies'])
const definition = z
  .object({
    /** JSON of the filter language, or null for everybody; checked where it is asked. */
    filter: z
      .unknown()
      .refine(filter => (JSON.stringify(filter) ?? '').length <= 20_000, 'is too long')
      .default(null),
    columns: z.array(z.string().min(1).max(80)).max(100).default([]),
    sort: z.string().max(40).default(''),
  })
  .strict()
const view = z.object({
  id: z.string(),
  screen: z.string(),
  name: z.string(),
  definition: z.object({ filter: z.unknown(), columns: z.array(z.string()), sort: z.string() }),
  shared: z.boolean(),
  ownerId: z.string(),
  ownerName: z.string(),
  updatedAt: timeSchema,
  version: z.number().int(),
})

/** Saved views of lists: private, or shared with everybody. */
export const viewRoutes: Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/views',
    can: 'contacts.read',
    summary: 'Saved views of a list: one’s own and the shared ones',
    tag,
    query: z.object({ screen: screen.default('contacts') }),
    reply: z.object({ items: z.array(view), next: z.null() }),
    handle: async ({ query, actor }, { db }) => ({
      items: await listViews(db, query.screen, actor),
      next: null,
    }),
  }),
  route({
    method: 'POST',
    url: '/api/v1/views',
    can: 'contacts.read',
    summary: 'Keep a filter, columns and an order under a name',
    tag,
    body: z.object({ screen, name, definition, shared: z.boolean().default(false) }).strict(),
    reply: view,
    status: 201,
    handle: ({ body, actor }, { db, clock }) => createView(db, body, actor, clock.now()),
  }),
  route({
    method: 'PATCH',
    url: '/api/v1/views/:id',
    can: 'contacts.read',
    summary: 'Change a view; a stale version is 409',
    tag,
    params: idParams,
    body: z
      .object({
        version: z.number().int(),
        name: name.optional(),
        definition: definition.optional(),
        shared: z.boolean().optional(),
      })
      .strict(),
    reply: view,
    handle: ({ params, body, actor }, { db, clock }) =>
      updateView(db, { id: params.id, ...body }, actor, clock.now()),
  }),
  route({
    method: 'DELETE',
    url: '/api/v1/views/:id',
    can: 'contacts.read',
    summary: 'Delete a view; what it showed stays',
    tag,
    params: idParams,
    reply: done,
    async handle({ params, actor }, { db }) {
      await deleteView(db, params.id, actor)
      return { ok: true as const }
    },
  }),
]
