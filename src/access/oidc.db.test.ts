import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { readConfig } from '#platform/config.ts'
import { many, sql } from '#platform/db/db.ts'
import type { Services } from '#platform/services.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { oidcClient, type Provider, startProvider, type Wrong } from '../../tests/harness/oidc-provider.ts'
import { invite } from './invitations.ts'
import { accessServices, browser, startOffice } from './office.fixture.ts'
import { signInLink } from './sign-in-links.ts'
import { createUser, systemActor, updateUser } from './users.ts'

let base: TestDatabase
let provider: Provider
let services: Services
let app: FastifyInstance
const password = 'violet lantern harbour'

const settings = (issuer: string, host: string) => ({
  TEND_OIDC_ISSUER: issuer,
  TEND_OIDC_CLIENT_ID: oidcClient.clientId,
  TEND_OIDC_CLIENT_SECRET: oidcClient.clientSecret,
  TEND_OIDC_ALLOWED_DOMAINS: 'example.com',
  TEND_OIDC_DEFAULT_ROLE: 'analyst',
  TEND_EGRESS_ALLOW: host,
})

before(async () => {
  base = await testDatabase()
  provider = await startProvider()
  services = accessServices(base.db, settings(provider.issuer, provider.host))
  app = await startOffice(services)
})
after(async () => {
  await app?.close()
  await provider?.stop()
  await base?.stop()
})

/** One whole sign-in in a browser of its own, or with a query that came from elsewhere. */
async function arrive(given: {
  person?: Provider['person']
  wrong?: Wrong
  page?: ReturnType<typeof browser>
}) {
  const page = given.page ?? browser(app)
  if (given.person) provider.person = given.person
  provider.wrong = given.wrong ?? null
  const begun = await page.post('/api/auth/oidc/begin', {})
  assert.equal(begun.statusCode, 200, begun.body)
  const search = await provider.visit(begun.json().address)
  const answer = await page.post('/api/auth/oidc/finish', { search })
  return { page, search, answer }
}

const ada = { sub: 'ada-1', email: 'Ada@example.com', email_verified: true, name: 'Ada' }

test('somebody of a named domain gets an account in the role that was set, and comes back to it', async () => {
  const { page, answer } = await arrive({ person: ada })
  assert.equal(answer.statusCode, 200, answer.body)
  const me = (await page.get('/api/v1/me')).json()
  assert.deepEqual([me.name, me.email, me.role, me.hasPassword], ['Ada', 'ada@example.com', 'analyst', false])
  const again = await arrive({ person: { ...ada, email: 'ada.married@example.com' } })
  assert.equal((await again.page.get('/api/v1/me')).json().id, me.id, 'the subject counts, not the address')
  const ways = await browser(app).get('/api/auth/ways')
  assert.deepEqual(ways.json(), { provider: provider.host })
})

test('the request carries state, nonce and a PKCE challenge, and the answer works once, in this browser only', async () => {
  const page = browser(app)
  const begun = new URL((await page.post('/api/auth/oidc/begin', {})).json().address)
  for (const name of ['state', 'nonce', 'code_challenge'])
    assert.ok((begun.searchParams.get(name) ?? '').length >= 32, name)
  assert.equal(begun.searchParams.get('code_challenge_method'), 'S256')
  assert.equal(begun.searchParams.get('redirect_uri'), 'http://localhost:3000/sign-in')
  provider.person = ada
  const search = await provider.visit(begun.href)
  const elsewhere = await browser(app).post('/api/auth/oidc/finish', { search })
  assert.deepEqual([elsewhere.statusCode, elsewhere.json().code], [400, 'lost_way'])
  assert.equal((await page.post('/api/auth/oidc/finish', { search })).statusCode, 200)
  assert.equal((await page.post('/api/auth/oidc/finish', { search })).statusCode, 400, 'a replay')
})

for (const wrong of ['nonce', 'signature', 'audience', 'issuer', 'expired'] as const) {
  test(`an id token with a wrong ${wrong} signs nobody in`, async () => {
    const { page, answer } = await arrive({ person: ada, wrong })
    assert.equal(answer.statusCode, 502, answer.body)
    assert.equal((await page.get('/api/v1/me')).statusCode, 401)
  })
}

test('an address that the provider does not vouch for opens no account, neither a new one nor a known one', async () => {
  const bob = await createUser(base.db, systemActor, { name: 'Bob', email: 'bob@example.com', role: 'owner' })
  for (const claims of [{ email_verified: false }, {}, { email_verified: 'true' as unknown as boolean }]) {
    const { answer } = await arrive({ person: { sub: 'thief', email: bob.email, ...claims } })
    assert.equal(answer.statusCode, 403, JSON.stringify(claims))
  }
  const { answer } = await arrive({ person: { sub: 'bob-1', email: bob.email, email_verified: true } })
  assert.equal(answer.statusCode, 200, 'vouched for, it is his')
})

test('nobody can lie in wait under the address of somebody who comes later', async () => {
  const thief = await createUser(base.db, systemActor, {
    name: 'T',
    email: 'thief@example.com',
    role: 'viewer',
  })
  const page = browser(app)
  const token = new URL(await signInLink(services, thief.email)).searchParams.get('token')
  await page.post('/api/auth/sign-in/link', { token: token ?? '' })
  await page.post('/api/auth/password', { password })
  const moved = await page.patch('/api/v1/me', { email: 'victim@example.com', current: password })
  assert.equal(moved.statusCode, 200)
  const { answer } = await arrive({
    person: { sub: 'v-1', email: 'victim@example.com', email_verified: true },
  })
  assert.deepEqual([answer.statusCode, answer.json().code], [403, 'address_unconfirmed'])
})

test('other domains need an invitation, and whoever was switched off stays out', async () => {
  const cleo = { sub: 'cleo-1', email: 'cleo@elsewhere.example', email_verified: true, name: 'Cleo' }
  assert.equal((await arrive({ person: cleo })).answer.statusCode, 403)
  const dan = { sub: 'dan-1', email: 'dan@example.com', email_verified: true, name: 'Dan' }
  await invite(base.db, systemActor, { email: dan.email, role: 'marketer' })
  const { page } = await arrive({ person: dan })
  const me = (await page.get('/api/v1/me')).json()
  assert.equal(me.role, 'marketer', 'the invitation says which role was meant')
  await updateUser(base.db, systemActor, me.id, { active: false })
  assert.equal((await arrive({ person: dan })).answer.statusCode, 403)
  const trail = await many<{ action: string }>(
    base.db,
    sql`select action from access.audit where subject_id = ${me.id} order by position`,
  )
  assert.deepEqual(
    trail.map(entry => entry.action),
    ['users.create', 'access.oidc.join', 'access.oidc.finish', 'users.update'],
  )
})

test('the provider is asked through the guard of all outgoing requests', async () => {
  const guarded = accessServices(base.db, {
    ...settings(provider.issuer, provider.host),
    TEND_EGRESS_ALLOW: '',
  })
  const other = await startOffice(guarded)
  const answer = await browser(other).post('/api/auth/oidc/begin', {})
  assert.deepEqual([answer.statusCode, answer.json().code], [502, 'provider_failed'])
  await other.close()
})

test('an issuer without a client id stops the start', () => {
  assert.throws(() => readConfig({ TEND_OIDC_ISSUER: 'https://id.example.com' }), /TEND_OIDC_CLIENT_ID/)
})
