import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import fc from 'fast-check'
import { append } from '#activity/ledger.ts'
import { dayIn } from '#decisions/zone-days.ts'
import type { NewEvent } from '#engine/reactor.ts'
import { inTransaction, run, sql } from '#platform/db/db.ts'
import { newId } from '#platform/ids.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { markEvents } from './marks.ts'
import { listMetrics } from './metrics.ts'
import { rangeQuery, readRange } from './range.ts'
import { reports } from './reports/all.ts'
import type { Report } from './reports/report.ts'
import { settle } from './rollup.ts'

const zone = 'Europe/Berlin'
const now = new Date('2026-11-20T12:00:00Z')
const dayMs = 86_400_000

let base: TestDatabase
before(async () => {
  base = await testDatabase()
})
after(() => base.stop())
beforeEach(() =>
  run(
    base.db,
    sql`truncate activity.event, audience.contact, workflows.workflow, workflows.version, workflows.enrolment, workflows.step,
      decisions.segment, decisions.segment_member, insight.event_day, insight.flow_day, insight.stage_stay, insight.origin,
      insight.mark, insight.contact_mark, insight.counted, insight.state cascade`,
  ),
)

type Made = Omit<Report, 'report' | 'title' | 'range'>

async function make(key: string, query: Record<string, string> = {}): Promise<Made> {
  const kind = reports.find(each => each.key === key)
  assert.ok(kind)
  await settle(base.db, { zone, now })
  const range = readRange(rangeQuery.parse(query), zone, now)
  return kind.run({ db: base.db, range, now }, query)
}

/** A table as objects: name and metrics of each row. */
function rowsOf(report: Made, key: string): Record<string, string | number | null>[] {
  const table = report.tables.find(each => each.key === key)
  assert.ok(table, `a table ${key}`)
  return table.rows.map(row =>
    Object.fromEntries(table.columns.map((column, i) => [column.key, row.cells[i] ?? null])),
  )
}
const totalOf = (report: Made, key: string) => report.totals.find(each => each.metric === key)?.value

const happen = (events: NewEvent[]) =>
  inTransaction(base.db, async trx => markEvents(trx, await append(trx, events), zone))

async function contact(id: string, at: Date, stage = 'lead', via = 'Form'): Promise<void> {
  await run(
    base.db,
    sql`insert into audience.contact (id, email, stage, created_at, updated_at)
      values (${id}::bigint, ${`${id}@example.org`}, ${stage}, ${at}, ${at})`,
  )
  await happen([{ contactId: id, type: 'contact.created', at, data: { source: via } }])
}

test('every report answers in an empty installation, with metrics of the dictionary only', async () => {
  const known = new Set(listMetrics().map(metric => metric.key))
  for (const kind of reports) {
    const report = await make(kind.key)
    for (const key of [
      ...report.totals.map(total => total.metric),
      ...report.series.lines.map(line => line.metric),
      ...report.tables.flatMap(table => table.columns.flatMap(column => column.metric ?? [])),
    ]) {
      assert.ok(known.has(key), `${kind.key} shows ${key}, which is in no dictionary`)
    }
    for (const line of report.series.lines) assert.equal(line.values.length, report.series.points.length)
  }
})

const stages = ['lead', 'prospect', 'customer']
const life = fc.record({
  born: fc.integer({ min: 0, max: 80 }),
  moves: fc.array(fc.tuple(fc.double({ min: 0.1, max: 20, noNaN: true }), fc.constantFrom(...stages)), {
    maxLength: 4,
  }),
})

/** Between two neighbours as PostgreSQL's percentile_cont does it. */
function percentile(values: number[], share: number): number | null {
  const sorted = [...values].sort((a, b) => a - b)
  const place = share * (sorted.length - 1)
  const [low, high] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]]
  return low === undefined || high === undefined ? null : low + (high - low) * (place - Math.floor(place))
}

type Stay = { stage: string; from: Date; to: Date | null }

function staysOf({ born, moves }: { born: number; moves: [number, string][] }): Stay[] {
  const stays: Stay[] = [{ stage: 'lead', from: new Date(now.getTime() - born * dayMs - 1), to: null }]
  for (const [days, stage] of moves) {
    const last = stays.at(-1)
    if (!last || last.stage === stage) continue
    const at = new Date(Math.round(last.from.getTime() + days * dayMs))
    if (at > now) break
    last.to = at
    stays.push({ stage, from: at, to: null })
  }
  return stays
}

