import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { systemActor } from '#access/users.ts'
import { append, move } from '#activity/ledger.ts'
import { upsertContacts } from '#audience/contacts.ts'
import type { NewEvent } from '#engine/reactor.ts'
import { type Db, inTransaction, many, one, run, sql } from '#platform/db/db.ts'
import { newId } from '#platform/ids.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { dayMs } from './score-decay.ts'
import { listScoreModels, setScoreModelStatus } from './score-models.ts'
import { createWorld, publishAgain, publishModel } from './scoring.fixture.ts'
import { previewScores } from './scoring.preview.ts'
import { pointsOf, scoreSheet } from './scoring.sheet.ts'
import { addPoints, forgetScores, repointScores, scoreAt, watchScore } from './scoring.ts'

let base: TestDatabase
let db: Db
const start = new Date('2026-11-23T09:00:00.000Z')
const later = (days: number, from = start) => new Date(from.getTime() + days * dayMs)

before(async () => {
  base = await testDatabase()
  db = base.db
})
after(() => base?.stop())

/** Each test has its own models: those of the ones before are put away. */
async function fresh(from = start) {
  for (const model of await listScoreModels(db)) {
    await setScoreModelStatus(db, systemActor, model.id, { version: model.version, status: 'archived' }, from)
  }
  return createWorld(db, from)
}

const page = (
  contactId: string,
  at: Date,
  data: Record<string, unknown> = {},
  name = 'Pricing',
): NewEvent => ({
  contactId,
  type: 'page.viewed',
  name,
  at,
  data: { url: 'https://x.example/pricing', path: '/pricing', ...data },
})
const view = { id: 'view', kind: 'behaviour', event: 'page.viewed', points: 20 }
const types = (events: NewEvent[]) => events.map(event => event.type)
const close = (actual: number, expected: number) =>
  assert.ok(
    Math.abs(actual - expected) <= 1e-9 * Math.max(1, Math.abs(expected)),
    `${actual} is not ${expected}`,
  )

test('points come with a reason, rise over a threshold, and fall below it at the computed moment', async () => {
  const world = await fresh()
  const [ann = ''] = await world.join('ann@example.com')
  const model = await publishModel(db, start, {
    rules: [{ ...view, label: 'Looked at prices' }],
    thresholds: [
      { name: 'Warm', value: 30 },
      { name: 'Hot', value: 50 },
    ],
  })
  assert.deepEqual(types(await world.happen(page(ann, start))), [], 'nobody waits for 20')
  const second = await world.happen(page(ann, start))
  assert.deepEqual(types(second), ['score.rose', 'score.changed'])
  assert.deepEqual(
    [second[0]?.data?.threshold, second[0]?.data?.value, second[0]?.data?.score],
    ['Warm', 30, 40],
  )
  assert.ok(second[0]?.causeId, 'the page view is its cause')
  assert.deepEqual(
    (await world.ledger(ann, model.id)).map(row => [row.points, row.reason]),
    [
      [20, 'Looked at prices'],
      [20, 'Looked at prices'],
    ],
  )

  const due = world.timers.get(`${ann}|${model.id}`)?.dueAt
  const expected = start.getTime() + 10 * dayMs * Math.log2(40 / 30)
  assert.ok(due && Math.abs(due.getTime() - expected) <= 2)
  assert.deepEqual(await world.moveTo(new Date(due.getTime() - 1)), [])
  const fell = await world.moveTo(later(30))
  assert.deepEqual(types(fell), ['score.fell', 'score.changed'])
  assert.deepEqual(
    [fell[0]?.at, fell[0]?.data?.threshold, fell[0]?.causeId],
    [due, 'Warm', null],
    'told late, but of its own moment',
  )
  close(await world.score(ann, model.id), 40 / 8)
  assert.equal(world.timers.size, 0)
})

