import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { inTransaction, many, one, run, sql } from '#platform/db/db.ts'
import { AppError } from '#platform/errors.ts'
import { newId } from '#platform/ids.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { append, load, move } from './ledger.ts'
import { activityModule } from './module.ts'
import { listNames } from './names.ts'
import { makePartitions } from './partitions.ts'
import { record } from './record.ts'

let base: TestDatabase
before(async () => {
  base = await testDatabase()
})
after(() => base.stop())
beforeEach(async () => {
  await run(base.db, sql`truncate activity.event, activity.seen, activity.event_name, engine.work`)
})

const at = new Date('2026-11-23T10:00:00.123Z')
const later = (days: number) => new Date(at.getTime() + days * 86_400_000)
const tracked = (contactId: string, name: string, messageId?: string) => ({
  contactId,
  type: 'event.tracked',
  name,
  at,
  receivedAt: at,
  data: { properties: { plan: 'gold' } },
  ...(messageId === undefined ? {} : { messageId, sourceId: '7' }),
})
const countEvents = async () =>
  (await one<{ n: number }>(base.db, sql`select count(*)::int as n from activity.event`)).n

test('what is recorded is in the ledger, queued once per lane, and can be loaded again', async () => {
  const contacts = Array.from({ length: 200 }, () => newId())
  const events = await record(
    base.db,
    contacts.map(id => ({ ...tracked(id, 'Signed Up'), causeId: '5', depth: 2 })),
  )
  assert.equal(events.length, 200)
  const { rows, entries } = await one<{ rows: number; entries: number }>(
    base.db,
    sql`
    select count(*)::int as rows, sum(cardinality(event_ids))::int as entries from engine.work`,
  )
  assert.equal(rows, new Set(contacts.map(id => BigInt(id) & 63n)).size)
  assert.equal(entries, 200)
  const loaded = await load(base.db, events)
  const byId = new Map(loaded.map(event => [event.id, event]))
  assert.deepEqual(
    events.map(event => byId.get(event.id)),
    events,
  )
  assert.deepEqual(events[0]?.data, { properties: { plan: 'gold' } })
  assert.equal(events[0]?.causeId, '5')
})

test('a repeated message id is no error and is not recorded again, within a batch, after it, and a week later', async () => {
  const [a, b] = [newId(), newId()]
  const first = await record(base.db, [
    tracked(a, 'One', 'm1'),
    tracked(a, 'One', 'm1'),
    tracked(b, 'Two', 'm2'),
    tracked(b, 'No id'),
  ])
  assert.deepEqual(
    first.map(event => event.name),
    ['One', 'Two', 'No id'],
  )
  const second = await record(base.db, [tracked(a, 'One', 'm1'), tracked(b, 'Three', 'm3')])
  assert.deepEqual(
    second.map(event => event.name),
    ['Three'],
  )
  assert.deepEqual(
    await record(base.db, [{ ...tracked(b, 'Two', 'm2'), at: later(6.9), receivedAt: later(6.9) }]),
    [],
  )
  assert.equal((await record(base.db, [{ ...tracked(b, 'Two', 'm2'), receivedAt: later(30) }])).length, 1)
  assert.equal(await countEvents(), 5)
})

test('two sources may use the same message id', async () => {
  const contact = newId()
  await record(base.db, [tracked(contact, 'One', 'm1')])
  assert.equal((await record(base.db, [{ ...tracked(contact, 'One', 'm1'), sourceId: '8' }])).length, 1)
})

test('the same messages sent at the same moment by many are recorded once', async () => {
  const contact = newId()
  const batch = Array.from({ length: 300 }, (_, n) => tracked(contact, 'Race', `r${n}`))
  const orders = [
    batch,
    batch.toReversed(),
    batch.toSorted(() => 0),
    batch.slice(100).concat(batch.slice(0, 100)),
  ]
  const done = await Promise.all(orders.map(events => inTransaction(base.db, trx => record(trx, events))))
  assert.equal(done.flat().length, 300)
  assert.equal(await countEvents(), 300)
})

