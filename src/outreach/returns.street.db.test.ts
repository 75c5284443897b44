import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, before, test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import fastify from 'fastify'
import { Webhook } from 'standardwebhooks'
import { systemActor } from '#access/users.ts'
import { addressHash, suppressedAmong } from '#audience/suppression.ts'
import { one, run, sql } from '#platform/db/db.ts'
import { answerProblem } from '#platform/http/problem.ts'
import type { Services } from '#platform/services.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { messageIdOf, returnPath } from './delivery/compose.ts'
import { addContact, addEmail, eventsOf, letter, outreachServices, queueOne } from './outreach.fixture.ts'
import { createSource, deleteSource, listSources, rotateSource } from './returns/sources.ts'
import { returnsStreet } from './returns.street.ts'

// What providers tell by webhook: signed as Standard Webhooks says by its own library, or in the plain form.

let base: TestDatabase
let services: Services
let street: FastifyInstance
let versionId: string
let secret: string

before(async () => {
  base = await testDatabase()
  services = outreachServices(base)
  versionId = (await addEmail(services)).versionId
  secret = (await createSource(services, systemActor, 'relay', services.clock.now())).secret
  street = fastify()
  street.setErrorHandler(answerProblem)
  await street.register(async scope => returnsStreet(scope, services))
})
after(async () => {
  await street?.close()
  await base.stop()
})

async function message() {
  const contact = await addContact(base.db)
  const id = await queueOne(services, letter(contact.id, versionId))
  await run(
    base.db,
    sql`
    update outreach.message set state = 'sent', sent_at = queued_at, sending_at = queued_at,
      address_hash = ${addressHash(services.secrets, contact.email)}
    where id = ${id}::bigint`,
  )
  const about = { contactId: contact.id, id }
  return {
    ...about,
    email: contact.email,
    messageId: messageIdOf(services, about),
    returnPath: returnPath(services, about),
  }
}

function signed(body: string, given: { id?: string; at?: Date; key?: string } = {}): Record<string, string> {
  const at = given.at ?? new Date()
  const id = given.id ?? 'msg_1'
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(given.key ?? secret).sign(id, at, body),
  }
}
const post = (body: string, headers: Record<string, string>, name = 'relay') =>
  street.inject({
    method: 'POST',
    url: `/v1/returns/${name}`,
    headers: { 'content-type': 'application/json', ...headers },
    payload: body,
  })

const outcome = (id: string) =>
  one<{ bounce: string | null; complained: boolean; state: string; history: { state: string }[] }>(
    base.db,
    sql`select bounce, complained_at is not null as complained, state, history from outreach.message where id = ${id}::bigint`,
  )
const told = async (contactId: string) =>
  (await eventsOf(base.db, contactId)).map(event => event.type).filter(type => type !== 'consent.granted')

test('bounces, complaints and deliveries of one call are taken, each on its message', async () => {
  const [hard, soft, spam, fine] = [await message(), await message(), await message(), await message()]
  await base.pool.query(`update outreach.message set state = 'unknown' where id = ${fine.id}`)
  const body = JSON.stringify({
    events: [
      { type: 'bounce', messageId: hard.messageId, status: '5.1.1', words: '550 5.1.1 no such user\r\nX: y' },
      { type: 'bounce', returnPath: soft.returnPath, code: 452, words: 'mailbox full' },
      { type: 'complaint', messageId: spam.messageId },
      { type: 'delivered', messageId: fine.messageId },
    ],
  })
  const answer = await post(body, signed(body))
  assert.deepEqual(
    [answer.statusCode, answer.json()],
    [200, { taken: 4, repeated: 0, unknown: 0, invalid: 0 }],
  )
  assert.equal((await outcome(hard.id)).bounce, 'hard')
  assert.equal((await outcome(soft.id)).bounce, 'soft')
  assert.equal((await outcome(spam.id)).complained, true)
  const delivered = await outcome(fine.id)
  assert.deepEqual([delivered.state, delivered.history.at(-1)?.state], ['sent', 'delivered'])
  assert.deepEqual(await told(hard.contactId), ['email.bounced'])
  assert.deepEqual(await told(spam.contactId), ['email.complained', 'consent.withdrawn'])
  const [event] = (await eventsOf(base.db, hard.contactId)).filter(each => each.type === 'email.bounced')
  assert.deepEqual([event?.data.source, event?.data.reason], ['relay', '550 5.1.1 no such user X: y'])
  const why = await suppressedAmong(base.db, services.secrets, [hard.email, soft.email, spam.email])
  assert.deepEqual(
    [why.get(hard.email), why.get(soft.email), why.get(spam.email)],
    ['hard_bounce', undefined, 'complaint'],
  )
})

