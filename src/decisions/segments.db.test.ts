import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createUser, systemActor } from '#access/users.ts'
import { type Db, many, one, run, sql } from '#platform/db/db.ts'
import type { AppError } from '#platform/errors.ts'
import { newId } from '#platform/ids.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { createWorld, makeList, runJob } from './decisions.fixture.ts'
import { explain } from './explain.ts'
import type { Filter } from './filter.ts'
import { previewFilter } from './preview.ts'
import { checkSegments } from './segments.jobs.ts'
import {
  createSegment,
  deleteSegment,
  getSegment,
  publishSegment,
  stopSegment,
  updateSegment,
} from './segments.ts'

let base: TestDatabase
let db: Db
before(async () => {
  base = await testDatabase()
  db = base.db
})
after(() => base.stop())

const start = new Date('2026-03-10T10:00:00Z')
const hour = 3_600_000
const day = 24 * hour
const german: Filter = { type: 'field', field: 'country', op: 'is', value: 'DE' }
const views = (times: number, withinDays: number): Filter => ({
  type: 'event',
  event: 'page.viewed',
  where: [{ property: 'path', op: 'starts_with', value: '/pricing' }],
  op: 'at_least',
  times,
  withinDays,
})
const view = (contactId: string, at: Date, path = '/pricing', more = {}) => ({
  contactId,
  type: 'page.viewed',
  name: 'Pricing',
  at,
  data: { url: `https://x.example${path}`, path, ...more },
})

test('a segment follows what its contacts do, and says why it changed', async () => {
  const world = createWorld(db, start)
  const [ann = '', bob = ''] = await world.join({ country: 'de' }, { country: 'FR' })
  const segment = await world.publish('Germans', { all: [german] })
  assert.equal(segment.builtTo, null)
  assert.deepEqual(await world.members(segment.id), [ann])
  const [entered] = await world.change(bob, { country: 'DE' })
  assert.equal(entered?.type, 'segment.entered')
  assert.equal(entered?.contactId, bob)
  assert.deepEqual(entered?.data, { segmentId: segment.id, segmentName: 'Germans' })
  const cause = await one<{ type: string }>(
    db,
    sql`select type from activity.event where id = ${entered?.causeId ?? '0'}::bigint`,
  )
  assert.equal(cause.type, 'contact.updated')
  assert.deepEqual(await world.members(segment.id), [ann, bob])
  const [left] = await world.change(ann, { country: 'AT' })
  assert.equal(left?.type, 'segment.left')
  assert.deepEqual(await world.members(segment.id), [bob])
})

test('events are counted by day in the workspace zone and drop out at its midnight, across the change to summer time', async () => {
  // Berlin: 28 March 23:30 local is 22:30Z; on 29 March clocks go forward.
  const world = createWorld(db, new Date('2026-03-28T22:30:00Z'))
  const [ann = ''] = await world.join({ country: 'SE' })
  const segment = await world.publish('Lookers', views(2, 2))
  await world.count()
  await world.happen(view(ann, world.now), view(ann, world.now))
  assert.deepEqual(await world.members(segment.id), [ann])
  const timer = (await world.timers()).find(each => each.key === segment.id && each.contactId === ann)
  assert.equal(timer?.dueAt.toISOString(), '2026-03-29T22:00:00.000Z', 'midnight of 30 March, summer time')
  await world.moveTo(new Date('2026-03-29T21:59:59.999Z'))
  assert.deepEqual(await world.members(segment.id), [ann])
  await world.moveTo(new Date('2026-03-29T22:00:00Z'))
  assert.deepEqual(await world.members(segment.id), [])
  assert.equal(world.told.at(-1)?.type, 'segment.left')
})

test('machines are not counted, and neither is what does not fit the demands', async () => {
  const world = createWorld(db, start)
  const [ann = ''] = await world.join({})
  const segment = await world.publish('Lookers again', views(1, 30))
  await world.count()
  await world.happen(
    view(ann, start, '/pricing', { bot: true }),
    view(ann, start, '/pricing', { verdict: 'machine' }),
    view(ann, start, '/blog'),
  )
  assert.ok(!(await world.members(segment.id)).includes(ann))
  await world.happen(view(ann, start, '/PRICING/eu'))
  assert.ok((await world.members(segment.id)).includes(ann))
})

