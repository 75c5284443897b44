import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { simpleParser } from 'mailparser'
import { systemActor } from '#access/users.ts'
import { many, one, run, sql } from '#platform/db/db.ts'
import type { Services } from '#platform/services.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { until } from '../../tests/harness/until.ts'
import { messageIdOf } from './delivery/compose.ts'
import { listMailbox, readLetter, readRaw } from './mailbox.ts'
import { queueMessages } from './messages.ts'
import { whyMessage } from './messages.view.ts'
import { nextMoment } from './module.sql.ts'
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
import { pauseSending, resumeSending, saveSettings } from './settings.ts'

let base: TestDatabase
let services: Services
let sender: { stop(): Promise<void> }
let email: { emailId: string; versionId: string }

before(async () => {
  base = await testDatabase()
  services = outreachServices(base)
  email = await addEmail(services)
  sender = await startDelivery(services)
})
after(async () => {
  await sender?.stop()
  await base.stop()
})

const settled = () => until(() => isQuiet(services), { words: 'all messages to be done' })

test('a queued message leaves with every header that receivers ask for, and stands in the mailbox', async () => {
  const contact = await addContact(base.db, {
    firstName: 'Zoë',
    attrs: { site: 'https://zoe.example/?a=1&b=<2>' },
  })
  const id = await queueOne(services, letter(contact.id, email.versionId))
  await settled()
  assert.equal((await stored(base.db, id)).state, 'sent')
  const [item] = await listMailbox(base.db, { to: contact.email, before: null, limit: 10 })
  assert.equal(item?.subject, 'Hi Zoë')
  const raw = await readRaw(base.db, id)
  const mail = await simpleParser(raw?.raw ?? '')
  const header = (name: string) =>
    mail.headerLines
      .filter(line => line.key === name)
      .map(line =>
        line.line
          .slice(name.length + 1)
          .replace(/\r?\n\s+/g, ' ')
          .trim(),
      )
  for (const name of [
    'from',
    'to',
    'date',
    'message-id',
    'subject',
    'list-unsubscribe',
    'list-unsubscribe-post',
    'list-id',
    'feedback-id',
    'mime-version',
  ]) {
    assert.equal(header(name).length, 1, `${name} stands once`)
  }
  assert.equal(header('message-id')[0], messageIdOf(services, { contactId: contact.id, id }))
  assert.equal(header('list-unsubscribe-post')[0], 'List-Unsubscribe=One-Click')
  assert.match(header('list-unsubscribe')[0] ?? '', /^<http:\/\/localhost:3001\/u\/[\w-]{39}>$/)
  assert.match(header('list-id')[0] ?? '', /^<marketing\.bounce\.localhost>$/)
  assert.ok(
    raw?.raw
      .toString('latin1')
      .split('\r\n')
      .every(line => line.length <= 998 && !line.includes('\n')),
  )
  assert.match(mail.text ?? '', /Hello Zoë/)
  assert.match(mail.text ?? '', /Unsubscribe: http:\/\/localhost:3001\/u\//)
  const links = (await readLetter(base.db, id))?.links ?? []
  assert.match(links[0]?.url ?? '', /\/c\/[\w-]{39}\/0$/)
  assert.match(links[1]?.url ?? '', /\/c\/[\w-]{39}\/1\?u=[\w-]+&s=[\w-]{16}$/)
  assert.ok(mail.html && /\/o\/[\w-]{39}\.gif/.test(mail.html))
})

test('what was sent is an event with the message, and its cause', async () => {
  const contact = await addContact(base.db)
  const id = await queueOne(services, letter(contact.id, email.versionId, { causeId: '77' }))
  await settled()
  const sent = (await eventsOf(base.db, contact.id)).find(event => event.type === 'email.sent')
  assert.equal(sent?.data.messageId, id)
  assert.equal(sent?.data.emailName, 'Hello')
  assert.equal(sent?.causeId, '77')
})

test('the same reason makes one message, however often and however many at once queue it', async () => {
  const contact = await addContact(base.db)
  const row = letter(contact.id, email.versionId, { reason: 'workflow:1:2' })
  const now = services.clock.now()
  const made = await Promise.all(Array.from({ length: 8 }, () => queueMessages(base.db, [row, row], now)))
  assert.equal(made.flat().length, 1)
  await settled()
  assert.equal((await listMailbox(base.db, { to: contact.email, before: null, limit: 10 })).length, 1)
})

test('who may not be written to is not, and the reason stands on the contact’s screen', async () => {
  const cases = [
    { given: { consent: null }, reason: 'no_consent' },
    { given: { consent: 'pending' as const }, reason: 'consent_pending' },
    { given: { consent: 'withdrawn' as const }, reason: 'consent_withdrawn' },
    { given: { email: null }, reason: 'no_address' },
    { given: { email: 'a@b, c@d.example' }, reason: 'no_address' },
  ]
  for (const { given, reason } of cases) {
    const contact = await addContact(base.db, given)
    const id = await queueOne(services, letter(contact.id, email.versionId))
    await settled()
    const row = await stored(base.db, id)
    assert.deepEqual([row.state, row.verdict, row.reason], ['suppressed', 'no', reason])
    const why = await whyMessage(base.db, contact.id, id)
    assert.match(why.message.words, /^Not sent: /)
    const event = (await eventsOf(base.db, contact.id)).find(each => each.type === 'email.suppressed')
    assert.equal(event?.data.code, reason)
  }
})

test('service mail needs no consent for marketing and carries no link to unsubscribe', async () => {
  const contact = await addContact(base.db, { consent: null })
  const id = await queueOne(
    services,
    letter(contact.id, email.versionId, { class: 'service', purpose: 'service' }),
  )
  await settled()
  const raw = (await readRaw(base.db, id))?.raw.toString('latin1') ?? ''
  assert.doesNotMatch(raw, /^List-Unsubscribe/m)
  assert.match(raw, /^Auto-Submitted: auto-generated/m)
})

test('a second mail on the same day waits for its turn, and the gate says so', async () => {
  const contact = await addContact(base.db)
  const [first, second] = [
    await queueOne(services, letter(contact.id, email.versionId)),
    await queueOne(services, letter(contact.id, email.versionId)),
  ]
  await settled()
  const states = await Promise.all([first, second].map(id => stored(base.db, id)))
  assert.deepEqual(states.map(row => row.state).sort(), ['queued', 'sent'])
  const waiting = states.find(row => row.state === 'queued')
  assert.equal(waiting?.reason, 'cap')
  const due = await nextMoment(base.db, services.clock.now())
  assert.equal(due?.getTime(), waiting?.notBefore.getTime())
  await advance(services, 21 * 3_600_000)
  await settled()
  assert.deepEqual(
    (await Promise.all([first, second].map(id => stored(base.db, id)))).map(row => row.state),
    ['sent', 'sent'],
  )
})

test('the night of the contact’s zone is waited out', async () => {
  await saveSettings(
    base.db,
    systemActor,
    { quietHours: { from: '00:00', to: '23:59' } },
    { mode: 'sandbox', now: services.clock.now() },
  )
  const contact = await addContact(base.db, { timeZone: 'Pacific/Auckland' })
  const id = await queueOne(services, letter(contact.id, email.versionId))
  const alert = await queueOne(
    services,
    letter(contact.id, '', {
      class: 'alert',
      recipient: 'olga@tend.example',
      payload: { subject: 'Ann', text: 'look' },
    }),
  )
  await until(async () => (await stored(base.db, id)).verdict === 'later')
  const row = await stored(base.db, id)
  assert.equal(row.reason, 'quiet_hours')
  const local = new Intl.DateTimeFormat('en-GB', {
    timeZone: 'Pacific/Auckland',
    hour: '2-digit',
    minute: '2-digit',
  }).format(row.notBefore)
  assert.equal(local, '23:59')
  await until(async () => (await stored(base.db, alert)).state === 'sent', {
    words: 'the alert, which knows no night',
  })
  await saveSettings(
    base.db,
    systemActor,
    { quietHours: null },
    { mode: 'sandbox', now: services.clock.now() },
  )
  await advance(services, 24 * 3_600_000)
  await settled()
  assert.equal((await stored(base.db, id)).state, 'sent')
})

test('a pause holds mail without counting as pending, and going on sends it', async () => {
  const contact = await addContact(base.db)
  await pauseSending(base.db, 'Olga', 'a check', services.clock.now())
  const id = await queueOne(services, letter(contact.id, email.versionId))
  await until(async () => (await stored(base.db, id)).verdict === 'hold')
  await settled()
  assert.equal((await stored(base.db, id)).reason, 'paused')
  await resumeSending(base.db, systemActor, services.clock.now())
  await until(async () => (await stored(base.db, id)).state === 'sent')
})

test('alerts reach our people as mail, and webhooks stay in the sandbox', async () => {
  const contact = await addContact(base.db)
  const payload = {
    subject: 'Ann: is ready\r\nBcc: evil@example.com',
    text: 'Ann Lee · ann@people.example\n<b>bold</b>',
  }
  const mail = await queueOne(
    services,
    letter(contact.id, '', { class: 'alert', recipient: 'olga@tend.example', payload }),
  )
  const hook = await queueOne(
    services,
    letter(contact.id, '', {
      class: 'alert',
      channel: 'webhook',
      recipient: 'https://hooks.example.com/T1/secret',
      payload: { text: '*Ann*' },
    }),
  )
  await settled()
  const raw = (await readRaw(base.db, mail))?.raw.toString('latin1') ?? ''
  assert.doesNotMatch(raw, /^Bcc:/im)
  const parsed = await simpleParser(raw)
  assert.match(parsed.html || '', /&#60;b&#62;bold/)
  assert.deepEqual(JSON.parse((await readRaw(base.db, hook))?.raw.toString() ?? '{}'), { text: '*Ann*' })
  assert.equal(
    (await listMailbox(base.db, { to: 'https://hooks.example.com/T1/secret', before: null, limit: 5 }))[0]
      ?.also,
    null,
  )
  const events = (await eventsOf(base.db, contact.id)).filter(event => event.type === 'alert.sent')
  assert.deepEqual(events.map(event => event.data.to).sort(), ['hooks.example.com', 'olga@tend.example'])
})

test('why a message was sent is told from the first cause to the outcome', async () => {
  const contact = await addContact(base.db)
  const why = [
    {
      kind: 'workflow',
      id: '5',
      name: 'Follow-up',
      version: 2,
      enrolmentId: '9',
      at: '2026-01-01T00:00:00Z',
    },
    { kind: 'step', node: 'a', type: 'send-email', words: 'Send the email “Hello”' },
    { kind: 'nonsense', words: 'left out' },
    null,
  ]
  const id = await queueOne(services, letter(contact.id, email.versionId, { why }))
  await settled()
  const told = await whyMessage(base.db, contact.id, id)
  assert.deepEqual(
    told.steps.map(step => step.kind),
    ['workflow', 'step', 'outcome', 'gate', 'outcome', 'outcome'],
  )
  assert.match(told.steps[0]?.words ?? '', /Follow-up.*version 2/)
})

test('a thousand contacts get their own words and nobody else’s', { timeout: 120_000 }, async () => {
  const count = 1000
  const marked = await addEmail(services, {
    kind: 'html',
    source: '<html><body><p>Marker {{ contact.mark }} for {{ contact.email }}</p></body></html>',
  })
  await run(
    base.db,
    sql`
    insert into audience.contact (id, email, attrs, created_at, updated_at)
    select 1000 + n, 'm' || n || '@marks.example', jsonb_build_object('mark', 'x' || n || 'x'), '2026-01-01', '2026-01-01'
    from generate_series(1, ${count}::int) n`,
  )
  await run(
    base.db,
    sql`
    insert into audience.consent_current (contact_id, purpose, topic_id, state, since)
    select 1000 + n, 'marketing', 0, 'granted', '2026-01-01' from generate_series(1, ${count}::int) n`,
  )
  const rows = Array.from({ length: count }, (_, n) =>
    letter(String(1001 + n), marked.versionId, { reason: 'bulk' }),
  )
  await queueMessages(base.db, rows, services.clock.now())
  await until(() => isQuiet(services), { timeoutMs: 100_000, words: 'the bulk to be sent' })
  const mails = await many<{ to: string; raw: Buffer }>(
    base.db,
    sql`select recipient as "to", raw from outreach.mailbox where recipient like '%@marks.example'`,
  )
  assert.equal(mails.length, count)
  for (const { to, raw } of mails) {
    const own = `x${to.slice(1, to.indexOf('@'))}x`
    const found = raw.toString('latin1').match(/Marker (x\d+x)/g) ?? []
    assert.deepEqual([...new Set(found)], [`Marker ${own}`])
  }
  const { n } = await one<{ n: number }>(
    base.db,
    sql`select count(*)::int as n from outreach.message where reason = 'bulk' and state = 'sent'`,
  )
  assert.equal(n, count)
})
