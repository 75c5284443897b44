import { z } from 'zod'
import { type Db, many, type RawBuilder, sql } from '#platform/db/db.ts'
import { shareOf } from '../metrics.ts'
import type { Range, Span } from '../range.ts'
import {
  type Day,
  linesOf,
  reportKind,
  rowsShown,
  type Table,
  tableOf,
  totalsOf,
  type Values,
} from './report.ts'

/** The usual order of a lifecycle; other stages follow by name. */
const order = [
  'visitor',
  'subscriber',
  'lead',
  'mql',
  'sql',
  'prospect',
  'opportunity',
  'customer',
  'advocate',
  'former customer',
  'lost',
]
const rank = (stage: string) => {
  const place = order.indexOf(stage.toLowerCase())
  return place < 0 ? order.length : place
}

/** Moments that lie on the days of a span in the zone. */
export const momentsIn = (column: RawBuilder<unknown>, span: Span, zone: string) =>
  sql`${column} >= decisions.day_start(${span.from}::date, ${zone}) and ${column} < decisions.day_start(${span.to}::date + 1, ${zone})`

type StageRow = { stage: string } & Record<string, number | null>

/** Per stage: who came, who went and how long they had stayed, who is there. Three statements, each by its index. */
async function byStage(db: Db, span: Span, zone: string): Promise<Map<string, Values>> {
  const entered = many<StageRow>(
    db,
    sql`select stage, count(*)::float8 as stage_entered, (count(*) filter (where left_at is not null))::float8 as stage_advanced
      from insight.stage_stay where ${momentsIn(sql`entered_at`, span, zone)} group by stage`,
  )
  const left = many<StageRow>(
    db,
    sql`select stage, count(*)::float8 as stage_left,
        percentile_cont(0.5) within group (order by extract(epoch from left_at - entered_at)::float8 / 86400) as stage_median,
        percentile_cont(0.9) within group (order by extract(epoch from left_at - entered_at)::float8 / 86400) as stage_p90
      from insight.stage_stay where left_at is not null and ${momentsIn(sql`left_at`, span, zone)} group by stage`,
  )
  const now = many<StageRow>(
    db,
    sql`select stage, count(*)::float8 as stage_now from insight.stage_stay where left_at is null group by stage`,
  )
  const stages = new Map<string, Values>()
  for (const rows of await Promise.all([entered, left, now])) {
    for (const { stage, ...values } of rows) stages.set(stage, { ...stages.get(stage), ...values })
  }
  for (const [stage, values] of stages) stages.set(stage, withConversion(values))
  return stages
}

function withConversion(values: Values): Values {
  const zeros = { stage_entered: 0, stage_left: 0, stage_now: 0, stage_advanced: 0 }
  const all = { ...zeros, ...values }
  return { ...all, stage_conversion: shareOf(Number(all.stage_advanced), Number(all.stage_entered)) }
}

/** Where those went who left a stage, and how long that took. */
async function moves(db: Db, range: Range): Promise<Table> {
  const rows = await many<{ from: string; to: string; n: number; median: number; p90: number }>(
    db,
    sql`select stage as "from", next_stage as "to", count(*)::float8 as n,
        percentile_cont(0.5) within group (order by extract(epoch from left_at - entered_at)::float8 / 86400) as median,
        percentile_cont(0.9) within group (order by extract(epoch from left_at - entered_at)::float8 / 86400) as p90
      from insight.stage_stay where left_at is not null and ${momentsIn(sql`left_at`, range, range.zone)}
      group by stage, next_stage order by count(*) desc limit ${rowsShown + 1}`,
  )
  return tableOf({
    key: 'moves',
    title: 'From stage to stage',
    first: 'Move',
    metrics: ['stage_left', 'stage_median', 'stage_p90'],
    rows: rows.map(row => ({
      key: `${row.from} > ${row.to}`,
      name: `${row.from || 'no stage'} → ${row.to || 'no stage'}`,
      values: { stage_left: row.n, stage_median: row.median, stage_p90: row.p90 },
    })),
  })
}

function entries(db: Db, span: Span, zone: string): Promise<Day[]> {
  return many<Day>(
    db,
    sql`select (entered_at at time zone ${zone})::date::text as day, count(*)::float8 as stage_entered,
        (count(*) filter (where stage = 'customer'))::float8 as conversions
      from insight.stage_stay where ${momentsIn(sql`entered_at`, span, zone)} group by 1 order by 1`,
  )
}

const columns = [
  'stage_now',
  'stage_entered',
  'stage_advanced',
  'stage_conversion',
  'stage_left',
  'stage_median',
  'stage_p90',
]

/** How people go through the stages, and how long they stay in each. */
export const leadsReport = reportKind({
  key: 'leads',
  title: 'Lead funnel',
  words: 'How people go through the stages of the lifecycle, how many go on, and how long it takes.',
  filters: z.object({}),
  async run({ db, range }) {
    const [stages, before, table, now, earlier] = await Promise.all([
      byStage(db, range, range.zone),
      range.before ? byStage(db, range.before, range.zone) : null,
      moves(db, range),
      entries(db, range, range.zone),
      range.before ? entries(db, range.before, range.zone) : null,
    ])
    const sum = (all: Map<string, Values>): Values => {
      const add = (key: string) =>
        [...all.values()].reduce((total, values) => total + Number(values[key] ?? 0), 0)
      return withConversion({
        stage_entered: add('stage_entered'),
        stage_left: add('stage_left'),
        stage_advanced: add('stage_advanced'),
      })
    }
    const rows = [...stages]
      .sort(([a], [b]) => rank(a) - rank(b) || a.localeCompare(b))
      .map(([stage, values]) => ({ key: stage, name: stage || 'no stage', values }))
    return {
      totals: totalsOf(
        ['stage_entered', 'stage_left', 'stage_conversion'],
        sum(stages),
        before && sum(before),
      ),
      series: linesOf(['stage_entered'], range, { now, before: earlier }),
      tables: [tableOf({ key: 'stages', title: 'By stage', first: 'Stage', metrics: columns, rows }), table],
      notes: [
        'Every contact starts in the stage it was made with; each change of the stage in its history is a move.',
      ],
    }
  },
})
