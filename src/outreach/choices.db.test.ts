import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { systemActor } from '#access/users.ts'
import { record } from '#activity/record.ts'
import { consentOf, recordConsent } from '#audience/consent.ts'
import { askConsent } from '#audience/opt-in.ts'
import { requestsOf } from '#audience/requests.ts'
import { suppressedAmong } from '#audience/suppression.ts'
import { createTopic, updateTopic } from '#audience/topics.ts'
import type { Event, Tick } from '#engine/reactor.ts'
import { many, run, sql } from '#platform/db/db.ts'
import type { Services } from '#platform/services.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { until } from '../../tests/harness/until.ts'
import { listMailbox, readLetter } from './mailbox.ts'
import { outreachModule } from './module.ts'
import { optInReactor } from './opt-in.reactor.ts'
import {
  addContact,
  addEmail,
  advance,
  browser,
  isQuiet,
  letter,
  outreachServices,
  queueOne,
  startDelivery,
  startStreet,
  stored,
} from './outreach.fixture.ts'
import { preferencesOf } from './preferences.ts'
import { makeToken } from './tokens.ts'

// The preference centre and the double opt-in, by the links that stand in mails.

let base: TestDatabase
let services: Services
let street: FastifyInstance
let sender: { stop(): Promise<void> }
let versionId: string
const topics: Record<'news' | 'tips', string> = { news: '', tips: '' }

before(async () => {
  base = await testDatabase()
  services = outreachServices(base)
  versionId = (await addEmail(services)).versionId
  sender = await startDelivery(services)
  street = await startStreet(services)
  const add = async (name: string) =>
    (
      await createTopic(
        base.db,
        systemActor,
        { name, description: `All about <${name}>` },
        services.clock.now(),
      )
    ).id
  topics.news = await add('News')
  topics.tips = await add('Tips & "tricks"')
})
after(async () => {
  await sender?.stop()
  await street?.close()
  await base.stop()
})

const dayMs = 86_400_000
const settled = () => until(() => isQuiet(services), { words: 'all to be done' })

async function mailed(given: Parameters<typeof addContact>[1] = {}) {
  const contact = await addContact(base.db, given)
  const id = await queueOne(services, letter(contact.id, versionId))
  await settled()
  const subject = { contactId: contact.id, messageId: id }
  const token = (purpose: 'preferences' | 'unsubscribe') => makeToken(services.secrets, purpose, subject)
  return {
    ...contact,
    messageId: id,
    preferences: `/p/${token('preferences')}`,
    unsubscribe: `/u/${token('unsubscribe')}`,
  }
}

const form = { 'content-type': 'application/x-www-form-urlencoded', 'user-agent': browser }
const post = (url: string, fields: Record<string, string | string[]>) =>
  street.inject({
    method: 'POST',
    url,
    headers: form,
    payload: new URLSearchParams(
      Object.entries(fields).flatMap(([key, value]) =>
        [value].flat().map((each): [string, string] => [key, each]),
      ),
    ).toString(),
  })
const get = (url: string, headers = {}) =>
  street.inject({ method: 'GET', url, headers: { 'user-agent': browser, ...headers } })
const current = async (contactId: string) =>
  Object.fromEntries(
    (await consentOf(base.db, contactId)).current.map(word => [word.topicId ?? 'all', word.state]),
  )
const both = () => [topics.news, topics.tips]

