import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { consentOf, recordConsent } from '#audience/consent.ts'
import { contactsForRender } from '#audience/contacts.ts'
import { many, one, run, sql } from '#platform/db/db.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { createSource, type Source, updateSource } from './sources.ts'
import { basic, eventsOf, post, rejectsOf, type Street, startStreet } from './street.fixture.ts'

let base: TestDatabase
let street: Street
let server: { source: Source; writeKey: string }
let site: { source: Source; writeKey: string }
before(async () => {
  base = await testDatabase()
  street = await startStreet(base.db)
  const now = street.services.clock.now()
  server = await createSource(base.db, { name: 'Shop server', type: 'server', now })
  site = await createSource(base.db, { name: 'Shop site', type: 'browser', now })
})
after(async () => {
  await street.close()
  await base.stop()
})

const send = (path: string, body: object, key = server.writeKey) =>
  post(`${street.url}/v1/${path}`, body, basic(key))
const success = { success: true }

async function contactBy(kind: string, value: string) {
  const { id } = await one<{ id: string }>(
    base.db,
    sql`
    select contact_id as id from audience.identity where kind = ${kind} and value = ${value}`,
  )
  const [contact] = await contactsForRender(base.db, [id])
  return { id, contact }
}

test('all seven calls and their short forms are taken and stand in the timeline', async () => {
  const who = { userId: 'all-seven', messageId: undefined }
  const calls: [string, object][] = [
    ['identify', { ...who, traits: { email: 'seven@example.org', firstName: 'Sue', plan: 'pro' } }],
    ['i', { ...who, traits: { plan: 'team' } }],
    ['track', { ...who, event: 'Long' }],
    ['t', { ...who, event: 'Short' }],
    ['page', { ...who, name: 'Pricing', properties: { url: 'https://shop.example/pricing?utm_source=x' } }],
    ['p', { ...who }],
    ['screen', { ...who, name: 'Start' }],
    ['s', { ...who }],
    ['group', { ...who, groupId: 'g-1', traits: { name: 'Acme', employees: 12 } }],
    ['g', { ...who, groupId: 'g-1' }],
    ['alias', { ...who, previousId: 'visitor-of-seven' }],
    ['a', { ...who, previousId: 'visitor-of-seven' }],
    ['batch', { batch: [{ ...who, type: 'track', event: 'Batched' }] }],
    ['b', { batch: [{ ...who, type: 'track', event: 'Batched too' }] }],
  ]
  for (const [path, body] of calls) {
    const answer = await send(path, body)
    assert.deepEqual([path, answer.status, answer.body], [path, 200, success])
  }
  const events = await eventsOf(base.db, 'email', 'seven@example.org')
  const names = events.filter(event => event.type === 'event.tracked').map(event => event.name)
  assert.deepEqual(names.sort(), ['Batched', 'Batched too', 'Long', 'Short'])
  for (const type of ['contact.created', 'contact.updated', 'page.viewed', 'screen.viewed', 'group.joined'])
    assert.ok(
      events.some(event => event.type === type),
      type,
    )
  const page = events.find(event => event.type === 'page.viewed' && event.name === 'Pricing')
  assert.deepEqual(
    [page?.data.path, page?.data.host, page?.data.utm],
    ['/pricing', 'shop.example', { source: 'x' }],
  )
  const { contact } = await contactBy('anonymous_id', 'visitor-of-seven')
  assert.deepEqual(
    [contact?.email, contact?.firstName, contact?.attrs.plan, contact?.companyName],
    ['seven@example.org', 'Sue', 'team', 'Acme'],
  )
  const company = await one<{ attrs: object }>(
    base.db,
    sql`select attrs from audience.company where external_id = 'g-1'`,
  )
  assert.deepEqual(company.attrs, { employees: 12 })
})

