import { z } from 'zod'
import { audit } from '#access/audit.ts'
import { inTransaction } from '#platform/db/db.ts'
import { invalid } from '#platform/errors.ts'
import { done, idParams, idSchema, type Route, route, timeSchema } from '#platform/http/route.ts'
import { getConnection } from './connections.sql.ts'
import { resync } from './issues.sql.ts'
import { enqueue } from './outbox.sql.ts'
import { getResync } from './resync.sql.ts'
import { costOfResync, startResync, switchResync } from './resync.ts'

const tag = 'CRM'
const scope = { listId: idSchema.nullable().default(null), segmentId: idSchema.nullable().default(null) }

function onlyOne(given: Record<string, unknown>): void {
  const named = Object.entries(given).flatMap(([path, value]) => (value === null ? [] : [path]))
  const message = 'Name a list, a segment or contacts, not several of them'
  if (named.length > 1)
    throw invalid(
      `${message}.`,
      named.map(path => ({ path, message })),
    )
}

/** Reading and comparing records again: what it takes, how far it is, and stopping it. */
export const resyncRoutes: Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/crm/connections/:id/resync',
    can: 'crm.read',
    summary: 'The latest resync of a list, a segment or everything, and how far it is',
    tag,
    params: idParams,
    reply: z.object({
      state: z.enum(['none', 'running', 'stopped', 'done']),
      listId: idSchema.nullable(),
      segmentId: idSchema.nullable(),
      records: z.int(),
      left: z.int(),
      startedAt: timeSchema.nullable(),
      startedBy: z.string().nullable(),
      endedAt: timeSchema.nullable(),
    }),
    async handle({ params }, { db }) {
      await getConnection(db, params.id)
      return (
        (await getResync(db, params.id)) ?? {
          state: 'none' as const,
          listId: null,
          segmentId: null,
          records: 0,
          left: 0,
          startedAt: null,
          startedBy: null,
          endedAt: null,
        }
      )
    },
  }),
  route({
    method: 'GET',
    url: '/api/v1/crm/connections/:id/resync/cost',
    can: 'crm.read',
    summary: 'How many people and records a resync of a list, a segment or everything is, and how many calls',
    tag,
    params: idParams,
    query: z.object({ listId: idSchema.optional(), segmentId: idSchema.optional() }),
    reply: z.object({
      /** Of the list or segment, linked or not; null for everything. */
      people: z.int().nullable(),
      records: z.int(),
      /** To read them; what differs is written besides. */
      calls: z.int(),
      callsLeft: z.int(),
    }),
    async handle({ params, query }, services) {
      const asked = { listId: query.listId ?? null, segmentId: query.segmentId ?? null }
      onlyOne(asked)
      return costOfResync(services, params.id, asked)
    },
  }),
  route({
    method: 'POST',
    url: '/api/v1/crm/connections/:id/resync',
    can: 'crm.edit',
    summary:
      'Read and compare records again: of some contacts at once; of a list, a segment or everything in the calls that are left over',
    tag,
    params: idParams,
    body: z.object({ contactIds: z.array(idSchema).max(5_000).nullable().default(null), ...scope }),
    reply: z.object({ records: z.int() }),
    status: 202,
    handle({ params, body: { contactIds, ...asked }, actor }, services) {
      onlyOne({ contactIds, ...asked })
      if (contactIds === null) return startResync(services, actor, params.id, asked)
      return inTransaction(services.db, async trx => {
        const { id } = await getConnection(trx, params.id)
        const now = services.clock.now()
        const records = await resync(trx, { connectionId: id, contactIds, now })
        const rows = contactIds.map(localId => ({
          connectionId: id,
          kind: 'person' as const,
          localId,
          lane: 'interactive' as const,
        }))
        await enqueue(trx, rows, now)
        await audit(trx, actor, 'crm.resync', { kind: 'crm', id }, { records })
        return { records }
      })
    },
  }),
  ...(['stop', 'resume'] as const).map(word =>
    route({
      method: 'POST',
      url: `/api/v1/crm/connections/:id/resync/${word}`,
      can: 'crm.edit',
      summary:
        word === 'stop'
          ? 'Stop a resync; what is left can be resumed'
          : 'Go on with a resync that was stopped',
      tag,
      params: idParams,
      reply: done,
      async handle({ params, actor }, services) {
        await switchResync(services, actor, params.id, word === 'stop' ? 'stopped' : 'running')
        return { ok: true as const }
      },
    }),
  ),
]
