import { z } from 'zod'
import { getCompany } from '#audience/companies.ts'
import { companySchema } from '#audience/company-shape.ts'
import { compileFilter } from '#decisions/compile.ts'
import { readyMetrics } from '#decisions/metrics.ts'
import { readFilter } from '#decisions/written-filter.ts'
import { page, pageOf, pageQuery, readCursor, timeKey } from '#platform/http/paging.ts'
import { idParams, idSchema, type Route, route, timeSchema } from '#platform/http/route.ts'
import { companySorts, countCompanies, pageCompanies, standingOf } from './companies.ts'
import { countedAt } from './quality.ts'

const tag = 'Companies'
const standing = {
  people: z.number().int(),
  engaged: z.number().int(),
  scoreSum: z.number(),
  scoreAverage: z.number(),
  lastActivity: timeSchema.nullable(),
}
/** A cursor that names what the column cannot hold must be refused here, not by the database. */
const cursorOf = {
  name: z
    .string()
    .max(500)
    .refine(key => !key.includes('\u0000') && key.isWellFormed()),
  people: z.string().regex(/^\d{1,9}$/),
  engaged: z.string().regex(/^\d{1,9}$/),
  score: z.string().regex(/^-?\d{1,15}(\.\d{1,20})?(e[-+]?\d{1,3})?$/),
  activity: z.union([z.literal('-infinity'), timeKey]),
}

/** The list of companies stands here and not in audience, because it shows what people did and how they score. */
export const companyListRoutes: Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/companies',
    can: 'companies.read',
    summary:
      'Companies with how they stood at the last count; `q` is the beginning of a name or a domain, `filter` is JSON of the filter language: companies with somebody who matches',
    tag,
    query: pageQuery.extend({
      q: z.string().trim().max(200).optional(),
      sort: z.enum(companySorts).default('name'),
      minPeople: z.coerce.number().int().min(0).max(1_000_000_000).optional(),
      engagedOnly: z.stringbool().default(false),
      filter: z.string().max(20_000).optional(),
    }),
    reply: pageOf(companySchema.extend(standing)),
    async handle({ query }, { db, clock, config }) {
      const { q, sort, minPeople, engagedOnly, limit } = query
      const asking = { now: clock.now(), zone: config.zone, metrics: await readyMetrics(db, config.zone) }
      const somebody = query.filter ? compileFilter(readFilter(query.filter), asking) : undefined
      const cursor = readCursor(query.cursor, z.object({ key: cursorOf[sort], id: idSchema }))
      const rows = await pageCompanies(db, {
        search: q,
        sort,
        minPeople,
        engagedOnly,
        somebody,
        cursor,
        limit,
      })
      const { items, next } = page(rows, limit, row => ({ key: row.sortKey, id: row.id }))
      return { items: items.map(({ sortKey: _key, ...company }) => company), next }
    },
  }),
  route({
    method: 'GET',
    url: '/api/v1/companies/counted',
    can: 'companies.read',
    summary: 'From when the numbers in the list of companies are',
    tag,
    reply: z.object({ countedAt: timeSchema.nullable() }),
    handle: async (_input, { db }) => ({ countedAt: await countedAt(db, 'companies') }),
  }),
  route({
    method: 'POST',
    url: '/api/v1/companies/counted',
    can: 'companies.edit',
    summary: 'Count anew how companies stand; a job',
    tag,
    reply: z.object({ jobId: z.string() }),
    status: 202,
    handle: async (_input, { db, jobs }) => ({
      jobId: await jobs.start(db, countCompanies, {}, { key: 'by hand' }),
    }),
  }),
  route({
    method: 'GET',
    url: '/api/v1/companies/:id/standing',
    can: 'companies.read',
    summary: 'How a company stands at this moment: people, who of them did something in 30 days, scores',
    tag,
    params: idParams,
    reply: z.object({ ...standing, model: z.string().nullable() }),
    async handle({ params }, services) {
      await getCompany(services.db, params.id)
      const { companyId: _id, ...now } = await standingOf(services, params.id)
      return now
    },
  }),
]
