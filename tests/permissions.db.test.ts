import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { createKey } from '#access/api-keys.ts'
import { isAction, may } from '#access/policy.ts'
import { systemActor } from '#access/users.ts'
import { readConfig } from '#platform/config.ts'
import { type Actor, type Role, type Route, roles } from '#platform/http/route.ts'
import { createOffice, officeRoutes } from '../src/app.ts'
import { openRuntime, type Runtime } from '../src/runtime.ts'
import { type TestDatabase, testDatabase } from './harness/database.ts'
import { expected } from './permissions.expected.ts'

let base: TestDatabase
let runtime: Runtime
let office: FastifyInstance
const keys = new Map<Role, string>()
const routes = officeRoutes()

before(async () => {
  base = await testDatabase({ max: 2 })
  const secretKey = randomBytes(32).toString('base64')
  runtime = await openRuntime(
    readConfig({ DATABASE_URL: base.url, TEND_SECRET_KEY: secretKey, TEND_LOG_LEVEL: 'silent' }),
  )
  office = await createOffice(runtime.services)
  for (const role of roles) keys.set(role, (await createKey(base.db, systemActor, { name: role, role })).key)
})
after(async () => {
  await office?.close()
  await runtime?.close()
  await base?.stop()
})

/** An address of the route that leads to nothing. */
const urlOf = (route: Route) => route.url.replaceAll(/:\w+/g, '1')
const json = { 'content-type': 'application/json' }
const holder = (role: Role): Actor => ({ ...systemActor, kind: 'user', role })
const changing = routes.filter(route => route.method !== 'GET')

test('every route asks the policy for an action that it knows', () => {
  assert.deepEqual(
    routes.filter(route => !isAction(route.can)).map(route => `${route.method} ${route.url}: ${route.can}`),
    [],
  )
})

test('every action has an expectation, and the policy agrees with it for every role', () => {
  const actions = [...new Set(routes.map(route => route.can))]
  const wrong = actions.flatMap(action => {
    const who = expected.get(action)
    if (!who) return [`${action}: nobody has said who may do it (tests/permissions.expected.ts)`]
    return roles
      .filter(role => may(holder(role), action) !== who.includes(role))
      .map(role => `${action}: ${role}`)
  })
  assert.deepEqual(wrong, [])
})

test('every state-changing route refuses a foreign origin, no origin, and anything but JSON', async () => {
  const origin = 'http://localhost:3000'
  const attacks: Record<string, string>[] = [
    { ...json, origin: 'https://evil.example' },
    { ...json, origin: 'http://localhost:3001' },
    json,
    { ...json, origin, 'sec-fetch-site': 'cross-site' },
    { origin, 'content-type': 'text/plain' },
    { origin, 'content-type': 'application/x-www-form-urlencoded' },
  ]
  assert.ok(changing.length > 20)
  const passed: string[] = []
  for (const route of changing) {
    for (const attack of attacks) {
      // With a cookie, as the browser of somebody who is signed in sends it.
      const headers = { ...attack, cookie: 'tend.session_token=somebody' }
      const answer = await office.inject({ method: route.method, url: urlOf(route), headers, payload: '{}' })
      if (answer.statusCode !== 403)
        passed.push(`${route.method} ${route.url} ${JSON.stringify(headers)}: ${answer.statusCode}`)
    }
  }
  assert.deepEqual(passed, [])
})

test('nobody gets anything from a route that is not for anybody', async () => {
  const open: string[] = []
  for (const route of routes.filter(each => each.can !== 'anybody')) {
    const headers = { ...json, origin: 'http://localhost:3000' }
    const payload = route.method === 'GET' ? {} : { payload: '{}' }
    const answer = await office.inject({ method: route.method, url: urlOf(route), headers, ...payload })
    if (answer.statusCode !== 401) open.push(`${route.method} ${route.url}: ${answer.statusCode}`)
  }
  assert.deepEqual(open, [])
})

