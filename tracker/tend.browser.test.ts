import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, afterEach, before, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { createSource } from '../src/capture/sources.ts'
import { eventsOf, type Stored, type Street, startStreet } from '../src/capture/street.fixture.ts'
import { openBrowser } from '../tests/harness/browser.ts'
import { type TestDatabase, testDatabase } from '../tests/harness/database.ts'
import { until } from '../tests/harness/until.ts'

let base: TestDatabase
let street: Street
let site: Server
let siteUrl: string
let browser: Browser
let context: BrowserContext | undefined
let writeKey: string
/** Attributes of the script element on the pages of the site. */
let attributes = ''

before(async () => {
  base = await testDatabase()
  street = await startStreet(base.db)
  writeKey = (await createSource(base.db, { name: 'Pages', type: 'browser', now: new Date() })).writeKey
  site = createServer((request, reply) => {
    const { pathname } = new URL(request.url ?? '/', 'http://site')
    reply.writeHead(200, {
      'content-type': 'text/html',
      // Strict: nothing inline, nothing evaluated, only the street besides the site itself.
      'content-security-policy': `default-src 'none'; script-src ${street.url}; connect-src ${street.url}`,
    })
    const tag = `<script async src="${street.url}/tend.js" data-key="${writeKey}" ${attributes}></script>`
    reply.end(`<!doctype html><title>Page ${pathname}</title>${tag}<a href="/next">next</a>`)
  })
  site.listen(0, '127.0.0.1')
  await once(site, 'listening')
  siteUrl = `http://127.0.0.1:${(site.address() as AddressInfo).port}`
  browser = await openBrowser()
})
after(async () => {
  await browser.close()
  site.close()
  await street.close()
  await base.stop()
})
afterEach(async () => {
  await context?.close()
  attributes = ''
})

async function openPage(path: string, options: { userAgent?: string } = {}): Promise<Page> {
  context = await browser.newContext({
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/147.0.0.0 Safari/537.36',
    ...options,
  })
  // The script says of itself that a program drives the browser; here that is not the point.
  await context.addInitScript('Object.defineProperty(navigator, "webdriver", { get: () => false })')
  const page = await context.newPage()
  await page.goto(siteUrl + path)
  return page
}

const tend = (page: Page, ...call: unknown[]): Promise<unknown> =>
  page.evaluate(
    given => (globalThis as unknown as { tend(...call: unknown[]): unknown }).tend(...given),
    call,
  )
const loaded = (page: Page) => page.waitForFunction('window.tend && window.tend.loaded')

async function visitorOf(page: Page): Promise<string> {
  await loaded(page)
  return String(await tend(page, 'id'))
}

function eventsAfter(id: string, count: number): Promise<Stored[]> {
  return until(
    async () => {
      const events = await eventsOf(base.db, 'anonymous_id', id)
      return events.length >= count ? events : null
    },
    { words: `${count} events of ${id}` },
  )
}
const storageOf = (page: Page) =>
  page.evaluate('JSON.stringify([document.cookie, Object.keys(localStorage)])')

test('the script stays within its budget, and browsers keep it', async () => {
  const answer = await fetch(`${street.url}/tend.js`, { headers: { 'accept-encoding': 'identity' } })
  const text = await answer.text()
  assert.ok(gzipSync(text).length <= 5 * 1024, `${gzipSync(text).length} bytes`)
  assert.match(answer.headers.get('content-type') ?? '', /javascript/)
  const etag = answer.headers.get('etag') ?? ''
  assert.equal((await fetch(`${street.url}/tend.js`, { headers: { 'if-none-match': etag } })).status, 304)
  const packed = await fetch(`${street.url}/tend.js`, { headers: { 'accept-encoding': 'gzip, br' } })
  assert.equal(packed.headers.get('content-encoding'), 'br')
})

test('a plain site tells each page with its campaign and where the visitor came from', async () => {
  const page = await openPage('/first?utm_source=news&gclid=abc')
  const id = await visitorOf(page)
  await eventsAfter(id, 1)
  await page.click('a')
  const [first, second] = await eventsAfter(id, 2)
  assert.deepEqual(
    [first?.type, first?.data.path, first?.data.title, first?.data.utm, first?.data.clickIds],
    ['page.viewed', '/first', 'Page /first', { source: 'news' }, { gclid: 'abc' }],
  )
  assert.deepEqual([second?.data.path, String(second?.data.referrer).startsWith(siteUrl)], ['/next', true])
  assert.equal(await visitorOf(page), id)
  const cookies = await page.context().cookies()
  const cookie = cookies.find(one => one.name === 'tend_aid')
  assert.equal(cookie?.value, id)
  // Set again by the street, which shares the host here.
  assert.ok((cookie?.expires ?? 0) > Date.now() / 1000 + 300 * 86_400)
})

test('a single-page site tells its virtual pages once each, with the page before as referrer', async () => {
  const page = await openPage('/app')
  const id = await visitorOf(page)
  await eventsAfter(id, 1)
  await page.evaluate(`
    history.pushState(null, '', '/app/redirecting')
    history.replaceState(null, '', '/app/prices?plan=pro')
    document.title = 'Prices'
    history.replaceState({ scroll: 1 }, '')`)
  await eventsAfter(id, 2)
  await page.evaluate(`history.pushState(null, '', '/app/prices?plan=pro#top')`)
  await page.evaluate(`history.pushState(null, '', '/app/contact')`)
  await eventsAfter(id, 3)
  await page.goBack()
  await page.goBack()
  const events = await eventsAfter(id, 4)
  const paths = events.map(event => event.data.path)
  assert.deepEqual(paths, ['/app', '/app/prices', '/app/contact', '/app/prices'])
  assert.deepEqual([events[1]?.data.title, events[1]?.data.referrer], ['Prices', `${siteUrl}/app`])
  assert.equal(events[2]?.data.referrer, `${siteUrl}/app/prices?plan=pro`)
})

