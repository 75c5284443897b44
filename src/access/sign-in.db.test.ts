import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { getMigrations } from 'better-auth/db/migration'
import type { FastifyInstance } from 'fastify'
import { many, one, run, sql } from '#platform/db/db.ts'
import type { Services } from '#platform/services.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { library } from './auth.library.ts'
import { accessServices, browser, startOffice } from './office.fixture.ts'
import { firstRunLink, signInLink } from './sign-in-links.ts'
import { createUser, systemActor, updateUser } from './users.ts'

let base: TestDatabase
let services: Services
let app: FastifyInstance
const good = 'violet lantern harbour'
const tokenIn = (link: string) => new URL(link).searchParams.get('token') ?? ''

before(async () => {
  base = await testDatabase()
  services = accessServices(base.db)
  app = await startOffice(services)
})
after(async () => {
  await app?.close()
  await base?.stop()
})

/** A user with a password, and a browser in which he is signed in. */
async function member(name: string, role: 'owner' | 'admin' | 'marketer' | 'viewer' = 'marketer') {
  const user = await createUser(base.db, systemActor, { name, email: `${name}@example.com`, role })
  const page = browser(app)
  await page.post('/api/auth/sign-in/link', { token: tokenIn(await signInLink(services, user.email)) })
  const set = await page.post('/api/auth/password', { password: good })
  assert.equal(set.statusCode, 200, set.body)
  return { user, page }
}

test('the sign-in library finds every table as it wants it', async () => {
  const plan = await getMigrations(library(services).options)
  assert.deepEqual([plan.toBeCreated, plan.toBeAdded], [[], []])
  assert.equal((await plan.compileMigrations()).replaceAll(';', '').trim(), '')
})

test('the first start gives a link, the link signs in once, and a password ends the links', async () => {
  const link = await firstRunLink(services)
  assert.match(link ?? '', /^http:\/\/localhost:3000\/sign-in\?token=[\w-]{43}$/)
  const [row] = await many<{ identifier: string }>(base.db, sql`select identifier from access.verification`)
  assert.ok(!row?.identifier.includes(tokenIn(link ?? '')), 'the token is stored only as a hash')

  const page = browser(app)
  assert.equal((await page.get('/api/v1/me')).statusCode, 401)
  const signedIn = await page.post('/api/auth/sign-in/link', { token: tokenIn(link ?? '') })
  assert.deepEqual([signedIn.statusCode, signedIn.json()], [200, { hasPassword: false }])
  const cookie = signedIn.cookies.find(one => one.name === 'tend.session_token')
  assert.deepEqual([cookie?.httpOnly, cookie?.sameSite, cookie?.maxAge], [true, 'Lax', 7 * 86_400])
  const me = (await page.get('/api/v1/me')).json()
  assert.deepEqual([me.role, me.hasPassword], ['owner', false])

  const again = await browser(app).post('/api/auth/sign-in/link', { token: tokenIn(link ?? '') })
  assert.deepEqual([again.statusCode, again.json().code], [401, 'bad_link'])
  assert.ok(await firstRunLink(services), 'a new link as long as there is no password')
  assert.equal((await page.post('/api/auth/password', { password: good })).statusCode, 200)
  assert.equal(await firstRunLink(services), null)
})

test('a link is dead after 15 minutes, and of two clicks at once one signs in', async () => {
  await createUser(base.db, systemActor, { name: 'Lin', email: 'Lin@Example.com', role: 'viewer' })
  const old = tokenIn(await signInLink(services, 'lin@example.com'))
  await run(
    base.db,
    sql`update access.verification set expires_at = expires_at - interval '15 minutes 1 second'`,
  )
  assert.equal((await browser(app).post('/api/auth/sign-in/link', { token: old })).statusCode, 401)
  const token = tokenIn(await signInLink(services, 'lin@example.com'))
  const answers = await Promise.all(
    [1, 2, 3, 4].map(() => browser(app).post('/api/auth/sign-in/link', { token })),
  )
  assert.deepEqual(answers.map(answer => answer.statusCode).sort(), [200, 401, 401, 401])
})

test('a password signs in, a wrong one and an unknown address get the same answer', async () => {
  const { user } = await member('Ann')
  const right = await browser(app).post('/api/auth/sign-in/email', {
    email: 'ANN@example.com',
    password: good,
  })
  assert.equal(right.statusCode, 200, right.body)
  const bodies = await Promise.all(
    [user.email, 'nobody@example.com'].map(async email => {
      const answer = await browser(app).post('/api/auth/sign-in/email', {
        email,
        password: 'not the right words',
      })
      assert.equal(answer.statusCode, 401)
      const { requestId, ...body } = answer.json()
      assert.ok(requestId)
      return body
    }),
  )
  assert.deepEqual(bodies[0], bodies[1])
})

test('the eleventh try within a quarter of an hour is refused, but not on the device of the owner', async () => {
  const { user, page } = await member('Bea')
  const guess = () =>
    browser(app).post('/api/auth/sign-in/email', { email: user.email, password: 'a guess of somebody' })
  const answers = await Promise.all(Array.from({ length: 12 }, guess))
  assert.equal(answers.filter(answer => answer.statusCode === 429).length, 2)
  const refused = await browser(app).post('/api/auth/sign-in/email', { email: user.email, password: good })
  assert.deepEqual([refused.statusCode, refused.json().code], [429, 'too_many_tries'])
  assert.ok(Number(refused.headers['retry-after']) > 0)
  page.jar.delete('tend.session_token')
  assert.equal(
    (await page.post('/api/auth/sign-in/email', { email: user.email, password: good })).statusCode,
    200,
  )
})