test('segments upon segments settle in one tick, in order', async () => {
  const world = createWorld(db, start)
  const [ann = ''] = await world.join({ country: 'PT' })
  const lower = await world.publish('Spanish', { type: 'field', field: 'country', op: 'is', value: 'ES' })
  const upper = await world.publish('Not Spanish', {
    not: { type: 'segment', segmentId: lower.id, in: true },
  })
  assert.ok((await world.members(upper.id)).includes(ann))
  const made = await world.change(ann, { country: 'ES' })
  const ours = made.filter(event => [lower.id, upper.id].includes(String(event.data?.segmentId)))
  assert.deepEqual(
    ours.map(event => event.type),
    ['segment.entered', 'segment.left'],
  )
  assert.equal(ours[1]?.causeId, ours[0]?.id, 'the one above changed because of the one below')
  const circle = await updateSegment(
    db,
    systemActor,
    lower.id,
    { version: lower.version, filter: { type: 'segment', segmentId: upper.id, in: true } },
    start,
  )
  await assert.rejects(
    world.publish('', { type: 'segment', segmentId: upper.id, in: true }, circle),
    (error: AppError) => error.code === 'invalid',
  )
  await assert.rejects(
    stopSegment(
      db,
      systemActor,
      lower.id,
      { version: (await getSegment(db, lower.id)).version, status: 'paused' },
      start,
    ),
    (error: AppError) => error.code === 'in_use',
  )
})

test('a segment that cannot be asked keeps its members and fails alone', async () => {
  const world = createWorld(db, start)
  const [ann = ''] = await world.join({ country: 'NO' })
  const sound = await world.publish('Norwegians', { type: 'field', field: 'country', op: 'is', value: 'NO' })
  const unreadable = await world.publish('Unreadable', {
    type: 'field',
    field: 'country',
    op: 'is',
    value: 'NO',
  })
  const failing = await world.publish('Failing', {
    all: [
      { type: 'field', field: 'country', op: 'is', value: 'NO' },
      { type: 'consent', purpose: 'marketing', state: 'none' },
    ],
  })
  await run(
    db,
    sql`
    insert into decisions.segment_version (segment_id, version, filter, published_at, published_by)
    values (${unreadable.id}::bigint, 2, '{"not": {"type": "moon", "phase": "full"}}', ${start}, 'later version')`,
  )
  await run(db, sql`update decisions.segment set live_version = 2 where id = ${unreadable.id}::bigint`)
  await run(db, sql`alter table audience.consent_current rename to hidden`)
  try {
    const [bob = ''] = await world.join({ country: 'NO' })
    assert.deepEqual(await world.members(sound.id), [ann, bob])
    assert.deepEqual(await world.members(unreadable.id), [ann])
    assert.deepEqual(await world.members(failing.id), [ann])
    assert.match((await getSegment(db, unreadable.id)).broken ?? '', /does not understand/)
    assert.match((await getSegment(db, failing.id)).broken ?? '', /cannot be asked/)
    assert.equal((await getSegment(db, sound.id)).broken, null)
  } finally {
    await run(db, sql`alter table audience.hidden rename to consent_current`)
  }
})

test('a publication needs a steward, a filter with conditions, and things that exist', async () => {
  const owner = await createUser(db, systemActor, {
    name: 'Olga',
    email: 'olga@example.com',
    role: 'marketer',
  })
  const steward = { ownerId: owner.id, reviewOn: '2026-09-01' }
  const publish = async (filter: Filter | null, given = steward) => {
    const draft = await createSegment(db, systemActor, { name: 'Wrong', filter }, start)
    return publishSegment(db, systemActor, draft.id, { version: draft.version, ...given }, start)
  }
  const refused = (path: string) => (error: AppError) =>
    error.code === 'invalid' && error.fields.some(field => field.path === path)
  await assert.rejects(publish(german, { ...steward, ownerId: 'nobody' }), refused('ownerId'))
  await assert.rejects(publish(null), refused('filter'))
  await assert.rejects(publish({ all: [{ any: [] }] }), refused('filter'))
  await assert.rejects(
    publish({ all: [{ type: 'field', field: 'attrs.unheard', op: 'is', value: 'x' }] }),
    refused('filter.all.0.field'),
  )
  await assert.rejects(
    publish({ any: [{ type: 'list', listId: '12345', in: true }] }),
    refused('filter.any.0'),
  )
})

test('somebody who was slower is told who was faster', async () => {
  const draft = await createSegment(db, systemActor, { name: 'Raced', filter: german }, start)
  await updateSegment(db, systemActor, draft.id, { version: draft.version, name: 'First' }, start)
  await assert.rejects(
    updateSegment(db, systemActor, draft.id, { version: draft.version, name: 'Second' }, start),
    (error: AppError) => {
      return error.code === 'stale' && error.status === 409 && error.detail.updatedBy === systemActor.name
    },
  )
})

