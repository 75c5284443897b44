import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fastify, { type FastifyInstance } from 'fastify'
import { may } from '#access/policy.ts'
import { createUser, systemActor } from '#access/users.ts'
import { many, sql } from '#platform/db/db.ts'
import { createServer, mountRoutes } from '#platform/http/server.ts'
import { openJobs } from '#platform/jobs.ts'
import { until } from '../../tests/harness/until.ts'
import { connectionRoutes } from './connections.routes.ts'
import { openTown, type Town } from './crm.fixture.ts'
import { crmLoop } from './crm.loop.ts'
import { hooksStreet } from './hooks.street.ts'
import { crmRoutes } from './issues.routes.ts'
import { checkJob, loadJob } from './load.jobs.ts'
import { resyncRoutes } from './resync.routes.ts'

let town: Town
let app: FastifyInstance
let street: FastifyInstance
let ownerId: string
const stopping = new AbortController()
let loop: Promise<void>
const reviewOn = new Date(Date.now() + 60 * 86_400_000).toISOString().slice(0, 10)

before(async () => {
  town = await openTown()
  const { services } = town
  Object.assign(services, { jobs: await openJobs(services.databaseUrl, () => undefined) })
  await services.jobs.work([checkJob, loadJob], services)
  app = await createServer(services)
  const policy = { authenticate: async () => systemActor, may, checkOrigin: () => undefined }
  mountRoutes(app, [...connectionRoutes, ...crmRoutes, ...resyncRoutes], policy, services)
  street = fastify()
  await street.register(async scope => hooksStreet(scope, services))
  ownerId = (
    await createUser(services.db, systemActor, { name: 'Olga', email: 'olga@example.com', role: 'admin' })
  ).id
  const lanes = new Map(Array.from({ length: 64 }, (_, lane) => [lane, '1']))
  loop = crmLoop.run(services, stopping.signal, { id: 'test', held: () => lanes })
})
after(async () => {
  stopping.abort()
  await loop
  await app?.close()
  await street?.close()
  await town?.services.jobs.close()
  await town?.stop()
})

const call = async (method: 'GET' | 'POST' | 'PATCH', url: string, payload?: object) => {
  const answer = await app.inject({ method, url: `/api/v1/crm${url}`, ...(payload ? { payload } : {}) })
  return { status: answer.statusCode, body: answer.json(), text: answer.body }
}
let id = ''
let remote = ''

test('a CRM is connected, described and mapped, and its secrets are never shown', async () => {
  const made = await call('POST', '/connections', {
    name: 'Second',
    connector: 'fake',
    settings: { url: 'https://a.example', key: 'very secret' },
  })
  assert.equal(made.status, 201, made.text)
  id = made.body.id
  assert.doesNotMatch(made.text, /very secret/)
  const wrong = await call('POST', '/connections', {
    name: 'Third',
    connector: 'fake',
    settings: { url: 'https://a.example' },
  })
  assert.deepEqual([wrong.status, wrong.body.fields[0].path], [422, 'settings.key'])
  const tested = await call('POST', `/connections/${id}/test`)
  assert.equal(tested.status, 200, tested.text)
  assert.deepEqual(
    tested.body.connection.draft.objects[0].fields.map((field: { local: string }) => field.local),
    ['email', 'first_name', 'opt_out'],
  )
  const { version } = (await call('GET', `/connections/${id}`)).body
  const moved = await call('PATCH', `/connections/${id}`, {
    version,
    settings: { url: 'https://thief.example' },
  })
  assert.deepEqual([moved.status, moved.body.fields[0].path], [422, 'settings.key'])
  assert.equal(
    (await call('PATCH', `/connections/${id}`, { version: version + 5, name: 'Late' })).status,
    409,
  )
})

test('nothing goes live without an owner, a review day and a mapping that can work', async () => {
  const { draft, version } = (await call('GET', `/connections/${id}`)).body
  const [object] = draft.objects
  const broken = {
    ...draft,
    objects: [{ ...object, fields: [...object.fields, { local: 'id', remote: 'Nowhere', rule: 'crm' }] }],
  }
  const saved = await call('PATCH', `/connections/${id}`, { version, draft: broken })
  assert.equal(saved.status, 200, saved.text)
  const refused = await call('POST', `/connections/${id}/publish`, {
    version: version + 1,
    ownerId,
    reviewOn,
  })
  assert.deepEqual(
    refused.body.fields.map((field: { path: string }) => field.path),
    ['objects.0.fields.3.remote', 'objects.0.fields.3.rule'],
  )
  await call('PATCH', `/connections/${id}`, {
    version: version + 1,
    draft: { ...draft, objects: [{ ...object, createThere: true }] },
  })
  assert.equal(
    (await call('POST', `/connections/${id}/publish`, { version: version + 2, ownerId: 'nobody', reviewOn }))
      .status,
    422,
  )
  const live = await call('POST', `/connections/${id}/publish`, { version: version + 2, ownerId, reviewOn })
  assert.deepEqual([live.body.status, live.body.liveMapping], ['live', 1])
})

