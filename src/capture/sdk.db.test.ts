import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { Analytics } from '@segment/analytics-node'
import { many, sql } from '#platform/db/db.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { createSource } from './sources.ts'
import { eventsOf, type Street, startStreet } from './street.fixture.ts'

let base: TestDatabase
let street: Street
let writeKey: string
before(async () => {
  base = await testDatabase()
  street = await startStreet(base.db)
  writeKey = (await createSource(base.db, { name: 'SDK', type: 'server', now: new Date() })).writeKey
})
after(async () => {
  await street.close()
  await base.stop()
})

function analytics(host: string): { sdk: Analytics; errors: unknown[] } {
  const sdk = new Analytics({ writeKey, host, flushInterval: 10, maxRetries: 3 })
  const errors: unknown[] = []
  sdk.on('error', error => errors.push(error))
  return { sdk, errors }
}

/** A network in which the first `lost` answers never arrive: the street has stored, the SDK sends again. */
async function lossyProxy(lost: number): Promise<{ url: string; retries: string[]; server: Server }> {
  const retries: string[] = []
  let seen = 0
  const server = createServer(async (request, reply) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(Buffer.from(chunk))
    retries.push(String(request.headers['x-retry-count'] ?? 0))
    const headers = new Headers()
    for (const name of ['authorization', 'content-type', 'content-encoding']) {
      const value = request.headers[name]
      if (typeof value === 'string') headers.set(name, value)
    }
    const answer = await fetch(`${street.url}${request.url}`, {
      method: 'POST',
      headers,
      body: Buffer.concat(chunks),
    })
    if (++seen <= lost) reply.writeHead(502).end()
    else reply.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, retries, server }
}

test("Segment's own Node SDK is understood as it is", async () => {
  const { sdk, errors } = analytics(street.url)
  sdk.page({
    anonymousId: 'sdk-device',
    name: 'Home',
    properties: { url: 'https://shop.example/', path: '/' },
  })
  sdk.identify({
    userId: 'sdk-user',
    anonymousId: 'sdk-device',
    traits: { email: 'sdk@example.org', firstName: 'Sid', plan: 'pro', marketing_consent: true },
  })
  sdk.track({ userId: 'sdk-user', event: 'Whitepaper Downloaded', properties: { title: 'Lanes' } })
  sdk.group({ userId: 'sdk-user', groupId: 'sdk-company', traits: { name: 'Sdk Ltd' } })
  sdk.screen({ userId: 'sdk-user', name: 'Settings' })
  sdk.alias({ userId: 'sdk-user', previousId: 'sdk-old-device' })
  await sdk.closeAndFlush()
  assert.deepEqual(errors, [])
  const events = await eventsOf(base.db, 'email', 'sdk@example.org')
  const types = events.map(event => event.type)
  for (const type of [
    'page.viewed',
    'contact.created',
    'consent.granted',
    'event.tracked',
    'group.joined',
    'screen.viewed',
  ])
    assert.equal(types.filter(one => one === type).length, 1, type)
  const [contact] = await many<{ firstName: string; plan: string; company: string }>(
    base.db,
    sql`
    select contact.first_name as "firstName", contact.attrs->>'plan' as plan, company.name as company
    from audience.contact contact join audience.company company on company.id = contact.company_id
    where contact.email = 'sdk@example.org'`,
  )
  assert.deepEqual(contact, { firstName: 'Sid', plan: 'pro', company: 'Sdk Ltd' })
})

test('what the SDK sends again because the answer was lost stands there once', async () => {
  const proxy = await lossyProxy(1)
  try {
    const { sdk, errors } = analytics(proxy.url)
    for (let i = 0; i < 10; i++) sdk.track({ userId: 'sdk-retry', event: `Step ${i}` })
    await sdk.closeAndFlush()
    assert.deepEqual(errors, [])
    assert.ok(proxy.retries.includes('1'), 'the SDK has sent again')
    const events = (await eventsOf(base.db, 'user_id', 'sdk-retry')).filter(
      event => event.type === 'event.tracked',
    )
    assert.equal(events.length, 10)
  } finally {
    proxy.server.close()
  }
})

test('an unknown key reaches the SDK as an error at once, without retries', async () => {
  const sdk = new Analytics({ writeKey: 'tws_wrong', host: street.url, flushInterval: 10, maxRetries: 3 })
  const errors: unknown[] = []
  sdk.on('error', error => errors.push(error))
  const began = performance.now()
  sdk.track({ userId: 'x', event: 'y' })
  await sdk.closeAndFlush()
  assert.equal(errors.length, 1)
  assert.ok(performance.now() - began < 1_400, 'it has tried again')
})
