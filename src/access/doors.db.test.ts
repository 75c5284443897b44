import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { many, run, sql } from '#platform/db/db.ts'
import { AppError } from '#platform/errors.ts'
import type { Services } from '#platform/services.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { accessRoutes } from './access.routes.ts'
import { actorOfKey, createKey, revokeKey } from './api-keys.ts'
import { audit, listAudit, verifyAudit } from './audit.ts'
import { openPaths } from './auth.endpoints.ts'
import { accessServices, browser, origin, startOffice } from './office.fixture.ts'
import { requireSteward } from './ownership.ts'
import { isAction } from './policy.ts'
import { setReferences, usedBy } from './references.ts'
import { createUser, systemActor, updateUser } from './users.ts'

let base: TestDatabase
let services: Services
let app: FastifyInstance

before(async () => {
  base = await testDatabase()
  services = accessServices(base.db)
  app = await startOffice(services)
})
after(async () => {
  await app?.close()
  await base?.stop()
})

const call = (key: string, method: 'GET' | 'POST' | 'DELETE', url: string, payload?: object) =>
  app.inject({ method, url, headers: { authorization: `Bearer ${key}` }, ...(payload ? { payload } : {}) })

test('an API key works until it is revoked, and the database cannot give it away', async () => {
  const { key, row } = await createKey(base.db, systemActor, { name: 'Checks', role: 'admin' })
  assert.match(key, /^tend_[a-z0-9]{12}_[\w-]{43}$/)
  const me = await call(key, 'GET', '/api/v1/me')
  assert.deepEqual([me.statusCode, me.json().kind, me.json().role], [200, 'key', 'admin'])
  const stored = await many(base.db, sql`select *, encode(secret_hash, 'escape') as hash from access.api_key`)
  assert.ok(!JSON.stringify(stored).includes(key.slice(-43)))
  const listed = await call(key, 'GET', '/api/v1/api-keys')
  assert.ok(!listed.body.includes(key.slice(-43)))
  assert.ok(listed.json().items[0].lastUsedAt, 'last use is noted')
  await revokeKey(base.db, systemActor, row.id)
  assert.equal((await call(key, 'GET', '/api/v1/me')).statusCode, 401)
})

test('expired, mistyped and orphaned keys are nobody', async () => {
  const expired = await createKey(base.db, systemActor, {
    name: 'Old',
    role: 'admin',
    expiresAt: new Date(Date.now() - 1000),
  })
  assert.equal(await actorOfKey(base.db, `Bearer ${expired.key}`), null)
  const { key } = await createKey(base.db, systemActor, { name: 'Now', role: 'viewer' })
  assert.equal(await actorOfKey(base.db, `Bearer ${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`), null)
  for (const header of [undefined, '', 'Bearer ', 'Basic abc', `Bearer ${key}\u0000`, 'Bearer tend_x_y']) {
    assert.equal(await actorOfKey(base.db, header), null)
  }
  const maker = await createUser(base.db, systemActor, {
    name: 'Maker',
    email: 'maker@example.com',
    role: 'admin',
  })
  const made = await createKey(
    base.db,
    { ...systemActor, kind: 'user', id: maker.id },
    { name: 'His', role: 'admin' },
  )
  assert.ok(await actorOfKey(base.db, `Bearer ${made.key}`))
  await updateUser(base.db, systemActor, maker.id, { active: false })
  assert.equal(await actorOfKey(base.db, `Bearer ${made.key}`), null)
})

