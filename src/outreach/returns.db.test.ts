import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { after, before, test } from 'node:test'
import { consentOf } from '#audience/consent.ts'
import { suppressedAmong } from '#audience/suppression.ts'
import { many, one, run, sql } from '#platform/db/db.ts'
import type { Services } from '#platform/services.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { until } from '../../tests/harness/until.ts'
import { messageIdOf, returnPath } from './delivery/compose.ts'
import { createSmtp } from './delivery/smtp.ts'
import { outreachModule } from './module.ts'
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
import { answers, bounces, complaints, type Sample } from './returns/corpus.fixture.ts'
import { countUnread } from './returns/inbox.sql.ts'
import { readInbox } from './returns/inbox.ts'
import { returnsLoop } from './returns.loop.ts'
import { type Listener, listenForReturns } from './returns-listener.ts'
import { makeMailToken } from './tokens.ts'

// What comes back, over real SMTP, from the listener to the contact's story.

let base: TestDatabase
let services: Services
let listener: Listener
let versionId: string
let sender: { stop(): Promise<void> }
const stopping = new AbortController()
let reading: Promise<void>

before(async () => {
  base = await testDatabase()
  // What breaks whoever keeps it, for the test of mails that cannot be read.
  await base.pool.query(`alter table outreach.news add constraint trap check (words <> 'trap')`)
  services = outreachServices(base, { TEND_BOUNCE_PORT: '0' })
  versionId = (await addEmail(services)).versionId
  sender = await startDelivery(services)
  listener = await listenForReturns(services, { mailBytes: 12 * 1024 * 1024, connectionsPerAddress: 8 })
  reading = returnsLoop.run(services, stopping.signal, { id: 'test', held: () => new Map() })
})
after(async () => {
  stopping.abort()
  await reading
  await listener?.close()
  await sender?.stop()
  await base.stop()
})

const settled = () =>
  until(async () => (await isQuiet(services)) && (await countUnread(base.db)) === 0, {
    words: 'all to be done',
  })

async function mailed(more: Parameters<typeof letter>[2] = {}) {
  const contact = await addContact(base.db)
  const id = await queueOne(services, letter(contact.id, versionId, more))
  await settled()
  const message = { contactId: contact.id, id }
  return {
    ...message,
    email: contact.email,
    returnPath: returnPath(services, message),
    messageId: messageIdOf(services, message),
    recipient: contact.email,
  }
}
type Mailed = Awaited<ReturnType<typeof mailed>>

async function send(to: string, raw: string | Buffer): Promise<string> {
  const smtp = createSmtp(`smtp://127.0.0.1:${listener.port}`)
  const outcome = await smtp.send({ from: '', to, raw: Buffer.from(raw) }, () => true)
  await smtp.close()
  return outcome.is === 'reply' ? outcome.text : `broken: ${'text' in outcome ? outcome.text : ''}`
}

const outcomeOf = (mail: Mailed) =>
  one<{
    state: string
    bounce: string | null
    words: string | null
    complained: boolean
    history: { state: string }[]
  }>(
    base.db,
    sql`
    select state, bounce, bounce_words as words, complained_at is not null as complained, history
    from outreach.message where contact_id = ${mail.contactId}::bigint and id = ${mail.id}::bigint`,
  )
const suppression = async (email: string) =>
  (await suppressedAmong(base.db, services.secrets, [email])).get(email) ?? null
const told = async (mail: Mailed, type: string) =>
  (await eventsOf(base.db, mail.contactId)).filter(event => event.type === type)

for (const sample of bounces) {
  test(`by its return path: ${sample.name}`, async () => {
    const mail = await mailed()
    assert.match(await send(mail.returnPath, sample.raw(mail)), /^250/)
    await settled()
    await expectOutcome(mail, sample)
  })
}

async function expectOutcome(mail: Mailed, { kind }: Sample): Promise<void> {
  const outcome = await outcomeOf(mail)
  const isBounce = kind === 'hard' || kind === 'soft' || kind === 'block'
  assert.deepEqual([outcome.state, outcome.bounce], ['sent', isBounce ? kind : null])
  assert.equal(await suppression(mail.email), kind === 'hard' ? 'hard_bounce' : null)
  const [event, ...more] = await told(mail, 'email.bounced')
  assert.equal(more.length, 0)
  assert.equal(event?.data.bounce, isBounce ? kind : undefined)
  const sent = (await told(mail, 'email.sent'))[0]
  if (isBounce) assert.equal(event?.causeId, sent?.id, 'it hangs on the event of sending')
}

test('a bounce without its return path is known by the Message-ID of the mail it gives back', async () => {
  const [postfix] = bounces
  const mail = await mailed()
  await send('bounces@bounce.localhost', postfix?.raw(mail) ?? '')
  await settled()
  assert.equal((await outcomeOf(mail)).bounce, 'hard')
})

