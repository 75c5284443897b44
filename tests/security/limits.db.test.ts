import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { createKey } from '#access/api-keys.ts'
import { systemActor } from '#access/users.ts'
import { readConfig } from '#platform/config.ts'
import { addressOf, limits } from '#platform/http/limits.ts'
import { createOffice, createStreet } from '../../src/app.ts'
import { openRuntime, type Runtime } from '../../src/runtime.ts'
import { type TestDatabase, testDatabase } from '../harness/database.ts'

let base: TestDatabase
let runtime: Runtime
let office: FastifyInstance
let street: FastifyInstance

const settings = (url: string, more: Record<string, string> = {}) =>
  readConfig({
    DATABASE_URL: url,
    TEND_SECRET_KEY: randomBytes(32).toString('base64'),
    TEND_LOG_LEVEL: 'silent',
    TEND_OFFICE_URL: 'https://tend.example',
    TEND_STREET_URL: 'https://go.example',
    ...more,
  })

before(async () => {
  base = await testDatabase({ max: 2 })
  runtime = await openRuntime(settings(base.url))
  office = await createOffice(runtime.services)
  street = await createStreet(runtime.services)
})
after(async () => {
  await office?.close()
  await street?.close()
  await runtime?.close()
  await base?.stop()
})

const host = 'tend.example'

test('who guesses at tokens is told to wait, from this address only, and an unspoilt link of somebody else works', async () => {
  const guess = (i: number, ip: string, more = {}) =>
    street.inject({ url: `/u/${'x'.repeat(40)}${i}`, remoteAddress: ip, headers: more })
  const statuses: number[] = []
  for (let i = 0; i <= limits.missesPerAddress; i++) statuses.push((await guess(i, '192.0.2.1')).statusCode)
  assert.deepEqual([statuses[0], statuses.at(-1)], [404, 429])
  const refused = await guess(0, '192.0.2.1')
  assert.ok(Number(refused.headers['retry-after']) > 0)
  const spoofed = await guess(0, '192.0.2.1', { 'x-forwarded-for': '198.51.100.7' })
  assert.equal(spoofed.statusCode, 429, 'a header does not change who one is')
  assert.equal((await guess(0, '192.0.2.2')).statusCode, 404)
  const script = await street.inject({ url: '/tend.js', remoteAddress: '192.0.2.2' })
  assert.equal(script.statusCode, 200)
})

test('a proxy is believed only where it was named', async () => {
  const { services } = runtime
  const config = settings(base.url, { TEND_TRUSTED_PROXIES: '192.0.2.0/24' })
  const behind = await createStreet({ ...services, config })
  const guess = (client: string, proxy: string) =>
    behind.inject({ url: '/u/none', remoteAddress: proxy, headers: { 'x-forwarded-for': client } })
  for (let i = 0; i < limits.samePerAddress; i++) await guess('198.51.100.1', '192.0.2.9')
  assert.equal((await guess('198.51.100.1', '192.0.2.9')).statusCode, 429, 'the same client')
  assert.equal((await guess('198.51.100.2', '192.0.2.9')).statusCode, 404, 'another client of the same proxy')
  for (let i = 0; i < limits.samePerAddress; i++) await guess(`198.51.100.${i}`, '203.0.113.9')
  assert.equal((await guess('198.51.100.200', '203.0.113.9')).statusCode, 429, 'no proxy of ours')
  await behind.close()
})

test('a key has so many calls a minute, and every other key its own', async () => {
  const [one, two] = [
    await createKey(base.db, systemActor, { name: 'One', role: 'viewer' }),
    await createKey(base.db, systemActor, { name: 'Two', role: 'viewer' }),
  ]
  const call = (key: string) =>
    office.inject({ url: '/api/v1/me', headers: { host, authorization: `Bearer ${key}` } })
  const wave = async (count: number) =>
    (await Promise.all(Array.from({ length: count }, () => call('tend_nobody_at_all_so_no_question')))).at(-1)
  for (let sent = 0; sent < limits.callsPerKey; sent += 500) await wave(500)
  assert.equal((await wave(1))?.statusCode, 429, 'the same beginning of a key')
  assert.deepEqual([(await call(one.key)).statusCode, (await call(two.key)).statusCode], [200, 200])
})

