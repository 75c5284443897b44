import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { compileDemands, whereSchema } from '#decisions/demands.ts'
import { one, sql } from '#platform/db/db.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { type Demand, fulfils, knownOperators } from './where.ts'

let database: TestDatabase
before(async () => {
  database = await testDatabase()
})
after(() => database.stop())

const texts = fc.constantFrom(
  '',
  'pro',
  'PRO',
  '/pricing/x',
  '5',
  ' -3.5 ',
  '1e3',
  'true',
  '2026-11-23',
  '2026-03-29T02:30',
  '2026-11-23T10:00:00Z',
  '2026-02-30',
)
const scalars = fc.oneof(texts, fc.integer({ min: -9, max: 9 }), fc.constantFrom(2.5, true, false, null))
const data = fc.record(
  {
    plan: scalars,
    properties: fc.record(
      { plan: scalars, 'a.b': scalars, a: fc.record({ b: scalars }) },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: [] },
)
const wanted = fc.oneof(
  fc.constantFrom('pro', '/pri', 'X', '5', 'true', '2026-11-23', '2026-03-29'),
  fc.integer({ min: -9, max: 9 }),
  fc.boolean(),
  fc.array(fc.oneof(fc.constantFrom('pro', '5'), fc.constantFrom(5, -3.5)), { minLength: 1, maxLength: 3 }),
  fc.constant(undefined),
)
const demands = fc
  .record({
    property: fc.constantFrom('plan', 'a.b', 'none'),
    op: fc.constantFrom(...knownOperators),
    value: wanted,
  })
  .filter(demand => whereSchema.safeParse([demand]).success)

test('what an event is asked in memory and in the database has the same answer', async () => {
  const zone = 'Europe/Vienna'
  const when = { now: new Date('2026-11-23T10:00:00Z'), zone, today: '2026-11-23' }
  const property = fc.asyncProperty(
    demands,
    data,
    fc.constantFrom('event.tracked', 'page.viewed'),
    async (demand: Demand, json, type) => {
      const asked = await one<{ answer: boolean }>(
        database.db,
        sql`select ${compileDemands([demand], type, when)} as answer from (select ${JSON.stringify(json)}::jsonb as data) event`,
      )
      assert.equal(fulfils(demand, { type, data: json }, zone), asked.answer)
    },
  )
  await fc.assert(property, { numRuns: 1500 })
})

test('every operator that an event can be asked with is known here', () => {
  const shape = JSON.stringify(
    whereSchema.safeParse([{ property: 'a', op: 'no-such', value: 1 }]).error?.issues,
  )
  for (const name of knownOperators) assert.ok(shape.includes(`"${name}"`), name)
  const known =
    /"values":\[([^\]]*)\]/
      .exec(shape)?.[1]
      ?.split(',')
      .map(word => JSON.parse(word) as string) ?? []
  assert.deepEqual([...known].sort(), [...knownOperators].sort())
})
