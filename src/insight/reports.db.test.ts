import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import fc from 'fast-check'
import { dayIn } from '#decisions/zone-days.ts'
import type { NewEvent } from '#engine/reactor.ts'
import { run, sql } from '#platform/db/db.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { listMetrics } from './metrics.ts'
import { rangeQuery, readRange } from './range.ts'
import { reports } from './reports/all.ts'
import { empty, happen, make, now, rowsOf, zone } from './reports.fixture.ts'

const dayMs = 86_400_000

let base: TestDatabase
before(async () => {
  base = await testDatabase()
})
after(() => base.stop())
beforeEach(() => empty(base.db))

async function contact(id: string, at: Date, stage = 'lead', via = 'Form'): Promise<void> {
  await run(
    base.db,
    sql`insert into audience.contact (id, email, stage, created_at, updated_at)
      values (${id}::bigint, ${`${id}@example.org`}, ${stage}, ${at}, ${at})`,
  )
  await happen(base.db, [{ contactId: id, type: 'contact.created', at, data: { source: via } }])
}

test('every report answers in an empty installation, with metrics of the dictionary only', async () => {
  const known = new Set(listMetrics().map(metric => metric.key))
  for (const kind of reports) {
    const report = await make(base.db, kind.key)
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
        await happen(base.db, [move])
      const { from, to } = readRange(rangeQuery.parse({}), zone, now)
      const inRange = (at: Date | null) => at !== null && dayIn(zone, at) >= from && dayIn(zone, at) <= to
      const rows = rowsOf(await make(base.db, 'leads'), 'stages')
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
  await happen(base.db, [
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
  await happen(base.db, [
    {
      contactId: '1',
      type: 'contact.updated',
      at: at(5),
      data: { changes: { stage: { from: 'lead', to: 'customer' } } },
    },
  ])
  const bySource = rowsOf(await make(base.db, 'sources'), 'sources')
  assert.deepEqual(
    bySource.map(row => [row.name, row.source_contacts, row.conversions, row.conversion_rate]),
    [
      ['Without a source', 2, 0, 0],
      ['linkedin', 1, 1, 1],
    ],
  )
  const byReferrer = rowsOf(await make(base.db, 'sources', { by: 'referrer' }), 'sources')
  assert.deepEqual(byReferrer.map(row => row.name).sort(), [
    'Direct, or hidden by the browser',
    'linkedin.com',
  ])
  const byDoor = rowsOf(await make(base.db, 'sources', { by: 'via' }), 'sources')
  assert.deepEqual(
    byDoor.map(row => [row.name, row.source_contacts]),
    [
      ['Form', 2],
      ['Import of people.csv', 1],
    ],
  )
  // Late: the history of a visitor that is joined to him goes further back.
  await happen(base.db, [
    view('2', 30, { utm: { source: 'fair' } }),
    { contactId: '2', type: 'contact.joined', at: now },
  ])
  assert.ok(rowsOf(await make(base.db, 'sources'), 'sources').some(row => row.name === 'fair'))
})
