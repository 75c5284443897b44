import { z } from 'zod'
import { type Db, many, maybeOne, sql } from '#platform/db/db.ts'
import { notFound } from '#platform/errors.ts'
import { idSchema } from '#platform/http/route.ts'
import { shareOf } from '../metrics.ts'
import type { Range, Span } from '../range.ts'
import {
  type Context,
  type Day,
  linesOf,
  type Report,
  reportKind,
  tableOf,
  totalsOf,
  type Values,
} from './report.ts'

const sums = sql`coalesce(sum(n) filter (where what = 'entered'), 0)::float8 as flow_entered,
  coalesce(sum(n) filter (where what = 'goal'), 0)::float8 as flow_goal,
  coalesce(sum(n) filter (where what = 'left'), 0)::float8 as flow_left,
  coalesce(sum(n) filter (where what = 'done'), 0)::float8 as flow_done,
  coalesce(sum(n) filter (where what = 'parked'), 0)::float8 as flow_parked`

type Of = { workflowId: string | null; version: number | null }
const wanted = ({ from, to }: Span, { workflowId, version }: Of) => sql`
  (${workflowId}::bigint is null or workflow_id = ${workflowId}::bigint) and (${version}::int is null or version = ${version})
  and day between ${from}::date and ${to}::date`

const withRate = (values: Record<string, number>): Values => ({
  ...values,
  goal_rate: shareOf(values.flow_goal ?? 0, values.flow_entered ?? 0),
})

async function totals(db: Db, span: Span | null, of: Of): Promise<Values | null> {
  if (!span) return null
  const row = await maybeOne<Record<string, number>>(
    db,
    sql`select ${sums} from insight.flow_day where ${wanted(span, of)}`,
  )
  return row ? withRate(row) : null
}

const days = (db: Db, span: Span, of: Of) =>
  many<Day>(
    db,
    sql`select day::text as day, ${sums} from insight.flow_day where ${wanted(span, of)} group by day order by day`,
  )

async function both(db: Db, range: Range, of: Of) {
  return { now: await days(db, range, of), before: range.before ? await days(db, range.before, of) : null }
}

type Node = { title?: string | null; type: string; exits: Record<string, string | null> }
type Definition = { start: string; nodes: Record<string, Node> }

const keys = ['flow_entered', 'flow_goal', 'goal_rate', 'flow_done', 'flow_left', 'flow_parked']

/** All workflows side by side, or one, step by step. */
export const workflowsReport = reportKind({
  key: 'workflows',
  title: 'Workflow funnel',
  words: 'Who entered, where people stand, which way they went on, and who reached the goal.',
  filters: z.object({ workflowId: idSchema.optional(), version: z.coerce.number().int().min(1).optional() }),
  async run(context, { workflowId, version }) {
    const { db, range } = context
    const of = { workflowId: workflowId ?? null, version: version ?? null }
    const [now, before, rows] = await Promise.all([
      totals(db, range, of),
      totals(db, range.before, of),
      both(db, range, of),
    ])
    return {
      totals: totalsOf(keys, now ?? {}, before),
      series: linesOf(['flow_entered', 'flow_goal', 'flow_done', 'flow_left'], range, rows, withRate),
      tables: workflowId ? await funnel(context, workflowId, version ?? null) : [await sideBySide(context)],
      notes: workflowId
        ? [
            'Arrivals are counted from the ways of this version; who was moved over from an earlier one begins in the middle.',
          ]
        : [],
    }
  },
})

async function sideBySide({ db, range }: Context): Promise<Report['tables'][number]> {
  const [rows, standing] = await Promise.all([
    many<Record<string, number> & { key: string; name: string }>(
      db,
      sql`select w.id::text as key, w.name, ${sums} from workflows.workflow w
        left join insight.flow_day f on f.workflow_id = w.id and f.day between ${range.from}::date and ${range.to}::date
        where w.live_version is not null group by w.id, w.name order by 3 desc, lower(w.name) limit 201`,
    ),
    many<{ key: string; n: number }>(
      db,
      sql`select workflow_id::text as key, count(*)::float8 as n from workflows.enrolment
        where status = 'active' group by workflow_id`,
    ),
  ])
  const inside = new Map(standing.map(row => [row.key, row.n]))
  return tableOf({
    key: 'workflows',
    title: 'By workflow',
    first: 'Workflow',
    metrics: [
      'flow_entered',
      'flow_waiting',
      'flow_goal',
      'goal_rate',
      'flow_done',
      'flow_left',
      'flow_parked',
    ],
    rows: rows.map(({ key, name, ...values }) => ({
      key,
      name,
      link: `/workflows/${key}`,
      values: { ...withRate(values), flow_waiting: inside.get(key) ?? 0 },
    })),
  })
}

