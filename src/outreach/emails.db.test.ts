import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { setReferences } from '#access/references.ts'
import { createUser, systemActor } from '#access/users.ts'
import type { Actor } from '#platform/http/route.ts'
import { createServer, mountRoutes, type Policy } from '#platform/http/server.ts'
import type { Services } from '#platform/services.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { until } from '../../tests/harness/until.ts'
import { selectVersions } from './emails.sql.ts'
import { liveVersions } from './emails.ts'
import { outreachModule } from './module.ts'
import {
  addContact,
  addEmail,
  addOwner,
  isQuiet,
  letter,
  outreachServices,
  queueOne,
  simple,
  startDelivery,
} from './outreach.fixture.ts'

let base: TestDatabase
let services: Services
let office: FastifyInstance
let sender: { stop(): Promise<void> }
let ownerId: string

const actor: Actor = {
  kind: 'user',
  id: 'u1',
  name: 'Mia Marketer',
  email: 'mia@tend.example',
  role: 'marketer',
  scopes: null,
}
const policy: Policy = { authenticate: async () => actor, may: () => true, checkOrigin: () => undefined }

before(async () => {
  base = await testDatabase()
  services = outreachServices(base)
  ownerId = await addOwner(base.db)
  office = await createServer(services)
  mountRoutes(office, outreachModule.routes ?? [], policy, services)
  sender = await startDelivery(services)
})
after(async () => {
  await sender?.stop()
  await office?.close()
  await base.stop()
})

async function call(method: 'GET' | 'POST' | 'PATCH', url: string, body?: object) {
  const answer = await office.inject({
    method,
    url: `/api/v1${url}`,
    ...(body ? { headers: { 'content-type': 'application/json' }, payload: JSON.stringify(body) } : {}),
  })
  const type = String(answer.headers['content-type'])
  return {
    status: answer.statusCode,
    body: type.includes('json') ? answer.json() : answer.body,
    headers: answer.headers,
  }
}
const steward = () => ({
  ownerId,
  reviewOn: new Date(services.clock.now().getTime() + 86_400_000 * 30).toISOString().slice(0, 10),
})

async function draftEmail(draft: object = { subject: 'Hi {{ contact.first_name }}', source: simple }) {
  const { body, status } = await call('POST', '/emails', { name: 'Spring', draft })
  assert.equal(status, 201, JSON.stringify(body))
  return body
}

test('a draft is saved by whoever read it last; the other one hears who was faster', async () => {
  const email = await draftEmail()
  assert.equal(email.status, 'draft')
  const saved = await call('PATCH', `/emails/${email.id}`, { version: 1, draft: { preheader: 'Look' } })
  assert.equal(saved.body.version, 2)
  assert.equal(saved.body.draft.subject, 'Hi {{ contact.first_name }}', 'what was not named stays')
  const late = await call('PATCH', `/emails/${email.id}`, { version: 1, name: 'Other' })
  assert.deepEqual([late.status, late.body.code, late.body.detail.updatedBy], [409, 'stale', 'Mia Marketer'])
})

test('nothing goes live without an owner and a review day, or with a problem in it', async () => {
  const email = await draftEmail()
  const unowned = await call('POST', `/emails/${email.id}/publish`, {
    version: 1,
    ownerId: 'nobody',
    reviewOn: '2020-01-01',
  })
  assert.deepEqual(
    [unowned.status, unowned.body.fields.map((field: { path: string }) => field.path)],
    [422, ['ownerId', 'reviewOn']],
  )
  const broken = await draftEmail({ subject: 'x', kind: 'html', source: '<p>\n{{ contact.x | nope }}</p>' })
  const refused = await call('POST', `/emails/${broken.id}/publish`, { version: 1, ...steward() })
  assert.equal(refused.body.code, 'not_publishable')
  assert.deepEqual(refused.body.fields, [
    { path: 'draft.source', message: 'line 2: There is no filter “nope”' },
  ])
})

test('what was published stays as it was, whatever becomes of the draft', async () => {
  const email = await draftEmail()
  const live = await call('POST', `/emails/${email.id}/publish`, { version: 1, ...steward() })
  assert.deepEqual([live.body.status, live.body.liveVersion], ['live', 1])
  const first = (await liveVersions(base.db, [email.id])).get(email.id) ?? ''
  const [before] = await selectVersions(base.db, [first])
  const changed = await call('PATCH', `/emails/${email.id}`, {
    version: live.body.version,
    draft: { subject: 'Later' },
  })
  assert.equal((await liveVersions(base.db, [email.id])).get(email.id), first)
  const again = await call('POST', `/emails/${email.id}/publish`, {
    version: changed.body.version,
    ...steward(),
  })
  assert.equal(again.body.liveVersion, 2)
  assert.notEqual((await liveVersions(base.db, [email.id])).get(email.id), first)
  assert.deepEqual((await selectVersions(base.db, [first]))[0], before)
  assert.deepEqual(
    (await call('GET', `/emails/${email.id}/versions`)).body.items.map(
      (item: { number: number }) => item.number,
    ),
    [2, 1],
  )
})

test('of two who publish at once one wins', async () => {
  const email = await draftEmail()
  const both = await Promise.all(
    [1, 2].map(() => call('POST', `/emails/${email.id}/publish`, { version: 1, ...steward() })),
  )
  assert.deepEqual(both.map(answer => answer.status).sort(), [200, 409])
})

