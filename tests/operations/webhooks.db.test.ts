import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { Webhook } from 'standardwebhooks'
import { createKey } from '#access/api-keys.ts'
import { createUser, systemActor } from '#access/users.ts'
import { record } from '#activity/record.ts'
import { moveClock } from '#platform/clock.ts'
import { readConfig } from '#platform/config.ts'
import { inTransaction, many, run, sql } from '#platform/db/db.ts'
import { newId } from '#platform/ids.ts'
import { createOffice, startWork } from '../../src/app.ts'
import { openRuntime, type Runtime } from '../../src/runtime.ts'
import { type TestDatabase, testDatabase } from '../harness/database.ts'
import { until } from '../harness/until.ts'

// Outgoing webhooks through the real doors: the API, a worker, and a receiver that checks signatures with a library
// of others.

type Got = { path: string; headers: IncomingHttpHeaders; body: string }
let base: TestDatabase
let runtime: Runtime
let office: FastifyInstance
let work: Awaited<ReturnType<typeof startWork>>
let receiver: Server
let port = 0
let key = ''
let ownerId = ''
let got: Got[] = []
let answers: (path: string) => { status: number; hold?: boolean } = () => ({ status: 200 })

before(async () => {
  receiver = createServer((request, reply) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const path = request.url ?? ''
      const { status, hold } = answers(path)
      got.push({ path, headers: request.headers, body: Buffer.concat(parts).toString() })
      if (!hold) reply.writeHead(status, status === 301 ? { location: '/elsewhere' } : {}).end('thanks, Ann')
    })
  })
  await new Promise<void>(resolve => receiver.listen(0, '127.0.0.1', resolve))
  port = (receiver.address() as AddressInfo).port
  base = await testDatabase({ max: 4 })
  runtime = await openRuntime(
    readConfig({
      DATABASE_URL: base.url,
      TEND_SECRET_KEY: randomBytes(32).toString('base64'),
      TEND_LOG_LEVEL: 'silent',
      TEND_DATA_DIR: `/tmp/tend-webhooks-${process.pid}`,
      TEND_EGRESS_ALLOW: `127.0.0.1:${port}`,
    }),
  )
  office = await createOffice(runtime.services)
  key = (await createKey(base.db, systemActor, { name: 'admin', role: 'admin' })).key
  ownerId = (
    await createUser(base.db, systemActor, { name: 'Olga', email: 'olga@tend.example', role: 'owner' })
  ).id
  work = await startWork(runtime.services)
})
after(async () => {
  await work?.stop()
  await office?.close()
  await runtime?.close()
  await base?.stop()
  receiver?.closeAllConnections()
  await new Promise<void>(resolve => receiver.close(() => resolve()))
})
beforeEach(async () => {
  await run(base.db, sql`delete from outreach.endpoint`)
  await run(base.db, sql`delete from outreach.call`)
  got = []
  answers = () => ({ status: 200 })
})

async function api<T>(
  method: 'GET' | 'POST' | 'PATCH',
  path: string,
  body?: object,
  status = 200,
): Promise<T> {
  const answer = await office.inject({
    method,
    url: `/api/v1${path}`,
    headers: { authorization: `Bearer ${key}` },
    ...(body ? { payload: body } : {}),
  })
  assert.equal(answer.statusCode, status, answer.body)
  return answer.json() as T
}
type Made = {
  endpoint: { id: string; version: number; state: string; stateWords: string | null }
  secret: string
}
const subscribe = (path = '/hook', more: object = {}) =>
  api<Made>(
    'POST',
    '/webhooks',
    { name: path, url: `http://127.0.0.1:${port}${path}`, types: ['page.viewed'], ownerId, ...more },
    201,
  )

async function someone(country = 'DE'): Promise<string> {
  const id = newId()
  await run(
    base.db,
    sql`
    insert into audience.contact (id, email, first_name, country, created_at, updated_at)
    values (${id}::bigint, ${`c${id}@people.example`}, 'Ann', ${country}, '2026-01-01', '2026-01-01')`,
  )
  return id
}
const look = (contactId: string) =>
  inTransaction(base.db, trx =>
    record(trx, [
      {
        contactId,
        type: 'page.viewed',
        name: 'Pricing',
        at: runtime.services.clock.now(),
        data: { url: 'https://x.example' },
      },
    ]),
  )
