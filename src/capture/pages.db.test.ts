import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { recognitionCookie } from '#audience/recognition.ts'
import { run, sql } from '#platform/db/db.ts'
import { newId } from '#platform/ids.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { until } from '../../tests/harness/until.ts'
import type { PageDocument } from './pages/document.ts'
import { portOf, readyDocument, reviewOn, startTown, type Town } from './pages.fixture.ts'
import { keepSchedule } from './pages.loop.ts'

let base: TestDatabase
let town: Town

before(async () => {
  base = await testDatabase()
  town = await startTown(base)
})

after(async () => {
  await town.stop()
  await base.stop()
})

const browser = { accept: 'text/html', 'user-agent': 'Mozilla/5.0 (X11; Linux x64) Firefox/140.0' }
const get = (path: string, headers: Record<string, string> = {}, url = town.streetUrl) =>
  fetch(`${url}${path}`, { headers: { ...browser, ...headers }, redirect: 'manual' })

test('a page is found under its address as soon as it is published, by every street, and costs a 304 afterwards', async () => {
  const other = await town.secondStreet()
  const otherUrl = `http://127.0.0.1:${portOf(other)}`
  assert.equal((await get('/guide')).status, 404)
  assert.equal((await get('/guide', {}, otherUrl)).status, 404)
  const page = await town.publish('Guide', readyDocument('The guide'))
  assert.equal(page.slug, 'guide')
  assert.equal(page.url, `${town.streetUrl}/guide`)
  for (const url of [town.streetUrl, otherUrl])
    await until(async () => (await get('/guide', {}, url)).status === 200)
  const first = await get('/guide')
  assert.match(await first.text(), /<h1>Your guide to better onboarding<\/h1>/)
  assert.equal(first.headers.get('set-cookie'), null)
  const etag = first.headers.get('etag') ?? ''
  assert.equal((await get('/guide', { 'if-none-match': etag })).status, 304)

  const changed = readyDocument('Changed')
  const saved = await town.api<{ version: number }>('PATCH', `/pages/${page.id}`, {
    version: page.version,
    document: changed,
    slug: 'the-guide',
  })
  assert.equal(saved.status, 200)
  // What is live stays as it is until somebody publishes.
  assert.match(await (await get('/guide')).text(), /<title>The guide<\/title>/)
  const steward = { ownerId: town.ownerId, reviewOn: reviewOn(town.services) }
  assert.equal(
    (await town.api('POST', `/pages/${page.id}/publish`, { version: page.version, ...steward })).status,
    409,
  )
  assert.equal(
    (await town.api('POST', `/pages/${page.id}/publish`, { version: saved.body.version, ...steward })).status,
    200,
  )
  for (const url of [town.streetUrl, otherUrl])
    await until(async () => /<title>Changed<\/title>/.test(await (await get('/the-guide', {}, url)).text()))
  const moved = await get('/guide?utm_source=letter')
  assert.equal(moved.status, 301)
  assert.equal(moved.headers.get('location'), '/the-guide?utm_source=letter')

  const pause = await town.api('POST', `/pages/${page.id}/pause`)
  assert.equal(pause.status, 200)
  await until(async () => (await get('/the-guide')).status === 404)
  const gone = await get('/the-guide')
  assert.match(await gone.text(), /There is nothing here/)
})

const agent = (n: number) => ({ 'user-agent': `Mozilla/5.0 (X11; Linux x64) Firefox/${n}.0` })
type Results = {
  totals: Record<string, number | null>
  firstTouch: { source: string; medium: string; visitors: number; converted: number }[]
  variants: { key: string; visitors: number; conversions: number }[]
  conclusion: { winner: string | null; words: string }
}
const resultsOf = async (id: string) => (await town.api<Results>('GET', `/pages/${id}/results`)).body

