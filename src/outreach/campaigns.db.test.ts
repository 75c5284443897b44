import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { suppress } from '#audience/suppression.ts'
import { many, run, sql } from '#platform/db/db.ts'
import { until } from '../../tests/harness/until.ts'
import {
  addPeople,
  addSegment,
  dayIn,
  launched,
  liftCaps,
  reviewed,
  type Stage,
  settled,
  startStage,
  statesOf,
} from './campaigns.fixture.ts'
import { advance } from './outreach.fixture.ts'

// Campaigns through the API of the office, to a real mail server.

let stage: Stage
let worker: { stop(): Promise<void> }

before(async () => {
  stage = await startStage()
  await liftCaps(stage)
  worker = await stage.work()
})
after(async () => {
  await worker?.stop()
  await stage?.stop()
})

const arrived = (domain: string) =>
  stage.sink.letters.map(letter => letter.to).filter(to => to.endsWith(`@${domain}`))
const range = (first: number, count: number) => Array.from({ length: count }, (_, n) => first + n)
const statusOf = async (id: string) => (await stage.call('GET', `/${id}`)).body.status
const ended = (id: string) =>
  until(async () => (await statusOf(id)) === 'finished', { timeoutMs: 60_000, words: 'the campaign to end' })
type Reason = { reason: string; words: string; n: number; examples: { contactId: string; name: string }[] }

test('the count tells who would get it and who would not, by reason, with somebody to look at', async () => {
  const listId = await addPeople(stage, { first: 1000, count: 40, domain: 'count.example' })
  const segment = await addSegment(stage, 'Overlap', range(1000, 10))
  const excluded = await addSegment(stage, 'Not these', range(1001, 3))
  const { db } = stage.base
  await run(db, sql`update audience.consent_current set state = 'withdrawn' where contact_id = 1010`)
  await run(db, sql`update audience.consent_current set state = 'pending' where contact_id = 1011`)
  await run(db, sql`delete from audience.consent_current where contact_id in (1012, 1013)`)
  await run(db, sql`update audience.contact set email = null where id = 1014`)
  const at = stage.services.clock.now()
  const entry = { address: 'p1015@count.example', reason: 'hard_bounce' as const, source: 'test', at }
  await suppress(db, stage.services.secrets, [entry])
  const { review } = await reviewed(stage, {
    include: { segments: [segment], lists: [listId] },
    exclude: { segments: [excluded], lists: [], campaigns: [] },
  })
  assert.deepEqual([review.people, review.duplicates, review.recipients], [40, 10, 31])
  const reasons = review.excluded as Reason[]
  assert.deepEqual(Object.fromEntries(reasons.map(each => [each.reason, each.n])), {
    [`segment:${excluded}`]: 3,
    no_consent: 2,
    consent_withdrawn: 1,
    consent_pending: 1,
    no_address: 1,
    suppressed_hard_bounce: 1,
  })
  const byName = reasons.find(each => each.reason === `segment:${excluded}`)
  assert.equal(byName?.words, 'is in the excluded segment “Not these”')
  assert.deepEqual(
    byName?.examples.map(each => each.contactId),
    ['1001', '1002', '1003'],
  )
})

test('it goes once to everybody who was counted, and to nobody else', async () => {
  const first = await addPeople(stage, { first: 2000, count: 30, domain: 'once.example' })
  const second = await addSegment(stage, 'Again', range(2000, 20))
  await run(stage.base.db, sql`delete from audience.consent_current where contact_id = 2001`)
  const { id, recipients } = await launched(stage, { include: { segments: [second], lists: [first] } })
  assert.equal(recipients, 29)
  await ended(id)
  assert.deepEqual(arrived('once.example').sort(), [...new Set(arrived('once.example'))].sort())
  assert.equal(arrived('once.example').length, 29)
  const { body } = await stage.call('GET', `/${id}/results`)
  assert.deepEqual([body.recipients, body.sent, body.states], [29, 29, { sent: 29 }])
  const told = await many<{ campaignId: string }>(
    stage.base.db,
    sql`select data->>'campaignId' as "campaignId" from activity.event where contact_id = 2002 and type = 'email.sent'`,
  )
  assert.deepEqual(told, [{ campaignId: id }])
})