test('what machines do gives nothing, and demands on properties are those of the filter language', async () => {
  const world = await fresh()
  const [bob = ''] = await world.join('bob@example.com')
  const model = await publishModel(db, start, {
    rules: [
      {
        id: 'a',
        kind: 'behaviour',
        event: 'page.viewed',
        points: 1,
        where: [{ property: 'path', op: 'starts_with', value: '/pri' }],
      },
      {
        id: 'b',
        kind: 'behaviour',
        event: 'event.tracked',
        name: 'Order',
        points: 10,
        where: [{ property: 'total', op: 'more_than', value: 99 }],
      },
      { id: 'c', kind: 'behaviour', event: 'email.clicked', points: 100 },
    ],
    halfLifeDays: null,
  })
  const order = (total: number): NewEvent => ({
    contactId: bob,
    type: 'event.tracked',
    name: 'Order',
    at: start,
    data: { properties: { total } },
  })
  const click = (verdict: string): NewEvent => ({
    contactId: bob,
    type: 'email.clicked',
    at: start,
    data: { verdict },
  })
  await world.happen(
    page(bob, start),
    page(bob, start, { path: '/about' }),
    page(bob, start, { bot: true }),
    order(100),
    order(99),
    { ...order(500), name: 'Refund' },
    click('machine'),
    click('unsure'),
    click('human'),
  )
  assert.equal(await world.score(bob, model.id), 111)
})

test('a cap holds per calendar period of the zone, in one batch and over many', async () => {
  const world = await fresh()
  const [cap = ''] = await world.join('cap@example.com')
  const model = await publishModel(db, start, {
    rules: [
      { ...view, points: 4, cap: { points: 10, per: 'day' } },
      { id: 'ever', kind: 'behaviour', event: 'page.viewed', points: 3, cap: { points: 5, per: 'ever' } },
    ],
    halfLifeDays: null,
  })
  await world.happen(page(cap, start), page(cap, start))
  assert.equal(await world.score(cap, model.id), 8 + 5)
  await world.happen(page(cap, start), page(cap, start))
  assert.equal(await world.score(cap, model.id), 10 + 5, 'the third gives the rest, the fourth nothing')
  // 23:00 UTC is midnight in Berlin.
  await world.happen(page(cap, new Date('2026-11-23T22:59:59Z')))
  assert.equal(await world.score(cap, model.id), 15)
  world.now = new Date('2026-11-23T23:00:00Z')
  await world.happen(page(cap, world.now))
  assert.equal(await world.score(cap, model.id), 19)
})

test('the same event gives its points once, however often it is worked through', async () => {
  const world = await fresh()
  const [dee = ''] = await world.join('dee@example.com')
  const model = await publishModel(db, start, {
    rules: [{ ...view, cap: { points: 1000, per: 'week' } }],
    halfLifeDays: null,
  })
  await world.happen(page(dee, start))
  const events = await append(db, [page(dee, start)])
  await world.tick(events)
  await world.tick(events)
  await world.tick([...events, ...events])
  assert.equal(await world.score(dee, model.id), 40)
  assert.equal((await world.ledger(dee, model.id)).length, 2)
})

test('fit comes and goes with what is known, and does not decay', async () => {
  const world = await fresh()
  const [eva = ''] = await world.join('eva@example.com')
  const model = await publishModel(db, start, {
    rules: [
      view,
      {
        id: 'de',
        kind: 'fit',
        label: 'From Germany',
        filter: { all: [{ type: 'field', field: 'country', op: 'is', value: 'DE' }] },
        points: 15,
      },
      {
        id: 'it',
        kind: 'fit',
        filter: { all: [{ type: 'field', field: 'attrs.role', op: 'is', value: 'IT' }] },
        points: -5,
      },
    ],
    thresholds: [{ name: 'Fits', value: 15 }],
  })
  const change = async (traits: Record<string, unknown>) =>
    world.happen(
      ...(await inTransaction(db, trx =>
        upsertContacts(trx, [{ contactId: eva, traits }], { now: world.now, source: 'test' }),
      )),
    )
  assert.deepEqual(types(await change({ country: 'DE' })), ['score.rose', 'score.changed'])
  await world.moveTo(later(500))
  assert.equal(await world.score(eva, model.id), 15)
  assert.deepEqual(types(await change({ role: 'IT' })), ['score.fell', 'score.changed'])
  assert.equal(await world.score(eva, model.id), 10)
  await change({ country: 'FR' })
  assert.equal(await world.score(eva, model.id), -5)
  const reasons = (await world.ledger(eva, model.id)).map(row => `${row.points} ${row.reason}`)
  assert.deepEqual(reasons.slice(0, 1), ['15 From Germany'])
  assert.deepEqual(reasons.slice(1).sort(), ['-15 From Germany: no longer', '-5 Role is “IT”'])
})

