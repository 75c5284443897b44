import { z } from 'zod'
import type { Db } from '#platform/db/db.ts'
import { metric } from '../metrics.ts'
import { type Range, type Span, type Unit, unitOf, unitsOf } from '../range.ts'

const value = z.number().nullable()

/** The shape of every report: numbers on top, a line per metric, tables below. The screens draw them all alike. */
export const reportSchema = z.object({
  report: z.string(),
  title: z.string(),
  range: z.object({
    from: z.string(),
    to: z.string(),
    zone: z.string(),
    unit: z.enum(['day', 'week', 'month']),
    before: z.object({ from: z.string(), to: z.string() }).nullable(),
  }),
  /** `metric` is a key of the dictionary: GET /api/v1/reports/metrics. */
  totals: z.array(z.object({ metric: z.string(), value, before: value })),
  /** Values in the order of `points`; those of the time before in the same order, where it has as many. */
  series: z.object({
    points: z.array(z.string()),
    lines: z.array(
      z.object({ metric: z.string(), values: z.array(value), before: z.array(value).nullable() }),
    ),
  }),
  tables: z.array(
    z.object({
      key: z.string(),
      title: z.string(),
      columns: z.array(
        z.object({
          key: z.string(),
          name: z.string(),
          metric: z.string().nullable(),
          unit: z.enum(['text', 'count', 'share', 'days']),
        }),
      ),
      rows: z.array(
        z.object({
          key: z.string(),
          /** The screen on which it can be looked at. */
          link: z.string().nullable(),
          cells: z.array(z.union([z.string(), z.number(), z.null()])),
        }),
      ),
      /** True where there are more rows than are shown. */
      cut: z.boolean(),
    }),
  ),
  /** What to know when reading the numbers. */
  notes: z.array(z.string()),
})
export type Report = z.infer<typeof reportSchema>
export type Table = Report['tables'][number]
export type Values = Record<string, number | null>

export type Context = { db: Db; range: Range; now: Date }

/** One report: its own filters besides the range, and how it is made. */
export type ReportKind<Q extends z.ZodObject = z.ZodObject> = {
  key: string
  title: string
  words: string
  filters: Q
  run(context: Context, filters: z.output<Q>): Promise<Omit<Report, 'report' | 'title' | 'range'>>
}

export function reportKind<Q extends z.ZodObject>(kind: ReportKind<Q>): ReportKind {
  return { ...kind, run: (context, filters) => kind.run(context, kind.filters.parse(filters)) }
}

export const rowsShown = 200

/** Totals of the range and of the time before, in the order of `keys`. */
export function totalsOf(keys: readonly string[], now: Values, before: Values | null): Report['totals'] {
  return keys.map(key => ({ metric: key, value: now[key] ?? null, before: before?.[key] ?? null }))
}

/** Sums rows of days into units; units without a row are 0. */
export function sumUnits(rows: Day[], span: Span, unit: Unit): Map<string, Record<string, number>> {
  const sums = new Map<string, Record<string, number>>(unitsOf(span, unit).map(point => [point, {}]))
  for (const { day, ...counts } of rows) {
    const sum = sums.get(unitOf(day, unit))
    if (!sum) continue
    for (const [key, n] of Object.entries(counts)) sum[key] = (sum[key] ?? 0) + Number(n)
  }
  return sums
}
export type Day = { day: string } & Record<string, string | number>

/** Lines from rows of days; `derive` makes what follows from the sums of a unit. */
export function linesOf(
  keys: readonly string[],
  range: Range,
  rows: { now: Day[]; before: Day[] | null },
  derive: (sums: Record<string, number>) => Values = sums => sums,
): Report['series'] {
  const current = sumUnits(rows.now, range, range.unit)
  const earlier = rows.before && range.before ? sumUnits(rows.before, range.before, range.unit) : null
  const valuesOf = (sums: Map<string, Record<string, number>>, key: string) =>
    [...sums.values()].map(sum => derive(sum)[key] ?? 0)
  const lines = keys.map(key => {
    const before = earlier && earlier.size === current.size ? valuesOf(earlier, key) : null
    return { metric: key, values: valuesOf(current, key), before }
  })
  return { points: [...current.keys()], lines }
}

/** A table of things with their metrics. */
export function tableOf(given: {
  key: string
  title: string
  first: string
  metrics: readonly string[]
  rows: { key: string; name: string; link?: string | null; values: Values }[]
}): Table {
  return {
    key: given.key,
    title: given.title,
    columns: [
      { key: 'name', name: given.first, metric: null, unit: 'text' },
      ...given.metrics.map(key => ({ key, name: metric(key).name, metric: key, unit: metric(key).unit })),
    ],
    rows: given.rows.slice(0, rowsShown).map(row => ({
      key: row.key,
      link: row.link ?? null,
      cells: [row.name, ...given.metrics.map(key => row.values[key] ?? null)],
    })),
    cut: given.rows.length > rowsShown,
  }
}
