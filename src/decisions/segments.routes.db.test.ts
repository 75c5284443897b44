import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { isAction, may } from '#access/policy.ts'
import { createUser, systemActor } from '#access/users.ts'
import { record } from '#activity/record.ts'
import { upsertContacts } from '#audience/contacts.ts'
import { createClock } from '#platform/clock.ts'
import { readConfig } from '#platform/config.ts'
import { inTransaction } from '#platform/db/db.ts'
import { createServer, mountRoutes } from '#platform/http/server.ts'
import { newId } from '#platform/ids.ts'
import { openJobs } from '#platform/jobs.ts'
import { createLog } from '#platform/log.ts'
import type { Services } from '#platform/services.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { until } from '../../tests/harness/until.ts'
import { filterRoutes } from './filter.routes.ts'
import { buildSegment } from './segments.jobs.ts'
import { segmentRoutes } from './segments.routes.ts'

let base: TestDatabase
let services: Services
let app: FastifyInstance
let ownerId: string
const ann = newId()

before(async () => {
  base = await testDatabase()
  const config = readConfig({ TEND_LOG_LEVEL: 'silent', TEND_SECRET_KEY: randomBytes(32).toString('base64') })
  const jobs = await openJobs(base.url, () => undefined)
  const parts = {
    config,
    db: base.db,
    databaseUrl: base.url,
    clock: createClock(),
    log: createLog('silent'),
    jobs,
  }
  services = parts as unknown as Services
  await jobs.work([buildSegment], services)
  app = await createServer(services)
  const policy = { authenticate: async () => systemActor, may, checkOrigin: () => undefined }
  mountRoutes(app, [...filterRoutes, ...segmentRoutes], policy, services)
  ownerId = (
    await createUser(base.db, systemActor, { name: 'Olga', email: 'olga@example.com', role: 'marketer' })
  ).id
  await inTransaction(base.db, async trx => {
    const patch = { contactId: ann, email: 'ann@example.com', traits: { country: 'DE', plan: 'pro' } }
    await record(trx, await upsertContacts(trx, [patch], { now: services.clock.now(), source: 'test' }))
  })
})
after(async () => {
  await app?.close()
  await services?.jobs.close()
  await base?.stop()
})

const call = async (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', url: string, payload?: object) => {
  const answer = await app.inject({ method, url, ...(payload ? { payload } : {}) })
  return { status: answer.statusCode, body: answer.json() }
}
const filter = {
  all: [
    { type: 'field', field: 'country', op: 'is', value: 'de' },
    { type: 'field', field: 'attrs.plan', op: 'is', value: 'pro' },
  ],
}
const reviewOn = new Date(Date.now() + 60 * 86_400_000).toISOString().slice(0, 10)

test('a segment is drafted, previewed, published, explained, listed and archived over the API', async () => {
  const preview = await call('POST', '/api/v1/segments/preview', { filter })
  assert.equal(preview.status, 200, JSON.stringify(preview.body))
  assert.deepEqual(
    [preview.body.count, preview.body.exact, preview.body.sample[0].email],
    [1, true, 'ann@example.com'],
  )
  assert.equal(preview.body.sentence, 'country is “de” and plan is “pro”')
  const made = await call('POST', '/api/v1/segments', { name: 'Pros', filter })
  assert.equal(made.status, 201, JSON.stringify(made.body))
  const url = `/api/v1/segments/${made.body.id}`
  const published = await call('POST', `${url}/publish`, { version: made.body.version, ownerId, reviewOn })
  assert.equal(published.status, 200, JSON.stringify(published.body))
  const live = await until(async () => {
    const { body } = await call('GET', url)
    return body.building ? null : body
  })
  assert.deepEqual([live.status, live.size, live.liveVersion, live.changed], ['live', 1, 1, false])
  const members = await call('GET', `${url}/members?limit=1`)
  assert.deepEqual([members.body.items[0].contactId, members.body.next], [ann, null])
  const why = await call('GET', `${url}/why/${ann}`)
  assert.deepEqual(
    [why.body.member, why.body.explanation.matched, why.body.explanation.parts[1].value],
    [true, true, 'pro'],
  )
  assert.equal((await call('GET', `/api/v1/contacts/${ann}/segments`)).body.items[0].name, 'Pros')
  assert.deepEqual((await call('GET', `${url}/used-by`)).body.items, [])
  assert.equal((await call('GET', `${url}/versions`)).body.items.length, 1)
  const list = await call('GET', '/api/v1/segments?limit=1&search=pro')
  assert.deepEqual(
    list.body.items.map((each: { size: number }) => each.size),
    [1],
  )
  const archived = await call('POST', `${url}/archive`, { version: live.version })
  assert.equal(archived.body.status, 'archived')
  assert.deepEqual((await call('GET', `/api/v1/contacts/${ann}/segments`)).body.items, [])
  assert.equal((await call('DELETE', url)).status, 200)
  assert.equal((await call('GET', url)).status, 404)
})

test('what is wrong with a filter is said with its path', async () => {
  const wrong = await call('POST', '/api/v1/segments/preview', {
    filter: { all: [{ any: [{ type: 'moon' }] }, { type: 'field', field: 'country', op: 'is', value: 5 }] },
  })
  assert.equal(wrong.status, 422)
  assert.deepEqual(
    wrong.body.fields.map((field: { path: string }) => field.path),
    ['filter.all.0.any.0.type', 'filter.all.1.value'],
  )
  const deep = Array.from({ length: 20 }).reduce<object>(inner => ({ not: inner }), { all: [] })
  assert.equal((await call('POST', '/api/v1/segments/preview', { filter: deep })).status, 422)
  const many = { any: Array.from({ length: 300 }, () => ({ type: 'field', field: 'email', op: 'is_set' })) }
  assert.equal((await call('POST', '/api/v1/segments/preview', { filter: many })).status, 422)
})

test('the builder learns fields, operators, events and what can be pointed at', async () => {
  const { status, body } = await call('GET', '/api/v1/filter-language')
  assert.equal(status, 200)
  assert.ok(body.fields.some((field: { name: string }) => field.name === 'attrs.plan'))
  assert.deepEqual(
    body.operators.boolean
      .map((each: { name: string; input: string }) => [each.name, each.input])
      .slice(0, 2),
    [
      ['is', 'yes-no'],
      ['is_not', 'yes-no'],
    ],
  )
  const input = (family: string, name: string) =>
    body.operators[family].find((each: { name: string }) => each.name === name)?.input
  assert.deepEqual(
    [
      input('number', 'at_least'),
      input('date', 'before'),
      input('date', 'in_last_days'),
      input('text', 'is'),
      input('text', 'is_any_of'),
      input('text', 'is_set'),
    ],
    ['number', 'day', 'days', 'text', 'list', 'none'],
  )
  assert.ok(body.events.some((each: { type: string }) => each.type === 'page.viewed'))
})

test('every route asks the policy for a known action', () => {
  for (const { can, url } of [...filterRoutes, ...segmentRoutes]) assert.ok(isAction(can), url)
})
