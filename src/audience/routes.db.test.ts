import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { may } from '#access/policy.ts'
import { createUser, systemActor } from '#access/users.ts'
import { createClock } from '#platform/clock.ts'
import { readConfig } from '#platform/config.ts'
import { many, one, sql } from '#platform/db/db.ts'
import { createServer, mountRoutes } from '#platform/http/server.ts'
import { createLog } from '#platform/log.ts'
import { createSecrets } from '#platform/secrets.ts'
import type { Services } from '#platform/services.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { audienceModule } from './module.ts'
import { suppress } from './suppression.ts'

let base: TestDatabase
let services: Services
let app: FastifyInstance
let ownerId: string
before(async () => {
  base = await testDatabase()
  const config = readConfig({ TEND_LOG_LEVEL: 'silent', TEND_SECRET_KEY: randomBytes(32).toString('base64') })
  const parts = {
    config,
    db: base.db,
    databaseUrl: base.url,
    clock: createClock(),
    log: createLog('silent'),
    secrets: createSecrets(config),
  }
  services = parts as unknown as Services
  app = await createServer(services)
  const actor = { ...systemActor, name: 'Ann' }
  mountRoutes(
    app,
    audienceModule.routes ?? [],
    { authenticate: async () => actor, may, checkOrigin: () => undefined },
    services,
  )
  ownerId = (
    await createUser(base.db, systemActor, { name: 'Owen', email: 'owen@example.com', role: 'sales' })
  ).id
})
after(async () => {
  await app?.close()
  await base?.stop()
})

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'
async function call(method: Method, path: string, payload?: object) {
  const answer = await app.inject({ method, url: `/api/v1${path}`, ...(payload ? { payload } : {}) })
  return { status: answer.statusCode, body: answer.json() }
}
const pathsOf = (answer: { body: { fields?: { path: string }[] } }) =>
  (answer.body.fields ?? []).map(field => field.path).sort()

test('a contact is created, read, changed and found stale, and the timeline says by whom', async () => {
  const made = await call('POST', '/contacts', {
    email: 'New@Example.org',
    firstName: 'Nora',
    ownerId,
    attrs: { plan: 'pro' },
  })
  assert.deepEqual(
    [made.status, made.body.email, made.body.ownerId, made.body.attrs],
    [201, 'new@example.org', ownerId, { plan: 'pro' }],
  )
  const path = `/contacts/${made.body.id}`
  const changed = await call('PATCH', path, { version: 1, firstName: null, timeZone: 'Europe/Berlin' })
  assert.deepEqual([changed.status, changed.body.firstName, changed.body.version], [200, null, 2])
  const stale = await call('PATCH', path, { version: 1, firstName: 'Late' })
  assert.deepEqual([stale.status, stale.body.code], [409, 'stale'])
  assert.match(JSON.stringify(stale.body), /Ann/)
  assert.equal((await call('GET', path)).body.timeZone, 'Europe/Berlin')
  const told = await many(
    base.db,
    sql`select type, data->>'source' as source from activity.event where contact_id = ${made.body.id}::bigint order by id`,
  )
  assert.deepEqual(told, [
    { type: 'contact.created', source: 'Ann' },
    { type: 'contact.updated', source: 'Ann' },
  ])
})

test('wrong input is refused with the path of every field, and nothing is kept of it', async () => {
  const shape = await call('POST', '/contacts', {
    email: 'x@example.org',
    timeZone: 'Mars',
    language: 'klingon!',
    isAdmin: true,
  })
  assert.equal(shape.status, 422)
  assert.deepEqual(
    pathsOf(shape).filter(path => path !== ''),
    ['language', 'timeZone'],
  )
  const meaning = await call('POST', '/contacts', {
    email: 'a@b.de, c@d.de',
    ownerId: 'nobody',
    attrs: { email: 'x' },
  })
  assert.deepEqual([meaning.status, pathsOf(meaning)], [422, ['attrs.email', 'email', 'ownerId']])
  for (const path of ['/contacts/1', '/contacts/9223372036854775807', '/companies/5', '/lists/5/members']) {
    assert.equal((await call('GET', path)).status, 404, path)
  }
  assert.ok([400, 422].includes((await call('GET', '/contacts/99999999999999999999')).status))
  const { count } = await one<{ count: number }>(
    base.db,
    sql`select count(*)::int as count from audience.identity where value like 'x@%' or value like 'a@%'`,
  )
  assert.equal(count, 0)
})