test('weak passwords are refused, and the old one is asked for before it is changed', async () => {
  const { page } = await member('Cid')
  for (const password of [
    'short',
    '123456789012',
    'aaaaaaaaaaaaaa',
    'passwordpassword1',
    'cid@example.com',
  ]) {
    assert.equal(
      (await page.post('/api/auth/password', { password, current: good })).statusCode,
      422,
      password,
    )
  }
  assert.equal((await page.post('/api/auth/password', { password: `${good}s` })).statusCode, 403)
  assert.equal(
    (await page.post('/api/auth/password', { password: `${good}s`, current: good })).statusCode,
    200,
  )
})

test('a new password, a new role and a closed account end every session at once', async () => {
  const { user, page } = await member('Dan')
  const other = browser(app)
  await other.post('/api/auth/sign-in/email', { email: user.email, password: good })
  assert.equal((await other.get('/api/v1/me')).statusCode, 200)
  const before = page.jar.get('tend.session_token')
  await page.post('/api/auth/password', { password: `${good} two`, current: good })
  assert.equal((await other.get('/api/v1/me')).statusCode, 401)
  assert.notEqual(page.jar.get('tend.session_token'), before, 'the session goes on under a new id')
  assert.equal((await page.get('/api/v1/me')).statusCode, 200)
  await updateUser(base.db, systemActor, user.id, { role: 'viewer' })
  assert.equal((await page.get('/api/v1/me')).statusCode, 401)
  await updateUser(base.db, systemActor, user.id, { active: false })
  const closed = await page.post('/api/auth/sign-in/email', { email: user.email, password: `${good} two` })
  assert.equal(closed.statusCode, 401)
})

test('a session ends after 12 idle hours and, however busy, after 7 days', async () => {
  const { user, page } = await member('Eva')
  const left = async () => {
    const row = await one<{ hours: number }>(
      base.db,
      sql`
      select round(extract(epoch from expires_at - now()) / 3600)::int as hours from access.session where user_id = ${user.id}`,
    )
    return row.hours
  }
  const age = (interval: string) =>
    run(
      base.db,
      sql`
    update access.session set created_at = created_at - ${interval}::interval, expires_at = expires_at - ${interval}::interval
    where user_id = ${user.id}`,
    )
  assert.equal(await left(), 12)
  await age('6 hours')
  await page.get('/api/v1/me')
  assert.equal(await left(), 12, 'use moves the end')
  await run(
    base.db,
    sql`update access.session set created_at = now() - interval '6 days 22 hours' where user_id = ${user.id}`,
  )
  await age('1 hour')
  await page.get('/api/v1/me')
  assert.ok((await left()) <= 11, 'but not past the seventh day')
  await run(
    base.db,
    sql`update access.session set expires_at = now() - interval '1 second' where user_id = ${user.id}`,
  )
  assert.equal((await page.get('/api/v1/me')).statusCode, 401)
})

test('a new address takes the password and ends every session; a name does not', async () => {
  const { page } = await member('Gil')
  assert.equal((await page.patch('/api/v1/me', { name: 'Gilbert' })).statusCode, 200)
  assert.equal((await page.patch('/api/v1/me', { email: 'gilbert@example.com' })).statusCode, 403)
  const taken = await page.patch('/api/v1/me', { email: 'ann@example.com', current: good })
  assert.deepEqual([taken.statusCode, taken.json().code], [409, 'email_taken'])
  const moved = await page.patch('/api/v1/me', { email: 'Gilbert@example.com', current: good })
  assert.deepEqual([moved.statusCode, moved.json().email], [200, 'gilbert@example.com'])
  assert.equal((await page.get('/api/v1/me')).statusCode, 401)
})

test('a stolen session cannot guess its way to a new password or address', async () => {
  const { page, user } = await member('Hue')
  const guess = (i: number) =>
    i % 2
      ? page.patch('/api/v1/me', { email: 'thief@example.com', current: `guess number ${i}` })
      : page.post('/api/auth/password', { password: 'the thief chose this', current: `guess number ${i}` })
  const codes: number[] = []
  for (let i = 0; i < 12; i++) codes.push((await guess(i)).statusCode)
  assert.deepEqual([codes.slice(0, 10).every(code => code === 403), codes.slice(10)], [true, [429, 429]])
  const trail = await many<{ action: string }>(
    base.db,
    sql`
    select action from access.audit where actor_id = ${user.id} order by position`,
  )
  assert.deepEqual(
    trail.map(row => row.action),
    ['access.sign-in.link', 'access.password'],
  )
})

test('signing out ends the session itself, not only the cookie', async () => {
  const { page } = await member('Fay')
  const stolen = browser(app)
  for (const [name, value] of page.jar) stolen.jar.set(name, value)
  assert.equal((await stolen.get('/api/v1/me')).statusCode, 200)
  assert.equal((await page.post('/api/v1/sign-out')).statusCode, 200)
  assert.equal((await stolen.get('/api/v1/me')).statusCode, 401)
})

test('a planted or tampered cookie is nobody, and doors that are not listed do not exist', async () => {
  const page = browser(app)
  page.jar.set('tend.session_token', 'planted.c2lnbmF0dXJl')
  assert.equal((await page.get('/api/v1/me')).statusCode, 401)
  for (const path of [
    '/sign-up/email',
    '/update-user',
    '/change-email',
    '/delete-user',
    '/request-password-reset',
    '/ok',
  ]) {
    assert.equal((await page.post(`/api/auth${path}`, { name: 'x' })).statusCode, 404, path)
  }
})