test('a visitor has no score; when he becomes known his past counts, and the rise is told', async () => {
  const world = await fresh()
  const model = await publishModel(db, start, { rules: [view], thresholds: [{ name: 'Hot', value: 30 }] })
  const visitor = newId()
  await world.happen(page(visitor, later(-10)), page(visitor, start))
  assert.equal(await world.score(visitor, model.id), 0)
  const created = await inTransaction(db, trx =>
    upsertContacts(trx, [{ contactId: visitor, email: 'v@example.com', traits: {} }], {
      now: start,
      source: 'test',
    }),
  )
  const news = await world.happen(page(visitor, start), ...created)
  close(await world.score(visitor, model.id), 20 / 2 + 20 + 20)
  assert.deepEqual(types(news), ['score.rose', 'score.changed'])
})

test('a visitor who turns out to be somebody known brings his past along, and nothing counts twice', async () => {
  const world = await fresh()
  const [gil = ''] = await world.join('gil@example.com')
  const model = await publishModel(db, start, {
    rules: [{ ...view, cap: { points: 60, per: 'ever' } }],
    thresholds: [{ name: 'Hot', value: 50 }],
    halfLifeDays: null,
  })
  await world.happen(page(gil, start))
  await addPoints(
    db,
    [{ contactId: gil, modelId: model.id, points: 7, reason: 'Step', causeId: null, key: 'k' }],
    start,
  )
  const visitor = newId()
  await world.happen(page(visitor, later(-1)), page(visitor, later(-1)), page(visitor, later(-1)))
  await inTransaction(db, async trx => {
    await move(trx, visitor, gil)
    await repointScores(trx, visitor, gil)
  })
  const news = await world.happen({ contactId: gil, type: 'contact.joined', at: start, data: {} })
  assert.equal(await world.score(gil, model.id), 67)
  assert.deepEqual(types(news), ['score.rose', 'score.changed'])
})

test('new rules are counted over the past without a rise or fall being told', async () => {
  const world = await fresh()
  const [hal = '', ida = ''] = await world.join('hal@example.com', 'ida@example.com')
  const model = await publishModel(db, start, {
    rules: [view],
    thresholds: [{ name: 'Hot', value: 50 }],
    halfLifeDays: null,
  })
  await world.happen(page(hal, later(-3)), page(hal, later(-2)))
  world.told.length = 0
  await watchScore(db, model.id, [100], { kind: 'segment', id: '1' })
  await publishAgain(db, start, model.id, {
    rules: [{ ...view, points: 60 }],
    thresholds: [{ name: 'Hot', value: 50 }],
    halfLifeDays: null,
  })
  const timer = (contactId: string) => ({ contactId, kind: 'score', key: model.id, dueAt: start })
  const news = await world.tick([], [timer(hal), timer(ida)])
  assert.deepEqual(
    news.map(event => [event.type, event.data?.by]),
    [['score.changed', 'recount']],
    'only for those who wait for 100',
  )
  assert.equal(await world.score(hal, model.id), 120)
  assert.deepEqual(
    (await world.ledger(hal, model.id)).map(row => row.points),
    [60, 60],
    'the old points are gone',
  )
  assert.equal(
    (await many(db, sql`select from decisions.score where contact_id = ${ida}::bigint`)).length,
    0,
    'no row for nothing',
  )

  await publishAgain(db, start, model.id, {
    rules: [{ ...view, points: 20 }],
    thresholds: [{ name: 'Hot', value: 50 }],
    halfLifeDays: null,
  })
  const met = await world.happen(page(hal, start))
  assert.equal(await world.score(hal, model.id), 60, 'met by an event before the pass came by')
  assert.deepEqual(types(met), ['score.rose', 'score.changed'], 'but what happens now is told: 40 became 60')
})

test('points of a workflow count at once, once, and survive a recount', async () => {
  const world = await fresh()
  const [jan = '', kim = ''] = await world.join('jan@example.com', 'kim@example.com')
  const model = await publishModel(db, start, { rules: [view], thresholds: [{ name: 'Hot', value: 50 }] })
  await world.happen(page(jan, start))
  const given = (contactId: string, points: number, key: string) => ({
    contactId,
    modelId: model.id,
    points,
    reason: 'Clicked',
    causeId: null,
    key,
  })
  const news = await addPoints(
    db,
    [given(jan, 30, 'a'), given(jan, 30, 'a'), given(jan, 5, 'b'), given(kim, 10, 'a')],
    start,
  )
  assert.deepEqual(
    news.map(event => [event.contactId, event.type]),
    [
      [jan, 'score.rose'],
      [jan, 'score.changed'],
    ],
  )
  assert.deepEqual(await addPoints(db, [given(jan, 30, 'a')], start), [])
  assert.equal(await world.score(jan, model.id), 55)
  assert.equal(await world.score(kim, model.id), 10)
  const { score } = await one<{ score: number }>(
    db,
    sql`
    select ${scoreAt(model.id, later(10))} as score from audience.contact contact where id = ${jan}::bigint`,
  )
  close(score, 27.5)
  const timers = await many<{ contactId: string; dueAt: Date }>(
    db,
    sql`
    select contact_id as "contactId", due_at as "dueAt" from engine.timer where key = ${model.id}::bigint order by 2`,
  )
  assert.deepEqual(
    timers.map(timer => timer.contactId),
    [jan],
  )
  await publishAgain(db, start, model.id, { rules: [{ ...view, points: 1 }] })
  await world.tick([], [{ contactId: jan, kind: 'score', key: model.id, dueAt: start }])
  close(await world.score(jan, model.id), 36)
})