test('an email that something sends cannot be archived', async () => {
  const email = await draftEmail()
  await setReferences(base.db, { kind: 'workflow', id: '7', name: 'Welcome' }, [
    { kind: 'email', id: email.id },
  ])
  const refused = await call('POST', `/emails/${email.id}/archive`)
  assert.deepEqual([refused.status, refused.body.code], [409, 'in_use'])
  await setReferences(base.db, { kind: 'workflow', id: '7', name: 'Welcome' }, [])
  assert.equal((await call('POST', `/emails/${email.id}/archive`)).body.status, 'archived')
})

test('a preview shows real links and a frame of its own, with the problems of the draft', async () => {
  const email = await draftEmail()
  const contact = await addContact(base.db, {
    firstName: 'Zoë <b>',
    attrs: { site: 'https://own.example/?a=1&b=2' },
  })
  const shown = (await call('POST', `/emails/${email.id}/preview`, { contactId: contact.id })).body
  assert.equal(shown.subject, 'Hi Zoë <b>')
  assert.match(shown.html, /href="https:\/\/example\.com\/a\?x=1&#38;y=2"/)
  assert.match(shown.html, /href="https:\/\/own\.example\/\?a=1&#38;b=2"/)
  assert.match(shown.html, /Zoë &lt;b&gt;/)
  assert.doesNotMatch(shown.html, /\/o\/[\w-]{39}\.gif/)
  assert.match(shown.previewUrl, /^http:\/\/localhost:3001\/preview\/[\w-]{39}$/)
  const wrong = (await call('POST', `/emails/${email.id}/preview`, { draft: { subject: '{{ x' } })).body
  assert.equal(wrong.html, null)
  assert.equal(wrong.problems[0].path, 'subject')
})

test('a test mail goes to our own people only, ten an hour, and follows nobody', async () => {
  const email = await draftEmail()
  await createUser(base.db, systemActor, { name: 'Tim', email: 'tim@tend.example', role: 'marketer' })
  const stranger = await call('POST', `/emails/${email.id}/test`, { to: 'stranger@people.example' })
  assert.deepEqual([stranger.status, stranger.body.fields[0].path], [422, 'to'])
  const answers = []
  for (let i = 0; i < 11; i++)
    answers.push((await call('POST', `/emails/${email.id}/test`, { to: 'tim@tend.example' })).status)
  assert.deepEqual(answers, [...Array(10).fill(202), 429])
  await until(() => isQuiet(services))
  const [item] = (await call('GET', '/sandbox/mailbox?to=TIM@tend.example')).body.items
  assert.match(item.subject, /^\[Test\] Hi Ann/)
  const mail = (await call('GET', `/sandbox/mailbox/${item.id}`)).body
  assert.doesNotMatch(mail.source, /^List-Unsubscribe/m)
  assert.ok(mail.links.every((link: { url: string }) => !link.url.includes('/c/')))
})

test('lists are paged by key, filtered, and tell in words what became of each message', async () => {
  const { versionId, emailId } = await addEmail(services, { name: 'Paged' })
  const ids: string[] = []
  for (let i = 0; i < 5; i++)
    ids.push(
      await queueOne(
        services,
        letter((await addContact(base.db, { consent: i === 0 ? null : 'granted' })).id, versionId),
      ),
    )
  await until(() => isQuiet(services))
  const first = (await call('GET', `/messages?emailId=${emailId}&limit=3`)).body
  const second = (await call('GET', `/messages?emailId=${emailId}&limit=3&cursor=${first.next}`)).body
  assert.deepEqual(
    [...first.items, ...second.items].map(item => item.id),
    [...ids].reverse(),
  )
  assert.equal(second.next, null)
  const held = (await call('GET', `/messages?emailId=${emailId}&state=suppressed`)).body.items
  assert.deepEqual(
    held.map((item: { words: string }) => item.words),
    ['Not sent: there is no consent for this purpose'],
  )
  const why = (await call('GET', `/contacts/${first.items[0].contactId}/messages/${first.items[0].id}/why`))
    .body
  assert.match(
    why.steps.map((step: { words: string }) => step.words).join(' | '),
    /The gate let it pass.*sending.*sent/,
  )
})

test('settings change what the gate does, and a stranger’s input is refused with its path', async () => {
  const bad = await call('PATCH', '/sending', { quietHours: { from: '25:00', to: '08:00' } })
  assert.equal(bad.status, 422)
  const good = await call('PATCH', '/sending', { postalAddress: 'Road 1, 1040 Wien' })
  assert.equal(good.body.settings.postalAddress, 'Road 1, 1040 Wien')
  assert.equal(good.body.route, 'mailbox')
  assert.equal((await call('POST', '/sending/pause', { words: 'a check' })).body.pause.words, 'a check')
  const [finding] = (await outreachModule.health?.(services)) ?? []
  assert.deepEqual(finding, { ok: false, words: 'Sending is paused by Mia Marketer: a check.' })
  assert.equal((await call('POST', '/sending/resume')).status, 200)
})

test('the letter of the mailbox comes as a file, byte by byte', async () => {
  const [item] = (await call('GET', '/sandbox/mailbox')).body.items
  const file = await call('GET', `/sandbox/mailbox/${item.id}/source`)
  assert.equal(file.headers['content-type'], 'message/rfc822')
  assert.match(file.body, /^From: /m)
  assert.equal((await call('GET', '/sandbox/mailbox/1')).status, 404)
})
