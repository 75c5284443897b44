import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { systemActor } from '#access/users.ts'
import { record } from '#activity/record.ts'
import { recordConsent } from '#audience/consent.ts'
import { getContact } from '#audience/contacts.ts'
import { resolve } from '#audience/identity.ts'
import { changeMembers } from '#audience/lists.ts'
import { suppress } from '#audience/suppression.ts'
import { inTransaction, many, one, run, sql } from '#platform/db/db.ts'
import { type Office, openOffice } from '../../tests/privacy/office.ts'
import { type History, makeContact, makeLists, stateOf } from './merge.fixture.ts'
import { mergeContacts } from './merge.ts'
import { undoMerge } from './merge.undo.ts'

let office: Office
let lists: string[]
before(async () => {
  office = await openOffice()
  lists = await makeLists(office.base.db, office.runtime.services.clock.now())
})
after(() => office.stop())

const plain: History = {
  traits: {},
  events: [],
  lists: [],
  consents: [],
  stays: [],
  messages: [],
  counters: [],
  segments: [],
  devices: 0,
}
const make = (history: Partial<History>) => makeContact(office.runtime.services, { ...plain, ...history })
const merge = (contactId: string, others: string[], choices: Record<string, string> = {}) =>
  mergeContacts(office.runtime.services, { contactId, others, choices, actor: systemActor })
const undo = (id: string) => undoMerge(office.runtime.services, id, systemActor)
const state = (ids: string[]) => stateOf(office.base.db, ids)

const history: fc.Arbitrary<History> = fc.record({
  traits: fc.record(
    {
      first_name: fc.constantFrom('Ann', 'Anna'),
      country: fc.constantFrom('DE', 'AT'),
      phone: fc.constantFrom('+49 1', '+49 2'),
      plan: fc.constantFrom('free', 'pro'),
      seats: fc.integer({ min: 1, max: 3 }),
      company: fc.constantFrom('Acme', 'Initech'),
    },
    { requiredKeys: [] },
  ),
  events: fc.array(fc.constantFrom('Demo', 'Trial'), { maxLength: 4 }),
  lists: fc.uniqueArray(fc.integer({ min: 0, max: 2 })),
  consents: fc.uniqueArray(
    fc.record({
      topic: fc.constantFrom(0, 7),
      state: fc.constantFrom('granted' as const, 'withdrawn' as const, 'pending' as const),
    }),
    { selector: word => word.topic },
  ),
  stays: fc.uniqueArray(fc.record({ workflow: fc.constantFrom(1, 2), active: fc.boolean() }), {
    selector: stay => stay.workflow,
  }),
  messages: fc.array(
    fc.record({ reason: fc.constantFrom('a', 'b'), state: fc.constantFrom('sent', 'queued') }),
    { maxLength: 3 },
  ),
  counters: fc.uniqueArray(fc.record({ metric: fc.constantFrom(1, 2), n: fc.integer({ min: 1, max: 5 }) }), {
    selector: each => each.metric,
  }),
  segments: fc.uniqueArray(fc.constantFrom(1, 2, 3)),
  devices: fc.integer({ min: 0, max: 2 }),
})

test('a merge and its undo leave the same state, whatever the histories', async () => {
  const people = fc.array(history, { minLength: 2, maxLength: 3 })
  await fc.assert(
    fc.asyncProperty(people, fc.boolean(), async (histories, isChosen) => {
      const ids: string[] = []
      for (const each of histories) ids.push(await make(each))
      const [stayed = '', ...others] = ids
      const was = await state(ids)
      const { id } = await merge(stayed, others, isChosen ? { first_name: others[0] ?? '' } : {})
      for (const other of others) assert.equal((await getContact(office.base.db, other)).id, stayed)
      await undo(id)
      assert.deepEqual(await state(ids), was)
    }),
    { numRuns: 25 },
  )
})

test('history, lists and names join; gaps are filled; old ids lead to the one that stayed', async () => {
  const stayed = await make({ traits: { first_name: 'Ann' }, events: ['Demo'], lists: [0] })
  const gone = await make({ traits: { first_name: 'A.', country: 'DE' }, events: ['Trial'], lists: [0, 1] })
  await merge(stayed, [gone])
  const contact = await getContact(office.base.db, gone)
  assert.deepEqual([contact.id, contact.firstName, contact.country], [stayed, 'Ann', 'DE'])
  const events = await many<{ name: string }>(
    office.base.db,
    sql`select name from activity.event where contact_id = ${stayed}::bigint and type = 'event.tracked' order by name`,
  )
  assert.deepEqual(
    events.map(event => event.name),
    ['Demo', 'Trial'],
  )
  const [again] = await inTransaction(office.base.db, trx =>
    resolve(trx, [{ userId: `user-${Number(contact.email?.match(/\d+/)?.[0]) + 1}`, trust: 'server' }], {
      now: new Date(),
    }),
  )
  assert.equal(again?.contactId, stayed)
})

