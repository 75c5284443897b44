import { z } from 'zod'
import { page, pageOf, pageQuery, readCursor } from '#platform/http/paging.ts'
import { idSchema, type Route, route, timeSchema } from '#platform/http/route.ts'
import { listLanes } from './lanes.ts'
import { listParked } from './parked.ts'
import { backlog } from './work.ts'

const laneSchema = z.object({
  lane: z.number().int(),
  owner: z.string().nullable(),
  epoch: z.string(),
  leaseUntil: timeSchema.nullable(),
  rows: z.number().int(),
  timersDue: z.number().int(),
})

const backlogSchema = z.object({
  rows: z.number().int(),
  entries: z.number().int(),
  oldestSeconds: z.number(),
})

const parkedSchema = z.object({
  id: idSchema,
  contactId: idSchema,
  kind: z.enum(['error', 'loop']),
  reason: z.string(),
  detail: z.string().nullable(),
  attempts: z.number().int(),
  parkedAt: timeSchema,
})

export const systemRoutes: Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/system/lanes',
    can: 'system.read',
    summary: 'Who works on which lane, and what waits there',
    tag: 'System',
    reply: z.object({ items: z.array(laneSchema), next: z.null(), backlog: backlogSchema }),
    async handle(_input, { db, clock }) {
      const [items, waiting] = await Promise.all([listLanes(db, clock.now()), backlog(db)])
      return { items, next: null, backlog: waiting }
    },
  }),
  route({
    method: 'GET',
    url: '/api/v1/system/parked',
    can: 'system.read',
    summary: 'What failed four times and was put aside, the newest first',
    tag: 'System',
    query: pageQuery,
    reply: pageOf(parkedSchema),
    async handle({ query }, { db }) {
      const cursor = readCursor(query.cursor, z.object({ before: idSchema }))
      const rows = await listParked(db, { before: cursor?.before ?? null, limit: query.limit + 1 })
      return page(rows, query.limit, row => ({ before: row.id }))
    },
  }),
]