test('JSON is read whatever it is declared as, zipped or not, with the key in header or body', async () => {
  const body = (event: string) => JSON.stringify({ writeKey: server.writeKey, userId: 'formats', event })
  const url = `${street.url}/v1/track`
  const statuses = [
    await post(url, body('text'), { 'content-type': 'text/plain' }),
    await post(url, body('form'), { 'content-type': 'application/x-www-form-urlencoded' }),
    await post(url, gzipSync(body('zip')), { 'content-encoding': 'gzip' }),
    await post(url, gzipSync(body('unsaid zip')), { 'content-type': 'application/x-www-form-urlencoded' }),
    await post(url, { userId: 'formats', event: 'bearer' }, { authorization: `Bearer ${server.writeKey}` }),
  ].map(answer => answer.status)
  assert.deepEqual(statuses, [200, 200, 200, 200, 200])
  const names = (await eventsOf(base.db, 'user_id', 'formats')).flatMap(event => event.name ?? [])
  assert.deepEqual(names.sort(), ['bearer', 'form', 'text', 'unsaid zip', 'zip'])
})

test('what is no JSON, too large or a bomb is 400, an unknown key 401, a foreign page 403', async () => {
  const url = `${street.url}/v1/batch`
  const key = basic(server.writeKey)
  const status = async (body: string | Uint8Array, headers: Record<string, string> = key) =>
    (await post(url, body, headers)).status
  assert.equal(await status('{'), 400)
  assert.equal(await status(''), 400)
  assert.equal(
    await status(gzipSync('{"batch":[]}').subarray(0, 20), { ...key, 'content-encoding': 'gzip' }),
    400,
  )
  assert.equal(await status(gzipSync('x'.repeat(10_000_000)), { ...key, 'content-encoding': 'gzip' }), 400)
  assert.equal(await status(gzipSync(`{"batch":[],"x":"${' '.repeat(400_000)}"}`), key), 400)
  assert.equal(await status(`{"batch":[],"x":"${'x'.repeat(600_000)}"}`), 400)
  assert.equal(await status('{"batch":[]}', { ...key, 'content-encoding': 'br' }), 400)
  assert.equal(await status('{"batch":[]}'), 200)
  assert.equal(await status('{"batch":[]}', {}), 401)
  assert.equal(await status('{"batch":[]}', basic('tws_wrong')), 401)
  const now = street.services.clock.now()
  const own = await createSource(base.db, {
    name: 'Own pages',
    type: 'browser',
    allowedHosts: ['shop.example'],
    now,
  })
  assert.equal(await status('{"batch":[]}', { ...basic(own.writeKey), origin: 'https://shop.example' }), 200)
  assert.equal(await status('{"batch":[]}', { ...basic(own.writeKey), origin: 'https://evil.example' }), 403)
})

test('browsers may ask from any page, and every answer says so', async () => {
  const preflight = await fetch(`${street.url}/v1/t`, {
    method: 'OPTIONS',
    headers: { origin: 'https://a.example', 'access-control-request-method': 'POST' },
  })
  assert.equal(preflight.status, 204)
  assert.equal(preflight.headers.get('access-control-allow-origin'), 'https://a.example')
  assert.match(preflight.headers.get('access-control-allow-headers') ?? '', /authorization.*x-retry-count/)
  const refused = await post(`${street.url}/v1/t`, '{}', { origin: 'https://a.example' })
  assert.equal(refused.status, 401)
  assert.equal(refused.headers.get('access-control-allow-origin'), 'https://a.example')
})

test('one bad event never fails its neighbours: it stands among the rejects', async () => {
  const answer = await send('batch', {
    batch: [
      { type: 'track', event: 'Before', userId: 'neighbours' },
      { type: 'track', userId: 'neighbours', messageId: 'bad-one' },
      {
        type: 'track',
        event: 'After',
        userId: 'neighbours',
        properties: { nul: 'a\u0000b', half: '\ud800' },
      },
    ],
  })
  assert.deepEqual([answer.status, answer.body], [200, success])
  const events = await eventsOf(base.db, 'user_id', 'neighbours')
  assert.deepEqual(
    events.filter(event => event.type === 'event.tracked').map(event => event.name),
    ['Before', 'After'],
  )
  const rejects = await many<{ reason: string; messageId: string }>(
    base.db,
    sql`
    select reason, message_id as "messageId" from capture.reject where message_id = 'bad-one'`,
  )
  assert.deepEqual(rejects, [{ reason: 'no_event_name', messageId: 'bad-one' }])
})