test('a marketing mail leads to the preference centre, which shows no more of an address than its first letter', async () => {
  const mail = await mailed({ email: 'zoe.secret@people.example' })
  const sent = await readLetter(base.db, mail.messageId)
  assert.ok(sent?.links.some(link => link.url.endsWith(mail.preferences)))
  const page = await get(mail.preferences)
  assert.equal(page.statusCode, 200)
  assert.match(page.body, /z•••@people\.example/)
  assert.doesNotMatch(page.body, /secret/)
  assert.match(page.body, /Tips &#38; &#34;tricks&#34;/)
  assert.doesNotMatch(page.body, /<News>|<script/)
  assert.match(page.headers['content-security-policy'] as string, /default-src 'none'/)
})

test('topics are taken off and put back one by one, with proof, and the gate asks for them', async () => {
  const mail = await mailed()
  const { versionId: about } = await addEmail(services, { name: 'About tips' })
  await run(
    base.db,
    sql`update outreach.email_version set draft = jsonb_set(draft, '{topicId}', to_jsonb(${topics.tips}::text)) where id = ${about}::bigint`,
  )
  const page = await post(mail.preferences, {
    do: 'save',
    shown: both(),
    topic: [topics.news],
    frequency: 'all',
    pause: 'keep',
  })
  assert.match(page.body, /role="status">Saved/)
  assert.deepEqual(await current(mail.id), { all: 'granted', [topics.tips]: 'withdrawn' })
  const [word] = (await consentOf(base.db, mail.id)).ledger
  assert.equal(word?.proof.method, 'preference centre')
  assert.match(String(word?.proof.ipHash), /^[0-9a-f]{32}$/)
  assert.doesNotMatch(JSON.stringify(word), /127\.0\.0\.1/)
  await advance(services, 2 * dayMs)
  const held = await queueOne(services, letter(mail.id, about))
  const sent = await queueOne(services, letter(mail.id, versionId))
  await settled()
  assert.deepEqual(
    [(await stored(base.db, held)).reason, (await stored(base.db, sent)).state],
    ['topic_withdrawn', 'sent'],
  )
  await post(mail.preferences, { do: 'save', shown: both(), topic: both(), frequency: 'all', pause: 'keep' })
  assert.equal((await current(mail.id))[topics.tips], 'granted')
})

test('a topic that came up after the page was opened, and one that is no longer offered, stay as they are', async () => {
  const mail = await mailed()
  await post(mail.preferences, { do: 'save', shown: [topics.news], topic: [], frequency: 'all' })
  assert.deepEqual(await current(mail.id), { all: 'granted', [topics.news]: 'withdrawn' })
  const { id } = await createTopic(
    base.db,
    systemActor,
    { name: 'Old', description: '' },
    services.clock.now(),
  )
  await updateTopic(base.db, systemActor, { id, archived: true }, services.clock.now())
  await post(mail.preferences, { do: 'save', shown: [id], topic: [id], frequency: 'all' })
  assert.equal((await current(mail.id))[id], undefined)
})

test('one mail a week, one a month: the gate keeps to what was asked', async () => {
  const mail = await mailed()
  await post(mail.preferences, { do: 'save', frequency: 'monthly', pause: 'keep' })
  assert.equal((await preferencesOf(base.db, [mail.id])).get(mail.id)?.frequency, 'monthly')
  await advance(services, 8 * dayMs)
  const early = await queueOne(services, letter(mail.id, versionId))
  await settled()
  assert.equal((await stored(base.db, early)).reason, 'contact_frequency')
  await advance(services, 20 * dayMs)
  const soon = await queueOne(services, letter(mail.id, versionId))
  await settled()
  const waits = await stored(base.db, soon)
  assert.deepEqual([waits.state, waits.verdict], ['queued', 'later'])
  await post(mail.preferences, { do: 'save', frequency: 'all', pause: 'keep' })
  await settled()
  assert.equal((await stored(base.db, soon)).state, 'sent', 'it is looked at again at once')
})

test('a pause of thirty days holds marketing and nothing else, can be ended, and ends by itself', async () => {
  const mail = await mailed()
  await post(mail.preferences, { do: 'save', frequency: 'all', pause: '30' })
  await advance(services, 2 * dayMs)
  const paused = await queueOne(services, letter(mail.id, versionId))
  const service = await queueOne(
    services,
    letter(mail.id, versionId, { class: 'service', purpose: 'service' }),
  )
  await settled()
  assert.deepEqual(
    [(await stored(base.db, paused)).reason, (await stored(base.db, service)).state],
    ['contact_pause', 'sent'],
  )
  assert.match((await get(mail.preferences)).body, /Paused until/)
  await post(mail.preferences, { do: 'save', frequency: 'all', pause: '0' })
  assert.equal((await preferencesOf(base.db, [mail.id])).get(mail.id)?.pausedUntil, null)
  await post(mail.preferences, { do: 'save', frequency: 'all', pause: '30' })
  await advance(services, 31 * dayMs)
  const after = await queueOne(services, letter(mail.id, versionId))
  await settled()
  assert.equal((await stored(base.db, after)).state, 'sent')
})

test('leaving asks one question, its answer is kept, and who ticks a topic again is back for that topic alone', async () => {
  const mail = await mailed()
  const done = await post(mail.preferences, { do: 'leave' })
  assert.match(done.body, /You are unsubscribed/)
  assert.match(done.body, /May we ask why/)
  assert.equal((await current(mail.id)).all, 'withdrawn')
  const thanks = await post(mail.unsubscribe, { do: 'reason', reason: 'too-many' })
  assert.match(thanks.body, /Thank you for telling us/)
  const reasons = await many<{ reason: string }>(
    base.db,
    sql`select reason from outreach.leaving where contact_id = ${mail.id}::bigint`,
  )
  assert.deepEqual(reasons, [{ reason: 'too-many' }])
  assert.match((await get(mail.preferences)).body, /You get no marketing emails from us at present/)
  await post(mail.preferences, { do: 'save', shown: both(), topic: [topics.news], frequency: 'all' })
  assert.deepEqual(await current(mail.id), {
    all: 'granted',
    [topics.news]: 'granted',
    [topics.tips]: 'withdrawn',
  })
})

test('asking for one’s data opens one request, whatever the clicks, and a letter says so', async () => {
  const mail = await mailed()
  const page = await post(mail.preferences, { do: 'export' })
  await post(mail.preferences, { do: 'export' })
  await post(mail.preferences, { do: 'erase' })
  assert.match(page.body, /We have your request and will answer by/)
  assert.deepEqual(
    (await requestsOf(base.db, mail.id)).map(request => [request.kind, request.state]).sort(),
    [
      ['erase', 'open'],
      ['export', 'open'],
    ],
  )
  await settled()
  const letters = await listMailbox(base.db, { to: mail.email, before: null, limit: 10 })
  assert.deepEqual(
    letters
      .map(each => each.subject)
      .slice(0, 2)
      .sort(),
    ['We have your request for your data', 'We have your request to erase your data'],
  )
})

test('the pages speak the contact’s language, or that of the browser', async () => {
  const mail = await mailed()
  assert.match(
    (await get(mail.unsubscribe, { 'accept-language': 'fr;q=0.9, de-AT;q=0.8' })).body,
    /lang="de".*Abmelden\?/s,
  )
  await run(base.db, sql`update audience.contact set language = 'de' where id = ${mail.id}::bigint`)
  assert.match((await get(mail.preferences)).body, /Ihre Mails/)
})

/** What the engine would do with the events of a wish. */
async function ask(contactId: string, letterAt?: Date): Promise<number> {
  const at = services.clock.now()
  const events = await record(
    base.db,
    await askConsent(base.db, [
      {
        contactId,
        purpose: 'marketing',
        basis: 'double-opt-in',
        source: 'Website',
        wording: 'Yes, send me <news>',
        proof: { formId: '7' },
        at,
        ...(letterAt ? { letterAt } : {}),
      },
    ]),
  )
  await react(events)
  await settled()
  return events.length
}

async function react(events: object[]): Promise<void> {
  const now = services.clock.now()
  const tick = { db: base.db, now, round: 0, events: events as Event[], timers: [], services }
  await optInReactor.run(tick as unknown as Tick)
}

async function asked(language?: string) {
  const contact = await addContact(base.db, { consent: null })
  if (language)
    await run(
      base.db,
      sql`update audience.contact set language = ${language} where id = ${contact.id}::bigint`,
    )
  await ask(contact.id)
  const [mail] = await listMailbox(base.db, { to: contact.email, before: null, limit: 5 })
  const sent = await readLetter(base.db, mail?.id ?? '')
  const link = /\/confirm\/[\w-]{39}/.exec(sent?.html ?? '')?.[0] ?? ''
  return { ...contact, link, subject: mail?.subject ?? '' }
}

test('double opt-in: pending gets nothing but its letter; looking changes nothing; the click grants, with proof', async () => {
  const wish = await asked()
  assert.equal(wish.subject, 'Please confirm: emails from Tend')
  const early = await queueOne(services, letter(wish.id, versionId))
  await settled()
  assert.equal((await stored(base.db, early)).reason, 'consent_pending')
  for (let i = 0; i < 5; i++) assert.match((await get(wish.link)).body, /Yes, send me &#60;news&#62;/)
  assert.deepEqual(await current(wish.id), { all: 'pending' })
  assert.match(
    (await street.inject({ method: 'POST', url: wish.link, headers: form, payload: '' })).body,
    /that is confirmed/,
  )
  assert.match(
    (await street.inject({ method: 'POST', url: wish.link, headers: form, payload: '' })).body,
    /that is confirmed/,
  )
  const { ledger } = await consentOf(base.db, wish.id)
  assert.deepEqual(
    ledger.map(word => word.state),
    ['granted', 'pending'],
  )
  const [granted] = ledger
  assert.deepEqual(
    [granted?.basis, granted?.source, granted?.wording],
    ['double-opt-in', 'Website', 'Yes, send me <news>'],
  )
  assert.equal(granted?.proof.userAgent, browser)
  assert.match(String(granted?.proof.ipHash), /^[0-9a-f]{32}$/)
  const next = await queueOne(services, letter(wish.id, versionId))
  await settled()
  assert.equal((await stored(base.db, next)).state, 'sent')
})

test('a letter of an import leaves in its turn, sooner if the person asks too, and never once the wish is over', async () => {
  const lettersTo = async (email: string) =>
    (await listMailbox(base.db, { to: email, before: null, limit: 5 })).length
  const [waits, hurries, leaves] = await Promise.all(
    [1, 2, 3].map(() => addContact(base.db, { consent: null })),
  )
  assert.ok(waits && hurries && leaves)
  const turn = new Date(services.clock.now().getTime() + 2 * dayMs)
  for (const { id } of [waits, hurries, leaves]) await ask(id, turn)
  assert.equal(await lettersTo(waits.email), 0)
  const word = { purpose: 'marketing', state: 'withdrawn' as const, basis: 'request', source: 'a test' }
  const over = { ...word, contactId: leaves.id, proof: {}, at: services.clock.now() }
  await react(await record(base.db, await recordConsent(base.db, [over])))
  await advance(services, 25 * 3_600_000)
  await ask(hurries.id)
  assert.equal(await lettersTo(hurries.email), 1)
  await advance(services, dayMs)
  await settled()
  assert.equal(await lettersTo(waits.email), 1)
  assert.equal(await lettersTo(hurries.email), 1, 'the one that said the same later is taken back')
  assert.equal(await lettersTo(leaves.email), 0)
})

test('one letter per address a day, however often somebody asks; the next day another', async () => {
  const wish = await asked()
  for (let i = 0; i < 5; i++) await ask(wish.id)
  await run(base.db, sql`delete from audience.consent where contact_id = ${wish.id}::bigint`)
  await ask(wish.id)
  const letters = () => listMailbox(base.db, { to: wish.email, before: null, limit: 10 })
  assert.equal((await letters()).length, 1)
  await advance(services, dayMs + 60_000)
  await ask(wish.id)
  assert.equal((await letters()).length, 2)
})

test('a wish loosens nothing: who opted out stays out until he confirms himself, who agreed is not asked', async () => {
  const mail = await mailed()
  assert.equal(await ask(mail.id), 0)
  await post(mail.unsubscribe, {})
  await ask(mail.id)
  assert.deepEqual(await current(mail.id), { all: 'withdrawn' })
  const [sent] = await listMailbox(base.db, { to: mail.email, before: null, limit: 1 })
  const link = /\/confirm\/[\w-]{39}/.exec((await readLetter(base.db, sent?.id ?? ''))?.html ?? '')?.[0] ?? ''
  await street.inject({ method: 'POST', url: link })
  assert.deepEqual(await current(mail.id), { all: 'granted' })
  assert.equal((await suppressedAmong(base.db, services.secrets, [mail.email])).size, 0)
})

test('a link of a letter ends after a week, and with the address that it went to', async () => {
  const late = await asked('de')
  assert.match(late.subject, /Bitte bestätigen/)
  const moved = await asked()
  await run(
    base.db,
    sql`update audience.contact set email = 'else@people.example' where id = ${moved.id}::bigint`,
  )
  assert.equal((await street.inject({ method: 'POST', url: moved.link })).statusCode, 404)
  assert.deepEqual(await current(moved.id), { all: 'pending' })
  await advance(services, 8 * dayMs)
  assert.match((await get(late.link)).body, /älter als eine Woche/)
  await street.inject({ method: 'POST', url: late.link })
  assert.deepEqual(await current(late.id), { all: 'pending' })
})

test('unsubscribing takes any body: broken, of no type, of the wrong type, too long', async () => {
  const bodies: [string, Record<string, string>, string | Buffer][] = [
    ['broken JSON', { 'content-type': 'application/json' }, '{"a":'],
    ['a broken multipart', { 'content-type': 'multipart/form-data; boundary=x' }, '--y\r\nnothing'],
    ['multipart without a boundary', { 'content-type': 'multipart/form-data' }, 'List-Unsubscribe=One-Click'],
    ['no type', {}, 'List-Unsubscribe=One-Click'],
    ['a type that is none', { 'content-type': ';;;/x' }, 'List-Unsubscribe=One-Click'],
    ['a megabyte', { 'content-type': 'text/plain' }, Buffer.alloc(1024 * 1024, 'x')],
    ['five megabytes', { 'content-type': 'text/plain' }, Buffer.alloc(5 * 1024 * 1024, 'x')],
    ['nothing', {}, ''],
  ]
  for (const [name, headers, payload] of bodies) {
    const mail = await mailed()
    const answer = await street.inject({ method: 'POST', url: mail.unsubscribe, headers, payload })
    assert.equal(answer.statusCode, 200, name)
    assert.equal((await current(mail.id)).all, 'withdrawn', name)
  }
})

test('a link of one purpose opens no other door, and forged ones open none', async () => {
  const mail = await mailed()
  const [, kind, token = ''] = mail.preferences.split('/')
  assert.equal(kind, 'p')
  for (const url of [
    `/u/${token}`,
    `/confirm/${token}`,
    `/p/${mail.unsubscribe.slice(3)}`,
    `/p/${token.slice(0, -2)}AA`,
    '/p/x',
  ]) {
    assert.equal((await get(url)).statusCode, 404, url)
    assert.equal((await post(url, { do: 'leave' })).statusCode, 404, url)
  }
  assert.deepEqual(await current(mail.id), { all: 'granted' })
})

test('a contact that was deleted: its pages still open, and leaving still holds by what is left', async () => {
  const mail = await mailed()
  await outreachModule.forget?.(base.db, [mail.id])
  for (const table of ['contact', 'consent', 'consent_current'])
    await run(
      base.db,
      sql`delete from ${sql.table(`audience.${table}`)} where ${sql.ref(table === 'contact' ? 'id' : 'contact_id')} = ${mail.id}::bigint`,
    )
  assert.match((await get(mail.preferences)).body, /We hold no contact behind this link/)
  assert.equal((await post(mail.preferences, { do: 'save', frequency: 'weekly' })).statusCode, 200)
  assert.equal((await post(mail.preferences, { do: 'leave' })).statusCode, 200)
  assert.equal(
    (await suppressedAmong(base.db, services.secrets, [mail.email])).get(mail.email),
    'unsubscribed',
  )
})

test('GET and HEAD on every public page of ours change no row of any table', async () => {
  const mail = await mailed()
  const wish = await asked()
  const before = await snapshot()
  for (const url of [
    mail.preferences,
    mail.unsubscribe,
    wish.link,
    '/p/preview',
    '/u/preview',
    `${mail.preferences}?do=leave`,
    `${wish.link}?confirm=1`,
  ])
    for (const method of ['GET', 'HEAD'] as const)
      for (const agent of [browser, 'Mozilla/5.0 (compatible; LinkScanner/1.0)', '']) {
        const answer = await street.inject({ method, url, headers: { 'user-agent': agent } })
        assert.equal(answer.statusCode, 200, url)
      }
  assert.deepEqual(await snapshot(), before)
})

/** A fingerprint of every table. */
async function snapshot(): Promise<Record<string, string>> {
  const tables = await many<{ name: string }>(
    base.db,
    sql`
    select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and n.nspname in ('audience', 'outreach', 'activity', 'decisions', 'workflows', 'engine', 'stewardship', 'access')
      and c.relname not in ('lane', 'worker')`,
  )
  const prints: Record<string, string> = {}
  for (const { name } of tables) {
    const [row] = await many<{ print: string }>(
      base.db,
      sql`select coalesce(md5(string_agg(t::text, '|' order by t::text)), '') as print from ${sql.raw(name)} t`,
    )
    prints[name] = row?.print ?? ''
  }
  return prints
}