test('the lead funnel equals a naive count of random lives, also when moves come in late and out of order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(life, { minLength: 1, maxLength: 12 }), fc.integer(), async (lives, seed) => {
      await run(
        base.db,
        sql`truncate activity.event, audience.contact, insight.stage_stay, insight.origin, insight.contact_mark`,
      )
      const all = lives.map(staysOf)
      const moves: NewEvent[] = []
      for (const [index, stays] of all.entries()) {
        const id = String(1000 + index)
        await contact(id, stays[0]?.from ?? now, stays.at(-1)?.stage)
        for (const [place, stay] of stays.slice(1).entries()) {
          const changes = { stage: { from: stays[place]?.stage, to: stay.stage } }
          moves.push({ contactId: id, type: 'contact.updated', at: stay.from, data: { changes } })
        }
      }
      for (const move of moves.sort(
        (a, b) => ((a.at.getTime() * seed) % 97) - ((b.at.getTime() * seed) % 97),
      ))
        await happen([move])
      const { from, to } = readRange(rangeQuery.parse({}), zone, now)
      const inRange = (at: Date | null) => at !== null && dayIn(zone, at) >= from && dayIn(zone, at) <= to
      const rows = rowsOf(await make('leads'), 'stages')
      for (const stage of stages) {
        const stays = all.flat().filter(stay => stay.stage === stage)
        const row = rows.find(each => each.name === stage)
        if (stays.length === 0) {
          assert.equal(row, undefined)
          continue
        }
        const lengths = stays
          .filter(stay => inRange(stay.to))
          .map(stay => ((stay.to?.getTime() ?? 0) - stay.from.getTime()) / dayMs)
        const close = (given: unknown, wanted: number | null) =>
          wanted === null
            ? assert.equal(given, null)
            : assert.ok(Math.abs(Number(given) - wanted) < 1e-6, `${given} for ${wanted}`)
        // A stage of old stays only has no row.
        if (!row) {
          assert.ok(stays.every(stay => stay.to !== null && !inRange(stay.to) && !inRange(stay.from)))
          continue
        }
        assert.equal(row.stage_now, stays.filter(stay => stay.to === null).length)
        assert.equal(row.stage_entered, stays.filter(stay => inRange(stay.from)).length)
        assert.equal(row.stage_advanced, stays.filter(stay => inRange(stay.from) && stay.to).length)
        assert.equal(row.stage_left, lengths.length)
        close(row.stage_median, percentile(lengths, 0.5))
        close(row.stage_p90, percentile(lengths, 0.9))
      }
    }),
    { numRuns: 12 },
  )
})

test('the first touch is the first page a person looked at, not a robot’s, also from the time before he was known', async () => {
  const at = (days: number) => new Date(now.getTime() - days * dayMs)
  const view = (contactId: string, days: number, data: Record<string, unknown>): NewEvent => ({
    contactId,
    type: 'page.viewed',
    at: at(days),
    data: { host: 'www.tend.example', ...data },
  })
  await happen([
    view('1', 20, { bot: true, utm: { source: 'robot' } }),
    view('1', 12, {
      utm: { source: 'linkedin', medium: 'social' },
      referrer: 'https://www.LinkedIn.com/feed',
    }),
    view('1', 11, { utm: { source: 'google' } }),
    view('2', 11, { referrer: 'https://www.tend.example/blog' }),
  ])
  await contact('1', at(10), 'customer')
  await contact('2', at(10))
  await contact('3', at(9), 'lead', 'Import of people.csv')
  await happen([
    {
      contactId: '1',
      type: 'contact.updated',
      at: at(5),
      data: { changes: { stage: { from: 'lead', to: 'customer' } } },
    },
  ])
  const bySource = rowsOf(await make('sources'), 'sources')
  assert.deepEqual(
    bySource.map(row => [row.name, row.source_contacts, row.conversions, row.conversion_rate]),
    [
      ['Without a source', 2, 0, 0],
      ['linkedin', 1, 1, 1],
    ],
  )
  const byReferrer = rowsOf(await make('sources', { by: 'referrer' }), 'sources')
  assert.deepEqual(byReferrer.map(row => row.name).sort(), [
    'Direct, or hidden by the browser',
    'linkedin.com',
  ])
  const byDoor = rowsOf(await make('sources', { by: 'via' }), 'sources')
  assert.deepEqual(
    byDoor.map(row => [row.name, row.source_contacts]),
    [
      ['Form', 2],
      ['Import of people.csv', 1],
    ],
  )
  // Late: the history of a visitor that is joined to him goes further back.
  await happen([
    view('2', 30, { utm: { source: 'fair' } }),
    { contactId: '2', type: 'contact.joined', at: now },
  ])
  assert.ok(rowsOf(await make('sources'), 'sources').some(row => row.name === 'fair'))
})