test('whoever got one campaign can be left out of the next', async () => {
  const list = await addPeople(stage, { first: 2100, count: 10, domain: 'already.example' })
  const half = await addSegment(stage, 'Half', range(2100, 4))
  const { id } = await launched(stage, { include: { segments: [half], lists: [] } })
  await ended(id)
  const { review } = await reviewed(stage, {
    include: { segments: [], lists: [list] },
    exclude: { segments: [], lists: [], campaigns: [id] },
  })
  assert.equal(review.recipients, 6)
  assert.equal((review.excluded as Reason[])[0]?.words, 'got the campaign “Autumn news” already')
})

test('nothing is sent without a count, with another number than was counted, or without an owner', async () => {
  const list = await addPeople(stage, { first: 2200, count: 5, domain: 'refused.example' })
  const { id, version, recipients } = await reviewed(stage, { include: { segments: [], lists: [list] } })
  const wish = { version, ownerId: stage.ownerId, reviewOn: dayIn(stage, 60), recipients }
  const other = await stage.call('POST', `/${id}/launch`, { ...wish, recipients: 4 })
  assert.deepEqual([other.status, other.body.code], [422, 'not_confirmed'])
  const unowned = await stage.call('POST', `/${id}/launch`, { ...wish, ownerId: 'nobody' })
  assert.equal(unowned.status, 422)
  const changed = await stage.call('PATCH', `/${id}`, { version, settings: { perHour: 100 } })
  const uncounted = await stage.call('POST', `/${id}/launch`, { ...wish, version: changed.body.version })
  assert.deepEqual([uncounted.status, uncounted.body.code], [409, 'not_reviewed'])
  const empty = await stage.call('POST', '', { name: 'Nothing yet' })
  const early = await stage.call('POST', `/${empty.body.id}/review`)
  const fields = early.body.fields as { path: string }[]
  assert.deepEqual(
    fields.map(field => field.path),
    ['include', 'emailId'],
  )
})

test('a launch can be taken back within its minute, and leaves after it', async () => {
  const list = await addPeople(stage, { first: 2300, count: 3, domain: 'undo.example' })
  const settings = { include: { segments: [], lists: [list] } }
  const { id } = await launched(stage, settings, { immediately: false })
  await settled(stage)
  assert.equal(arrived('undo.example').length, 0)
  assert.equal((await stage.call('POST', `/${id}/withdraw`)).body.status, 'draft')
  await advance(stage.services, 120_000)
  await settled(stage)
  assert.equal(arrived('undo.example').length, 0)
  const again = await launched(stage, settings, { immediately: false })
  await advance(stage.services, 61_000)
  await ended(again.id)
  assert.equal(arrived('undo.example').length, 3)
})

test('at the recipients’ local time each zone has its own moment, and who has none that of the workspace', async () => {
  const { services } = stage
  const tokyo = await addPeople(stage, { first: 2400, count: 2, domain: 'tokyo.example', zone: 'Asia/Tokyo' })
  const york = await addPeople(stage, {
    first: 2410,
    count: 2,
    domain: 'york.example',
    zone: 'America/New_York',
  })
  const none = await addPeople(stage, { first: 2420, count: 2, domain: 'nozone.example' })
  const day = new Date(services.clock.now().getTime() + 2 * 86_400_000).toISOString().slice(0, 10)
  const { id } = await launched(stage, {
    include: { segments: [], lists: [tokyo, york, none] },
    schedule: { kind: 'local', time: `${day}T09:30` },
  })
  const utc = (time: string) => new Date(`${day}T${time}Z`).getTime() - services.clock.now().getTime()
  const counts = () => ['tokyo', 'nozone', 'york'].map(name => arrived(`${name}.example`).length)
  await advance(services, utc('00:29:00'))
  await settled(stage)
  assert.deepEqual(counts(), [0, 0, 0])
  await advance(services, utc('00:31:00'))
  await until(() => counts()[0] === 2)
  await settled(stage)
  assert.deepEqual(counts(), [2, 0, 0])
  await advance(services, utc('09:31:00'))
  await until(() => counts()[1] === 2)
  await advance(services, utc('15:00:00'))
  await ended(id)
  assert.deepEqual(counts(), [2, 2, 2])
})