for (const role of roles) {
  test(`a key of the role ${role} is refused exactly where the policy says so`, async () => {
    const wrong: string[] = []
    for (const route of routes.filter(each => !each.url.includes('/api-keys') || each.method === 'GET')) {
      const headers = { authorization: `Bearer ${keys.get(role)}`, ...(route.method === 'GET' ? {} : json) }
      const payload = route.method === 'GET' ? {} : { payload: '{"surprise":1}' }
      const answer = await office.inject({ method: route.method, url: urlOf(route), headers, ...payload })
      const isOpen = expected.get(route.can)?.includes(role) ?? false
      const refused = answer.statusCode === 403 && answer.body.includes('does not include')
      if (refused === isOpen) wrong.push(`${route.method} ${route.url}: ${answer.statusCode}`)
      if (answer.statusCode >= 500) wrong.push(`${route.method} ${route.url}: ${answer.statusCode}`)
      if (/\bat .*\.ts:\d+|select .* from |node_modules/i.test(answer.body))
        wrong.push(`${route.url} tells of its inside`)
    }
    assert.deepEqual(wrong, [])
  })
}

test('what does not exist is given to nobody: no answer with anything in it, and no error of ours', async () => {
  const wrong: string[] = []
  for (const route of routes.filter(each => each.url.includes(':'))) {
    const headers = { authorization: `Bearer ${keys.get('admin')}`, ...(route.method === 'GET' ? {} : json) }
    const payload = route.method === 'GET' ? {} : { payload: '{}' }
    const answer = await office.inject({ method: route.method, url: urlOf(route), headers, ...payload })
    const isEmpty = answer.statusCode === 200 && /"items":\[\]/.test(answer.body)
    if (answer.statusCode >= 500 || (answer.statusCode < 300 && !isEmpty))
      wrong.push(`${route.method} ${route.url}: ${answer.statusCode} ${answer.body.slice(0, 80)}`)
  }
  assert.deepEqual(wrong, [])
})

test('a parameter that a route does not know is refused by its name', async () => {
  const wrong: string[] = []
  for (const route of routes.filter(each => each.method === 'GET')) {
    const headers = { authorization: `Bearer ${keys.get('owner')}` }
    const answer = await office.inject({ url: `${urlOf(route)}?surprise=1`, headers })
    // Some addresses take only certain words; of those the word is refused first.
    if (answer.statusCode === 400 && answer.body.includes('The params ')) continue
    if (answer.statusCode !== 400 || !answer.body.includes('"path":"surprise"'))
      wrong.push(`${route.url}: ${answer.statusCode}`)
  }
  assert.deepEqual(wrong, [])
})

test('every answer of the office carries the headers that keep it to itself', async () => {
  const wrong: string[] = []
  for (const route of routes) {
    for (const authorization of ['', `Bearer ${keys.get('viewer')}`]) {
      const answer = await office.inject({
        method: route.method,
        url: urlOf(route),
        headers: { authorization, ...json },
        ...(route.method === 'GET' ? {} : { payload: '{}' }),
      })
      const csp = String(answer.headers['content-security-policy'])
      const isGuarded =
        /script-src 'self'(;|$)/.test(csp) &&
        csp.includes("frame-ancestors 'none'") &&
        csp.includes("object-src 'none'") &&
        csp.includes("base-uri 'none'") &&
        !csp.includes('unsafe-eval') &&
        answer.headers['x-content-type-options'] === 'nosniff' &&
        answer.headers['referrer-policy'] === 'same-origin' &&
        answer.headers['cross-origin-opener-policy'] === 'same-origin' &&
        answer.headers['x-powered-by'] === undefined
      if (!isGuarded) wrong.push(`${route.method} ${route.url}: ${answer.statusCode}`)
    }
  }
  assert.deepEqual(wrong, [])
})

test('no route takes a file: a form with one is refused before it is read', async () => {
  const taken: string[] = []
  for (const route of changing) {
    const answer = await office.inject({
      method: route.method,
      url: urlOf(route),
      headers: {
        authorization: `Bearer ${keys.get('owner')}`,
        'content-type': 'multipart/form-data; boundary=x',
      },
      payload:
        '--x\r\ncontent-disposition: form-data; name="f"; filename="../../x.svg"\r\n\r\n<svg/>\r\n--x--',
    })
    if (answer.statusCode !== 415) taken.push(`${route.method} ${route.url}: ${answer.statusCode}`)
  }
  assert.deepEqual(taken, [])
})