test('the office answers under its own name only, so that no page can point a name of its own at it', async () => {
  const ask = (name: string, url = '/api/v1/me') => office.inject({ url, headers: { host: name } })
  assert.equal((await ask('evil.example')).statusCode, 421)
  for (const name of [host, 'localhost:3000', '127.0.0.1:3000', '[::1]:3000'])
    assert.equal((await ask(name)).statusCode, 401, name)
  assert.equal((await ask('probe.internal', '/healthz')).statusCode, 200)
})

test('under https browsers are told to stay there, and cookies carry the name that says so', async () => {
  const answer = await office.inject({ url: '/api/v1/me', headers: { host } })
  assert.match(String(answer.headers['strict-transport-security']), /max-age=\d{7,}/)
  const begun = await office.inject({
    method: 'POST',
    url: '/api/auth/sign-in/email',
    headers: { host, origin: 'https://tend.example', 'content-type': 'application/json' },
    payload: '{"email":"a@example.org","password":"a lantern in the harbour"}',
  })
  assert.equal(begun.statusCode, 401)
  for (const cookie of begun.cookies) assert.match(cookie.name, /^__Host-tend\./)
})

test('whatever the street answers is inert: nothing runs, nothing frames it, nothing is sniffed', async () => {
  for (const url of [
    '/tend.js',
    '/u/none',
    '/u/preview',
    '/o/none.gif',
    '/c/none/1',
    '/nothing',
    '/healthz',
  ]) {
    const { headers } = await street.inject({ url, remoteAddress: '192.0.2.50' })
    const csp = String(headers['content-security-policy'])
    assert.match(csp, /default-src 'none'/, url)
    assert.match(csp, /frame-ancestors 'none'/, url)
    assert.ok(!csp.includes('script-src') && !csp.includes('unsafe-eval'), url)
    assert.equal(headers['x-content-type-options'], 'nosniff', url)
    assert.equal(headers['referrer-policy'], 'no-referrer', url)
    assert.equal(headers['set-cookie'], undefined, url)
  }
})

test('an address is an IPv4 address, however it is written, or the network of an IPv6 one', () => {
  assert.equal(addressOf('::ffff:192.0.2.1'), '192.0.2.1')
  assert.equal(addressOf('2001:db8:1:2:3:4:5:6'), addressOf('2001:db8:1:2:ffff::1'))
  assert.notEqual(addressOf('2001:db8:1:2::1'), addressOf('2001:db8:1:3::1'))
})

test('a browser key is public, so its callers are limited by address; a server key is not', async () => {
  const { createSource } = await import('#capture/sources.ts')
  const source = (type: 'browser' | 'server') =>
    createSource(base.db, { name: type, type, allowedHosts: [], now: new Date() })
  const send = async (key: string, ip: string) => {
    const answer = await street.inject({
      method: 'POST',
      url: '/v1/track',
      remoteAddress: ip,
      headers: { authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}` },
      payload: { anonymousId: 'a', event: 'Seen' },
    })
    return answer.statusCode
  }
  const [browserKey, serverKey] = [(await source('browser')).writeKey, (await source('server')).writeKey]
  const many = async (key: string, ip: string) => {
    const statuses: number[] = []
    for (let sent = 0; sent < limits.eventsPerAddress; sent += 100)
      statuses.push(...(await Promise.all(Array.from({ length: 100 }, () => send(key, ip)))))
    return [...new Set(statuses), await send(key, ip)]
  }
  assert.deepEqual(await many(browserKey, '192.0.2.77'), [200, 429])
  assert.deepEqual(await many(serverKey, '192.0.2.78'), [200, 200])
  assert.equal(await send(browserKey, '192.0.2.79'), 200, 'another address')
})
