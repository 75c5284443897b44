import { Readable } from 'node:stream'
import { z } from 'zod'
import { csvType } from '#platform/csv.ts'
import { page, pageOf, pageQuery, readCursor } from '#platform/http/paging.ts'
import { idParams, idSchema, type Route, route, timeSchema } from '#platform/http/route.ts'
import { askSchema } from './exports/kinds.ts'
import { getExport, listExports, startExport, takeExport } from './exports.ts'

const exportSchema = z.object({
  id: z.string(),
  kind: z.string(),
  name: z.string(),
  format: z.enum(['csv', 'jsonl']),
  rows: z.number().int(),
  bytes: z.number(),
  createdAt: timeSchema,
  createdBy: z.string(),
  finishedAt: timeSchema.nullable(),
  expiresAt: timeSchema,
  /** Why the file is gone. */
  removed: z.string().nullable(),
  job: z
    .object({
      id: z.string(),
      state: z.enum(['queued', 'running', 'done', 'failed', 'stopped']),
      error: z.string().nullable(),
    })
    .nullable(),
})

const types = { csv: 'text/csv; charset=utf-8', jsonl: 'application/jsonl; charset=utf-8' }

/** What people take out: as a job, kept for seven days, every taking on record. */
export const exportRoutes: Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/exports',
    can: 'exports.read',
    summary: 'Exports, the newest first',
    tag: 'Exports',
    query: pageQuery,
    reply: pageOf(exportSchema),
    async handle({ query }, { db }) {
      const before = readCursor(query.cursor, idSchema)
      return page(await listExports(db, { before, limit: query.limit }), query.limit, row => row.id)
    },
  }),
  route({
    method: 'POST',
    url: '/api/v1/exports',
    can: 'exports.create',
    summary: 'Write contacts, companies, deliveries or a report’s rows into a file, as CSV or JSON lines',
    tag: 'Exports',
    body: z.object({ format: z.enum(['csv', 'jsonl']).default('csv'), ask: askSchema }).strict(),
    reply: exportSchema,
    status: 201,
    handle: ({ body, actor }, services) => startExport(services, actor, body),
  }),
  route({
    method: 'GET',
    url: '/api/v1/exports/:id',
    can: 'exports.read',
    summary: 'One export and how far it is',
    tag: 'Exports',
    params: idParams,
    reply: exportSchema,
    handle: ({ params }, { db }) => getExport(db, params.id),
  }),
  route({
    method: 'GET',
    url: '/api/v1/exports/:id/file',
    can: 'exports.download',
    summary: 'The file itself; who takes it stands in the audit log',
    tag: 'Exports',
    params: idParams,
    reply: csvType,
    async handle({ params, actor, answer }, { db, clock }) {
      const { found, pieces } = await takeExport(db, actor, params.id, clock.now())
      const stem = found.name.replace(/[^A-Za-z0-9]+/g, '-').replace(/^-|-$/g, '') || 'export'
      const day = found.createdAt.toISOString().slice(0, 10)
      answer.type(types[found.format])
      answer.header('content-disposition', `attachment; filename="${stem}-${day}.${found.format}"`)
      return Readable.from(pieces)
    },
  }),
]