test('what a transform or a match key cannot do is refused by its place', async () => {
  const { draft, version } = (await call('GET', `/connections/${id}`)).body
  const [object] = draft.objects
  const at = (local: string) => object.fields.findIndex((field: { local: string }) => field.local === local)
  const change = (local: string, more: object) =>
    object.fields.map((field: { local: string }) => (field.local === local ? { ...field, ...more } : field))
  const publish = async (more: object) => {
    const { version: now } = (await call('GET', `/connections/${id}`)).body
    const changed = { ...draft, objects: [{ ...object, ...more }] }
    await call('PATCH', `/connections/${id}`, { version: now, draft: changed })
    const refused = await call('POST', `/connections/${id}/publish`, { version: now + 1, ownerId, reviewOn })
    return [refused.status, ...refused.body.fields.map((field: { path: string }) => field.path)]
  }
  const name = `objects.0.fields.${at('first_name')}`
  const split = { fields: change('first_name', { transform: 'last_name', applies: 'both', rule: 'two_way' }) }
  assert.deepEqual(await publish(split), [422, `${name}.applies`, `${name}.rule`])
  const nowhere = { fields: change('first_name', { transform: 'phone', country: 'XX' }) }
  assert.deepEqual(await publish(nowhere), [422, `${name}.country`])
  assert.deepEqual(await publish({ matchKeys: ['shoe_size'] }), [422, 'objects.0.matchKeys.0'])
  const { version: last } = (await call('GET', `/connections/${id}`)).body
  assert.ok(last > version)
  assert.equal((await call('PATCH', `/connections/${id}`, { version: last, draft })).status, 200)
})

test('its dry run is accepted, it is loaded, and from then on the loop keeps both sides in step', async () => {
  remote = town.crm.add('Contact', { Email: 'zoe@example.org', FirstName: 'Zoe' })
  assert.equal((await call('POST', `/connections/${id}/first-load/check`)).status, 202)
  const load = async () => (await call('GET', `/connections/${id}/first-load`)).body
  await until(async () => (await load()).state === 'report', { timeoutMs: 60_000 })
  const { report } = await load()
  assert.equal(
    (await call('POST', `/connections/${id}/first-load/accept`, { reportAt: report.at })).status,
    202,
  )
  await until(async () => (await load()).state === 'done', { timeoutMs: 60_000 })
  const person = await town.person({ email: 'form@example.org', first_name: 'Filled' })
  await until(async () => town.crm.living('Contact').some(row => row.values.Email === 'form@example.org'), {
    timeoutMs: 60_000,
  })
  const records = async () => {
    const { connections } = (await app.inject(`/api/v1/contacts/${person}/crm`)).json()
    return connections.find((each: { connectionId: string }) => each.connectionId === id)?.records ?? []
  }
  await until(async () => (await records()).length === 1, { timeoutMs: 60_000 })
  const health = (await call('GET', `/connections/${id}/health`)).body
  assert.equal(health.objects[0].remote, 'Contact')
  assert.ok(health.calls.used > 0)
})

test('a webhook is only a hint, must be signed, and brings the change at once', async () => {
  const { hookUrl } = (await call('GET', `/connections/${id}`)).body
  const { pathname } = new URL(hookUrl)
  const post = (path: string, signature: string) =>
    street.inject({
      method: 'POST',
      url: path,
      headers: { 'x-signature': signature },
      payload: JSON.stringify([remote, remote]),
    })
  assert.equal((await post(pathname, 'bad')).statusCode, 401)
  assert.equal((await post(`${pathname}x`, 'good')).statusCode, 401)
  town.crm.edit('Contact', remote, { FirstName: 'Zoë' })
  assert.equal((await post(pathname, 'good')).statusCode, 200)
  await until(
    async () =>
      (await many(town.base.db, sql`select from audience.contact where first_name = 'Zoë'`)).length === 1,
    { timeoutMs: 60_000 },
  )
})

test('a refused key pauses the connection and says so; an issue is shown by its cause with the next step', async () => {
  town.crm.fault = () => ({ when: 'before', failure: { kind: 'auth', words: 'The key was taken back.' } })
  await town.person({ email: 'late@example.org' })
  await until(async () => (await call('GET', `/connections/${id}`)).body.status === 'paused', {
    timeoutMs: 60_000,
  })
  town.crm.fault = () => null
  const { items } = (await call('GET', `/issues?connectionId=${id}`)).body
  const [issue] = items.filter((each: { kind: string }) => each.kind === 'auth')
  assert.match(issue.nextStep, /Sign in/)
  assert.equal((await call('GET', `/issues/${issue.id}/items`)).body.items.length, 1)
  assert.equal((await call('POST', `/connections/${id}/resume`)).body.status, 'live')
  assert.equal((await call('POST', `/issues/${issue.id}/retry`)).status, 200)
  assert.equal((await call('GET', `/issues/${issue.id}`)).body.state, 'resolved')
  await until(async () => town.crm.living('Contact').some(row => row.values.Email === 'late@example.org'), {
    timeoutMs: 60_000,
  })
  assert.equal((await call('POST', `/connections/${id}/resync`, {})).status, 202)
  assert.equal((await call('POST', `/connections/${id}/archive`)).body.status, 'archived')
})
