import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { consentOf } from '#audience/consent.ts'
import { suppressedAmong } from '#audience/suppression.ts'
import { inTransaction, many, run, sql } from '#platform/db/db.ts'
import type { Services } from '#platform/services.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { until } from '../../tests/harness/until.ts'
import { readLetter } from './mailbox.ts'
import { forget } from './module.sql.ts'
import {
  addContact,
  addEmail,
  advance,
  browser,
  eventsOf,
  isQuiet,
  letter,
  outreachServices,
  queueOne,
  startDelivery,
  startStreet,
  stored,
} from './outreach.fixture.ts'
import { documentUrl, keepPreview } from './previews.ts'

let base: TestDatabase
let services: Services
let street: FastifyInstance
let sender: { stop(): Promise<void> }
let versionId: string

before(async () => {
  base = await testDatabase()
  services = outreachServices(base)
  versionId = (await addEmail(services)).versionId
  sender = await startDelivery(services)
  street = await startStreet(services)
})
after(async () => {
  await sender?.stop()
  await street?.close()
  await base.stop()
})

const settled = () => until(() => isQuiet(services), { words: 'all to be done' })
const path = (url: string) => url.replace(services.config.streetUrl, '')

/** A contact with a mail in the mailbox, and the addresses in it. */
async function mailed() {
  const contact = await addContact(base.db, { attrs: { site: 'https://own.example/page?q=1&r=<x>' } })
  const id = await queueOne(services, letter(contact.id, versionId))
  await settled()
  const mail = await readLetter(base.db, id)
  const links = (mail?.links ?? []).map(link => path(link.url))
  const pixel = path(/http[^"]*\/o\/[\w-]+\.gif/.exec(mail?.html ?? '')?.[0] ?? '')
  return {
    contactId: contact.id,
    email: contact.email,
    id,
    links,
    pixel,
    unsubscribe: links.find(link => link.startsWith('/u/')) ?? '',
  }
}

const get = (url: string, headers: Record<string, string> = {}) =>
  street.inject({ method: 'GET', url, headers: { 'user-agent': browser, ...headers } })
const signals = async (contactId: string, type: string) =>
  (await eventsOf(base.db, contactId)).filter(event => event.type === type).map(event => event.data)

/** What people's clicks wait for: others that might come within three seconds. */
async function judged(): Promise<void> {
  await advance(services, 5000)
  await settled()
}

test('a click leads where the link table says, and is told as a person’s', async () => {
  const mail = await mailed()
  const answer = await get(mail.links[0] ?? '')
  assert.equal(answer.statusCode, 302)
  assert.equal(answer.headers.location, 'https://example.com/a?x=1&y=2')
  await judged()
  const [told] = await signals(mail.contactId, 'email.clicked')
  assert.deepEqual(
    [told?.verdict, told?.link, told?.messageId, told?.url],
    ['human', 0, mail.id, 'https://example.com/a?x=1&y=2'],
  )
})

test('a link made of a contact’s field leads to that field, and only with our signature', async () => {
  const mail = await mailed()
  const own = mail.links[1] ?? ''
  assert.equal((await get(own)).headers.location, 'https://own.example/page?q=1&r=%3Cx%3E')
  const evil = Buffer.from('https://evil.example/').toString('base64url')
  const tampered = [
    own.replace(/u=[^&]+/, `u=${evil}`),
    own.replace(/&s=.*/, ''),
    own.replace(/\?.*/, ''),
    own.replace(/\?.*/, `?u=${evil}&s=AAAAAAAAAAAAAAAA`),
    own.replace('/1?', '/0?').replace(/^\/c\/./, '/c/B'),
    `${mail.links[0]?.replace('/0', '/99')}`,
    `${mail.links[0]?.replace('/0', '/-1')}`,
  ]
  for (const url of tampered) {
    const answer = await get(url)
    assert.equal(answer.statusCode, 404, url)
    assert.equal(answer.headers.location, undefined)
  }
})

test('scanners that look at every link change nothing and are told as machines', async () => {
  const mail = await mailed()
  for (const url of [...mail.links, mail.pixel]) {
    for (const method of ['HEAD', 'GET'] as const)
      await street.inject({ method, url, headers: { 'user-agent': 'curl/8.5' } })
    await get(url, { 'sec-purpose': 'prefetch' })
  }
  await judged()
  const told = [
    ...(await signals(mail.contactId, 'email.clicked')),
    ...(await signals(mail.contactId, 'email.opened')),
  ]
  assert.equal(told.length, 12)
  assert.ok(
    told.every(data => data.verdict === 'machine'),
    JSON.stringify(told),
  )
  const { current } = await consentOf(base.db, mail.contactId)
  assert.deepEqual(
    current.map(word => word.state),
    ['granted'],
  )
  assert.deepEqual(await signals(mail.contactId, 'email.unsubscribed'), [])
})

test('a browser that calls all links within three seconds is a machine, also for the first of them', async () => {
  const mail = await mailed()
  for (const url of mail.links.filter(link => link.startsWith('/c/'))) await get(url)
  await judged()
  const told = await signals(mail.contactId, 'email.clicked')
  assert.deepEqual(
    told.map(data => data.verdict),
    ['machine', 'machine', 'machine'],
  )
})

test('opens: a mail program is a person, an image proxy perhaps, Apple’s proxy is not', async () => {
  const mail = await mailed()
  for (const agent of [
    browser,
    'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)',
    'Mozilla/5.0',
  ]) {
    const answer = await street.inject({ method: 'GET', url: mail.pixel, headers: { 'user-agent': agent } })
    assert.equal(answer.headers['content-type'], 'image/gif')
  }
  const told = await signals(mail.contactId, 'email.opened')
  assert.deepEqual(
    told.map(data => data.verdict),
    ['human', 'unsure', 'machine'],
  )
  const forged = await get('/o/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.gif')
  assert.equal(forged.statusCode, 200, 'the same picture, so that nobody learns which tokens are real')
})

test('hits are kept up to a limit, however often a page is reloaded', async () => {
  const mail = await mailed()
  for (let i = 0; i < 60; i++) await get(mail.pixel)
  const rows = await many(base.db, sql`select from outreach.hit where message_id = ${mail.id}::bigint`)
  assert.equal(rows.length, 50)
})

test('the page asks, the button unsubscribes, and it holds from the next message on', async () => {
  const mail = await mailed()
  const page = await get(mail.unsubscribe)
  assert.equal(page.statusCode, 200)
  assert.match(page.body, /<form method="post">/)
  assert.doesNotMatch(page.body, /<script/i)
  assert.ok(!page.body.includes(mail.email), 'the page tells nobody whose it is')
  const post = await street.inject({
    method: 'POST',
    url: mail.unsubscribe,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: 'do=leave',
  })
  assert.equal(post.statusCode, 200)
  const { current, ledger } = await consentOf(base.db, mail.contactId)
  assert.equal(current[0]?.state, 'withdrawn')
  assert.equal(ledger[0]?.source, 'unsubscribe page')
  const next = await queueOne(services, letter(mail.contactId, versionId))
  await settled()
  assert.equal((await stored(base.db, next)).reason, 'consent_withdrawn')
  const events = await eventsOf(base.db, mail.contactId)
  const sent = events.find(event => event.type === 'email.sent')
  assert.equal(events.find(event => event.type === 'email.unsubscribed')?.causeId, sent?.id)
})

test('one click by the mail program unsubscribes, without cookie, redirect or question, once', async () => {
  const mail = await mailed()
  const forms = [
    { 'content-type': 'application/x-www-form-urlencoded', payload: 'List-Unsubscribe=One-Click' },
    {
      'content-type': 'multipart/form-data; boundary=x',
      payload: '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n',
    },
  ]
  for (const { payload, ...headers } of forms) {
    const answer = await street.inject({ method: 'POST', url: mail.unsubscribe, headers, payload })
    assert.equal(answer.statusCode, 200)
    assert.equal(answer.headers['set-cookie'], undefined)
  }
  assert.equal((await signals(mail.contactId, 'email.unsubscribed')).length, 1)
  assert.equal((await signals(mail.contactId, 'email.unsubscribed'))[0]?.way, 'one-click')
})

test('a forged token unsubscribes nobody', async () => {
  const mail = await mailed()
  const token = mail.unsubscribe.slice(3)
  const click = (mail.links[0] ?? '').split('/')[2] ?? ''
  for (const bad of [`${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`, click, 'x', 'A'.repeat(39)]) {
    assert.equal((await street.inject({ method: 'POST', url: `/u/${bad}` })).statusCode, 404)
  }
  assert.equal((await consentOf(base.db, mail.contactId)).current[0]?.state, 'granted')
})

test('unsubscribing works after the contact was deleted, and holds when the address comes back', async () => {
  const mail = await mailed()
  await inTransaction(base.db, async trx => {
    await forget(trx, [mail.contactId])
    await run(trx, sql`delete from audience.contact where id = ${mail.contactId}::bigint`)
    await run(trx, sql`delete from audience.consent_current where contact_id = ${mail.contactId}::bigint`)
  })
  assert.equal((await street.inject({ method: 'POST', url: mail.unsubscribe })).statusCode, 200)
  assert.equal(
    (await suppressedAmong(base.db, services.secrets, [mail.email])).get(mail.email),
    'unsubscribed',
  )
  const back = await addContact(base.db, { email: mail.email })
  const id = await queueOne(services, letter(back.id, versionId))
  await settled()
  assert.equal((await stored(base.db, id)).reason, 'suppressed_unsubscribed')
})

test('a preview is shown for a quarter of an hour, sandboxed, to our own office only', async () => {
  const url = path(
    await keepPreview(
      services,
      '<html><body><script>alert(1)</script><a href="https://x.example">x</a></body></html>',
    ),
  )
  const answer = await get(url)
  const policy = String(answer.headers['content-security-policy'])
  assert.match(policy, /^sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'/)
  assert.doesNotMatch(policy, /allow-scripts|allow-same-origin/)
  assert.match(policy, new RegExp(`frame-ancestors ${services.config.officeUrl}`))
  assert.match(answer.body, /<a target="_blank"/)
  assert.equal((await get(`${url.slice(0, -2)}AA`)).statusCode, 404)
  const mail = await mailed()
  assert.equal((await get(path(documentUrl(services, 'mailbox', mail.id)))).statusCode, 200)
  await advance(services, 16 * 60_000)
  assert.equal((await get(url)).statusCode, 404)
})
