import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { until } from '../../tests/harness/until.ts'
import { portOf, readyDocument, reviewOn, startTown, type Town } from './pages.fixture.ts'

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