test('a funnel tells per step who arrived, who waits, which way they went, and who reached the goal', async () => {
  const at = (hours: number) => new Date(now.getTime() - hours * 3_600_000)
  const definition = {
    start: 'wait',
    nodes: {
      wait: { type: 'wait', title: 'Wait', exits: { next: 'branch' } },
      branch: { type: 'branch', title: null, exits: { yes: 'mail', no: null } },
      mail: { type: 'send-email', title: 'Send', exits: { next: null } },
    },
  }
  await run(
    base.db,
    sql`insert into workflows.workflow (id, name, status, draft, version, live_version, updated_at, updated_by, created_at)
      values (7, 'Welcome', 'live', '{}', 1, 1, ${now}, 'Mia', ${now})`,
  )
  await run(
    base.db,
    sql`insert into workflows.version (workflow_id, number, definition, inside, owner_id, review_on, published_by, published_at)
      values (7, 1, ${JSON.stringify(definition)}::jsonb, 'stay', 'x', '2027-01-01', 'Mia', ${now})`,
  )
  const stay = async (node: string, status: string, reason: string | null, steps: [string, string][]) => {
    const id = newId()
    await run(
      base.db,
      sql`insert into workflows.enrolment (contact_id, id, workflow_id, version, entry_key, status, node, arrived_at, steps,
          listens, held, state, why, entered_at, ended_at, end_reason, rev)
        values (${id}::bigint, ${id}::bigint, 7, 1, ${id}, ${status}, ${node}, ${at(3)}, 0, '{}', false, '{}', '[]', ${at(30)},
          ${status === 'active' ? null : at(2)}, ${reason}, 0)`,
    )
    for (const [index, [from, exit]] of steps.entries()) {
      await run(
        base.db,
        sql`insert into workflows.step (contact_id, enrolment_id, id, node, exit, at)
          values (${id}::bigint, ${id}::bigint, ${index}, ${from}, ${exit}, ${at(3)})`,
      )
    }
    await run(
      base.db,
      sql`insert into workflows.tally (workflow_id, version, node, exit, shard, n) values (7, 1, ${id}, 'x', 0, ${steps.length})`,
    )
    await happen([{ contactId: id, type: 'workflow.entered', at: at(30), data: { workflowId: '7' } }])
  }
  await stay('wait', 'active', null, [])
  await stay('branch', 'left', 'goal reached', [['wait', 'next']])
  await stay('mail', 'done', null, [
    ['wait', 'next'],
    ['branch', 'yes'],
    ['mail', 'next'],
  ])
  await stay('mail', 'parked', 'the email is gone', [
    ['wait', 'next'],
    ['branch', 'yes'],
  ])
  await stay('branch', 'left', 'exit rule', [['wait', 'next']])
  const report = await make('workflows', { workflowId: '7' })
  assert.equal(totalOf(report, 'flow_entered'), 5)
  assert.equal(totalOf(report, 'goal_rate'), 0.2)
  assert.deepEqual(
    rowsOf(report, 'steps').map(row => [
      row.name,
      row.flow_arrived,
      row.flow_waiting,
      row.flow_passed,
      row.flow_goal,
      row.flow_left,
      row.flow_done,
      row.flow_parked,
    ]),
    [
      ['Wait', 5, 1, 4, 0, 0, 0, 0],
      ['branch', 4, 0, 2, 1, 1, 0, 0],
      ['Send', 2, 0, 1, 0, 0, 1, 1],
    ],
  )
  // Nobody gets lost: who arrived waits, went on, or came to an end.
  for (const row of rowsOf(report, 'steps')) {
    const n = (key: string) => Number(row[key])
    const ended = n('flow_goal') + n('flow_left') + n('flow_parked')
    assert.equal(n('flow_arrived'), n('flow_waiting') + n('flow_passed') + ended, String(row.name))
  }
  assert.deepEqual(
    rowsOf(await make('workflows'), 'workflows').map(row => [row.name, row.flow_entered, row.flow_waiting]),
    [['Welcome', 5, 1]],
  )
})

test('the size of a segment is walked back from its members, day by day', async () => {
  await run(
    base.db,
    sql`insert into decisions.segment (id, name, status, created_at, updated_at, updated_by) values (9, 'Readers', 'live', ${now}, ${now}, 'Mia')`,
  )
  await run(
    base.db,
    sql`insert into decisions.segment_member (contact_id, segment_id, entered_at) select n, 9, ${now} from generate_series(1, 10) n`,
  )
  const told = (type: string, day: string, n: number): NewEvent[] =>
    Array.from({ length: n }, () => ({
      contactId: newId(),
      type,
      at: new Date(`${day}T22:30:00Z`),
      data: { segmentId: '9' },
    }))
  // Half past eleven in the evening in Berlin: still the same day.
  await happen([
    ...told('segment.entered', '2026-11-19', 4),
    ...told('segment.left', '2026-11-18', 3),
    ...told('segment.entered', '2026-11-10', 2),
  ])
  const report = await make('segments', { segmentId: '9', from: '2026-11-09', to: '2026-11-18' })
  const size = report.series.lines.find(line => line.metric === 'size')
  assert.deepEqual(size?.values, [7, 9, 9, 9, 9, 9, 9, 9, 9, 6])
  assert.equal(totalOf(report, 'size'), 6)
  assert.equal(totalOf(report, 'churn_rate'), 3 / 7)
})
