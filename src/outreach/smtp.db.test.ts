import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { simpleParser } from 'mailparser'
import { one, run, sql } from '#platform/db/db.ts'
import type { Services } from '#platform/services.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { type Script, type Sink, startSink } from '../../tests/harness/smtp-sink.ts'
import { until } from '../../tests/harness/until.ts'
import { messageIdOf } from './delivery/compose.ts'
import { listMailbox } from './mailbox.ts'
import {
  addContact,
  addEmail,
  advance,
  eventsOf,
  isQuiet,
  letter,
  outreachServices,
  queueOne,
  startDelivery,
  stored,
} from './outreach.fixture.ts'

// Mail over real SMTP, to a server that does what it is told.

let base: TestDatabase
let sink: Sink
let services: Services
let sender: Awaited<ReturnType<typeof startDelivery>>
let versionId: string
const scripts = new Map<string, Script>()

before(async () => {
  base = await testDatabase()
  sink = await startSink({ script: to => scripts.get(to) ?? {} })
  services = outreachServices(base, { TEND_SMTP_URL: sink.url })
  versionId = (await addEmail(services)).versionId
  sender = await startDelivery(services)
})
after(async () => {
  await sender?.stop()
  await sink?.stop()
  await base.stop()
})

async function sendTo(script: Script, more: Parameters<typeof letter>[2] = {}) {
  const contact = await addContact(base.db)
  scripts.set(contact.email, script)
  const id = await queueOne(services, letter(contact.id, versionId, more))
  return { ...contact, contactId: contact.id, id }
}
const arrived = (email: string) => sink.letters.filter(each => each.to === email)
const settled = () => until(() => isQuiet(services), { words: 'all messages to be done' })

test('a letter arrives once, by its return path, over TLS that the server offers, and lies in the mailbox too', async () => {
  const to = await sendTo({})
  await settled()
  const [got, ...more] = arrived(to.email)
  assert.equal(more.length, 0)
  assert.match(got?.from ?? '', /^b\+[a-z2-7]{47}@bounce\.localhost$/)
  const mail = await simpleParser(got?.raw ?? '')
  assert.equal(mail.subject, 'Hi Ann')
  const row = await stored(base.db, to.id)
  assert.deepEqual([row.state, row.code], ['sent', 250])
  assert.equal((await listMailbox(base.db, { to: to.email, before: null, limit: 5 }))[0]?.also, 'SMTP')
})

test('an address that does not exist fails, is suppressed, and is told as a bounce', async () => {
  const to = await sendTo({ rcpt: '550 5.1.1 no such user here' })
  await settled()
  const row = await stored(base.db, to.id)
  assert.deepEqual([row.state, row.code], ['failed', 550])
  const bounced = (await eventsOf(base.db, to.contactId)).find(event => event.type === 'email.bounced')
  assert.match(String(bounced?.data.reason), /no such user/)
  const again = await queueOne(services, letter(to.contactId, versionId, { class: 'service' }))
  await settled()
  assert.equal((await stored(base.db, again)).reason, 'suppressed_hard_bounce')
})

test('a refusal for policy fails without suppressing the address', async () => {
  const to = await sendTo({ data: '550 5.7.1 rejected because of DMARC' })
  await settled()
  assert.equal((await stored(base.db, to.id)).state, 'failed')
  const { n } = await one<{ n: number }>(
    base.db,
    sql`select count(*)::int as n from audience.suppression where source = ${`message ${to.id}`}`,
  )
  assert.equal(n, 0)
})

test('greylisting waits and then delivers, under the same Message-ID', async () => {
  const to = await sendTo({ rcpt: '451 4.2.0 greylisted, try later' })
  await until(async () => (await stored(base.db, to.id)).state === 'deferred')
  const row = await stored(base.db, to.id)
  assert.equal(row.attempt, 1)
  const waitMs = row.notBefore.getTime() - services.clock.now().getTime()
  assert.ok(waitMs > 3 * 60_000 && waitMs < 7 * 60_000, `waits ${waitMs} ms`)
  scripts.delete(to.email)
  await advance(services, 10 * 60_000)
  await settled()
  assert.equal((await stored(base.db, to.id)).state, 'sent')
  const mail = await simpleParser(arrived(to.email)[0]?.raw ?? '')
  assert.equal(mail.messageId, messageIdOf(services, to))
})

test('a connection that ends after the body leaves news unknown, and nothing is sent twice', async () => {
  const to = await sendTo({ drop: true })
  await until(async () => (await stored(base.db, to.id)).state === 'unknown')
  await settled()
  scripts.delete(to.email)
  await advance(services, 3_600_000)
  await settled()
  assert.equal((await stored(base.db, to.id)).state, 'unknown')
  assert.equal(arrived(to.email).length, 0)
})

test('what somebody waits for is sent again after such an end', async () => {
  const to = await sendTo({ drop: true }, { class: 'service' })
  await until(async () => (await stored(base.db, to.id)).state === 'deferred')
  scripts.delete(to.email)
  await advance(services, 3_600_000)
  await settled()
  assert.equal((await stored(base.db, to.id)).state, 'sent')
})

test('a server that is away costs no attempt, and mail leaves when it is back', async () => {
  const { port } = sink
  await sink.stop()
  const to = await sendTo({})
  await until(
    async () =>
      (await stored(base.db, to.id)).reason === 'route_down' ||
      (await stored(base.db, to.id)).notBefore > services.clock.now(),
  )
  assert.equal((await stored(base.db, to.id)).attempt, 0)
  sink = await startSink({ script: address => scripts.get(address) ?? {}, port })
  await advance(services, 10 * 60_000)
  await until(async () => (await stored(base.db, to.id)).state === 'sent')
})

test('an address with a line break or a second address never reaches the server', async () => {
  const before = sink.letters.length
  for (const email of [
    'a@ok.example\r\nRCPT TO:<evil@x.example>',
    'a@ok.example, evil@x.example',
    '"a b"@ok.example',
    'a@ok.example>\n',
  ]) {
    const contact = await addContact(base.db, { email: `${email}` })
    const id = await queueOne(services, letter(contact.id, versionId))
    await settled()
    assert.equal((await stored(base.db, id)).reason, 'no_address')
  }
  assert.equal(sink.letters.length, before)
})

test('what a claim took whose answer was lost is sent by the same sender, though it lives', async () => {
  const to = await sendTo({}, { notBefore: new Date(services.clock.now().getTime() + 86_400_000) })
  // As such a claim leaves it: begun in the ledger, unknown to the sender.
  await run(
    base.db,
    sql`update outreach.message set state = 'sending', sender = ${sender.id}, sending_at = queued_at
      where contact_id = ${to.contactId}::bigint and id = ${to.id}::bigint`,
  )
  await until(async () => (await stored(base.db, to.id)).state === 'sent', { words: 'it to be sent' })
  assert.equal(arrived(to.email).length, 1)
})