const calls = (id: string) =>
  api<{ items: { contactId: string; eventId: string; state: string; words: string; attempt: number }[] }>(
    'GET',
    `/webhooks/${id}/calls`,
  )
const settled = (id: string, state: string) =>
  until(async () => (await calls(id)).items.find(call => call.state === state), {
    words: `a call that is ${state}`,
  })

test('an event is told once, signed so that the library of others takes it, with ids of the API', async () => {
  const { endpoint, secret } = await subscribe()
  assert.match(secret, /^whsec_/)
  const contactId = await someone()
  await look(contactId)
  await look(newId())
  const call = await settled(endpoint.id, 'delivered')
  assert.equal(got.length, 1, 'a visitor whom nobody knows is not told of')
  const [first] = got
  const read = new Webhook(secret).verify(first?.body ?? '', first?.headers as Record<string, string>) as {
    type: string
    data: { id: string; contact: { id: string } }
  }
  assert.equal(read.type, 'page.viewed')
  assert.equal(read.data.contact.id, contactId)
  assert.equal(read.data.id, call.eventId)
  const { items } = await api<{ items: { request: string; response: string; status: number }[] }>(
    'GET',
    `/webhooks/${endpoint.id}/calls/${contactId}/${call.eventId}`,
  )
  assert.equal(items[0]?.status, 200)
  assert.equal(items[0]?.response, 'thanks, Ann')
  assert.match(items[0]?.request ?? '', /webhook-signature: v1,\[hidden\]/)
})

test('only those whom the filter matches are told of', async () => {
  const filter = { type: 'field', field: 'country', op: 'is', value: 'AT' }
  const { endpoint } = await subscribe('/filtered', { filter })
  await look(await someone('DE'))
  const austrian = await someone('AT')
  await look(austrian)
  await settled(endpoint.id, 'delivered')
  assert.deepEqual(
    (await calls(endpoint.id)).items.map(call => call.contactId),
    [austrian],
  )
})

test('one that fails is tried again later, and a dead one keeps nobody else waiting', async () => {
  answers = path => (path === '/dead' ? { status: 200, hold: true } : { status: 200 })
  const dead = await subscribe('/dead')
  const well = await subscribe('/well')
  for (let n = 0; n < 20; n++) await look(await someone())
  const began = performance.now()
  await until(
    async () =>
      (await calls(well.endpoint.id)).items.filter(call => call.state === 'delivered').length === 20,
    {
      words: 'all twenty at the one that is well',
    },
  )
  assert.ok(performance.now() - began < 10_000)
  assert.ok((await calls(dead.endpoint.id)).items.every(call => call.state !== 'delivered'))
  assert.ok(got.filter(each => each.path === '/dead').length <= 4)
  receiver.closeAllConnections()
})

test('what a claim took whose answer was lost is called by the same worker, though it lives', async () => {
  const { endpoint } = await subscribe('/lost')
  await look(await someone())
  await settled(endpoint.id, 'delivered')
  // As such a claim leaves it: begun in the ledger, unknown to the worker.
  await run(
    base.db,
    sql`update outreach.call set state = 'calling' where endpoint_id = ${endpoint.id}::bigint`,
  )
  await until(() => got.filter(each => each.path === '/lost').length === 2, { words: 'the second call' })
  await settled(endpoint.id, 'delivered')
})

test('a refusal and a redirect count as failures; after the wait it is called again under the same id', async () => {
  let refusing = true
  answers = () => ({ status: refusing ? 301 : 204 })
  const { endpoint } = await subscribe('/moved')
  await look(await someone())
  const call = await until(
    async () => (await calls(endpoint.id)).items.find(each => each.attempt === 1 && each.state === 'waiting'),
    { words: 'the first refusal' },
  )
  assert.equal(call.words, 'HTTP 301')
  refusing = false
  await moveClock(base.db, runtime.services.clock, new Date(runtime.services.clock.now().getTime() + 10_000))
  await settled(endpoint.id, 'delivered')
  assert.equal(new Set(got.map(each => each.headers['webhook-id'])).size, 1)
})