test('variants are drawn on the server, stay with a visitor without a cookie, and humans decide which one wins', async () => {
  const document = readyDocument('Tested')
  const [opening] = structuredClone(document.sections)
  if (!opening) throw new Error('the template is empty')
  opening.blocks = [{ id: 'b1', type: 'text', style: {}, when: null, html: '<h2>Version B</h2>' }]
  document.test = {
    weight: 50,
    goal: { type: 'url', path: '/tested-thanks' },
    autoStop: true,
    alternatives: [{ key: 'b', name: 'Short', weight: 50, sections: [opening] }],
  }
  const thanks = await town.publish('Thanks', readyDocument('Thanks'), 'tested-thanks')
  const page = await town.publish('Tested', document, 'tested')
  await until(async () => (await get('/tested', { ...agent(1), dnt: '1' })).status === 200)
  const shown: string[] = []
  for (let n = 1; n <= 30; n++) {
    const once = await get('/tested?utm_source=letter&utm_medium=email', agent(n))
    assert.match(once.headers.get('cache-control') ?? '', /private/)
    const [first, again] = [await once.text(), await (await get('/tested', agent(n))).text()]
    assert.equal(again, first)
    shown.push(first.includes('Version B') ? 'b' : 'a')
    if (shown.at(-1) === 'b') await get('/tested-thanks', agent(n))
  }
  assert.ok(shown.includes('a') && shown.includes('b'))
  await get('/tested', { 'user-agent': 'Googlebot/2.1 (+http://www.google.com/bot.html)' })
  const goal = shown.filter(key => key === 'b').length
  await until(async () => (await resultsOf(page.id)).totals.converted === goal, { timeoutMs: 60_000 })
  const results = await resultsOf(page.id)
  assert.equal(results.totals.visitors, 30)
  assert.equal(results.totals.views, 60)
  assert.equal(results.totals.bots, 1)
  assert.deepEqual(results.firstTouch, [
    { source: 'letter', medium: 'email', campaign: '', visitors: 30, converted: goal },
  ])
  assert.deepEqual(
    results.variants.map(({ key, visitors, conversions }) => [key, visitors, conversions]),
    [
      ['a', 30 - goal, 0],
      ['b', goal, goal],
    ],
  )
  assert.equal(results.conclusion.winner, null)
  assert.match(results.conclusion.words, /100 visitors of each version/)

  assert.equal((await town.api('POST', `/pages/${page.id}/decide`, { variant: 'x' })).status, 422)
  assert.equal((await town.api('POST', `/pages/${page.id}/decide`, { variant: 'b' })).status, 200)
  for (let n = 1; n <= 30; n++)
    await until(async () =>
      (await (await get('/tested', { ...agent(n), dnt: '1' })).text()).includes('Version B'),
    )
  assert.equal(thanks.slug, 'tested-thanks')
})

test('a page goes live and leaves the street at its times, and says what kept it from that', async () => {
  const made = await town.api<{ id: string; version: number }>('POST', '/pages', {
    name: 'Later',
    document: readyDocument('Later'),
  })
  const { id, version } = made.body
  const now = town.services.clock.now().getTime()
  const at = (hours: number) => new Date(now + hours * 3_600_000).toISOString()
  const steward = { ownerId: town.ownerId, reviewOn: reviewOn(town.services) }
  const early = await town.api('POST', `/pages/${id}/schedule`, {
    version,
    ...steward,
    publishAt: at(-1),
    unpublishAt: null,
  })
  assert.equal(early.status, 422)
  const planned = await town.api('POST', `/pages/${id}/schedule`, {
    version,
    ...steward,
    publishAt: at(1),
    unpublishAt: at(2),
  })
  assert.equal(planned.status, 200)
  assert.equal((await get('/later')).status, 404)
  const turn = async (hours: number) =>
    keepSchedule({
      ...town.services,
      clock: { ...town.services.clock, now: () => new Date(now + hours * 3_600_000) },
    })
  await turn(1.1)
  await until(async () => (await get('/later')).status === 200)
  await turn(2.1)
  await until(async () => (await get('/later')).status === 404)
  const paused = await town.api<{ version: number; status: string }>('GET', `/pages/${id}`)
  assert.equal(paused.body.status, 'paused')

  const again = { version: paused.body.version, ...steward, publishAt: at(3), unpublishAt: null }
  assert.equal((await town.api('POST', `/pages/${id}/schedule`, again)).status, 200)
  const { body } = await town.api<{ version: number; document: PageDocument }>('GET', `/pages/${id}`)
  body.document.settings.title = ''
  await town.api('PATCH', `/pages/${id}`, { version: body.version, document: body.document })
  await turn(3.1)
  const failed = await town.api<{ scheduleWords: string; publishAt: null }>('GET', `/pages/${id}`)
  assert.match(failed.body.scheduleWords, /settings.title is missing/)
  assert.equal(failed.body.publishAt, null)
})

