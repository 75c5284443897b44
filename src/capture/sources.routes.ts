import { z } from 'zod'
import { many } from '#platform/db/db.ts'
import { page, pageOf, pageQuery, readCursor } from '#platform/http/paging.ts'
import { done, idParams, idSchema, type Route, route, timeSchema } from '#platform/http/route.ts'
import { selectRejects } from './intake.sql.ts'
import { createSource, deleteSource, getSource, listSources, sourceTypes, updateSource } from './sources.ts'

const source = z.object({
  id: idSchema,
  name: z.string(),
  type: z.enum(sourceTypes),
  keyPrefix: z.string(),
  publicKey: z.string().nullable(),
  allowedHosts: z.array(z.string()),
  enabled: z.boolean(),
  needsConsent: z.boolean(),
  createdBy: z.string(),
  createdAt: timeSchema,
  updatedAt: timeSchema,
  version: z.int(),
})

const traffic = z.object({
  accepted: z.int(),
  rejected: z.int(),
  bots: z.int(),
  optedOut: z.int(),
  lastAt: timeSchema.nullable(),
})

const reject = z.object({
  id: idSchema,
  receivedAt: timeSchema,
  reason: z.string(),
  detail: z.string(),
  messageId: z.string().nullable(),
  call: z.string(),
})

const name = z.string().min(1).max(120)
const allowedHosts = z.array(z.string().max(255)).max(100)
const tag = 'Sources'

const list = route({
  method: 'GET',
  url: '/api/v1/sources',
  can: 'sources.read',
  summary: 'All sources of events, with what came from each in the last seven days',
  tag,
  reply: pageOf(source.extend(traffic.shape)),
  handle: async (_input, { db, clock }) => ({ items: await listSources(db, clock.now()), next: null }),
})

const create = route({
  method: 'POST',
  url: '/api/v1/sources',
  can: 'sources.edit',
  summary: 'Add a source; the answer holds its write key, which for a server is shown only this once',
  tag,
  body: z.object({
    name,
    type: z.enum(sourceTypes),
    allowedHosts: allowedHosts.optional(),
    needsConsent: z.boolean().optional(),
  }),
  reply: source.extend({ writeKey: z.string() }),
  status: 201,
  async handle({ body, actor }, { db, clock }) {
    const made = await createSource(db, { ...body, createdBy: actor.name, now: clock.now() })
    return { ...made.source, writeKey: made.writeKey }
  },
})

const read = route({
  method: 'GET',
  url: '/api/v1/sources/:id',
  can: 'sources.read',
  summary: 'One source',
  tag,
  params: idParams,
  reply: source,
  handle: ({ params }, { db }) => getSource(db, params.id),
})

const change = route({
  method: 'PATCH',
  url: '/api/v1/sources/:id',
  can: 'sources.edit',
  summary: 'Rename a source, change its hosts, or switch it off and on',
  tag,
  params: idParams,
  body: z.object({
    version: z.int(),
    name: name.optional(),
    allowedHosts: allowedHosts.optional(),
    enabled: z.boolean().optional(),
    needsConsent: z.boolean().optional(),
  }),
  reply: source,
  handle({ params, body }, { db, clock }) {
    const { version, ...given } = body
    return updateSource(db, params.id, { change: given, version, now: clock.now() })
  },
})

const remove = route({
  method: 'DELETE',
  url: '/api/v1/sources/:id',
  can: 'sources.edit',
  summary: 'Remove a source: its key stops working within a second; what it sent stays',
  tag,
  params: idParams,
  reply: done,
  async handle({ params }, { db }) {
    await deleteSource(db, params.id)
    return { ok: true as const }
  },
})

const rejects = route({
  method: 'GET',
  url: '/api/v1/sources/:id/rejects',
  can: 'sources.read',
  summary: 'Calls of this source that were not taken, and why, newest first; kept for seven days',
  tag,
  params: idParams,
  query: pageQuery,
  reply: pageOf(reject),
  async handle({ params, query }, { db }) {
    const before = readCursor(query.cursor, idSchema)
    const rows = await many(db, selectRejects(params.id, before, query.limit + 1))
    return page(rows, query.limit, row => row.id)
  },
})

export const sourceRoutes: Route[] = [list, create, read, change, remove, rejects]