test('410 switches it off at once, and its owner is told', async () => {
  answers = () => ({ status: 410 })
  const { endpoint } = await subscribe('/gone')
  await look(await someone())
  await settled(endpoint.id, 'failed')
  const after = await api<{ state: string; stateWords: string }>('GET', `/webhooks/${endpoint.id}`)
  assert.equal(after.state, 'disabled')
  assert.match(after.stateWords, /410/)
  const told = await until(
    async () =>
      (
        await many<{ recipient: string }>(
          base.db,
          sql`
        select recipient from outreach.message where reason like ${`webhook-off:${endpoint.id}:%`}`,
        )
      ).at(0),
    { words: 'the notice' },
  )
  assert.equal(told.recipient, 'olga@tend.example')
})

test('after five days of nothing but failures it is switched off', async () => {
  answers = () => ({ status: 500 })
  const { endpoint } = await subscribe('/broken')
  await look(await someone())
  await until(async () =>
    (await calls(endpoint.id)).items.some(call => call.attempt === 1 && call.state === 'waiting'),
  )
  await run(base.db, sql`update outreach.endpoint set failing_since = failing_since - interval '5 days'`)
  await moveClock(base.db, runtime.services.clock, new Date(runtime.services.clock.now().getTime() + 10_000))
  const after = await until(
    async () => {
      const now = await api<{ state: string; stateWords: string }>('GET', `/webhooks/${endpoint.id}`)
      return now.state === 'disabled' && now
    },
    { words: 'it to be switched off' },
  )
  assert.match(after.stateWords, /five days/)
})

test('during a rotation both secrets sign; another host gets a secret of its own', async () => {
  const made = await subscribe('/rotating')
  const rotated = await api<Made>('POST', `/webhooks/${made.endpoint.id}/rotate`, {})
  const test = await api<{ delivered: boolean }>('POST', `/webhooks/${made.endpoint.id}/test`, {})
  assert.ok(test.delivered)
  const [first] = got
  for (const secret of [made.secret, rotated.secret])
    new Webhook(secret).verify(first?.body ?? '', first?.headers as Record<string, string>)
  const moved = await api<Made>('PATCH', `/webhooks/${made.endpoint.id}`, {
    url: 'https://hooks.example.com/x',
    version: rotated.endpoint.version,
  })
  assert.match(moved.secret, /^whsec_/)
  await api(
    'PATCH',
    `/webhooks/${made.endpoint.id}`,
    { name: 'late', version: rotated.endpoint.version },
    409,
  )
})

test('one call and a span of time can be told again', async () => {
  const { endpoint } = await subscribe('/again')
  const contactId = await someone()
  await look(contactId)
  const call = await settled(endpoint.id, 'delivered')
  await api('POST', `/webhooks/${endpoint.id}/calls/${contactId}/${call.eventId}/replay`, {})
  await until(() => got.filter(each => each.path === '/again').length === 2, { words: 'the second call' })
  await run(base.db, sql`delete from outreach.call where endpoint_id = ${endpoint.id}::bigint`)
  const now = runtime.services.clock.now().getTime()
  await api(
    'POST',
    `/webhooks/${endpoint.id}/replay`,
    { from: new Date(now - 3_600_000).toISOString(), to: new Date(now + 60_000).toISOString() },
    202,
  )
  await until(
    () => got.some(each => each.path === '/again' && each.body.includes(call.eventId)) && got.length >= 3,
    {
      words: 'the replay from the ledger',
      timeoutMs: 20_000,
    },
  )
})

test('an address inside the house is refused when it is entered', async () => {
  for (const url of ['http://169.254.169.254/latest', 'http://localhost:5432/', 'http://10.0.0.8/hook'])
    await api('POST', '/webhooks', { name: 'x', url, types: ['page.viewed'], ownerId }, 422)
})