test('text that PostgreSQL cannot hold is mended, not refused', async () => {
  const contact = newId()
  const nasty = {
    'a\0b': 'x\0y',
    half: '\ud800!',
    list: ['\udc00', { deep: '\0' }],
    fine: '\\u0000',
    pair: '😀',
  }
  await append(base.db, [
    { contactId: contact, type: 'event.tracked', name: 'N\0ame \ud83d', at, data: nasty },
  ])
  const [event] = await many<{ name: string; data: unknown }>(
    base.db,
    sql`select name, data from activity.event`,
  )
  assert.equal(event?.name, 'Name \ufffd')
  assert.deepEqual(event?.data, {
    ab: 'xy',
    half: '\ufffd!',
    list: ['\ufffd', { deep: '' }],
    fine: '\\u0000',
    pair: '😀',
  })
})

test('an event without a usable time is refused with words', async () => {
  const wrong = [Number.NaN, Date.UTC(20_000, 1, 1), Date.UTC(-50, 1, 1)]
  for (const time of wrong)
    await assert.rejects(append(base.db, [{ ...tracked(newId(), 'x'), at: new Date(time) }]), AppError)
})

test('an empty list is nothing to do', async () => {
  assert.deepEqual(await record(base.db, []), [])
  assert.deepEqual(await append(base.db, []), [])
  assert.deepEqual(await load(base.db, []), [])
})

test('names are kept for pickers, in the batch and at most once an hour', async () => {
  const contact = newId()
  await record(base.db, [
    tracked(contact, 'A'),
    tracked(contact, 'A'),
    tracked(contact, 'B'),
    { contactId: contact, type: 'contact.created', at },
  ])
  await record(base.db, [{ ...tracked(contact, 'A'), receivedAt: later(0.01) }])
  await record(base.db, [{ ...tracked(contact, 'B'), receivedAt: later(1) }])
  const names = await listNames(base.db, { type: 'event.tracked', search: null, limit: 10 })
  assert.deepEqual(names, [
    { type: 'event.tracked', name: 'B', lastSeen: later(1) },
    { type: 'event.tracked', name: 'A', lastSeen: at },
  ])
  assert.deepEqual(
    (await listNames(base.db, { type: null, search: 'b', limit: 10 })).map(row => row.name),
    ['B'],
  )
})

test('moving gives all events to the other contact with their ids and times', async () => {
  const [visitor, known] = [newId(), newId()]
  const events = await record(base.db, [tracked(visitor, 'A'), { ...tracked(visitor, 'B'), at: later(-40) }])
  await move(base.db, visitor, known)
  assert.equal((await load(base.db, events)).length, 0)
  const there = await load(
    base.db,
    events.map(event => ({ ...event, contactId: known })),
  )
  assert.deepEqual(there.map(event => event.id).sort(), events.map(event => event.id).sort())
})

test('a contact can be exported and forgotten', async () => {
  const [contact, other] = [newId(), newId()]
  await record(base.db, [tracked(contact, 'A'), tracked(other, 'B')])
  const held = await activityModule.exportContact?.(base.db, contact)
  assert.equal(Array.isArray(held) && held.length, 1)
  await activityModule.forget?.(base.db, [contact])
  assert.equal(await countEvents(), 1)
})

test('partitions are made ahead once, take in strays, and old message ids are dropped', async () => {
  const contact = newId()
  await record(base.db, [tracked(contact, 'A', 'm1'), { ...tracked(contact, 'B', 'm2'), at: later(-400) }])
  await Promise.all([makePartitions(base.db, at), makePartitions(base.db, at)])
  const placed = () =>
    many<{ name: string; n: number }>(
      base.db,
      sql`
    select tableoid::regclass::text as name, count(*)::int as n from activity.event group by 1 order by 1`,
    )
  assert.deepEqual(await placed(), [
    { name: 'activity.event_2026_11', n: 1 },
    { name: 'activity.event_default', n: 1 },
  ])
  assert.deepEqual(await record(base.db, [tracked(contact, 'A', 'm1')]), [], 'moved message ids still count')
  await record(base.db, [{ ...tracked(contact, 'C'), at: later(65) }])
  assert.ok((await placed()).some(row => row.name === 'activity.event_2027_01'))
  await makePartitions(base.db, later(21))
  const weeks = await many<{ name: string }>(
    base.db,
    sql`
    select inhrelid::regclass::text as name from pg_inherits where inhparent = 'activity.seen'::regclass order by 1`,
  )
  assert.deepEqual(
    weeks.map(row => row.name),
    ['activity.seen_2026_12_14', 'activity.seen_2026_12_21', 'activity.seen_default'],
  )
})
