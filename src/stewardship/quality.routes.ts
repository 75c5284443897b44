import { z } from 'zod'
import { contactSchema, shapeContact } from '#audience/contact-shape.ts'
import { page, pageOf, pageQuery, readCursor } from '#platform/http/paging.ts'
import { idSchema, type Route, route, timeSchema } from '#platform/http/route.ts'
import { contactsBehind, countQuality, findings, readQuality } from './quality.ts'

const tag = 'Data quality'
const finding = z.enum(findings)

/** What is wrong with the data, in numbers, and who is behind each. */
export const qualityRoutes: Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/data-quality',
    can: 'contacts.read',
    summary: 'The last count of what is missing or wrong in the data, with its age',
    tag,
    reply: z.object({
      countedAt: timeSchema.nullable(),
      total: z.number().int(),
      findings: z.array(z.object({ name: finding, count: z.number().int() })),
      duplicates: z.number().int().nullable(),
      fields: z.array(
        z.object({
          key: z.string(),
          label: z.string(),
          type: z.string(),
          custom: z.boolean(),
          filled: z.number().int(),
        }),
      ),
      jobId: z.string().nullable(),
    }),
    handle: (_input, { db }) => readQuality(db),
  }),
  route({
    method: 'POST',
    url: '/api/v1/data-quality/count',
    can: 'contacts.bulk',
    summary: 'Count anew; a job',
    tag,
    reply: z.object({ jobId: z.string() }),
    status: 202,
    handle: async (_input, { db, jobs }) => ({
      jobId: await jobs.start(db, countQuality, {}, { key: 'by hand' }),
    }),
  }),
  route({
    method: 'GET',
    url: '/api/v1/data-quality/:finding/contacts',
    can: 'contacts.read',
    summary: 'The contacts behind a number, as they are now',
    tag,
    params: z.object({ finding }),
    query: pageQuery,
    reply: pageOf(contactSchema),
    async handle({ params, query }, { db }) {
      const after = readCursor(query.cursor, idSchema)
      const rows = await contactsBehind(db, { finding: params.finding, after, limit: query.limit })
      const { items, next } = page(rows, query.limit, row => row.id)
      return { items: items.map(shapeContact), next }
    },
  }),
]
