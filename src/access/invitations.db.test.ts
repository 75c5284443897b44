import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { many, run, sql } from '#platform/db/db.ts'
import type { Role } from '#platform/http/route.ts'
import type { Services } from '#platform/services.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { createKey } from './api-keys.ts'
import { accessServices, browser, startOffice } from './office.fixture.ts'
import { deviceOf } from './session-list.ts'
import { signInLink } from './sign-in-links.ts'
import { createUser, systemActor } from './users.ts'

let base: TestDatabase
let services: Services
let app: FastifyInstance
const password = 'violet lantern harbour'
const tokenIn = (link: string, name: string) => new URL(link).searchParams.get(name) ?? ''

before(async () => {
  base = await testDatabase()
  services = accessServices(base.db)
  app = await startOffice(services)
})
after(async () => {
  await app?.close()
  await base?.stop()
})

async function member(name: string, role: Role) {
  const user = await createUser(base.db, systemActor, { name, email: `${name}@example.com`, role })
  const page = browser(app)
  await page.post('/api/auth/sign-in/link', {
    token: tokenIn(await signInLink(services, user.email), 'token'),
  })
  await page.post('/api/auth/password', { password })
  return { user, page }
}

const accept = (token: string, name = 'Nia') =>
  browser(app).post('/api/auth/invitation', { token, name, password })

test('an invitation says what it is for, is taken up once, and signs in with the role given', async () => {
  const admin = await member('admin', 'admin')
  const made = await admin.page.post('/api/v1/invitations', { email: 'Nia@Example.com', role: 'analyst' })
  assert.equal(made.statusCode, 201, made.body)
  const token = tokenIn(made.json().link, 'invitation')
  const [row] = await many(base.db, sql`select encode(token_hash, 'escape') as hash from access.invitation`)
  assert.ok(!JSON.stringify(row).includes(token), 'kept only as a hash')
  const listed = await admin.page.get('/api/v1/invitations')
  assert.ok(!listed.body.includes(token), 'shown once')
  const page = browser(app)
  const look = await page.post('/api/auth/invitation/look', { token })
  assert.deepEqual(look.json(), { email: 'nia@example.com', role: 'analyst', invitedBy: 'admin' })
  const weak = await page.post('/api/auth/invitation', { token, name: 'Nia', password: 'short' })
  assert.equal(weak.statusCode, 422, 'a weak password does not cost the invitation')
  const answers = await Promise.all([accept(token), accept(token), accept(token)])
  assert.deepEqual(answers.map(answer => answer.statusCode).sort(), [200, 401, 401])
  const back = browser(app)
  await back.post('/api/auth/sign-in/email', { email: 'nia@example.com', password })
  const me = (await back.get('/api/v1/me')).json()
  assert.deepEqual([me.name, me.role, me.hasPassword], ['Nia', 'analyst', true])
})

test('an invitation that was taken back, replaced or is eight days old opens nothing, in the same words', async () => {
  const admin = await member('second', 'admin')
  const ask = async (email: string) =>
    (await admin.page.post('/api/v1/invitations', { email, role: 'viewer' })).json()
  const replaced = await ask('tom@example.com')
  await ask('tom@example.com')
  const revoked = await ask('uma@example.com')
  assert.equal((await admin.page.remove(`/api/v1/invitations/${revoked.id}`)).statusCode, 200)
  assert.equal((await admin.page.remove(`/api/v1/invitations/${revoked.id}`)).statusCode, 404)
  const old = await ask('vic@example.com')
  await run(
    base.db,
    sql`update access.invitation set expires_at = expires_at - interval '8 days' where id = ${old.id}::bigint`,
  )
  const bodies = await Promise.all(
    [replaced, revoked, old, { link: 'http://localhost:3000/sign-in?invitation=never-made-by-anybody' }].map(
      async each => {
        const answer = await accept(tokenIn(each.link, 'invitation'))
        const { requestId, ...body } = answer.json()
        assert.ok(requestId)
        return JSON.stringify([answer.statusCode, body])
      },
    ),
  )
  assert.equal(new Set(bodies).size, 1, bodies.join('\n'))
  assert.ok(bodies[0]?.startsWith('[401'))
})

test('nobody invites an owner but an owner, and nobody who is here already', async () => {
  const admin = await member('third', 'admin')
  const marketer = await member('fourth', 'marketer')
  const ask = (page: ReturnType<typeof browser>, email: string, role: Role) =>
    page.post('/api/v1/invitations', { email, role })
  assert.equal((await ask(admin.page, 'x@example.com', 'owner')).statusCode, 403)
  assert.equal((await ask(marketer.page, 'x@example.com', 'viewer')).statusCode, 403)
  assert.equal((await ask(admin.page, 'FOURTH@example.com', 'viewer')).statusCode, 409)
})

