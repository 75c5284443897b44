import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { type Db, many, maybeOne, run, sql } from '#platform/db/db.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { compileFilter, compileTurningPoint, contextOf } from './compile.ts'
import { createWorld } from './decisions.fixture.ts'
import { explain } from './explain.ts'
import { anyFilter, condition, contactOf, datedCondition, eventCondition, store } from './filter.fixture.ts'
import { bindFilter, type Filter, filterSchema, type WrittenCondition } from './filter.ts'
import { matchContacts } from './match.ts'
import { readyMetrics, registerMetrics, releaseMetrics } from './metrics.ts'
import { operators } from './operators/all.ts'
import { dayBegins, dayOf, type NaiveContact, naive } from './oracle.fixture.ts'

let base: TestDatabase
let db: Db
before(async () => {
  base = await testDatabase()
  db = base.db
})
after(() => base.stop())

/** Moments on and around both changes of the clocks, in zones on both sides of the world and with odd offsets. */
const places = [
  { now: '2026-03-29T10:00:00Z', zone: 'Europe/Berlin' },
  { now: '2026-10-25T00:30:00Z', zone: 'Europe/Berlin' },
  { now: '2026-03-08T08:00:00Z', zone: 'America/New_York' },
  { now: '2026-04-04T14:30:00Z', zone: 'Pacific/Auckland' },
  { now: '2026-04-04T23:00:00Z', zone: 'Asia/Kathmandu' },
  // Clocks go back over midnight here: 25 October has its first hour twice.
  { now: '2026-10-25T01:10:00Z', zone: 'Atlantic/Azores' },
].map(({ now, zone }) => ({ now: Date.parse(now), zone }))

async function crowd(now: number, size: number, seed: number): Promise<NaiveContact[]> {
  await run(
    db,
    sql`truncate audience.contact, audience.list_member, audience.consent_current, decisions.segment_member,
    decisions.score, decisions.counter, decisions.metric, decisions.metric_user, activity.event`,
  )
  const contacts = fc.sample(contactOf(now), { numRuns: size, seed })
  await store(db, contacts)
  return contacts
}

async function matchAll(
  filter: Filter,
  place: { now: number; zone: string },
  metrics = new Map<string, string>(),
): Promise<string[]> {
  const matches = compileFilter(filter, { now: new Date(place.now), zone: place.zone, metrics })
  const rows = await many<{ id: string }>(
    db,
    sql`select contact.id from audience.contact contact where ${matches} order by 1`,
  )
  return rows.map(row => row.id)
}

const expected = (filter: Filter, contacts: NaiveContact[], place: { now: number; zone: string }) =>
  contacts
    .filter(contact => naive(filter, contact, place))
    .map(contact => contact.id)
    .sort()

test('SQL and a naive reading of the documentation agree: for all, for some, from events and from counters', async () => {
  for (const [i, place] of places.entries()) {
    const contacts = await crowd(place.now, 40, 100 + i)
    const ids = contacts.map(contact => contact.id)
    const world = createWorld(db, new Date(place.now), place.zone)
    await fc.assert(
      fc.asyncProperty(fc.array(anyFilter, { minLength: 1, maxLength: 6 }), async filters => {
        for (const filter of filters) filterSchema.parse(filter)
        const wanted = filters.map(filter => expected(filter, contacts, place))
        for (const [n, filter] of filters.entries())
          assert.deepEqual((await matchAll(filter, place)).sort(), wanted[n])
        await registerMetrics(db, { kind: 'test', id: '1' }, filters)
        await world.count()
        const metrics = await readyMetrics(db, place.zone)
        for (const [n, filter] of filters.entries())
          assert.deepEqual((await matchAll(filter, place, metrics)).sort(), wanted[n])
        const asks = filters.map((filter, n) => ({ key: String(n), filter }))
        const some = ids.filter((_, n) => n % 3 !== 0)
        const found = await matchContacts(db, asks, some, { now: new Date(place.now), zone: place.zone })
        for (const [n] of filters.entries())
          assert.deepEqual(
            [...(found.get(String(n)) ?? [])].sort(),
            wanted[n]?.filter(id => some.includes(id)),
          )
        await releaseMetrics(db, { kind: 'test', id: '1' })
      }),
      { numRuns: 25, seed: 7 + i },
    )
  }
})

test('an explanation comes to the same answer as the filter', async () => {
  const [place = { now: 0, zone: 'UTC' }] = places
  const contacts = await crowd(place.now, 10, 5)
  await fc.assert(
    fc.asyncProperty(anyFilter, fc.constantFrom(...contacts), async (filter, contact) => {
      const bare = 'type' in filter || JSON.stringify(filter).includes('"type"')
      const told = bare
        ? await explain(db, filter, contact.id, { now: new Date(place.now), zone: place.zone })
        : { matched: false }
      assert.equal(told.matched, naive(filter, contact, place))
    }),
    { numRuns: 60, seed: 11 },
  )
})

