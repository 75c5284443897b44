import { z } from 'zod'
import { may } from '#access/policy.ts'
import { forbidden } from '#platform/errors.ts'
import { page, pageOf, pageQuery, readCursor } from '#platform/http/paging.ts'
import { type Actor, idParams, idSchema, type Route, route, timeSchema } from '#platform/http/route.ts'
import { type Action, actionSchema, targetSchema } from './bulk/action.ts'
import { getBulk, listBulks, previewBulk, startBulk, undoBulk } from './bulk.ts'

const tag = 'Bulk changes'
const counts = z.record(z.string(), z.number().int())
const bulk = z.object({
  id: z.string(),
  title: z.string(),
  action: actionSchema,
  at: timeSchema,
  by: z.string(),
  total: z.number().int(),
  changed: z.number().int(),
  skipped: counts,
  jobId: z.string().nullable(),
  undoJobId: z.string().nullable(),
  undone: z.number().int(),
  finishedAt: timeSchema.nullable(),
  undoneAt: timeSchema.nullable(),
  undoUntil: timeSchema.nullable(),
})
const what = { target: targetSchema, action: actionSchema }

/** A change of many needs what the change of one would need. */
const needed: Record<Action['kind'], string> = {
  field: 'contacts.edit',
  list: 'lists.edit',
  consent: 'consents.edit',
  delete: 'contacts.delete',
}
function require(actor: Actor, action: Action): void {
  if (!may(actor, needed[action.kind])) throw forbidden('Your role does not include this for one contact.')
}

/** Changes of many contacts at once. */
export const bulkRoutes: Route[] = [
  route({
    method: 'POST',
    url: '/api/v1/contacts/bulk/preview',
    can: 'contacts.bulk',
    summary: 'How many a change would concern, change and leave out by reason; nothing is changed',
    tag,
    body: z.object(what).strict(),
    reply: z.object({
      title: z.string(),
      total: z.number().int(),
      changed: z.number().int(),
      skipped: counts,
      consequences: counts,
    }),
    async handle({ body, actor }, services) {
      require(actor, body.action)
      return previewBulk(services, body)
    },
  }),
  route({
    method: 'POST',
    url: '/api/v1/contacts/bulk',
    can: 'contacts.bulk',
    summary:
      'Change many contacts as a job. Above 100, and for deletions, `expected` must be the number that is concerned',
    tag,
    body: z.object({ ...what, expected: z.number().int().min(0).optional() }).strict(),
    reply: bulk,
    status: 202,
    async handle({ body, actor }, services) {
      require(actor, body.action)
      return startBulk(services, { ...body, actor })
    },
  }),
  route({
    method: 'GET',
    url: '/api/v1/contacts/bulk',
    can: 'contacts.read',
    summary: 'Bulk changes, the newest first',
    tag,
    query: pageQuery,
    reply: pageOf(bulk),
    async handle({ query }, { db, clock }) {
      const before = readCursor(query.cursor, idSchema)
      const rows = await listBulks(db, { before, limit: query.limit + 1, now: clock.now() })
      return page(rows, query.limit, row => row.id)
    },
  }),
  route({
    method: 'GET',
    url: '/api/v1/contacts/bulk/:id',
    can: 'contacts.read',
    summary: 'One bulk change with its numbers so far',
    tag,
    params: idParams,
    reply: bulk,
    handle: ({ params }, { db, clock }) => getBulk(db, params.id, clock.now()),
  }),
  route({
    method: 'POST',
    url: '/api/v1/contacts/bulk/:id/undo',
    can: 'contacts.bulk',
    summary: 'Take a bulk change back: earlier values where the new ones still stand; within 30 days',
    tag,
    params: idParams,
    reply: bulk,
    status: 202,
    async handle({ params, actor }, services) {
      require(actor, (await getBulk(services.db, params.id, services.clock.now())).action)
      return undoBulk(services, params.id, actor)
    },
  }),
]