/** The steps of a version in the order in which people come to them, and each way out of them. */
async function funnel(
  { db, range }: Context,
  workflowId: string,
  version: number | null,
): Promise<Report['tables']> {
  const published = await maybeOne<{ number: number; definition: Definition }>(
    db,
    sql`select v.number, v.definition from workflows.workflow w join workflows.version v
        on v.workflow_id = w.id and v.number = coalesce(${version}::int, w.live_version)
      where w.id = ${workflowId}::bigint`,
  )
  if (!published) throw notFound('published workflow')
  const of = { workflowId, version: published.number }
  const [passed, standing, total] = await Promise.all([
    many<{ node: string; what: string; n: number }>(
      db,
      sql`select node, what, sum(n)::float8 as n from insight.flow_day where ${wanted(range, of)} and node <> '' group by node, what`,
    ),
    many<{ node: string; n: number }>(
      db,
      sql`select node, count(*)::float8 as n from workflows.enrolment
        where workflow_id = ${workflowId}::bigint and version = ${published.number} and status = 'active' group by node`,
    ),
    totals(db, range, of),
  ])
  const { nodes, start } = published.definition
  const at = (node: string, what: string) =>
    passed.find(row => row.node === node && row.what === what)?.n ?? 0
  const ways = Object.entries(nodes).flatMap(([from, node]) =>
    Object.entries(node.exits).map(([exit, to]) => ({ from, exit, to, n: at(from, `exit:${exit}`) })),
  )
  const arrived = (node: string) =>
    ways
      .filter(way => way.to === node)
      .reduce((sum, way) => sum + way.n, node === start ? Number(total?.flow_entered ?? 0) : 0)
  const waiting = new Map(standing.map(row => [row.node, row.n]))
  const title = (node: string) => nodes[node]?.title ?? nodes[node]?.type.replaceAll('-', ' ') ?? node
  const order = inOrder(published.definition)
  return [
    tableOf({
      key: 'steps',
      title: `Step by step, version ${published.number}`,
      first: 'Step',
      metrics: [
        'flow_arrived',
        'flow_waiting',
        'flow_passed',
        'flow_goal',
        'flow_left',
        'flow_done',
        'flow_parked',
      ],
      rows: order.map(node => ({
        key: node,
        name: title(node),
        link: `/workflows/${workflowId}`,
        values: {
          flow_arrived: arrived(node),
          flow_waiting: waiting.get(node) ?? 0,
          flow_passed: ways.filter(way => way.from === node).reduce((sum, way) => sum + way.n, 0),
          flow_goal: at(node, 'goal'),
          flow_left: at(node, 'left'),
          flow_done: at(node, 'done'),
          flow_parked: at(node, 'parked'),
        },
      })),
    }),
    tableOf({
      key: 'ways',
      title: 'By way',
      first: 'Way',
      metrics: ['flow_passed'],
      rows: order.flatMap(node =>
        ways
          .filter(way => way.from === node)
          .map(way => ({
            key: `${way.from}:${way.exit}`,
            name: `${title(way.from)} – ${way.exit.replaceAll('_', ' ')}${way.to ? ` → ${title(way.to)}` : ''}`,
            values: { flow_passed: way.n },
          })),
      ),
    }),
  ]
}

/** Steps from the start on, nearest first; those that nothing leads to come last. */
function inOrder({ start, nodes }: Definition): string[] {
  const seen = new Set<string>()
  const queue = [start]
  for (let node = queue.shift(); node !== undefined; node = queue.shift()) {
    const step = nodes[node]
    if (seen.has(node) || !step) continue
    seen.add(node)
    queue.push(...Object.values(step.exits).filter(to => to !== null))
  }
  return [...seen, ...Object.keys(nodes).filter(node => !seen.has(node))]
}