test('every operator and its negation split the audience', async () => {
  const [place = { now: 0, zone: 'UTC' }] = places
  const contacts = await crowd(place.now, 60, 21)
  const examples = ['DE', '12', 5, 7.5, true, false, '2026-03-29', 2, ['DE', 12], undefined]
  let pairs = 0
  for (const operator of operators) {
    for (const value of examples.filter(each => operator.accepts(each))) {
      for (const field of ['attrs.x', 'attrs.n', 'attrs.when']) {
        const ask = (op: string): WrittenCondition => ({
          type: 'field',
          field,
          op,
          ...(value === undefined ? {} : { value }),
        })
        const opposite: Filter = operator.negation ? ask(operator.negation) : { not: ask(operator.name) }
        const found = await matchContacts(
          db,
          [
            { key: 'a', filter: ask(operator.name) },
            { key: 'b', filter: opposite },
          ],
          contacts.map(each => each.id),
          { now: new Date(place.now), zone: place.zone },
        )
        const sizes = [found.get('a')?.size ?? 0, found.get('b')?.size ?? 0]
        assert.equal(
          (sizes[0] ?? 0) + (sizes[1] ?? 0),
          contacts.length,
          `${operator.name} ${JSON.stringify(value)} on ${field}`,
        )
        assert.ok([...(found.get('a') ?? [])].every(id => !found.get('b')?.has(id)))
        pairs++
      }
    }
    if (operator.negation)
      assert.equal(
        operators.find(
          each =>
            each.name === operator.negation &&
            each.families.some(family => operator.families.includes(family)),
        )?.negation,
        operator.name,
      )
  }
  assert.ok(pairs > 100)
})

test('a condition turns at its turning point, to the millisecond, and not before', async () => {
  for (const [i, place] of places.entries()) {
    const contacts = await crowd(place.now, 12, 300 + i)
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(datedCondition, eventCondition),
        fc.constantFrom(...contacts),
        fc.boolean(),
        async (asked, contact, counted) => {
          if (counted) {
            await registerMetrics(db, { kind: 'test', id: '1' }, asked)
            await createWorld(db, new Date(place.now), place.zone).count()
          }
          const context = contextOf({
            now: new Date(place.now),
            zone: place.zone,
            metrics: await readyMetrics(db, place.zone),
          })
          const at = compileTurningPoint(bindFilter(asked), context)
          const row = at
            ? await maybeOne<{ at: Date | null }>(
                db,
                sql`select ${at} as at from audience.contact contact where contact.id = ${contact.id}::bigint`,
              )
            : undefined
          const answer = (now: number) => naive(asked, contact, { now, zone: place.zone })
          const turn = row?.at?.getTime() ?? null
          const today = dayOf(place.now, place.zone)
          const horizon = turn ?? dayBegins(today.add({ days: 60 }), place.zone)
          // Answers change at day borders only: asking just after each and just before the turn leaves no gap.
          for (
            let day = today.add({ days: 1 });
            dayBegins(day, place.zone) < horizon;
            day = day.add({ days: 1 })
          ) {
            assert.equal(
              answer(dayBegins(day, place.zone)),
              answer(place.now),
              `it has turned on ${day} already`,
            )
          }
          if (turn !== null) {
            assert.ok(turn > place.now)
            assert.equal(answer(turn - 1), answer(place.now))
            assert.equal(answer(turn), !answer(place.now))
          }
        },
      ),
      { numRuns: 40, seed: 31 + i },
    )
  }
})

test('a filter of which any part is not understood matches nobody, under "not" as well', async () => {
  const [place = { now: 0, zone: 'UTC' }] = places
  const contacts = await crowd(place.now, 5, 1)
  // As if a later version had stored it.
  const strange = { not: { type: 'moon', phase: 'full' } } as unknown as Filter
  const asks = [
    { key: 'strange', filter: strange },
    { key: 'plain', filter: { type: 'field', field: 'created_at', op: 'is_set' } as Filter },
  ]
  const found = await matchContacts(
    db,
    asks,
    contacts.map(each => each.id),
    { now: new Date(place.now), zone: place.zone },
  )
  assert.equal(found.get('strange')?.size, 0)
  assert.equal(found.get('plain')?.size, 5)
})

test('what is hostile is text and nothing else', async () => {
  const [place = { now: 0, zone: 'UTC' }] = places
  await crowd(place.now, 5, 2)
  const nasty = `'); drop table audience.contact; --`
  for (const filter of [
    { type: 'field', field: `attrs.${nasty}`, op: 'is', value: nasty },
    {
      type: 'event',
      event: nasty,
      name: nasty,
      where: [{ property: nasty, op: 'contains', value: nasty }],
      op: 'at_least',
    },
    { type: 'consent', purpose: nasty, state: 'granted' },
  ])
    assert.deepEqual(await matchAll(filterSchema.parse(filter), place), [])
  for (const bad of [
    { type: 'field', field: 'id; drop', op: 'is', value: 'x' },
    { type: 'list', listId: '1 or 1=1', in: true },
    { type: 'field', field: 'attrs.x', op: 'is', value: 'a\u0000b' },
  ]) {
    assert.equal(filterSchema.safeParse(bad).success, false)
  }
})

test('two hundred conditions in one statement', async () => {
  const [place = { now: 0, zone: 'UTC' }] = places
  const contacts = await crowd(place.now, 20, 3)
  const filter: Filter = { any: fc.sample(condition, { numRuns: 200, seed: 4 }) }
  assert.deepEqual(
    (await matchAll(filterSchema.parse(filter), place)).sort(),
    expected(filter, contacts, place),
  )
})