test('a throttle lets an hour’s mails go spread over the hour', async () => {
  const list = await addPeople(stage, { first: 2500, count: 20, domain: 'slow.example' })
  const { id } = await launched(stage, { include: { segments: [], lists: [list] }, perHour: 12 })
  await until(() => arrived('slow.example').length > 0)
  await settled(stage)
  assert.equal(arrived('slow.example').length, 1)
  for (let minute = 0; minute < 54; minute += 6) {
    await advance(stage.services, 6 * 60_000)
    await settled(stage)
  }
  await advance(stage.services, 5 * 60_000)
  await until(() => arrived('slow.example').length >= 12)
  await settled(stage)
  assert.equal(arrived('slow.example').length, 12)
  for (let minute = 0; minute < 60; minute += 6) {
    await advance(stage.services, 6 * 60_000)
    await settled(stage)
  }
  await ended(id)
  assert.equal(arrived('slow.example').length, 20)
})

test('those that failed are tried once more, and nobody else; the list says what the server said', async () => {
  const list = await addPeople(stage, { first: 2600, count: 6, domain: 'fail.example' })
  stage.scripts.set('p2601@fail.example', { data: '554 5.6.0 we do not like this' })
  const { id } = await launched(stage, { include: { segments: [], lists: [list] } })
  await ended(id)
  assert.deepEqual(await statesOf(stage, id), { sent: 5, failed: 1 })
  const failed = await stage.call('GET', `/${id}/recipients?state=failed`)
  const [row, ...more] = failed.body.items as { contactId: string; words: string; replyCode: number }[]
  assert.equal(more.length, 0)
  assert.deepEqual([row?.contactId, row?.replyCode], ['2601', 554])
  assert.match(row?.words ?? '', /we do not like this/)
  stage.scripts.clear()
  const again = await stage.call('POST', `/${id}/retry-failed`)
  assert.equal(again.body.renewed, 1)
  await ended(id)
  assert.equal(arrived('fail.example').length, 6)
  assert.equal((await stage.call('POST', `/${id}/retry-failed`)).status, 409)
  const names = new Set<string>()
  let cursor = ''
  do {
    const page = await stage.call('GET', `/${id}/recipients?limit=4${cursor && `&cursor=${cursor}`}`)
    for (const each of page.body.items as { contactId: string }[]) names.add(each.contactId)
    cursor = String(page.body.next ?? '')
  } while (cursor)
  assert.equal(names.size, 6)
})

test('an audience that grew to more than twice what was reviewed waits for a person', async () => {
  const list = await addPeople(stage, { first: 3000, count: 10, domain: 'grown.example' })
  const { id } = await launched(stage, { include: { segments: [], lists: [list] } }, { immediately: false })
  await addPeople(stage, { first: 3100, count: 150, domain: 'newcomers.example' })
  await run(
    stage.base.db,
    sql`
    insert into audience.list_member (contact_id, list_id, added_at)
    select n, ${list}::bigint, '2026-01-01' from generate_series(3100, 3249) n`,
  )
  await advance(stage.services, 61_000)
  await until(async () => (await statusOf(id)) === 'paused', { timeoutMs: 60_000 })
  const { body } = await stage.call('GET', `/${id}`)
  assert.equal(body.words, '160 contacts would get it, 10 were reviewed. Resume it if that is right.')
  await stage.call('POST', `/${id}/resume`)
  await ended(id)
  assert.equal(arrived('newcomers.example').length, 150)
})

test('a copy is a draft, and what is over can be put out of sight', async () => {
  const list = await addPeople(stage, { first: 2700, count: 1, domain: 'copy.example' })
  const { id } = await launched(stage, { include: { segments: [], lists: [list] } })
  await ended(id)
  const copy = await stage.call('POST', `/${id}/duplicate`)
  assert.deepEqual([copy.status, copy.body.status, copy.body.name], [201, 'draft', 'Autumn news (copy)'])
  await stage.call('POST', `/${id}/archive`)
  const listed = await stage.call('GET', '?archived=true')
  assert.deepEqual(
    (listed.body.items as { id: string }[]).map(each => each.id),
    [id],
  )
})

test('two variants that would arrive alike are no test, however they are spelled', async () => {
  const list = await addPeople(stage, { first: 2800, count: 3, domain: 'alike.example' })
  const variants = [{}, { subject: 'News for you' }]
  const { review } = await reviewed(stage, { include: { segments: [], lists: [list] }, test: { variants } })
  const said = [{ path: 'test.variants.1', message: 'Variant B says the same as A' }]
  assert.deepEqual(review.problems, said)
})