test('points that come before the past was counted do not hide it', async () => {
  const world = await fresh()
  const [kim = ''] = await world.join('kim2@example.com')
  await world.happen(page(kim, start))
  const model = await publishModel(db, start, { rules: [view] })
  await run(db, sql`update decisions.score_model set counted_version = null where id = ${model.id}::bigint`)
  await addPoints(
    db,
    [{ contactId: kim, modelId: model.id, points: 10, reason: 'Step', causeId: null, key: 'a' }],
    start,
  )
  const { due } = await one<{ due: number }>(
    db,
    sql`
    select count(*)::int as due from engine.timer where contact_id = ${kim}::bigint and due_at <= ${start}`,
  )
  assert.equal(due, 1, 'somebody looks at once')
  await world.tick([], [{ contactId: kim, kind: 'score', key: model.id, dueAt: start }])
  assert.equal(await world.score(kim, model.id), 30)
})

test('a watched value raises score.changed when points or time pass it', async () => {
  const world = await fresh()
  const [lea = ''] = await world.join('lea@example.com')
  const model = await publishModel(db, start, { rules: [view] })
  await world.happen(page(lea, start))
  await watchScore(db, model.id, [10], { kind: 'segment', id: '9' })
  await world.tick([], [{ contactId: lea, kind: 'score', key: model.id, dueAt: start }])
  assert.equal(world.told.length, 0, 'a look is no news')
  const due = world.timers.get(`${lea}|${model.id}`)?.dueAt
  const fell = await world.moveTo(later(11))
  assert.deepEqual(
    fell.map(event => [event.type, event.data?.by]),
    [['score.changed', 'decay']],
  )
  assert.ok(due && Math.abs(due.getTime() - later(10).getTime()) <= 1)
  assert.deepEqual(types(await world.happen(page(lea, world.now))), ['score.changed'])
})

test('counting event by event and counting the whole past give the same score and the same ledger', async () => {
  await fresh()
  const model = await publishModel(db, start, {
    rules: [
      { ...view, points: 5, cap: { points: 12, per: 'day' } },
      {
        id: 'minus',
        kind: 'behaviour',
        event: 'event.tracked',
        name: 'Unsubscribed',
        points: -7,
        cap: { points: 14, per: 'month' },
      },
      {
        id: 'paper',
        kind: 'behaviour',
        event: 'event.tracked',
        points: 9,
        where: [{ property: 'kind', op: 'is', value: 'paper' }],
      },
    ],
    thresholds: [{ name: 'Hot', value: 15 }],
    halfLifeDays: 3,
  })
  const happening = fc.record({
    hours: fc.integer({ min: 0, max: 30 * 24 }),
    late: fc.integer({ min: 0, max: 48 }),
    what: fc.constantFrom('page', 'paper', 'other', 'Unsubscribed', 'bot'),
  })
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(happening, { minLength: 1, maxLength: 6 }), { maxLength: 8 }),
      async batches => {
        const own = createWorld(db, later(-60))
        const [contact = ''] = await own.join(`${newId()}@example.com`)
        const sorted = batches.sort((a, b) => (a[0]?.hours ?? 0) - (b[0]?.hours ?? 0))
        for (const batch of sorted) {
          const now = Math.max(
            own.now.getTime(),
            ...batch.map(each => later(-30).getTime() + each.hours * 3_600_000),
          )
          await own.moveTo(new Date(now))
          await own.happen(
            ...batch.map((each): NewEvent => {
              const at = new Date(now - each.late * 3_600_000)
              if (each.what === 'page' || each.what === 'bot')
                return page(contact, at, { bot: each.what === 'bot' })
              return {
                contactId: contact,
                type: 'event.tracked',
                name: each.what,
                at,
                data: { properties: { kind: each.what } },
              }
            }),
          )
        }
        await own.moveTo(later(1))
        const before = {
          score: await own.score(contact, model.id),
          ledger: await own.ledger(contact, model.id),
        }
        await run(db, sql`update decisions.score set model_version = 0 where contact_id = ${contact}::bigint`)
        await own.tick([], [{ contactId: contact, kind: 'score', key: model.id, dueAt: own.now }])
        close(await own.score(contact, model.id), before.score)
        assert.deepEqual(await own.ledger(contact, model.id), before.ledger)
      },
    ),
    { numRuns: 25 },
  )
})