test('an event that the database refuses is found, put aside, and its neighbours are written', async () => {
  await run(base.db, sql`alter table activity.event add constraint poison check (name <> 'Poison')`)
  try {
    const names = ['One', 'Two', 'Poison', 'Three', 'Four']
    const answer = await send('batch', {
      batch: names.map(event => ({ type: 'track', event, userId: 'poisoned' })),
    })
    assert.equal(answer.status, 200)
  } finally {
    await run(base.db, sql`alter table activity.event drop constraint poison`)
  }
  const events = await eventsOf(base.db, 'user_id', 'poisoned')
  const names = events.filter(event => event.type === 'event.tracked').map(event => event.name)
  assert.deepEqual(names.sort(), ['Four', 'One', 'Three', 'Two'])
  const rejects = await rejectsOf(base.db, server.source.id)
  const stored = rejects.filter(reject => reject.reason === 'not_storable')
  assert.equal(stored.length, 1)
  assert.match(stored[0]?.call ?? '', /Poison/)
})

test('a message that is sent again is recorded once, also beside itself, and an old identify changes nothing', async () => {
  const first = { userId: 'again', messageId: 'm-1', traits: { email: 'again@example.org', plan: 'free' } }
  await send('identify', first)
  await send('identify', { userId: 'again', messageId: 'm-2', traits: { plan: 'pro' } })
  await send('identify', { ...first, sentAt: new Date().toISOString() })
  const { contact } = await contactBy('user_id', 'again')
  assert.equal(contact?.attrs.plan, 'pro')
  const event = { type: 'track', event: 'Once', userId: 'again', messageId: 'm-3' }
  await send('batch', { batch: [event, event] })
  await Promise.all([1, 2, 3, 4].map(() => send('track', { ...event, sentAt: new Date().toISOString() })))
  const once = (await eventsOf(base.db, 'user_id', 'again')).filter(one => one.name === 'Once')
  assert.equal(once.length, 1)
})

test('times are corrected for a wrong clock and kept within bounds, also when the sandbox clock was moved', async () => {
  const hour = 3_600_000
  const iso = (ms: number) => new Date(ms).toISOString()
  const now = Date.now()
  await send('track', {
    userId: 'skew',
    event: 'behind',
    timestamp: iso(now - 26 * hour),
    sentAt: iso(now - 24 * hour),
  })
  await send('track', { userId: 'skew', event: 'ancient', timestamp: '2001-01-01T00:00:00Z' })
  await send('track', { userId: 'skew', event: 'future', timestamp: iso(now + 90 * 24 * hour) })
  await run(base.db, sql`update platform.clock set offset_ms = ${3 * 24 * hour}`)
  await street.services.clock.refresh(base.db)
  try {
    await send('track', {
      userId: 'skew',
      event: 'moved',
      timestamp: iso(Date.now()),
      sentAt: iso(Date.now()),
    })
    await send('track', { userId: 'skew', event: 'moved unsent', timestamp: iso(Date.now() - hour) })
  } finally {
    await run(base.db, sql`update platform.clock set offset_ms = 0`)
    await street.services.clock.refresh(base.db)
  }
  const events = await eventsOf(base.db, 'user_id', 'skew')
  const hoursFromNow = (name: string) =>
    Math.round(((events.find(event => event.name === name)?.at.getTime() ?? 0) - now) / hour)
  assert.deepEqual(['behind', 'ancient', 'future', 'moved', 'moved unsent'].map(hoursFromNow), [
    -2,
    -30 * 24,
    1,
    72,
    71,
  ])
})

test('a visitor who identifies is joined to the contact, with the pages he looked at before', async () => {
  await send('identify', { userId: 'ann', traits: { email: 'ann@example.org' } })
  const view = (url: string) => ({ anonymousId: 'ann-device', properties: { url } })
  await send('page', view('https://shop.example/a'), site.writeKey)
  await send('page', view('https://shop.example/b'), site.writeKey)
  assert.equal((await contactBy('anonymous_id', 'ann-device')).contact, undefined)
  await send('identify', { userId: 'ann', anonymousId: 'ann-device' })
  await send('page', view('https://shop.example/c'), site.writeKey)
  const events = await eventsOf(base.db, 'email', 'ann@example.org')
  assert.deepEqual(
    events.filter(event => event.type === 'page.viewed').map(event => event.data.path),
    ['/a', '/b', '/c'],
  )
  assert.ok(events.some(event => event.type === 'contact.joined'))
})

