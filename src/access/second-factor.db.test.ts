import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { many, run, sql } from '#platform/db/db.ts'
import type { Role } from '#platform/http/route.ts'
import type { Services } from '#platform/services.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { accessServices, browser, startOffice } from './office.fixture.ts'
import { askAllForSecondFactor } from './second-factor.ts'
import { signInLink } from './sign-in-links.ts'
import { codeAt, stepOf } from './totp.ts'
import { createUser, systemActor } from './users.ts'

let base: TestDatabase
let services: Services
let app: FastifyInstance
const password = 'violet lantern harbour'

before(async () => {
  base = await testDatabase()
  services = accessServices(base.db)
  app = await startOffice(services)
})
after(async () => {
  await app?.close()
  await base?.stop()
})

async function member(name: string, role: Role = 'marketer') {
  const user = await createUser(base.db, systemActor, { name, email: `${name}@example.com`, role })
  const page = browser(app)
  const token = new URL(await signInLink(services, user.email)).searchParams.get('token') ?? ''
  await page.post('/api/auth/sign-in/link', { token })
  assert.equal((await page.post('/api/auth/password', { password })).statusCode, 200)
  return { user, page }
}

async function withFactor(name: string, role: Role = 'marketer') {
  const { user, page } = await member(name, role)
  const { secret, address } = (await page.post('/api/v1/me/second-factor')).json()
  assert.match(
    address,
    new RegExp(`^otpauth://totp/Tend:${name.toLowerCase()}%40example.com\\?secret=${secret}&issuer=Tend`),
  )
  // The step before, so that the present one is still good for signing in.
  const code = codeAt(secret, stepOf(new Date()) - 1)
  const confirmed = await page.post('/api/v1/me/second-factor/confirm', { code })
  assert.equal(confirmed.statusCode, 200, confirmed.body)
  return { user, page, secret, codes: confirmed.json().recoveryCodes as string[] }
}

const signIn = (page: ReturnType<typeof browser>, email: string) =>
  page.post('/api/auth/sign-in/email', { email, password })

test('a password alone opens nothing once a second factor is on, and a code opens once', async () => {
  const { user, secret } = await withFactor('Ada')
  const page = browser(app)
  assert.equal((await signIn(page, user.email)).statusCode, 200)
  const half = await page.get('/api/v1/me')
  assert.deepEqual([half.statusCode, half.json().code], [401, 'second_factor'])
  for (const [path, body] of [
    ['/api/auth/password', { password: `${password} two`, current: password }],
    ['/api/auth/confirm', { password }],
  ] as const)
    assert.ok((await page.post(path, body)).statusCode >= 401, `${path} stays shut`)
  const before = page.jar.get('tend.session_token')
  const code = codeAt(secret, stepOf(new Date()))
  assert.equal((await page.post('/api/auth/second-factor', { code })).statusCode, 200)
  assert.notEqual(page.jar.get('tend.session_token'), before, 'the session goes on under a new id')
  assert.equal((await page.get('/api/v1/me')).statusCode, 200)

  const other = browser(app)
  await signIn(other, user.email)
  const again = await other.post('/api/auth/second-factor', { code })
  assert.deepEqual([again.statusCode, again.json().code], [403, 'wrong_code'], 'a replay is refused')
  assert.equal((await other.get('/api/v1/me')).statusCode, 401)
})

test('a recovery code works once, and the database holds none of them', async () => {
  const { user, codes, page } = await withFactor('Bob')
  assert.deepEqual([codes.length, new Set(codes).size], [10, 10])
  const rows = await many(base.db, sql`select encode(hash, 'escape') as hash from access.recovery_code`)
  for (const code of codes) assert.ok(!JSON.stringify(rows).includes(code.replaceAll('-', '')))
  const [code = ''] = codes
  const other = browser(app)
  await signIn(other, user.email)
  assert.equal((await other.post('/api/auth/second-factor', { code: code.toUpperCase() })).statusCode, 200)
  assert.equal((await other.get('/api/v1/me')).json().secondFactor.codesLeft, 9)
  const third = browser(app)
  await signIn(third, user.email)
  assert.equal((await third.post('/api/auth/second-factor', { code })).statusCode, 403)
  const renewed = (await page.post('/api/v1/me/recovery-codes')).json().recoveryCodes as string[]
  assert.equal((await third.post('/api/auth/second-factor', { code: codes[1] })).statusCode, 403, 'void')
  assert.equal((await third.post('/api/auth/second-factor', { code: renewed[0] })).statusCode, 200)
})