test('a reset link sets a new password once, ends every session, and says nothing of who exists', async () => {
  const admin = await member('fifth', 'admin')
  const lost = await member('sixth', 'marketer')
  const made = await admin.page.post(`/api/v1/users/${lost.user.id}/reset-link`)
  const token = tokenIn(made.json().resetLink, 'reset')
  const page = browser(app)
  assert.equal((await page.post('/api/auth/reset', { token, password: 'short' })).statusCode, 422)
  const next = `${password} anew`
  assert.equal((await page.post('/api/auth/reset', { token, password: next })).statusCode, 200)
  assert.equal((await lost.page.get('/api/v1/me')).statusCode, 401)
  assert.equal((await page.get('/api/v1/me')).statusCode, 200)
  const answers = await Promise.all(
    [token, `${'x'.repeat(43)}`].map(async each => {
      const answer = await browser(app).post('/api/auth/reset', { token: each, password: next })
      const { requestId, ...body } = answer.json()
      assert.ok(requestId)
      return [answer.statusCode, body]
    }),
  )
  assert.deepEqual(answers[0], answers[1])
  const owner = await member('seventh', 'owner')
  const over = await admin.page.post(`/api/v1/users/${owner.user.id}/reset-link`)
  assert.equal(over.statusCode, 403, 'an admin cannot become an owner by a link')
})

test('people see and end their own sessions, administrators those of others, and nobody else', async () => {
  const ann = await member('ann', 'marketer')
  const bea = await member('bea', 'marketer')
  const admin = await member('eighth', 'admin')
  const second = browser(app)
  await second.post('/api/auth/sign-in/email', { email: ann.user.email, password })
  const listed = (await ann.page.get('/api/v1/me/sessions')).json().items
  assert.equal(listed.length, 2)
  assert.equal(listed.filter((one: { current: boolean }) => one.current).length, 1)
  const other = listed.find((one: { current: boolean }) => !one.current)
  assert.equal((await bea.page.remove(`/api/v1/me/sessions/${other.id}`)).statusCode, 404, 'not hers')
  assert.equal((await bea.page.get(`/api/v1/users/${ann.user.id}/sessions`)).statusCode, 403)
  assert.equal((await ann.page.remove(`/api/v1/me/sessions/${other.id}`)).statusCode, 200)
  assert.equal((await second.get('/api/v1/me')).statusCode, 401)
  assert.equal((await ann.page.get('/api/v1/me')).statusCode, 200)
  const all = await admin.page.remove(`/api/v1/users/${ann.user.id}/sessions`)
  assert.deepEqual([all.statusCode, all.json().ended], [200, 1])
  assert.equal((await ann.page.get('/api/v1/me')).statusCode, 401)
})

test('a closed account is out at once, with its sessions and keys', async () => {
  const admin = await member('ninth', 'admin')
  const gone = await member('tenth', 'admin')
  const { key } = await createKey(
    base.db,
    { ...systemActor, kind: 'user', id: gone.user.id },
    { name: 'K', role: 'admin' },
  )
  const byKey = () => app.inject({ url: '/api/v1/me', headers: { authorization: `Bearer ${key}` } })
  assert.equal((await byKey()).statusCode, 200)
  assert.equal((await admin.page.patch(`/api/v1/users/${gone.user.id}`, { active: false })).statusCode, 200)
  assert.equal((await gone.page.get('/api/v1/me')).statusCode, 401)
  assert.equal((await byKey()).statusCode, 401)
})

test('the audit is filtered by who, what and when, and given as CSV without live formulas', async () => {
  const admin = await member('=eleventh', 'admin')
  await admin.page.post('/api/v1/invitations', { email: 'csv@example.com', role: 'viewer' })
  const own = await admin.page.get(`/api/v1/audit?actor=${admin.user.id}&action=users.`)
  assert.deepEqual(
    own.json().items.map((entry: { action: string }) => entry.action),
    ['users.invite'],
  )
  const later = new Date(Date.now() + 60_000).toISOString()
  assert.equal((await admin.page.get(`/api/v1/audit?from=${later}`)).json().items.length, 0)
  const odd = await admin.page.get('/api/v1/audit?actr=1')
  assert.deepEqual([odd.statusCode, odd.json().fields[0].path], [400, 'actr'])
  const csv = await admin.page.get(`/api/v1/audit/csv?actor=${admin.user.id}`)
  assert.equal(csv.headers['content-type'], 'text/csv; charset=utf-8')
  assert.match(csv.body, /"'=eleventh"/)
  assert.ok(!/,"[=+@]/.test(csv.body))
})

test('devices are named in words', () => {
  const agent = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'
  assert.equal(deviceOf(agent), 'Firefox on Linux')
  assert.equal(deviceOf('curl/8'), 'Unknown device')
  assert.equal(deviceOf(null), 'Unknown device')
})