test('a browser key takes nothing over, changes nobody and grants nothing', async () => {
  await send('identify', { userId: 'vic', traits: { email: 'vic@example.org', firstName: 'Vic' } })
  await send('identify', { userId: 'vic', anonymousId: 'vic-device' })
  const claims = {
    email: 'vic@example.org',
    firstName: 'Mallory',
    marketing_consent: true,
    stage: 'customer',
  }
  const calls: [string, object][] = [
    // A stranger's device that names the victim in every way there is.
    ['identify', { anonymousId: 'mallory', userId: 'vic', traits: claims }],
    ['track', { anonymousId: 'mallory', userId: 'vic', event: 'Fake' }],
    ['group', { anonymousId: 'mallory', userId: 'vic', groupId: 'evil', traits: { name: 'Evil' } }],
    ['alias', { userId: 'vic', previousId: 'mallory' }],
    ['track', { userId: 'vic', event: 'Without a device' }],
    // The victim's own device, in wrong hands: it may tell what it does, not who it is.
    ['identify', { anonymousId: 'vic-device', traits: { ...claims, email: 'mallory@example.org' } }],
    ['group', { anonymousId: 'vic-device', groupId: 'evil', traits: { name: 'Evil' } }],
  ]
  for (const [path, body] of calls) {
    const answer = await send(path, body, site.writeKey)
    assert.deepEqual([answer.status, answer.body], [200, success])
  }
  const { id, contact } = await contactBy('user_id', 'vic')
  assert.deepEqual(
    [contact?.email, contact?.firstName, contact?.companyId, contact?.stage],
    ['vic@example.org', 'Vic', null, 'lead'],
  )
  assert.deepEqual((await consentOf(base.db, id)).ledger, [])
  const events = await eventsOf(base.db, 'user_id', 'vic')
  assert.ok(!events.some(event => event.name === 'Fake' || event.name === 'Without a device'))
  const stranger = await contactBy('anonymous_id', 'mallory')
  assert.notEqual(stranger.id, id)
  assert.equal(stranger.contact, undefined)
  const held = await many<{ id: string }>(
    base.db,
    sql`
    select contact_id as id from audience.identity where kind = 'email' and value = 'mallory@example.org'`,
  )
  assert.ok(held.every(row => row.id !== id))
  const reasons = (await rejectsOf(base.db, site.source.id)).map(reject => reject.reason)
  assert.deepEqual(reasons.sort(), ['no_anonymous_id', 'server_only'])
  // What was claimed is to be seen, without the address of somebody else.
  const claimed = (await eventsOf(base.db, 'anonymous_id', 'mallory')).find(
    event => event.type === 'visitor.claimed',
  )
  assert.deepEqual(claimed?.data.traits, { firstName: 'Mallory' })
})

test('a visitor may introduce himself with an address that nobody has, without any consent', async () => {
  const traits = {
    email: 'new@example.org',
    firstName: 'Neo',
    marketing_consent: true,
    ownerId: '1',
    stage: 'customer',
  }
  await send('identify', { anonymousId: 'neo', traits }, site.writeKey)
  const { id, contact } = await contactBy('email', 'new@example.org')
  assert.deepEqual([contact?.firstName, contact?.stage, contact?.ownerId], ['Neo', 'lead', null])
  assert.deepEqual((await consentOf(base.db, id)).current, [])
  await send('identify', { anonymousId: 'neo', traits: { firstName: 'Other' } }, site.writeKey)
  assert.equal((await contactBy('email', 'new@example.org')).contact?.firstName, 'Neo')
})

test('consent said by a server is recorded once with its proof, and never undoes an opt-out', async () => {
  const say = (marketing_consent: unknown, more: object = {}) =>
    send('identify', { userId: 'con', traits: { email: 'con@example.org', marketing_consent, ...more } })
  await say('yes')
  const { id } = await contactBy('user_id', 'con')
  assert.deepEqual((await consentOf(base.db, id)).ledger, [])
  await say(true, { consent_text: 'Yes, write to me.' })
  await say(true)
  const granted = await consentOf(base.db, id)
  assert.deepEqual(
    granted.ledger.map(entry => [entry.state, entry.source, entry.wording, entry.proof.sourceId]),
    [['granted', 'Shop server', 'Yes, write to me.', server.source.id]],
  )
  await say(false)
  await say(true)
  assert.deepEqual(
    (await consentOf(base.db, id)).current.map(word => word.state),
    ['withdrawn'],
  )
  const { contact } = await contactBy('user_id', 'con')
  assert.deepEqual(contact?.attrs, {})
})