test('the same bounce a hundred times is one event, and a worse one after it is told as well', async () => {
  const mail = await mailed()
  const raw = (name: string) => bounces.find(each => each.name === name)?.raw(mail) ?? ''
  for (let i = 0; i < 100; i++) {
    await run(
      base.db,
      sql`insert into outreach.inbox (id, at, recipient, raw) values (${String(i + 1)}::bigint, now(), ${mail.returnPath}, ${Buffer.from(raw('Postfix: mailbox full'))})`,
    )
  }
  await settled()
  assert.equal((await told(mail, 'email.bounced')).length, 1)
  await send(mail.returnPath, raw('Postfix: user unknown'))
  await settled()
  assert.deepEqual(
    (await told(mail, 'email.bounced')).map(event => event.data.bounce),
    ['soft', 'hard'],
  )
  assert.equal((await outcomeOf(mail)).bounce, 'hard')
})

test('an automatic answer is no bounce, and what a person writes to the return path changes nothing', async () => {
  for (const sample of answers) {
    const mail = await mailed()
    assert.match(await send(mail.returnPath, sample.raw(mail)), /^250/, sample.name)
    await settled()
    assert.equal((await outcomeOf(mail)).bounce, null, sample.name)
    assert.equal(await suppression(mail.email), null, sample.name)
    const kept = await many<{ kind: string }>(
      base.db,
      sql`select kind from outreach.news where contact_id = ${mail.contactId}::bigint`,
    )
    assert.deepEqual(
      kept.map(row => row.kind),
      sample.kind === 'auto-reply' ? ['auto-reply'] : [],
      sample.name,
    )
  }
})

test('a complaint suppresses, withdraws consent, is told once, and holds back what waits', async () => {
  for (const sample of complaints.filter(each => each.kind === 'complaint')) {
    const mail = await mailed()
    await send('complaints@bounce.localhost', sample.raw(mail))
    await send('complaints@bounce.localhost', sample.raw(mail))
    await settled()
    assert.equal(await suppression(mail.email), 'complaint', sample.name)
    assert.equal((await told(mail, 'email.complained')).length, 1)
    const [word] = (await consentOf(base.db, mail.contactId)).ledger
    assert.deepEqual([word?.state, word?.source], ['withdrawn', 'spam complaint'])
    assert.equal((await outcomeOf(mail)).complained, true)
    const next = await queueOne(services, letter(mail.contactId, versionId))
    await settled()
    assert.equal((await stored(base.db, next)).reason, 'suppressed_complaint')
  }
  const innocent = await mailed()
  for (const sample of complaints.filter(each => each.kind === 'other'))
    await send('complaints@bounce.localhost', sample.raw(innocent))
  await settled()
  assert.equal(await suppression(innocent.email), null)
})

test('a mail to the List-Unsubscribe address unsubscribes, and an automatic answer there does not', async () => {
  const mail = await mailed()
  const subject = { contactId: mail.contactId, messageId: mail.id }
  const to = `u+${makeMailToken(services.secrets, 'unsubscribe-mail', subject)}@bounce.localhost`
  await send(to, answers[0]?.raw(mail) ?? '')
  await settled()
  assert.equal((await told(mail, 'email.unsubscribed')).length, 0)
  await send(to, 'From: ann@people.example\r\nSubject: unsubscribe\r\n\r\n')
  await settled()
  assert.equal((await told(mail, 'email.unsubscribed'))[0]?.data.way, 'mail')
})

test('forged bounces change nothing: a flipped letter, another purpose, another domain, no token, a foreign Message-ID', async () => {
  const mail = await mailed()
  const [postfix] = bounces
  const raw = postfix?.raw(mail) ?? ''
  const [local = '', domain = ''] = mail.returnPath.split('@')
  const flipped = `${local.slice(0, -1)}${local.endsWith('a') ? 'b' : 'a'}`
  const message = mail.messageId.slice(1).split('@')[0]
  for (const to of [
    `${flipped}@${domain}`,
    `b+${message}@${domain}`,
    `${local}@elsewhere.example`,
    `b+${'a'.repeat(47)}@${domain}`,
    `ann@people.example`,
    `postmaster@${domain}`,
  ])
    assert.match(await send(to, raw), /^550/, to)
  await send(
    'bounces@bounce.localhost',
    raw
      .replaceAll(mail.messageId, `<${'c'.repeat(47)}@bounce.localhost>`)
      .replaceAll(mail.returnPath, 'x@y.example'),
  )
  await settled()
  assert.equal((await outcomeOf(mail)).bounce, null)
  assert.equal(await suppression(mail.email), null)
})

test('three full mailboxes in thirty days give an address up; two, or two and a later sign of life, do not', async () => {
  const full = bounces.find(each => each.name === 'Postfix: mailbox full')
  const contact = await addContact(base.db)
  const bounce = async () => {
    const id = await queueOne(services, letter(contact.id, versionId, { class: 'service' }))
    await settled()
    const mail = { contactId: contact.id, id }
    const about = {
      returnPath: returnPath(services, mail),
      messageId: messageIdOf(services, mail),
      recipient: contact.email,
    }
    await send(about.returnPath, full?.raw(about) ?? '')
    await settled()
    return mail
  }
  await bounce()
  await advance(services, 31 * 86_400_000)
  await bounce()
  const second = await bounce()
  assert.equal(await suppression(contact.email), null, 'the first is too long ago')
  await run(
    base.db,
    sql`update outreach.message set clicked_at = ${new Date(services.clock.now().getTime() + 1000).toISOString()}::timestamptz where id = ${second.id}::bigint`,
  )
  await advance(services, 60_000)
  await bounce()
  assert.equal(await suppression(contact.email), null, 'a click in between is a sign of life')
  await bounce()
  await bounce()
  assert.equal(await suppression(contact.email), 'hard_bounce')
})