test('one batch takes the same number of statements for a hundred contacts as for one', async () => {
  const world = await fresh()
  await publishModel(db, start, {
    rules: [
      { ...view, cap: { points: 50, per: 'day' } },
      {
        id: 'w',
        kind: 'behaviour',
        event: 'page.viewed',
        points: 1,
        where: [{ property: 'path', op: 'is', value: '/pricing' }],
      },
    ],
  })
  await publishModel(db, start, { rules: [view], thresholds: [{ name: 'Hot', value: 10 }] }, 'Second')
  const ids = await world.join(...Array.from({ length: 100 }, (_, i) => `many${i}@example.com`))
  const statements = async (contacts: string[]) => {
    const events = await append(
      db,
      contacts.map(id => page(id, start)),
    )
    let sent = 0
    const watched = db.withPlugin({
      transformQuery: ({ node }) => {
        sent += 1
        return node
      },
      transformResult: async ({ result }) => result,
    })
    await createWorld(watched, start).tick(events)
    return sent
  }
  const [first = ''] = ids
  await statements([first])
  const single = await statements([first])
  await statements(ids)
  assert.equal(await statements(ids), single)
  assert.ok(single <= 12, `${single} statements`)
})

test('a preview says what a draft would give and leaves nothing behind', async () => {
  const world = await fresh()
  const ids = await world.join(...Array.from({ length: 5 }, (_, i) => `p${i}@example.com`))
  await world.happen(...ids.slice(0, 3).map((id, i) => page(id, later(-10 * i))))
  const rows = () =>
    one(
      db,
      sql`select (select count(*)::int from decisions.score) as a, (select count(*)::int from decisions.score_entry) as b`,
    )
  const before = await rows()
  const preview = await previewScores(
    db,
    {
      rules: [{ id: 'v', kind: 'behaviour', event: 'page.viewed', points: 1000 }],
      halfLifeDays: 10,
      thresholds: [{ name: 'Hot', value: 500 }],
    },
    { now: start, zone: 'UTC' },
  )
  assert.deepEqual(await rows(), before)
  assert.equal(preview.exact, true)
  assert.equal(
    preview.buckets.reduce((sum, bucket) => sum + bucket.count, 0),
    preview.sampled,
  )
  assert.ok((preview.thresholds[0]?.count ?? 0) >= 2)
  assert.ok(preview.highest[0] && preview.highest[0].score >= 1000)
})

test('the sheet and the ledger say where somebody stands, what is left of each point, and what falls next', async () => {
  const world = await fresh()
  const [pia = ''] = await world.join('pia@example.com')
  const model = await publishModel(db, start, { rules: [view], thresholds: [{ name: 'Warm', value: 10 }] })
  await world.happen(page(pia, later(-10)), page(pia, start))
  const [row] = await scoreSheet(db, pia, start)
  close(row?.score ?? 0, 30)
  assert.deepEqual(
    [row?.name, row?.thresholds[0]?.reached, row?.falls?.threshold],
    ['Interest', true, 'Warm'],
  )
  const first = await pointsOf(db, { contactId: pia, modelId: model.id, limit: 1 }, start)
  assert.deepEqual(
    first.items.map(item => [item.points, item.remaining]),
    [[20, 20]],
  )
  const second = await pointsOf(
    db,
    { contactId: pia, modelId: model.id, limit: 1, cursor: first.next ?? '' },
    start,
  )
  assert.deepEqual([second.items.map(item => [item.points, item.remaining]), second.next], [[[20, 10]], null])
  await forgetScores(db, [pia])
  assert.equal((await pointsOf(db, { contactId: pia, modelId: model.id, limit: 5 }, start)).items.length, 0)
})