test('what a page says to one person is made for him alone, and nothing in a document can run', async () => {
  const document = readyDocument('Hello')
  document.settings.title = '</title><script>alert(1)</script>'
  document.settings.jsonLd = '{"name": "</script><script>alert(2)</script>"}'
  const evil =
    '<p onclick="alert(3)">Hi {{ first_name | <img src=x onerror=alert(4)> }}</p><script>alert(5)</script><a href="javascript:alert(6)">x</a><iframe src="https://evil.example"></iframe><img src="https://evil.example/x.png">'
  document.sections.push({
    id: 'extra',
    name: 'Extra',
    anchor: '',
    style: {},
    when: null,
    blocks: [
      { id: 'x1', type: 'code', style: {}, when: null, html: evil },
      {
        id: 'x2',
        type: 'text',
        style: {},
        when: { type: 'recognised', is: true },
        html: '<p>Good to see you {{ first_name | again }}</p>',
      },
      {
        id: 'x3',
        type: 'text',
        style: {},
        when: { type: 'recognised', is: false },
        html: '<p>Who are you?</p>',
      },
    ],
  })
  const saved = await town.publish('Hello', document, 'hello')
  await until(async () => (await get('/hello')).status === 200)
  const stranger = await get('/hello')
  assert.match(stranger.headers.get('cache-control') ?? '', /no-store/)
  assert.equal(stranger.headers.get('etag'), null)
  const html = await stranger.text()
  assert.match(html, /Who are you\?/)
  assert.doesNotMatch(html, /Good to see you|onclick|onerror|javascript:|evil\.example|<script>/)
  assert.equal(html.match(/<script/g)?.length, 3)

  const contactId = newId()
  await run(
    base.db,
    sql`insert into audience.contact (id, email, first_name, created_at, updated_at, updated_by, version)
    values (${contactId}::bigint, 'ann@example.org', '<b>Ann', now(), now(), 'test', 1)`,
  )
  const cookie = recognitionCookie(town.services, contactId, false).split(';')[0] ?? ''
  const known = await (await get('/hello', { cookie })).text()
  assert.match(known, /Good to see you &#60;b&#62;Ann/)
  assert.doesNotMatch(known, /Who are you/)
  const forged = await (
    await get('/hello', { cookie: cookie.replace(/.$/, last => (last === 'A' ? 'B' : 'A')) })
  ).text()
  assert.doesNotMatch(forged, /Ann/)
  const preview = await town.api<{ previewUrl: string; html: string }>('POST', `/pages/${saved.id}/preview`, {
    contactId,
  })
  const framed = await fetch(preview.body.previewUrl)
  assert.equal(framed.status, 200)
  assert.match(framed.headers.get('content-security-policy') ?? '', /sandbox/)
})

test('an image is what it is by its bytes, and nothing but the picture of it is kept', async () => {
  const png = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  )
  const polyglot = Buffer.concat([png, Buffer.from('<script>alert(1)</script>')])
  const add = (bytes: Buffer) =>
    town.api<{ id: string; url: string; size: number }>('POST', '/page-images', {
      name: 'x.png',
      data: bytes.toString('base64'),
    })
  const kept = await add(polyglot)
  assert.equal(kept.status, 201)
  assert.equal(kept.body.size, png.length)
  const shown = await fetch(kept.body.url)
  assert.equal(shown.headers.get('content-type'), 'image/png')
  assert.match(shown.headers.get('cache-control') ?? '', /immutable/)
  assert.deepEqual(Buffer.from(await shown.arrayBuffer()), png)
  for (const bad of ['<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', 'GIF89a', '<html>', ''])
    assert.equal((await add(Buffer.from(bad))).status, 422)
  assert.equal((await town.api('DELETE', `/page-images/${kept.body.id}`)).status, 200)
})

test('words that Tend uses itself are refused as addresses, and search engines find what they may', async () => {
  for (const slug of ['v1', 'forms/x', 'media', 'Big', 'a//b', '../x', 'tend.js'])
    assert.equal((await town.api('POST', '/pages', { name: 'X', slug })).status, 422, slug)
  const map = await (await get('/sitemap.xml')).text()
  assert.match(map, /<loc>http:\/\/127\.0\.0\.1:\d+\/tested<\/loc>/)
  assert.match(await (await get('/robots.txt')).text(), /Sitemap: http:/)
})