test('a scoped key is refused outside its scopes and cannot make keys', async () => {
  const { key } = await createKey(base.db, systemActor, {
    name: 'Narrow',
    role: 'admin',
    scopes: ['users.read', 'keys.edit'],
  })
  assert.equal((await call(key, 'GET', '/api/v1/users')).statusCode, 200)
  assert.equal((await call(key, 'GET', '/api/v1/api-keys')).statusCode, 403)
  assert.equal((await call(key, 'POST', '/api/v1/api-keys', { name: 'Wide', role: 'admin' })).statusCode, 403)
  const { key: admin } = await createKey(base.db, systemActor, { name: 'Admin', role: 'admin' })
  assert.equal(
    (await call(admin, 'POST', '/api/v1/api-keys', { name: 'King', role: 'owner' })).statusCode,
    403,
  )
  const odd = await call(admin, 'POST', '/api/v1/api-keys', {
    name: 'Odd',
    role: 'viewer',
    scopes: ['users.read', 'nonsense'],
  })
  assert.deepEqual([odd.statusCode, odd.json().fields[0].path], [422, 'scopes.1'])
  const extra = await call(admin, 'POST', '/api/v1/users', {
    name: 'X',
    email: 'x@example.com',
    role: 'viewer',
    active: true,
  })
  assert.equal(extra.statusCode, 422, 'unknown fields are refused')
})

test('every state-changing door refuses a foreign origin, no origin, and anything but JSON', async () => {
  const posts = [...openPaths]
    .filter(path => path.startsWith('POST '))
    .map(path => `POST /api/auth${path.slice(5)}`)
  const routes = accessRoutes
    .filter(route => route.method !== 'GET')
    .map(route => `${route.method} ${route.url.replace(':id', '1')}`)
  const json = { 'content-type': 'application/json' }
  const attacks: Record<string, string>[] = [
    { ...json, origin: 'https://evil.example' },
    { ...json, origin: 'null' },
    { ...json, origin: `${origin}.evil.example` },
    { ...json, origin: 'http://localhost:3001' },
    json,
    { ...json, origin, 'sec-fetch-site': 'cross-site' },
    { ...json, origin, 'sec-fetch-site': 'same-site' },
    { origin, 'content-type': 'text/plain' },
    { origin, 'content-type': 'application/x-www-form-urlencoded' },
    { origin, 'content-type': 'multipart/form-data; boundary=x' },
    { origin, 'content-type': 'application/json, text/plain' },
  ]
  for (const door of [...posts, ...routes]) {
    const [method, url] = door.split(' ') as ['POST' | 'PATCH' | 'DELETE', string]
    for (const attack of attacks) {
      // With a cookie, as the browser of somebody who is signed in sends it.
      const headers = { ...attack, cookie: 'tend.session_token=somebody' }
      const answer = await app.inject({ method, url, headers, payload: '{}' })
      assert.equal(answer.statusCode, 403, `${door} ${JSON.stringify(headers)}`)
    }
    const own = await app.inject({ method, url, headers: { ...json, origin }, payload: '{}' })
    assert.notEqual(own.statusCode, 403, `${door} from the office itself: ${own.body}`)
  }
})

test('every route of this module asks the policy for a known action', () => {
  assert.deepEqual(
    accessRoutes.filter(route => !isAction(route.can)).map(route => route.url),
    [],
  )
})

test('the last owner stays, and only owners name owners', async () => {
  const owner = await createUser(base.db, systemActor, {
    name: 'One',
    email: 'one@example.com',
    role: 'owner',
  })
  const lastOwner = (error: unknown) => error instanceof AppError && error.code === 'last_owner'
  await assert.rejects(updateUser(base.db, systemActor, owner.id, { active: false }), lastOwner)
  const admin = { ...systemActor, kind: 'user' as const, role: 'admin' as const, id: '1' }
  await assert.rejects(createUser(base.db, admin, { name: 'Two', email: 'two@example.com', role: 'owner' }))
  await assert.rejects(updateUser(base.db, admin, owner.id, { role: 'viewer' }))
  const two = await createUser(base.db, systemActor, { name: 'Two', email: 'two@example.com', role: 'owner' })
  const both = await Promise.allSettled(
    [owner.id, two.id].map(id => updateUser(base.db, systemActor, id, { active: false })),
  )
  assert.deepEqual(
    both.map(result => result.status).sort(),
    ['fulfilled', 'rejected'],
    'two owners cannot end each other',
  )
})