test('a page with Global Privacy Control is answered and not recorded', async () => {
  const headers = { ...basic(site.writeKey), 'sec-gpc': '1' }
  const page = { anonymousId: 'private', properties: { url: 'https://shop.example/' } }
  assert.equal((await post(`${street.url}/v1/page`, page, headers)).status, 200)
  assert.deepEqual(await eventsOf(base.db, 'anonymous_id', 'private'), [])
  const agreed = { ...page, context: { consent: { state: 'granted' } } }
  await post(`${street.url}/v1/page`, agreed, headers)
  assert.equal((await eventsOf(base.db, 'anonymous_id', 'private')).length, 1)
})

test('browsers of people who withdrew consent to being followed are not recorded', async () => {
  const id = await send('identify', { userId: 'shy', traits: { email: 'shy@example.org' } }).then(
    async () => (await contactBy('user_id', 'shy')).contact?.id ?? '',
  )
  await send('alias', { userId: 'shy', previousId: 'shy-device' })
  const look = (path: string) =>
    post(
      `${street.url}/v1/page`,
      { anonymousId: 'shy-device', properties: { url: `https://shop.example${path}` } },
      basic(site.writeKey),
    )
  const views = async () =>
    (await eventsOf(base.db, 'user_id', 'shy')).filter(event => event.type === 'page.viewed').length
  await look('/one')
  assert.equal(await views(), 1)
  const word = { contactId: id, purpose: 'tracking', basis: 'request', source: 'test', proof: {} }
  await recordConsent(base.db, [{ ...word, state: 'withdrawn', at: new Date() }])
  assert.equal((await look('/two')).status, 200)
  assert.equal(await views(), 1)
  await send('track', { userId: 'shy', event: 'Ordered' })
  assert.equal(
    (await eventsOf(base.db, 'user_id', 'shy')).filter(event => event.name === 'Ordered').length,
    1,
  )
})

test('a body is taken whatever its type is called', async () => {
  for (const type of [
    'text/plain',
    'text/plain;charset=UTF-8',
    'nonsense',
    ';;;',
    'application/json, text/plain',
    'a/b/c',
  ]) {
    const answer = await street.app.inject({
      method: 'POST',
      url: '/v1/track',
      headers: { ...basic(server.writeKey), 'content-type': type },
      payload: JSON.stringify({ userId: 'typed', event: type }),
    })
    assert.equal(answer.statusCode, 200, `${type}: ${answer.body}`)
  }
})

test('a phone that is none and names without end do not fill the profile', async () => {
  const traits = { email: 'long@example.org', phone: '1'.repeat(10_000), firstName: 'x'.repeat(10_000) }
  await send('identify', { userId: 'long', traits })
  const { contact } = await contactBy('user_id', 'long')
  assert.equal(contact?.phone, null)
  assert.equal(contact?.firstName?.length, 200)
})

test('machine traffic is recorded with its mark', async () => {
  const headers = { ...basic(site.writeKey), 'user-agent': 'Googlebot/2.1 (+http://www.google.com/bot.html)' }
  await post(
    `${street.url}/v1/page`,
    { anonymousId: 'robot', properties: { url: 'https://shop.example/' } },
    headers,
  )
  const [event] = await eventsOf(base.db, 'anonymous_id', 'robot')
  assert.equal(event?.data.bot, true)
})

test('a key that was switched off stops within a second', async () => {
  const now = street.services.clock.now()
  const { source, writeKey } = await createSource(base.db, { name: 'Off', type: 'server', now })
  const track = () => send('track', { userId: 'off', event: 'x' }, writeKey)
  assert.equal((await track()).status, 200)
  await updateSource(base.db, source.id, { change: { enabled: false }, version: 1, now })
  const limit = performance.now() + 1_000
  while ((await track()).status === 200) {
    assert.ok(performance.now() < limit, 'still taken after a second')
    await pause(50)
  }
  assert.equal((await track()).status, 401)
})