test('codes cannot be guessed: the eleventh guess waits, and signing in anew does not clear the count', async () => {
  const { user } = await withFactor('Cleo')
  const statuses: number[] = []
  for (let i = 0; i < 12; i++) {
    const page = browser(app)
    await signIn(page, user.email)
    statuses.push((await page.post('/api/auth/second-factor', { code: '000000' })).statusCode)
  }
  assert.deepEqual(statuses.slice(-2), [429, 429])
})

test('where owners ask everybody for a second factor, who has none reaches only his own account', async () => {
  const { page } = await member('Dora')
  assert.equal((await page.get('/api/v1/users')).statusCode, 200)
  await askAllForSecondFactor(base.db, systemActor, true)
  try {
    const refused = await page.get('/api/v1/users')
    assert.deepEqual([refused.statusCode, refused.json().code], [403, 'second_factor_setup'])
    assert.deepEqual((await page.get('/api/v1/me')).json().secondFactor, {
      on: false,
      codesLeft: 0,
      forAll: true,
    })
    const { secret } = (await page.post('/api/v1/me/second-factor')).json()
    const code = codeAt(secret, stepOf(new Date()))
    assert.equal((await page.post('/api/v1/me/second-factor/confirm', { code })).statusCode, 200)
    assert.equal((await page.get('/api/v1/users')).statusCode, 200)
    assert.equal((await page.remove('/api/v1/me/second-factor')).statusCode, 409, 'and cannot go without')
  } finally {
    await askAllForSecondFactor(base.db, systemActor, false)
  }
})

test('only an owner may ask it of everybody', async () => {
  const admin = await member('Eli', 'admin')
  const owner = await member('Flo', 'owner')
  const ask = (page: ReturnType<typeof browser>) =>
    page.patch('/api/v1/access-rules', { secondFactorForAll: false })
  assert.equal((await ask(admin.page)).statusCode, 403)
  assert.equal((await ask(owner.page)).statusCode, 200)
})

test('what is grave asks again after a quarter of an hour, and a password answers', async () => {
  const { page, user } = await member('Gus', 'owner')
  const newKey = () => page.post('/api/v1/api-keys', { name: 'K', role: 'viewer' })
  assert.equal((await newKey()).statusCode, 201, 'just signed in')
  await run(
    base.db,
    sql`update access.session set proven_at = proven_at - interval '16 minutes' where user_id = ${user.id}`,
  )
  const grave: [string, () => Promise<{ statusCode: number; json(): { code?: string } }>][] = [
    ['a key', newKey],
    ['the rule for all', () => page.patch('/api/v1/access-rules', { secondFactorForAll: false })],
    ['an owner', () => page.post('/api/v1/invitations', { email: 'new@example.com', role: 'owner' })],
    ['an app', () => page.post('/api/v1/me/second-factor')],
    ['a reset link', () => page.post(`/api/v1/users/${user.id}/reset-link`)],
  ]
  for (const [what, attempt] of grave) {
    const answer = await attempt()
    assert.deepEqual([answer.statusCode, answer.json().code], [403, 'confirm_needed'], what)
  }
  const usual = await page.post('/api/v1/invitations', { email: 'new@example.com', role: 'viewer' })
  assert.equal(usual.statusCode, 201, 'what is not grave goes on')
  assert.equal((await page.post('/api/auth/confirm', { password: 'not the one' })).statusCode, 403)
  assert.equal((await page.post('/api/auth/confirm', { password })).statusCode, 200)
  assert.equal((await newKey()).statusCode, 201)
})

test('an administrator takes a lost second factor off, and not that of an owner', async () => {
  const { user, page } = await withFactor('Hal')
  const admin = await member('Ida', 'admin')
  const owner = await withFactor('Jo', 'owner')
  const drop = (id: string) => admin.page.remove(`/api/v1/users/${id}/second-factor`)
  assert.equal((await drop(owner.user.id)).statusCode, 403)
  assert.equal((await drop(user.id)).statusCode, 200)
  assert.equal((await page.get('/api/v1/me')).statusCode, 401, 'open doors close')
  const back = browser(app)
  await signIn(back, user.email)
  assert.equal((await back.get('/api/v1/me')).statusCode, 200)
})