test('consent by hand takes proof to grant and none to withdraw, and a new opt-in lifts the old opt-out', async () => {
  const { body: contact } = await call('POST', '/contacts', { email: 'agree@example.org' })
  const path = `/contacts/${contact.id}/consents`
  const bare = await call('POST', path, { state: 'granted' })
  assert.deepEqual([bare.status, pathsOf(bare)], [422, ['note', 'wording']])
  await suppress(base.db, services.secrets, [
    { address: 'agree@example.org', reason: 'unsubscribed', source: 'test', at: new Date() },
  ])
  assert.equal((await call('GET', path)).body.suppressed, 'unsubscribed')
  const { body: topic } = await call('POST', '/topics', { name: 'Events' })
  const forTopic = await call('POST', path, {
    state: 'granted',
    topicId: topic.id,
    wording: 'Events, please',
    note: 'by phone',
  })
  assert.deepEqual([forTopic.status, forTopic.body.suppressed], [200, 'unsubscribed'])
  const granted = await call('POST', path, {
    state: 'granted',
    wording: 'Yes, write to me',
    note: 'signed at the fair',
  })
  assert.deepEqual([granted.body.suppressed, granted.body.ledger[0].wording], [null, 'Yes, write to me'])
  assert.deepEqual(
    { ...granted.body.ledger[0].proof, wordingVersion: granted.body.ledger[0].proof.wordingVersion.length },
    { method: 'entered by hand', enteredBy: 'Ann', note: 'signed at the fair', wordingVersion: 12 },
  )
  await call('PATCH', `/topics/${topic.id}`, { archived: true })
  // A topic that is no longer offered takes opt-outs, and nothing else.
  const late = await call('POST', path, { state: 'granted', topicId: topic.id, wording: 'w', note: 'n' })
  assert.deepEqual(pathsOf(late), ['topicId'])
  assert.equal((await call('POST', path, { state: 'withdrawn', topicId: topic.id })).status, 200)
  assert.deepEqual(pathsOf(await call('POST', path, { state: 'withdrawn', topicId: '5' })), ['topicId'])
  const withdrawn = await call('POST', path, { state: 'withdrawn' })
  assert.equal(
    withdrawn.body.current.find((word: { topicId: unknown }) => word.topicId === null).state,
    'withdrawn',
  )
  const suppressed = await call('POST', `/contacts/${contact.id}/suppress`, { note: 'asked by letter' })
  assert.equal(suppressed.status, 200)
  assert.equal((await call('GET', path)).body.suppressed, 'manual')
})

test('a yes to being followed does not lift an opt-out of mail', async () => {
  const { body: contact } = await call('POST', '/contacts', { email: 'followed@example.org' })
  await suppress(base.db, services.secrets, [
    { address: 'followed@example.org', reason: 'unsubscribed', source: 'test', at: new Date() },
  ])
  const path = `/contacts/${contact.id}/consents`
  const proof = { wording: 'You may look at what I open.', note: 'by phone' }
  const yes = await call('POST', path, { purpose: 'tracking', state: 'granted', ...proof })
  assert.deepEqual([yes.status, yes.body.suppressed], [200, 'unsubscribed'])
  const mail = await call('POST', path, { state: 'granted', ...proof })
  assert.equal(mail.body.suppressed, null)
})

test('companies, fields and lists are made, changed and paged', async () => {
  const { body: company } = await call('POST', '/companies', { name: 'Acme', domain: 'Acme.example' })
  assert.equal(company.domain, 'acme.example')
  assert.equal((await call('POST', '/companies', { name: 'Other', domain: 'acme.example' })).status, 409)
  const { body: second } = await call('POST', '/companies', { name: 'Beta' })
  assert.equal(
    (await call('PATCH', `/companies/${second.id}`, { version: 1, domain: 'acme.example' })).body.code,
    'domain_taken',
  )
  assert.equal((await call('PATCH', `/companies/${second.id}`, { version: 9, name: 'B' })).body.code, 'stale')
  assert.deepEqual(pathsOf(await call('POST', '/fields', { key: 'email', label: 'E', type: 'text' })), [
    'key',
  ])
  assert.deepEqual(pathsOf(await call('POST', '/fields', { key: 'tier', label: 'Tier', type: 'choice' })), [
    'choices',
  ])
  await call('POST', '/fields', { key: 'tier', label: 'Tier', type: 'choice', choices: ['gold'] })
  assert.equal(
    (await call('PATCH', '/fields/tier', { label: 'Level', choices: ['gold', 'iron'] })).body.label,
    'Level',
  )

  const { body: list } = await call('POST', '/lists', { name: 'Fair' })
  const ids: string[] = []
  for (let i = 0; i < 3; i++)
    ids.push(
      (await call('POST', '/contacts', { email: `fair-${i}@example.org`, companyId: company.id })).body.id,
    )
  assert.equal((await call('GET', `/companies/${company.id}`)).body.people, 3)
  assert.equal(
    (await call('POST', `/lists/${list.id}/members`, { contactIds: [...ids, '12345'] })).body.changed,
    3,
  )
  const page = await call('GET', `/lists/${list.id}/members?limit=2`)
  const more = await call('GET', `/lists/${list.id}/members?limit=2&cursor=${page.body.next}`)
  assert.deepEqual(
    [...page.body.items, ...more.body.items].map(item => item.id),
    ids,
  )
  assert.equal(
    (await call('DELETE', `/lists/${list.id}/members`, { contactIds: ids.slice(1) })).body.changed,
    2,
  )
  assert.deepEqual(
    (await call('GET', `/contacts/${ids[0]}`)).body.lists.map((one: { name: string }) => one.name),
    ['Fair'],
  )
  assert.equal((await call('PATCH', `/lists/${list.id}`, { name: 'Fair 2026' })).body.size, 1)
})
