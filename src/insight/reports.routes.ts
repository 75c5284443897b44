import { stringify } from 'csv-stringify/sync'
import { z } from 'zod'
import { notFound } from '#platform/errors.ts'
import { type Route, route } from '#platform/http/route.ts'
import type { Services } from '#platform/services.ts'
import { listMetrics } from './metrics.ts'
import { rangeQuery, readRange } from './range.ts'
import { reports } from './reports/all.ts'
import { type Report, type ReportKind, reportSchema, type Table } from './reports/report.ts'
import { settle } from './rollup.ts'

const tag = 'Reports'

/** A day that takes longer than this to count is left to the loop: nobody waits for it in front of a screen. */
const worthAWaitMs = 150

async function make(kind: ReportKind, query: Record<string, unknown>, services: Services): Promise<Report> {
  const { db, clock, config } = services
  const now = clock.now()
  const range = readRange(rangeQuery.parse(query), config.zone, now)
  await settle(
    db,
    { zone: config.zone, now },
    { contactBatches: 2, mayCount: (_part, _day, ms) => ms <= worthAWaitMs },
  )
  const made = await kind.run({ db, range, now }, query)
  return { report: kind.key, title: kind.title, range, ...made }
}

const csvOf = (table: Table): string =>
  stringify([table.columns.map(column => column.name), ...table.rows.map(row => row.cells)], {
    bom: true,
    // What a spreadsheet would take for a formula gets an apostrophe in front (OWASP, CSV injection).
    escape_formulas: true,
    record_delimiter: 'windows',
  })

const routesOf = (kind: ReportKind): Route[] => [
  route({
    method: 'GET',
    url: `/api/v1/reports/${kind.key}`,
    can: 'reports.read',
    summary: kind.words,
    tag,
    query: rangeQuery.extend(kind.filters.shape),
    reply: reportSchema,
    handle: ({ query }, services) => make(kind, query, services),
  }),
  route({
    method: 'GET',
    url: `/api/v1/reports/${kind.key}/csv`,
    can: 'reports.read',
    summary: `A table of the report “${kind.title}” as a CSV file; shares are numbers from 0 to 1`,
    tag,
    query: rangeQuery.extend(kind.filters.shape).extend({ table: z.string().max(40).optional() }),
    reply: z.unknown(),
    async handle({ query, answer }, services) {
      const report = await make(kind, query, services)
      const table = report.tables.find(each => query.table === undefined || each.key === query.table)
      if (!table) throw notFound('table in this report')
      const name = `${kind.key}-${table.key}-${report.range.from}-${report.range.to}.csv`
      return answer
        .headers({
          'content-type': 'text/csv; charset=utf-8',
          'content-disposition': `attachment; filename="${name}"`,
          'cache-control': 'no-store',
        })
        .serializer((text: string) => text)
        .send(csvOf(table))
    },
  }),
]

const metricSchema = z.object({
  key: z.string(),
  name: z.string(),
  definition: z.string(),
  unit: z.enum(['count', 'share', 'days']),
  better: z.enum(['up', 'down']).nullable(),
  of: z.object({ part: z.string(), whole: z.string() }).nullable(),
})

export const reportRoutes: Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/reports/metrics',
    can: 'reports.read',
    summary: 'The dictionary: what every number means, everywhere it is shown',
    tag,
    reply: z.object({ items: z.array(metricSchema), next: z.null() }),
    handle: async () => ({
      items: listMetrics().map(({ sql: _sql, of, ...metric }) => ({ ...metric, of: of ?? null })),
      next: null,
    }),
  }),
  ...reports.flatMap(routesOf),
]