test('an address is taken once, however it is written', async () => {
  await createUser(base.db, systemActor, { name: 'A', email: 'twin@example.com', role: 'viewer' })
  await assert.rejects(
    createUser(base.db, systemActor, { name: 'B', email: ' Twin@Example.COM', role: 'viewer' }),
  )
})

test('altering, removing or reordering one row of the audit is found', async () => {
  await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      audit(
        base.db,
        systemActor,
        'segments.publish',
        { kind: 'segment', id: `${i}` },
        { i, name: 'Ü\u0000', nested: { b: 1, a: [1.5, null] }, secret: 'x' },
      ),
    ),
  )
  assert.equal(await verifyAudit(base.db), null)
  const [last] = await listAudit(base.db, { limit: 1 })
  assert.ok(last && !('secret' in last.detail), 'secrets are left out')
  const position = last.position
  const tampered = async (change: string, back: string) => {
    await run(base.db, sql.raw(change))
    assert.notEqual(await verifyAudit(base.db), null, change)
    await run(base.db, sql.raw(back))
    assert.equal(await verifyAudit(base.db), null)
  }
  await tampered(
    `update access.audit set actor_name = 'Eve' where position = ${position}`,
    `update access.audit set actor_name = 'Tend' where position = ${position}`,
  )
  await tampered(
    `create table gone as select * from access.audit where position = ${position}; delete from access.audit where position = ${position}`,
    'insert into access.audit select * from gone',
  )
  const swap = `update access.audit set position = case position when 3 then -4 else -3 end where position in (3, 4);
    update access.audit set position = -position where position < 0`
  await tampered(swap, swap)
})

test('used by is what each definition says it uses', async () => {
  const segment = { kind: 'segment', id: '7' }
  await setReferences(base.db, { kind: 'workflow', id: '1', name: 'Follow-up' }, [
    segment,
    segment,
    { kind: 'email', id: '2' },
  ])
  await setReferences(base.db, { kind: 'segment', id: '9', name: 'Both' }, [segment])
  assert.deepEqual(
    (await usedBy(base.db, segment)).map(thing => thing.name),
    ['Both', 'Follow-up'],
  )
  await setReferences(base.db, { kind: 'workflow', id: '1', name: 'Follow-up' }, [])
  assert.deepEqual(await usedBy(base.db, segment), [{ kind: 'segment', id: '9', name: 'Both' }])
})

test('nothing goes live without an active owner and a near review day', async () => {
  const now = new Date('2026-11-23T10:00:00Z')
  const owner = await createUser(base.db, systemActor, {
    name: 'Steward',
    email: 'steward@example.com',
    role: 'marketer',
  })
  const paths = async (steward: { ownerId?: string | null; reviewOn?: string | null }) => {
    const refused = await requireSteward(
      base.db,
      { ownerId: steward.ownerId, reviewOn: steward.reviewOn },
      now,
    ).then(
      () => null,
      error => error,
    )
    return refused instanceof AppError ? refused.fields.map(field => field.path) : []
  }
  assert.deepEqual(await paths({ ownerId: owner.id, reviewOn: '2026-11-24' }), [])
  assert.deepEqual(await paths({ ownerId: owner.id, reviewOn: '2027-12-28' }), [])
  assert.deepEqual(await paths({ ownerId: owner.id, reviewOn: '2027-12-29' }), ['reviewOn'])
  assert.deepEqual(await paths({ ownerId: owner.id, reviewOn: '2026-11-23' }), ['reviewOn'])
  assert.deepEqual(await paths({ ownerId: null, reviewOn: 'soon' }), ['ownerId', 'reviewOn'])
  await updateUser(base.db, systemActor, owner.id, { active: false })
  assert.deepEqual(await paths({ ownerId: owner.id, reviewOn: '2026-11-24' }), ['ownerId'])
})

test('the office has one name per address, and loopback has three', async () => {
  const page = browser(app, 'http://127.0.0.1:3000')
  const answer = await page.post('/api/auth/sign-in/email', { email: 'a@example.com', password: 'x' })
  assert.equal(answer.statusCode, 401, 'reached the password check')
})