test('track and identify are sent, also when the visitor leaves at once', async () => {
  const page = await openPage('/leave')
  const id = await visitorOf(page)
  await eventsAfter(id, 1)
  await tend(page, 'identify', { email: 'script@example.org', firstName: 'Scott' })
  await page.evaluate(`tend('track', 'Left', { way: 'link' }); location.href = 'about:blank'`)
  const events = await until(async () => {
    const found = await eventsOf(base.db, 'email', 'script@example.org')
    return found.some(event => event.name === 'Left') ? found : null
  })
  assert.deepEqual(events.find(event => event.name === 'Left')?.data.properties, { way: 'link' })
  assert.ok(events.some(event => event.type === 'contact.created'))
})

test('what happens without a connection is kept, bounded, and sent once when it is back', async () => {
  const page = await openPage('/offline')
  const id = await visitorOf(page)
  await eventsAfter(id, 1)
  await page.context().setOffline(true)
  for (let i = 0; i < 80; i++) await tend(page, 'track', `Offline ${i}`)
  const kept = await page.evaluate(`JSON.parse(localStorage.tend_queue).length`)
  assert.equal(kept, 60)
  await page.context().setOffline(false)
  const events = await eventsAfter(id, 61)
  const names = events.map(event => event.name).filter(name => name?.startsWith('Offline'))
  assert.deepEqual([names.length, new Set(names).size], [60, 60])
  await page.waitForFunction('!localStorage.tend_queue')
})

test('where consent is required nothing is stored or sent before it, and withdrawing wipes everything', async () => {
  attributes = 'data-consent="required"'
  const page = await openPage('/consent')
  await loaded(page)
  const requests: string[] = []
  page.on('request', request => requests.push(request.url()))
  await tend(page, 'track', 'Before consent')
  await page.evaluate(`history.pushState(null, '', '/consent/second')`)
  await page.waitForTimeout(300)
  assert.deepEqual([requests, await storageOf(page), await tend(page, 'id')], [[], '["",[]]', null])
  await page.evaluate(`tend.consent('granted')`)
  const id = await visitorOf(page)
  const events = await eventsAfter(id, 2)
  // Of the pages only the open one is told; what was called meanwhile is not lost.
  assert.deepEqual(events.map(event => event.name ?? event.data.path).sort(), [
    '/consent/second',
    'Before consent',
  ])
  await tend(page, 'consent', 'denied')
  assert.equal(await storageOf(page), '["",["tend_consent"]]')
})

for (const [name, signal] of [
  ['Global Privacy Control', '"globalPrivacyControl", { get: () => true }'],
  ['Do Not Track', '"doNotTrack", { get: () => "1" }'],
] as const) {
  test(`${name} counts as an objection, until the visitor says yes on this site`, async () => {
    context = await browser.newContext()
    await context.addInitScript(`Object.defineProperty(navigator, ${signal})`)
    const page = await context.newPage()
    const requests: string[] = []
    page.on('request', request => requests.push(request.url()))
    await page.goto(`${siteUrl}/objects`)
    await loaded(page)
    await page.waitForTimeout(200)
    assert.ok(requests.every(url => !url.includes('/v1/')))
    assert.equal(await storageOf(page), '["",[]]')
    await page.evaluate(`tend.consent('granted')`)
    assert.equal((await eventsAfter(await visitorOf(page), 1)).length, 1)
  })
}

test('a browser that a program drives marks itself', async () => {
  context = await browser.newContext()
  const page = await context.newPage()
  await page.goto(`${siteUrl}/robot`)
  const id = await visitorOf(page)
  const [event] = await eventsAfter(id, 1)
  assert.equal(event?.data.bot, true)
})

test('reset begins a new visitor', async () => {
  const page = await openPage('/reset')
  const id = await visitorOf(page)
  await eventsAfter(id, 1)
  await tend(page, 'reset')
  const other = await visitorOf(page)
  assert.notEqual(other, id)
  await tend(page, 'track', 'Fresh')
  assert.equal((await eventsAfter(other, 1))[0]?.name, 'Fresh')
})

test('an id goes along to a domain of ours, out of the address at once, and is taken from nobody else', async () => {
  attributes = 'data-link="localhost 127.0.0.1"'
  const page = await openPage('/here')
  const id = await visitorOf(page)
  const elsewhere = siteUrl.replace('127.0.0.1', 'localhost')
  await page.evaluate(`document.querySelector('a').href = ${JSON.stringify(`${elsewhere}/there?a=1`)}`)
  await Promise.all([page.waitForURL(/localhost/), page.click('a')])
  assert.equal(await visitorOf(page), id)
  assert.equal(page.url(), `${elsewhere}/there?a=1`)

  await context?.close()
  const stranger = await openPage(`/here?tend_link=${id}.${Date.now().toString(36)}`)
  assert.notEqual(await visitorOf(stranger), id)
  assert.equal(stranger.url(), `${siteUrl}/here`)
})