test('the stricter consent wins, and who is suppressed under one address is not written to under the other', async () => {
  const granted = { consents: [{ topic: 0, state: 'granted' as const }] }
  const said = async (id: string) =>
    (
      await one<{ state: string }>(
        office.base.db,
        sql`select state from audience.consent_current where contact_id = ${id}::bigint and topic_id = 0`,
      )
    ).state
  const stayed = await make(granted)
  await merge(stayed, [await make({ consents: [{ topic: 0, state: 'withdrawn' }] })])
  assert.equal(await said(stayed), 'withdrawn')
  const [other, complained] = [await make(granted), await make(granted)]
  const { email } = await getContact(office.base.db, complained)
  const { secrets, clock } = office.runtime.services
  await suppress(office.base.db, secrets, [
    { address: email ?? '', reason: 'complaint', source: 'test', at: clock.now() },
  ])
  const { id } = await merge(other, [complained])
  assert.equal(await said(other), 'withdrawn')
  await undo(id)
  assert.deepEqual([await said(other), await said(complained)], ['granted', 'granted'])
})

test('what came since stays with the one that stayed, and an opt-out since holds for both', async () => {
  const { services } = office.runtime
  const stayed = await make({ lists: [0], consents: [{ topic: 0, state: 'granted' }], events: ['Demo'] })
  const gone = await make({ lists: [1], consents: [{ topic: 0, state: 'granted' }], events: ['Trial'] })
  const { id } = await merge(stayed, [gone])
  const now = new Date(services.clock.now().getTime() + 1000)
  await inTransaction(office.base.db, async trx => {
    await record(trx, [{ contactId: stayed, type: 'event.tracked', name: 'Since', at: now }])
    await changeMembers(trx, [{ contactId: stayed, listId: lists[2] ?? '', in: true }], now)
    await recordConsent(trx, [
      {
        contactId: stayed,
        purpose: 'marketing',
        state: 'withdrawn',
        basis: 'request',
        source: 'test',
        proof: {},
        at: now,
      },
    ])
    await run(trx, sql`update audience.contact set country = 'FR' where id = ${stayed}::bigint`)
  })
  await undo(id)
  const now2 = await state([stayed, gone])
  const countOf = (table: string, id: string, text: string) =>
    now2[table]?.filter(row => row.includes(id) && row.includes(text)).length
  assert.equal(countOf('activity.event', stayed, '"Since"'), 1)
  assert.equal(countOf('activity.event', gone, '"Trial"'), 1)
  assert.equal(countOf('audience.list_member', stayed, lists[2] ?? ''), 1)
  assert.equal(countOf('audience.list_member', gone, lists[1] ?? ''), 1)
  assert.equal(countOf('audience.consent_current', gone, 'withdrawn'), 1)
  assert.equal((await getContact(office.base.db, stayed)).country, 'FR')
})

test('two merges at once, and merges against running calls, end in one contact', async () => {
  const ids = await Promise.all([make({}), make({}), make({}), make({})])
  const [a = '', b = '', c = '', d = ''] = ids
  const done = await Promise.allSettled([merge(a, [b]), merge(b, [a]), merge(c, [d]), merge(a, [d])])
  assert.ok(done.filter(each => each.status === 'fulfilled').length >= 2)
  for (const each of done)
    if (each.status === 'rejected') assert.match(String(each.reason.message), /merged meanwhile|not exist/)
  const left = await many<{ id: string }>(
    office.base.db,
    sql`select id from audience.contact where id = any(${ids}::bigint[])`,
  )
  assert.equal(left.length, 4 - done.filter(each => each.status === 'fulfilled').length)
  for (const id of ids) assert.ok(left.some(each => each.id === id) || (await getContact(office.base.db, id)))
})

test('a merge is undone once, and not after the contact was merged again', async () => {
  const [a, b, c] = [await make({}), await make({}), await make({})]
  const first = await merge(a, [b])
  const second = await merge(c, [a])
  await assert.rejects(undo(first.id), /undo that first/)
  await undo(second.id)
  await undo(first.id)
  await assert.rejects(undo(first.id), /undone already/)
})
