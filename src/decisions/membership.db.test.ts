import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { type Db, many, run, sql } from '#platform/db/db.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { compileFilter } from './compile.ts'
import { createWorld, makeList, type World } from './decisions.fixture.ts'
import type { Filter } from './filter.ts'
import { readSegments } from './live-segments.ts'
import { settleRange } from './membership.sql.ts'
import { readyMetrics } from './metrics.ts'

let base: TestDatabase
let db: Db
before(async () => {
  base = await testDatabase()
  db = base.db
})
after(() => base.stop())

const hour = 3_600_000
const zone = 'Europe/Berlin'

type Step =
  | { do: 'view'; who: number; path: string; agoHours: number }
  | { do: 'change'; who: number; country: string; seats: number }
  | { do: 'list'; who: number; in: boolean }
  | { do: 'join'; country: string }
  | { do: 'wait'; hours: number }

const who = fc.nat({ max: 4 })
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('view' as const),
    who,
    path: fc.constantFrom('/pricing', '/blog'),
    agoHours: fc.constantFrom(0, 0, 0, 5, 30, 100),
  }),
  fc.record({
    do: fc.constant('change' as const),
    who,
    country: fc.constantFrom('DE', 'AT'),
    seats: fc.nat({ max: 9 }),
  }),
  fc.record({ do: fc.constant('list' as const), who, in: fc.boolean() }),
  fc.record({ do: fc.constant('join' as const), country: fc.constantFrom('DE', 'AT') }),
  fc.record({ do: fc.constant('wait' as const), hours: fc.constantFrom(1, 7, 24, 71, 200) }),
)

async function perform(world: World, contacts: string[], listId: string, given: Step): Promise<void> {
  if (given.do === 'wait') return world.moveTo(new Date(world.now.getTime() + given.hours * hour))
  if (given.do === 'join') return void contacts.push(...(await world.join({ country: given.country })))
  const contactId = contacts[given.who % contacts.length] ?? ''
  const at = given.do === 'view' ? new Date(world.now.getTime() - given.agoHours * hour) : world.now
  if (given.do === 'view')
    await world.happen({ contactId, type: 'page.viewed', at, data: { path: given.path } })
  if (given.do === 'change') await world.change(contactId, { country: given.country, seats: given.seats })
  if (given.do === 'list') await world.list(contactId, listId, given.in)
}

const views = (op: 'at_least' | 'at_most', times: number, withinDays: number | null): Filter => ({
  type: 'event',
  event: 'page.viewed',
  where: [{ property: 'path', op: 'is', value: '/pricing' }],
  op,
  times,
  withinDays,
})

/** Segments that rest upon everything that can change, upon time alone, and upon each other. */
async function publishAll(world: World, listId: string): Promise<string[]> {
  const plain: Filter[] = [
    {
      all: [
        { type: 'field', field: 'country', op: 'is', value: 'DE' },
        { type: 'field', field: 'attrs.seats', op: 'at_least', value: 5 },
      ],
    },
    { any: [views('at_least', 2, 2), { type: 'list', listId, in: true }] },
    views('at_most', 1, 3),
    views('at_least', 3, null),
    { type: 'field', field: 'created_at', op: 'in_last_days', value: 2 },
    { not: { type: 'field', field: 'created_at', op: 'in_last_days', value: 4 } },
  ]
  const ids: string[] = []
  for (const [i, filter] of plain.entries()) ids.push((await world.publish(`Plain ${i}`, filter)).id)
  const [first = '', second = ''] = ids
  const middle = await world.publish('Upon two', {
    all: [
      { type: 'segment', segmentId: first, in: false },
      { type: 'segment', segmentId: second, in: true },
    ],
  })
  const top = await world.publish('Upon that', {
    any: [{ type: 'segment', segmentId: middle.id, in: false }, views('at_least', 1, 1)],
  })
  return [...ids, middle.id, top.id]
}

/** Members as a fresh look at everybody would have them, from the events themselves. */
async function judged(world: World): Promise<Map<string, string[]>> {
  const filters = await many<{ id: string; filter: Filter }>(
    db,
    sql`
    select s.id, v.filter from decisions.segment s join decisions.segment_version v on v.segment_id = s.id and v.version = s.live_version`,
  )
  const found = new Map<string, string[]>()
  for (const { id, filter } of filters) {
    const rows = await many<{ id: string }>(
      db,
      sql`
      select contact.id from audience.contact contact where ${compileFilter(filter, { now: world.now, zone })} order by 1`,
    )
    found.set(
      id,
      rows.map(row => row.id),
    )
  }
  return found
}

test('membership that follows events and time is what a rebuild would find, after every step', async () => {
  const told = new Map<string, number>()
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 14 }), async steps => {
      await run(
        db,
        sql`truncate audience.contact, audience.identity, audience.list_member, audience.list, audience.field,
        decisions.segment_member, decisions.counter, decisions.metric, decisions.metric_user, decisions.segment,
        decisions.segment_version, activity.event, engine.timer, access.reference`,
      )
      const world = createWorld(db, new Date('2026-03-27T20:00:00Z'), zone)
      const listId = await makeList(db, 'List')
      const contacts = await world.join({ country: 'DE', seats: 5 }, { country: 'AT', seats: 2 })
      const ids = await publishAll(world, listId)
      // Half of the runs begin as if the past had not been counted yet: the meaning is the same.
      if (steps.length % 2 === 0) await run(db, sql`update decisions.metric set ready = false`)
      for (const [place, each] of steps.entries()) {
        if (place === 4) await world.count()
        await perform(world, contacts, listId, each)
        const wanted = await judged(world)
        for (const id of ids)
          assert.deepEqual(
            await world.members(id),
            wanted.get(id),
            `${JSON.stringify(each)} at ${world.now.toISOString()}`,
          )
      }
      const scope = { of: 'range' as const, after: '0', upTo: '9223372036854775807' }
      for (const segment of await readSegments(db)) {
        const asking = { now: world.now, zone, scope, metrics: await readyMetrics(db, zone) }
        assert.deepEqual(await settleRange(db, segment, asking), { came: 0, left: 0 })
      }
      for (const { type } of world.told) told.set(type, (told.get(type) ?? 0) + 1)
    }),
    { numRuns: 20, seed: 77 },
  )
  assert.ok(
    (told.get('segment.entered') ?? 0) > 20 && (told.get('segment.left') ?? 0) > 20,
    'people came and went',
  )
})

test('repeating a batch after a failure changes nothing: counters are recounted, not added', async () => {
  const world = createWorld(db, new Date('2026-05-01T10:00:00Z'), zone)
  const [ann = ''] = await world.join({ country: 'DE' })
  const segment = await world.publish('Twice', views('at_least', 2, 7))
  await world.count()
  await world.happen({ contactId: ann, type: 'page.viewed', at: world.now, data: { path: '/pricing' } })
  const events = await many<{ contactId: string; id: string; at: Date; data: Record<string, unknown> }>(
    db,
    sql`
    select contact_id as "contactId", id, at, data from activity.event where contact_id = ${ann}::bigint and type = 'page.viewed'`,
  )
  for (let i = 0; i < 3; i++)
    await world.tick(
      events.map(event => ({ ...event, type: 'page.viewed', name: null, causeId: null, depth: 0 })),
    )
  assert.deepEqual(await world.members(segment.id), [])
})
