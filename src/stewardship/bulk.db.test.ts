import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { suppressedAmong } from '#audience/suppression.ts'
import { many, one, sql } from '#platform/db/db.ts'
import { type JobDefinition, type JobRun, listJobs } from '#platform/jobs.ts'
import { until } from '../../tests/harness/until.ts'
import { type Office, openOffice } from '../../tests/privacy/office.ts'
import { bulkRun, bulkUndo } from './bulk/jobs.ts'
import { findDuplicates } from './duplicates.ts'
import { makeContact, makeLists } from './merge.fixture.ts'

let office: Office
let lists: string[]
before(async () => {
  office = await openOffice()
  lists = await makeLists(office.base.db, office.runtime.services.clock.now())
  const { services } = office.runtime
  await services.jobs.work([bulkRun, bulkUndo, findDuplicates], services)
})
after(() => office.stop())

const make = (traits: Record<string, string>) =>
  makeContact(office.runtime.services, {
    traits,
    events: [],
    lists: [],
    consents: [{ topic: 0, state: 'granted' }],
    stays: [],
    messages: [],
    counters: [],
    segments: [],
    devices: 0,
  })
type Bulk = {
  id: string
  total: number
  changed: number
  skipped: Record<string, number>
  finishedAt: string | null
  undoneAt: string | null
  undone: number
  undoUntil: string | null
}
const ask = async <T = Bulk>(method: string, path: string, body?: unknown): Promise<T> => {
  const answer = await office.call(method, path, body)
  assert.ok(answer.statusCode < 300, `${path}: ${answer.statusCode} ${answer.body}`)
  return answer.json()
}
const finished = (id: string, by: 'finishedAt' | 'undoneAt' = 'finishedAt') =>
  until(async () => {
    const failed = (await listJobs(office.base.db)).find(job => job.state === 'failed')
    assert.equal(failed?.error, undefined)
    const bulk = await ask('GET', `/contacts/bulk/${id}`)
    return bulk[by] !== null && bulk
  })
const country = (value: string) => ({ filter: { type: 'field', field: 'country', op: 'is', value } })
const valuesOf = async (ids: string[]) =>
  (
    await many<{ job: string | null }>(
      office.base.db,
      sql`select job_title as job from audience.contact where id = any(${ids}::bigint[]) order by id`,
    )
  ).map(row => row.job)

test('a bulk edit says before what it will do, does that, and is taken back where nobody changed it since', async () => {
  const ids = [
    await make({ country: 'IS', jobTitle: 'Editor' }),
    await make({ country: 'IS' }),
    await make({ country: 'IS', jobTitle: 'Boss' }),
  ]
  const given = { target: country('is'), action: { kind: 'field', field: 'job_title', value: 'Boss' } }
  const preview = await ask('POST', '/contacts/bulk/preview', given)
  assert.deepEqual([preview.total, preview.changed, preview.skipped], [3, 2, { 'has this value already': 1 }])
  const bulk = await finished((await ask('POST', '/contacts/bulk', { ...given, expected: 3 })).id)
  assert.deepEqual([bulk.changed, bulk.skipped], [2, { 'has this value already': 1 }])
  assert.deepEqual(await valuesOf(ids), ['Boss', 'Boss', 'Boss'])
  await office.base.pool.query(`update audience.contact set job_title = 'Chair' where id = ${ids[1]}`)
  await ask('POST', `/contacts/bulk/${bulk.id}/undo`)
  assert.equal((await finished(bulk.id, 'undoneAt')).undone, 1)
  assert.deepEqual(await valuesOf(ids), ['Editor', 'Chair', 'Boss'])
})

test('custom fields, lists and opt-outs go the same way', async () => {
  const ids = [await make({ country: 'FO', plan: 'free' }), await make({ country: 'FO' })]
  const actions = [
    { kind: 'field', field: 'attrs.plan', value: 'pro' },
    { kind: 'list', listId: lists[0], in: true },
    { kind: 'consent', purpose: 'marketing' },
  ]
  const look = () =>
    many<{ plan: string | null; lists: number; state: string | null }>(
      office.base.db,
      sql`select c.attrs ->> 'plan' as plan,
        (select count(*)::int from audience.list_member m where m.contact_id = c.id) as lists,
        (select state from audience.consent_current w where w.contact_id = c.id and w.topic_id = 0) as state
      from audience.contact c where c.id = any(${ids}::bigint[]) order by c.id`,
    )
  const was = await look()
  const bulks: string[] = []
  for (const action of actions)
    bulks.push((await finished((await ask('POST', '/contacts/bulk', { target: { ids }, action })).id)).id)
  assert.deepEqual(
    await look(),
    ids.map(() => ({ plan: 'pro', lists: 1, state: 'withdrawn' })),
  )
  for (const id of bulks) {
    await ask('POST', `/contacts/bulk/${id}/undo`)
    await finished(id, 'undoneAt')
  }
  assert.deepEqual(await look(), was)
})

