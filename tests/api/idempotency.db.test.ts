import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { many, one, run, sql } from '#platform/db/db.ts'
import { type Office, openOffice } from '../privacy/office.ts'

let office: Office
before(async () => {
  office = await openOffice()
})
after(() => office?.stop())

const create = (email: string, key: string) =>
  office.call('POST', '/contacts', { email }, { 'idempotency-key': key })
const contacts = async () =>
  (await one<{ n: number }>(office.base.db, sql`select count(*)::int as n from audience.contact`)).n

test('the same request under the same key is carried out once and answered the same', async () => {
  const before = await contacts()
  const first = await create('once@example.org', 'order-1')
  const again = await create('once@example.org', 'order-1')
  assert.equal(first.statusCode, 201)
  assert.equal(again.statusCode, 201)
  assert.equal(again.body, first.body)
  assert.equal(first.headers['idempotency-replayed'], undefined)
  assert.equal(again.headers['idempotency-replayed'], 'true')
  assert.match(String(again.headers['content-type']), /application\/json/)
  assert.equal(await contacts(), before + 1)
})

test('the same key for another request is refused, and for another person it is another key', async () => {
  await create('two@example.org', 'order-2')
  const other = await create('other@example.org', 'order-2')
  assert.equal(other.statusCode, 422)
  assert.equal(other.json().code, 'idempotency_mismatch')
  const elsewhere = await office.call('POST', '/lists', { name: 'Two' }, { 'idempotency-key': 'order-2' })
  assert.equal(elsewhere.json().code, 'idempotency_mismatch')
  const stranger = await office.as('marketer', 'POST', '/lists', { name: 'Theirs' })
  assert.equal(stranger.statusCode, 201)
})

test('ten at once under one key make one contact; the others are told to wait or get the same answer', async () => {
  const before = await contacts()
  const answers = await Promise.all(Array.from({ length: 10 }, () => create('ten@example.org', 'order-3')))
  assert.equal(await contacts(), before + 1)
  for (const answer of answers)
    assert.ok(
      answer.statusCode === 201 || answer.json().code === 'idempotency_running',
      `${answer.statusCode} ${answer.body}`,
    )
  assert.ok(answers.some(answer => answer.statusCode === 201))
})

test('what was refused has changed nothing and may be tried again under its key', async () => {
  const refused = await create('no address', 'order-4')
  assert.equal(refused.statusCode, 422)
  assert.equal((await create('address@example.org', 'order-4')).statusCode, 201)
})

test('a key is forgotten after a day, and a request that was cut off is never repeated blindly', async () => {
  const { db } = office.base
  await create('day@example.org', 'order-5')
  await run(
    db,
    sql`update platform.idempotency set created_at = now() - interval '25 hours' where key = 'order-5'`,
  )
  assert.equal((await create('new-day@example.org', 'order-5')).statusCode, 201)
  await run(
    db,
    sql`update platform.idempotency set status = null, answer = null, created_at = now() - interval '5 minutes' where key = 'order-5'`,
  )
  const cutOff = await create('new-day@example.org', 'order-5')
  assert.equal(cutOff.statusCode, 409)
  assert.equal(cutOff.json().code, 'idempotency_unknown')
})

test('answers are kept sealed, because some hold a secret that is shown once', async () => {
  const given = { name: 'Once', role: 'viewer' }
  const made = await office.call('POST', '/api-keys', given, { 'idempotency-key': 'order-6' })
  assert.equal(made.statusCode, 201, made.body)
  const again = await office.call('POST', '/api-keys', given, { 'idempotency-key': 'order-6' })
  assert.equal(again.json().key, made.json().key)
  const rows = await many<{ answer: string }>(
    office.base.db,
    sql`select answer from platform.idempotency where answer is not null`,
  )
  assert.ok(rows.length > 3)
  assert.ok(rows.every(({ answer }) => !answer.includes('example.org') && !answer.includes(made.json().key)))
})

test('a key that is no key is refused, and reading takes no notice of one', async () => {
  assert.equal((await create('x@example.org', 'a b')).statusCode, 422)
  assert.equal((await create('x@example.org', 'k'.repeat(256))).statusCode, 422)
  const read = await office.call('GET', '/contacts', undefined, { 'idempotency-key': 'a b' })
  assert.equal(read.statusCode, 200)
})