test('a deleted segment takes its members and counters along', async () => {
  const world = createWorld(db, start)
  const [ann = ''] = await world.join({})
  const segment = await world.publish('Short-lived', {
    type: 'event',
    event: 'event.tracked',
    name: 'Rare',
    op: 'at_least',
  })
  await world.count()
  await world.happen({
    contactId: ann,
    type: 'event.tracked',
    name: 'Rare',
    at: start,
    data: { properties: {} },
  })
  assert.deepEqual(await world.members(segment.id), [ann])
  await assert.rejects(deleteSegment(db, systemActor, segment.id), (error: AppError) => error.code === 'live')
  const archived = await stopSegment(
    db,
    systemActor,
    segment.id,
    { version: segment.version, status: 'archived' },
    start,
  )
  assert.equal(archived.status, 'archived')
  await deleteSegment(db, systemActor, segment.id)
  assert.deepEqual(await many(db, sql`select from decisions.metric where definition ->> 'name' = 'Rare'`), [])
  await runJob(checkSegments, {}, world.services)
  assert.deepEqual(
    await many(
      db,
      sql`select from decisions.counter c where not exists (select from decisions.metric m where m.id = c.metric_id)`,
    ),
    [],
  )
})

test('the nightly check finds nobody out of place, and whom somebody moved by hand it has looked at again', async () => {
  const world = createWorld(db, start)
  const [ann = '', bob = ''] = await world.join({ country: 'FI' }, { country: 'SE' })
  const segment = await world.publish('Finns', { type: 'field', field: 'country', op: 'is', value: 'FI' })
  world.now = new Date(start.getTime() + hour)
  await runJob(checkSegments, {}, world.services)
  assert.equal((await getSegment(db, segment.id)).drift, 0)
  await run(
    db,
    sql`update decisions.segment_member set contact_id = ${bob}::bigint where segment_id = ${segment.id}::bigint`,
  )
  await runJob(checkSegments, {}, world.services)
  assert.equal((await getSegment(db, segment.id)).drift, 2)
  const due = await many<{ contactId: string; kind: string; key: string; dueAt: Date }>(
    db,
    sql`
    delete from engine.timer where key = ${segment.id}::bigint returning contact_id as "contactId", kind, key, due_at as "dueAt"`,
  )
  await world.tick([], due)
  assert.deepEqual(await world.members(segment.id), [ann])
})

test('a contact who comes while members are being found is in, whichever comes first', async () => {
  const world = createWorld(db, start)
  await world.join({ country: 'IT' }, { country: 'IT' })
  const segment = await world.publish('Italians', { type: 'field', field: 'country', op: 'is', value: 'IT' })
  await run(
    db,
    sql`update decisions.segment set built_to = (select min(contact_id) from decisions.segment_member where segment_id = ${segment.id}::bigint) where id = ${segment.id}::bigint`,
  )
  const [late = ''] = await world.join({ country: 'IT' })
  assert.ok(!(await world.members(segment.id)).includes(late), 'the writing has not come to him yet')
  const again = await world.publish(
    '',
    { type: 'field', field: 'country', op: 'is', value: 'IT' },
    await getSegment(db, segment.id),
  )
  assert.ok((await world.members(again.id)).includes(late))
})

test('a preview counts and shows some, and a sentence of why tells each value', async () => {
  const world = createWorld(db, start)
  const [ann = ''] = await world.join({ country: 'IS', job_title: 'Captain' })
  await world.happen(view(ann, new Date(start.getTime() - day)))
  const filter: Filter = {
    all: [
      { type: 'field', field: 'country', op: 'is', value: 'is' },
      { any: [views(2, 7), { not: views(5, 7) }] },
    ],
  }
  const found = await previewFilter(db, filter, { now: start, zone: 'Europe/Berlin' })
  assert.equal(found.count, 1)
  assert.equal(found.exact, true)
  assert.equal(found.sample[0]?.id, ann)
  const told = await explain(db, filter, ann, { now: start, zone: 'Europe/Berlin' })
  assert.equal(told.matched, true)
  assert.equal(told.parts[0]?.value, 'IS')
  assert.deepEqual(
    told.parts[1]?.parts.map(part => [part.matched, part.value ?? part.parts[0]?.value]),
    [
      [false, 1],
      [true, 1],
    ],
  )
  assert.match(told.sentence, /country is “is” and/)
})

test('a visitor’s past counts from the moment he is known', async () => {
  const world = createWorld(db, start)
  const segment = await world.publish('Returning', views(2, 30))
  await world.count()
  const visitor = newId()
  await world.happen(view(visitor, start), view(visitor, start))
  assert.ok(!(await world.members(segment.id)).includes(visitor))
  await run(
    db,
    sql`insert into audience.contact (id, created_at, updated_at) values (${visitor}::bigint, ${start}, ${start})`,
  )
  await world.happen({ contactId: visitor, type: 'contact.created', at: start, data: {} })
  assert.ok((await world.members(segment.id)).includes(visitor))
})

test('lists move people in and out', async () => {
  const world = createWorld(db, start)
  const [ann = ''] = await world.join({})
  const listId = await makeList(db, 'Fair 2026')
  const segment = await world.publish('Met at the fair', { type: 'list', listId, in: true })
  await world.list(ann, listId, true)
  assert.deepEqual(await world.members(segment.id), [ann])
  await world.list(ann, listId, false)
  assert.deepEqual(await world.members(segment.id), [])
})