test('a message of which nobody knew whether it left is known by what comes back', async () => {
  const mail = await mailed()
  await run(
    base.db,
    sql`update outreach.message set state = 'unknown', sent_at = null where id = ${mail.id}::bigint`,
  )
  const soft = bounces.find(each => each.kind === 'soft')
  await send(mail.returnPath, soft?.raw(mail) ?? '')
  await settled()
  const outcome = await outcomeOf(mail)
  assert.deepEqual([outcome.state, outcome.bounce], ['sent', 'soft'])
  assert.equal(outcome.history.at(-1)?.state, 'bounced for now')
})

test('a complaint about a mail to a contact who was deleted since still closes the address', async () => {
  const mail = await mailed()
  await outreachModule.forget?.(base.db, [mail.contactId])
  await run(base.db, sql`delete from audience.contact where id = ${mail.contactId}::bigint`)
  await send('complaints@bounce.localhost', complaints[0]?.raw(mail) ?? '')
  await settled()
  assert.equal(await suppression(mail.email), 'complaint')
})

test('a mail of ten megabytes is taken and only its beginning kept; a larger one is refused', async () => {
  const mail = await mailed()
  const raw = bounces[0]?.raw(mail) ?? ''
  assert.match(await send(mail.returnPath, `${raw}\r\n${`${'x'.repeat(76)}\r\n`.repeat(135_000)}`), /^250/)
  await settled()
  assert.equal((await outcomeOf(mail)).bounce, 'hard')
  const other = await mailed()
  assert.match(
    await send(other.returnPath, `${raw}\r\n${`${'x'.repeat(76)}\r\n`.repeat(165_000)}`),
    /^552|broken/,
  )
  await settled()
  assert.equal((await outcomeOf(other)).bounce, null)
})

test('a mail that cannot be understood at all is put aside after three tries, and its neighbours are read', async () => {
  const mail = await mailed()
  await run(
    base.db,
    sql`insert into outreach.inbox (id, at, recipient, raw) values (1, now(), ${mail.returnPath},
      ${Buffer.from('From: ann@x.example\r\nAuto-Submitted: auto-replied\r\nSubject: trap\r\n\r\n')})`,
  )
  const fine = await mailed()
  await send(fine.returnPath, bounces[0]?.raw(fine) ?? '')
  await settled()
  assert.equal((await outcomeOf(fine)).bounce, 'hard')
  const [kept] = await many<{ tries: number; trouble: string }>(
    base.db,
    sql`select tries, trouble from outreach.inbox`,
  )
  assert.equal(kept?.tries, 3)
  assert.match(kept?.trouble ?? '', /trap/)
  await run(base.db, sql`delete from outreach.inbox`)
  assert.equal(await readInbox(services), 0)
})

function talk(): { socket: Socket; said(pattern: RegExp): Promise<unknown> } {
  const socket = connect(listener.port, '127.0.0.1')
  let text = ''
  socket.on('data', chunk => {
    text += chunk.toString()
  })
  socket.on('error', () => undefined)
  return { socket, said: pattern => until(() => pattern.test(text), { words: `${pattern} in ${text}` }) }
}

test('a full backlog tells senders to come back, and too many lines from one address are cut', async () => {
  const small = await listenForReturns(services, { backlog: 1, connectionsPerAddress: 2 })
  const mail = await mailed()
  await run(
    base.db,
    sql`insert into outreach.inbox (id, at, recipient, raw, tries) values (2, now(), 'x', 'x', 3)`,
  )
  const smtp = createSmtp(`smtp://127.0.0.1:${small.port}`)
  const outcome = await smtp.send({ from: '', to: mail.returnPath, raw: Buffer.from('a') }, () => true)
  assert.match(outcome.is === 'reply' ? outcome.text : '', /^451 4\.3\.1/)
  await smtp.close()
  await run(base.db, sql`delete from outreach.inbox`)
  await small.close()
  const lines = Array.from({ length: 8 }, talk)
  for (const line of lines) await line.said(/^220/)
  const one = talk()
  await one.said(/421/)
  for (const { socket } of [...lines, one]) socket.destroy()
})

test('a conversation of nonsense ends, and the next one is served', async () => {
  await until(async () => /^250/.test(await send('bounces@bounce.localhost', 'Subject: x\r\n\r\n')))
  const line = talk()
  await line.said(/^220/)
  line.socket.write(Buffer.from(`\0\xff${'A'.repeat(100_000)}\r\n`.repeat(12), 'latin1'))
  await line.said(/421|500/)
  line.socket.destroy()
  assert.match(await send('bounces@bounce.localhost', 'Subject: x\r\n\r\n'), /^250/)
})
