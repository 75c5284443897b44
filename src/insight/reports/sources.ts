import { z } from 'zod'
import { type Db, many, sql } from '#platform/db/db.ts'
import { shareOf } from '../metrics.ts'
import type { Span } from '../range.ts'
import { momentsIn } from './leads.ts'
import { type Day, linesOf, reportKind, rowsShown, tableOf, totalsOf, type Values } from './report.ts'

const dimensions = {
  source: { column: 'source', name: 'Source (utm_source)', none: 'Without a source' },
  medium: { column: 'medium', name: 'Medium (utm_medium)', none: 'Without a medium' },
  campaign: { column: 'campaign', name: 'Campaign (utm_campaign)', none: 'Without a campaign' },
  referrer: { column: 'referrer', name: 'Referrer', none: 'Direct, or hidden by the browser' },
  via: { column: 'via', name: 'Came in by', none: 'Unknown' },
} as const
type Dimension = keyof typeof dimensions

type Row = { name: string; source_contacts: number; conversions: number; source_converted: number }

/** Contacts that became known, and those that became customers, by a trait of their first touch; each by its index. */
async function bySource(db: Db, span: Span, zone: string, dimension: Dimension): Promise<Row[]> {
  const column = sql.id(dimensions[dimension].column)
  return many<Row>(
    db,
    sql`
    select name, sum(known)::float8 as source_contacts, sum(won)::float8 as conversions, sum(turned)::float8 as source_converted
    from (
      select ${column} as name, count(*) as known, 0 as won, count(*) filter (where converted_at is not null) as turned
      from insight.origin where ${momentsIn(sql`became_at`, span, zone)} group by 1
      union all
      select ${column}, 0, count(*), 0
      from insight.origin where converted_at is not null and ${momentsIn(sql`converted_at`, span, zone)} group by 1) touched
    group by name order by 2 desc, 3 desc, 1 limit 1000`,
  )
}

const valuesOf = (row: Omit<Row, 'name'>): Values => ({
  source_contacts: row.source_contacts,
  conversions: row.conversions,
  source_converted: row.source_converted,
  conversion_rate: shareOf(row.source_converted, row.source_contacts),
})

function total(rows: Row[]): Values {
  const add = (key: Exclude<keyof Row, 'name'>) => rows.reduce((sum, row) => sum + row[key], 0)
  return valuesOf({
    source_contacts: add('source_contacts'),
    conversions: add('conversions'),
    source_converted: add('source_converted'),
  })
}

function days(db: Db, span: Span, zone: string): Promise<Day[]> {
  return many<Day>(
    db,
    sql`
    select day::text as day, sum(known)::float8 as source_contacts, sum(won)::float8 as conversions from (
      select (became_at at time zone ${zone})::date as day, count(*) as known, 0 as won
      from insight.origin where ${momentsIn(sql`became_at`, span, zone)} group by 1
      union all
      select (converted_at at time zone ${zone})::date, 0, count(*)
      from insight.origin where converted_at is not null and ${momentsIn(sql`converted_at`, span, zone)} group by 1) touched
    group by day order by day`,
  )
}

const metrics = ['source_contacts', 'conversions', 'source_converted', 'conversion_rate']

/** Where new contacts and customers come from: first touch. */
export const sourcesReport = reportKind({
  key: 'sources',
  title: 'Sources',
  words: 'Where new contacts and new customers come from, by their first touch with us.',
  filters: z.object({ by: z.enum(['source', 'medium', 'campaign', 'referrer', 'via']).default('source') }),
  async run({ db, range }, { by }) {
    const [now, before, current, earlier] = await Promise.all([
      bySource(db, range, range.zone, by),
      range.before ? bySource(db, range.before, range.zone, by) : null,
      days(db, range, range.zone),
      range.before ? days(db, range.before, range.zone) : null,
    ])
    const { name, none } = dimensions[by]
    return {
      totals: totalsOf(metrics, total(now), before && total(before)),
      series: linesOf(['source_contacts', 'conversions'], range, { now: current, before: earlier }),
      tables: [
        tableOf({
          key: 'sources',
          title: `By ${name}`,
          first: name,
          metrics,
          rows: now
            .slice(0, rowsShown + 1)
            .map(row => ({ key: row.name, name: row.name || none, values: valuesOf(row) })),
        }),
      ],
      notes: [
        'The first touch is the first page view that we know of, also from the time before somebody gave an address.',
      ],
    }
  },
})