test('the same call a thousand times is one event', async () => {
  const mail = await message()
  const body = JSON.stringify({ type: 'bounce', messageId: mail.messageId, bounce: 'block' })
  const headers = signed(body)
  assert.equal((await post(body, headers)).json().taken, 1)
  for (let i = 0; i < 50; i++) {
    const copies = JSON.stringify(Array.from({ length: 20 }, () => JSON.parse(body)))
    assert.deepEqual((await post(copies, signed(copies))).json(), {
      taken: 0,
      repeated: 20,
      unknown: 0,
      invalid: 0,
    })
  }
  assert.deepEqual((await post(body, headers)).json(), { taken: 0, repeated: 1, unknown: 0, invalid: 0 })
  assert.deepEqual(await told(mail.contactId), ['email.bounced'])
  assert.equal((await outcome(mail.id)).bounce, 'block')
  assert.equal((await suppressedAmong(base.db, services.secrets, [mail.email])).size, 0)
})

test('unsigned, wrongly signed, old, early, altered, or for nobody: 401, and nothing is read', async () => {
  const mail = await message()
  const body = JSON.stringify({ type: 'bounce', messageId: mail.messageId, bounce: 'hard' })
  const minutes = (n: number) => new Date(Date.now() + n * 60_000)
  const tries: [string, string, Record<string, string>, string?][] = [
    ['unsigned', body, {}],
    ['another secret', body, signed(body, { key: `whsec_${Buffer.alloc(32, 1).toString('base64')}` })],
    ['six minutes old', body, signed(body, { at: minutes(-6) })],
    ['six minutes early', body, signed(body, { at: minutes(6) })],
    ['altered', body.replace('hard', 'soft'), signed(body)],
    ['another id', body, { ...signed(body), 'webhook-id': 'msg_2' }],
    ['no such webhook', body, signed(body), 'nobody'],
    ['nonsense', body, { 'webhook-id': 'x', 'webhook-timestamp': 'x', 'webhook-signature': 'v1,x v1' }],
    ['the plain form, without its time', body, { 'x-tend-signature': `v1=${'0'.repeat(64)}` }],
  ]
  for (const [name, payload, headers, source] of tries)
    assert.equal((await post(payload, headers, source)).statusCode, 401, name)
  assert.equal((await outcome(mail.id)).bounce, null)
})

test('the plain form: a time and an HMAC in one header, for providers that can do no more', async () => {
  const mail = await message()
  const body = JSON.stringify([{ type: 'complaint', messageId: mail.messageId }])
  const t = Math.floor(Date.now() / 1000)
  const v1 = createHmac('sha256', secret).update(`${t}.${body}`).digest('hex')
  assert.equal(
    (await post(body, { 'x-tend-signature': `t=${t},v1=${v1}`, 'content-type': 'text/plain' })).json().taken,
    1,
  )
  assert.equal((await post(body, { 'x-tend-signature': `t=${t - 1},v1=${v1}` })).statusCode, 401)
})

test('what names none of our messages is counted and changes nothing; what is no JSON is 400', async () => {
  const mail = await message()
  const body = JSON.stringify({
    events: [
      { type: 'bounce', messageId: `<${'a'.repeat(47)}@bounce.localhost>`, bounce: 'hard' },
      { type: 'bounce', messageId: mail.messageId.replace('bounce.localhost', 'evil.example') },
      { type: 'bounce', email: mail.email },
      { type: 'opened', messageId: mail.messageId },
      { type: 'bounce', messageId: 7 },
      null,
    ],
  })
  assert.deepEqual((await post(body, signed(body))).json(), { taken: 0, repeated: 0, unknown: 3, invalid: 3 })
  assert.equal((await outcome(mail.id)).bounce, null)
  for (const bad of [
    '',
    '{',
    '"x"',
    '7',
    JSON.stringify({ events: Array.from({ length: 1001 }, () => ({})) }),
  ])
    assert.equal((await post(bad, signed(bad))).statusCode, 400, bad.slice(0, 20))
})

test('a new secret ends the old one, and a webhook that was removed is nobody', async () => {
  const body = '{"events":[]}'
  const [source] = await listSources(base.db)
  assert.ok(source?.lastAt, 'the last call is noted')
  const { secret: next } = await rotateSource(services, systemActor, source.id)
  assert.equal((await post(body, signed(body))).statusCode, 401)
  assert.equal((await post(body, signed(body, { key: next }))).statusCode, 200)
  const kept = await one<{ secret: string }>(base.db, sql`select secret from outreach.news_source`)
  assert.ok(!kept.secret.includes(next.slice(6, 20)), 'it lies sealed')
  await deleteSource(base.db, systemActor, source.id)
  assert.equal((await post(body, signed(body, { key: next }))).statusCode, 401)
})