test('deletions need their number typed, erase everywhere, and cannot be taken back', async () => {
  const ids = [await make({ country: 'GL', first_name: 'Malik' }), await make({ country: 'GL' })]
  const given = { target: country('GL'), action: { kind: 'delete' } }
  assert.equal((await office.call('POST', '/contacts/bulk', given)).statusCode, 409)
  assert.equal((await office.call('POST', '/contacts/bulk', { ...given, expected: 3 })).statusCode, 409)
  const [gone] = await many<{ email: string }>(
    office.base.db,
    sql`select email from audience.contact where id = ${ids[0]}::bigint`,
  )
  await office.call('POST', '/contacts/bulk', { target: { ids: [ids[0]] }, action: { kind: 'consent' } })
  await until(async () => (await listJobs(office.base.db)).every(job => job.state === 'done'))
  const bulk = await finished((await ask('POST', '/contacts/bulk', { ...given, expected: 2 })).id)
  assert.deepEqual([bulk.changed, bulk.undoUntil], [2, null])
  const { left } = await one<{ left: number }>(
    office.base.db,
    sql`select (select count(*)::int from audience.contact where id = any(${ids}::bigint[]))
      + (select count(*)::int from activity.event where contact_id = any(${ids}::bigint[]))
      + (select count(*)::int from audience.identity where contact_id = any(${ids}::bigint[])) as left`,
  )
  assert.equal(left, 0)
  const { secrets } = office.runtime.services
  const kept = await suppressedAmong(office.base.db, secrets, [gone?.email ?? ''])
  assert.equal(kept.get(gone?.email ?? ''), 'unsubscribed')
})

test('what touches an address, a wrong value or nobody’s role is refused', async () => {
  const target = country('XX')
  const of = (action: unknown) => office.call('POST', '/contacts/bulk/preview', { target, action })
  assert.equal((await of({ kind: 'field', field: 'email', value: 'a@b.cc' })).statusCode, 422)
  assert.equal((await of({ kind: 'field', field: 'time_zone', value: 'Nowhere' })).statusCode, 422)
  assert.equal((await of({ kind: 'consent', state: 'granted' })).statusCode, 422)
  const sales = await office.as('sales', 'POST', '/contacts/bulk/preview', {
    target,
    action: { kind: 'delete' },
  })
  assert.equal(sales.statusCode, 403)
})

test('a killed worker goes on behind the batch that it had finished', async () => {
  for (let i = 0; i < 3; i++) await make({ country: 'SJ' })
  const { services } = office.runtime
  const cursors: unknown[] = []
  const bulk = await ask('POST', '/contacts/bulk', {
    target: country('SJ'),
    action: { kind: 'field', field: 'language', value: 'nb' },
  })
  await finished(bulk.id)
  const again: JobRun<unknown> = {
    id: '1',
    input: { bulkId: bulk.id, title: 'again' },
    cursor: { after: '9223372036854775807', done: 3 },
    save: async progress => void cursors.push(progress.cursor),
  }
  await (bulkRun as JobDefinition).run(again, services)
  assert.deepEqual([cursors, (await ask('GET', `/contacts/bulk/${bulk.id}`)).changed], [[], 3])
})

test('duplicates are found by address, name with company and phone; typos are only hints', async () => {
  const email = async (id: string, address: string) => {
    await office.base.pool.query(`update audience.contact set email = '${address}' where id = ${id}`)
    return id
  }
  const a = await email(
    await make({ first_name: 'Dora', last_name: 'Dove', company: 'Nest' }),
    'd.dove@gmail.com',
  )
  const b = await email(
    await make({ first_name: 'dora', last_name: 'dove', company: 'Nest' }),
    'ddove+x@googlemail.com',
  )
  const c = await email(await make({ phone: '+49 170 123 4567' }), 'cc@one.example')
  const d = await email(await make({ phone: '0049 (170) 1234567' }), 'dd@two.example')
  const e = await email(await make({}), 'eve.ring@gmail.com')
  const f = await email(await make({}), 'eve.ring@gmial.com')
  await ask('POST', '/duplicates/search')
  type Found = {
    items: { contact: { id: string }; other: { id: string }; reasons: string[]; score: number }[]
  }
  const items = await until(async () => {
    const { items } = await ask<Found>('GET', '/duplicates')
    const state = await ask<{ foundAt: string | null }>('GET', '/duplicates/state')
    return state.foundAt !== null && items
  })
  const pairs = items.map(item => [item.contact.id, item.other.id, item.reasons.join()])
  assert.deepEqual(pairs, [
    [a, b, 'address,name_company'],
    [c, d, 'phone'],
    [e, f, 'typo'],
  ])
  await ask('POST', `/duplicates/${c}/${d}/decide`, { dismissed: true })
  await ask('POST', '/contacts/merge', { contactId: b, others: [a] })
  const left = await ask<Found>('GET', '/duplicates')
  assert.deepEqual(
    left.items.map(item => item.contact.id),
    [e],
  )
})
