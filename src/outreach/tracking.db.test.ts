import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { systemActor } from '#access/users.ts'
import { recordConsent } from '#audience/consent.ts'
import { inTransaction, one, sql } from '#platform/db/db.ts'
import type { Services } from '#platform/services.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { until } from '../../tests/harness/until.ts'
import { readLetter } from './mailbox.ts'
import {
  addContact,
  addEmail,
  browser,
  isQuiet,
  letter,
  outreachServices,
  queueOne,
  startDelivery,
  startStreet,
} from './outreach.fixture.ts'
import { mayTrack, saveTracking, type Tracking } from './tracking.ts'

let base: TestDatabase
let services: Services
let street: FastifyInstance
let delivery: { stop(): Promise<void> }
let versionId: string
before(async () => {
  base = await testDatabase()
  services = outreachServices(base)
  street = await startStreet(services)
  delivery = await startDelivery(services)
  const source = `<mjml><mj-body><mj-section><mj-column>
    <mj-text><a href="https://example.com/offer">Offer</a></mj-text></mj-column></mj-section></mj-body></mjml>`
  versionId = (await addEmail(services, { source })).versionId
})
after(async () => {
  await delivery?.stop()
  await street?.close()
  await base?.stop()
})

let people = 0
async function mailTo(contactId: string): Promise<string> {
  const id = await queueOne(
    services,
    letter(contactId, versionId, { reason: `mail ${++people}`, class: 'service' }),
  )
  await until(() => isQuiet(services))
  return (await readLetter(base.db, id))?.html ?? ''
}
const person = async () => (await addContact(base.db, { email: `tracked${++people}@example.org` })).id
const say = (contactId: string, state: 'granted' | 'withdrawn') =>
  inTransaction(base.db, trx =>
    recordConsent(trx, [
      {
        contactId,
        purpose: 'tracking',
        state,
        basis: 'request',
        source: 'test',
        proof: {},
        at: services.clock.now(),
      },
    ]),
  )
const set = (tracking: Tracking) => saveTracking(base.db, systemActor, tracking, services.clock.now())
const hits = async (contactId: string) =>
  (
    await one<{ n: number }>(
      base.db,
      sql`select count(*)::int as n from outreach.hit where contact_id = ${contactId}::bigint`,
    )
  ).n
const pathOf = (mail: string, letter: 'o' | 'c') =>
  new RegExp(`/${letter}/[A-Za-z0-9_-]{39}[^"\\s<]*`).exec(mail)?.[0]

test('the setting and the person’s word decide together, and a browser that objects needs a yes', () => {
  const rows = [
    ['always', undefined, false, true],
    ['always', undefined, true, false],
    ['always', 'pending', false, true],
    ['always', 'withdrawn', false, false],
    ['always', 'granted', true, true],
    ['consent', undefined, false, false],
    ['consent', 'pending', false, false],
    ['consent', 'granted', false, true],
    ['never', 'granted', false, false],
  ] as const
  for (const [mode, word, objects, expected] of rows)
    assert.equal(mayTrack(mode, word, objects), expected, `${mode} ${word} ${objects}`)
})

test('a mail to somebody who withdrew has no pixel and real links; others are followed', async () => {
  const [open, shy] = [await person(), await person()]
  await say(shy, 'withdrawn')
  const [followed, free] = [await mailTo(open), await mailTo(shy)]
  assert.ok(pathOf(followed, 'o') && pathOf(followed, 'c'))
  assert.equal(pathOf(free, 'o') ?? pathOf(free, 'c'), undefined)
  assert.match(free, /href="https:\/\/example\.com\/offer"/)
})

test('opens and clicks are switched off apart, and may ask for consent', async () => {
  const [one, yes] = [await person(), await person()]
  await say(yes, 'granted')
  await set({ opens: 'never', clicks: 'consent' })
  assert.deepEqual([pathOf(await mailTo(one), 'o'), pathOf(await mailTo(one), 'c')], [undefined, undefined])
  const agreed = await mailTo(yes)
  assert.equal(pathOf(agreed, 'o'), undefined)
  assert.ok(pathOf(agreed, 'c'))
  await set({ opens: 'always', clicks: 'always' })
})

test('a hit on an older mail is not kept once the person has objected, nor from a browser that does', async () => {
  const id = await person()
  const mail = await mailTo(id)
  const [pixel, link] = [pathOf(mail, 'o') ?? '', pathOf(mail, 'c') ?? '']
  const call = (url: string, headers: Record<string, string> = {}) =>
    street.inject({ method: 'GET', url, headers: { 'user-agent': browser, ...headers } })
  await call(pixel, { 'sec-gpc': '1' })
  const answer = await call(link, { dnt: '1' })
  assert.equal(answer.headers.location, 'https://example.com/offer')
  assert.equal(await hits(id), 0)
  await call(pixel)
  assert.equal(await hits(id), 1)
  await say(id, 'withdrawn')
  assert.equal((await call(pixel)).statusCode, 200)
  assert.equal((await call(link)).statusCode, 302)
  assert.equal(await hits(id), 1)
})
