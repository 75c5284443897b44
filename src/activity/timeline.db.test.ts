import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { NewEvent } from '#engine/reactor.ts'
import { newId } from '#platform/ids.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { append } from './ledger.ts'
import { makePartitions } from './partitions.ts'
import { chainOf, timeline } from './timeline.ts'

let base: TestDatabase
before(async () => {
  base = await testDatabase()
  await makePartitions(base.db, start)
})
after(() => base.stop())

const start = new Date('2026-11-23T10:00:00Z')
const day = 86_400_000
const event = (contactId: string, n: number, more: Partial<NewEvent> = {}): NewEvent => ({
  contactId,
  type: 'page.viewed',
  name: `Page ${n}`,
  at: new Date(start.getTime() + n * day),
  ...more,
})

test('a story is read backwards page by page, with nothing left out and nothing twice, also where times are equal', async () => {
  const contact = newId()
  const events = Array.from({ length: 25 }, (_, n) => event(contact, Math.floor(n / 4) * 9))
  const stored = await append(base.db, [...events, event(newId(), 3)])
  const read: string[] = []
  let before: { at: Date; id: string } | null = null
  for (;;) {
    const items = await timeline(base.db, contact, { before, limit: 4, types: null })
    read.push(...items.map(item => item.id))
    const last = items.at(-1)
    if (!last) break
    before = { at: last.at, id: last.id }
  }
  const mine = stored.filter(row => row.contactId === contact)
  const expected = mine.toSorted(
    (a, b) => b.at.getTime() - a.at.getTime() || Number(BigInt(b.id) - BigInt(a.id)),
  )
  assert.deepEqual(
    read,
    expected.map(row => row.id),
  )
})

test('types narrow the story down, and each item has its sentence', async () => {
  const contact = newId()
  await append(base.db, [
    event(contact, 1),
    event(contact, 2, {
      type: 'segment.entered',
      name: null,
      data: { segmentId: '1', segmentName: 'Buyers' },
    }),
    event(contact, 3, {
      type: 'email.clicked',
      name: 'Welcome',
      data: { url: 'https://a.example/', verdict: 'machine' },
    }),
  ])
  const items = await timeline(base.db, contact, {
    before: null,
    limit: 10,
    types: ['segment.entered', 'email.clicked'],
  })
  assert.deepEqual(
    items.map(item => [item.sentence, item.isMachine]),
    [
      ['clicked “https://a.example/” in the email “Welcome” (a machine, not the person)', true],
      ['entered the segment “Buyers”', false],
    ],
  )
})

test('causes are followed back to the beginning, also when they are younger by the clock', async () => {
  const contact = newId()
  const ids = [newId(), newId(), newId()]
  await append(base.db, [
    event(contact, 40, { id: ids[0] ?? '' }),
    event(contact, 2, { id: ids[1] ?? '', causeId: ids[0] ?? null }),
    event(contact, 3, { id: ids[2] ?? '', causeId: ids[1] ?? null }),
    event(newId(), 4, { causeId: ids[1] ?? null }),
  ])
  assert.deepEqual(
    (await chainOf(base.db, contact, ids[2] ?? '')).map(item => item.id),
    ids.toReversed(),
  )
  assert.deepEqual(await chainOf(base.db, contact, newId()), [])
})

test('a circle of causes, which nothing should write, ends', async () => {
  const contact = newId()
  const [a, b] = [newId(), newId()]
  await append(base.db, [event(contact, 1, { id: a, causeId: b }), event(contact, 2, { id: b, causeId: a })])
  assert.equal((await chainOf(base.db, contact, a)).length, 50)
})
