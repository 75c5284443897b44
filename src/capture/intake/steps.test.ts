import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Source, SourceType } from '../sources.ts'
import { keyFromHeader, mayBeUsedFrom } from './authenticate.ts'
import { markBots } from './bots.ts'
import type { Arrival, ArrivalHeaders } from './call.ts'
import { readCampaign } from './campaign.ts'
import { writeOut } from './events.ts'
import { parse } from './parse.ts'
import { honourPrivacy } from './privacy.ts'
import { correctTime } from './time.ts'
import { visitorCookie } from './visitor-cookie.ts'

const received = new Date('2026-11-20T12:00:00Z')
const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'

function source(type: SourceType, allowedHosts: string[] = []): Source {
  const made = { createdBy: 'test', createdAt: received, updatedAt: received, version: 1, enabled: true }
  const settings = { needsConsent: false }
  return {
    id: '1',
    name: 'Site',
    type,
    keyPrefix: 'twb_',
    publicKey: null,
    allowedHosts,
    ...settings,
    ...made,
  }
}

function arrive(type: SourceType, event: object, headers: ArrivalHeaders = {}): Arrival {
  return parse({
    endpoint: 'batch',
    text: JSON.stringify({ batch: [{ anonymousId: 'visitor-1', ...event }] }),
    headers,
    receivedAt: received,
    clockOffsetMs: 0,
    writeKey: null,
    source: source(type),
    calls: [],
    rejects: [],
    optedOut: 0,
  })
}
const page = (url: string, more: object = {}) => ({ type: 'page', properties: { url }, ...more })

test('the key is read from Basic and bearer headers', () => {
  assert.equal(keyFromHeader(`Basic ${Buffer.from('key:').toString('base64')}`), 'key')
  assert.equal(keyFromHeader(`basic ${Buffer.from('key:password').toString('base64')}`), 'key')
  assert.equal(keyFromHeader('Bearer key'), 'key')
  assert.equal(keyFromHeader('Digest key'), null)
  assert.equal(keyFromHeader(undefined), null)
})

test('a browser key works on its hosts only, a server key everywhere', () => {
  const site = source('browser', ['shop.example', '*.shop.example', 'localhost:4000'])
  const verdicts = [
    'https://shop.example',
    'https://www.shop.example/page',
    'http://localhost:4000',
    'http://localhost:5000',
    'https://evilshop.example',
    'https://shop.example.evil.test',
    'null',
    undefined,
  ].map(from => mayBeUsedFrom(site, from))
  assert.deepEqual(verdicts, [true, true, true, false, false, false, false, false])
  assert.equal(mayBeUsedFrom(source('browser'), undefined), true)
  assert.equal(mayBeUsedFrom(source('server'), undefined), true)
})

test('machines are marked by their name, by prefetching and by their own word', () => {
  const bot = (arrival: Arrival) => markBots(arrival).calls[0]?.bot
  const view = page('https://shop.example/')
  assert.equal(bot(arrive('browser', view, { userAgent: firefox })), false)
  assert.equal(
    bot(arrive('browser', view, { userAgent: 'Googlebot/2.1 (+http://www.google.com/bot.html)' })),
    true,
  )
  assert.equal(bot(arrive('browser', view, { userAgent: firefox, purpose: 'prefetch;prerender' })), true)
  assert.equal(bot(arrive('browser', { ...view, context: { bot: true } }, { userAgent: firefox })), true)
  // The agent of a server's own HTTP library says nothing about the person.
  assert.equal(bot(arrive('server', view, { userAgent: 'analytics-node/3.1' })), false)
  assert.equal(bot(arrive('server', { ...view, context: { userAgent: 'bingbot/2.0' } }, {})), true)
})

test('an objection by GPC or DNT is honoured for pages, unless the visitor has agreed there', () => {
  const kept = (arrival: Arrival) => honourPrivacy(arrival).calls.length
  const view = page('https://shop.example/')
  assert.equal(kept(arrive('browser', view)), 1)
  assert.equal(kept(arrive('browser', view, { gpc: '1' })), 0)
  assert.equal(kept(arrive('browser', view, { dnt: '1' })), 0)
  assert.equal(kept(arrive('browser', { ...view, context: { gpc: true } })), 0)
  assert.equal(
    kept(arrive('browser', { ...view, context: { consent: { state: 'granted' } } }, { gpc: '1' })),
    1,
  )
  assert.equal(
    kept(arrive('browser', { ...view, context: { consent: { state: 'denied' } } }, { gpc: '1' })),
    0,
  )
  assert.equal(kept(arrive('server', view, { gpc: '1' })), 1)
  assert.equal(kept(arrive('browser', view, { dnt: '1' })), 0)
  // A "no" counts without any header, in Segment's words too.
  assert.equal(kept(arrive('browser', { ...view, context: { consent: { state: 'denied' } } })), 0)
  const segment = (analytics: boolean) => ({
    ...view,
    context: { consent: { categoryPreferences: { analytics } } },
  })
  assert.equal(kept(arrive('browser', segment(false))), 0)
  assert.equal(kept(arrive('browser', segment(true), { gpc: '1' })), 1)
})

test('where a source asks for consent, nothing is taken without it', () => {
  const view = page('https://shop.example/')
  const asking = (event: object) => {
    const arrival = arrive('browser', event)
    arrival.source = { ...source('browser'), needsConsent: true }
    return honourPrivacy(arrival).calls.length
  }
  assert.equal(asking(view), 0)
  assert.equal(asking({ ...view, context: { consent: { state: 'pending' } } }), 0)
  assert.equal(asking({ ...view, context: { consent: { state: 'granted' } } }), 1)
})

test('campaign parameters and click ids are read from the address where the SDK did not', () => {
  const url = 'https://shop.example/?utm_source=news&utm_campaign=May%20sale&gclid=abc#top'
  const [call] = readCampaign(arrive('browser', page(url))).calls
  assert.deepEqual(call?.utm, { source: 'news', campaign: 'May sale' })
  assert.deepEqual(call?.clickIds, { gclid: 'abc' })
  const context = { campaign: { name: 'June', source: 'ad' }, page: { search: '?fbclid=f' } }
  const [second] = readCampaign(arrive('browser', { type: 'track', event: 'x', context })).calls
  assert.deepEqual(second?.utm, { campaign: 'June', source: 'ad' })
  assert.deepEqual(second?.clickIds, { fbclid: 'f' })
  assert.equal(readCampaign(arrive('browser', page('https://shop.example/?q=1'))).calls[0]?.utm, null)
})

test("a client's wrong clock is corrected, and no time lies outside the bounds", () => {
  const at = (event: object, clockOffsetMs = 0) => {
    const arrival = { ...arrive('server', page('https://a.example', event)), clockOffsetMs }
    return correctTime(arrival).calls[0]?.at.toISOString()
  }
  assert.equal(at({}), '2026-11-20T12:00:00.000Z')
  assert.equal(at({ timestamp: '2026-11-20T11:00:00Z' }), '2026-11-20T11:00:00.000Z')
  // The client is a day behind: ten seconds passed between event and sending.
  const skewed = { timestamp: '2026-11-19T12:00:00Z', sentAt: '2026-11-19T12:00:10Z' }
  assert.equal(at(skewed), '2026-11-20T11:59:50.000Z')
  assert.equal(at({ timestamp: '2020-01-01T00:00:00Z' }), '2026-10-21T12:00:00.000Z')
  assert.equal(at({ timestamp: '2030-01-01T00:00:00Z' }), '2026-11-20T13:00:00.000Z')
  // The sandbox clock is three days ahead of the world the client lives in.
  const threeDays = 3 * 86_400_000
  assert.equal(at({ timestamp: '2026-11-17T11:30:00Z' }, threeDays), '2026-11-20T11:30:00.000Z')
  assert.equal(at(skewed, threeDays), '2026-11-20T11:59:50.000Z')
})

test('a page view is flat in the ledger and holds no password, no machine address and no traits', () => {
  const url = 'https://ann:secret@shop.example/pricing?a=1'
  const context = {
    ip: '192.0.2.1',
    traits: { email: 'a@b.example' },
    locale: 'de',
    page: { title: 'Prices' },
  }
  const event = { ...page(url), name: 'Pricing', context }
  const [call] = writeOut(arrive('browser', event)).calls
  assert.deepEqual(JSON.parse(call?.text ?? ''), {
    url: 'https://shop.example/pricing?a=1',
    path: '/pricing',
    host: 'shop.example',
    search: '?a=1',
    title: 'Prices',
    context: { locale: 'de' },
  })
})

test('what percent-encoding hides in an address cannot reach the database', () => {
  const [call] = writeOut(
    readCampaign(arrive('browser', page('https://shop.example/?utm_source=a%00b'))),
  ).calls
  assert.deepEqual(JSON.parse(call?.text ?? '').utm, { source: 'ab' })
})

test("the visitor's cookie is set only where the street stands under the site's own domain", () => {
  const cookie = (origin: string, street: string) =>
    visitorCookie(arrive('browser', page(`${origin}/`), { origin }), street)
  assert.equal(
    cookie('https://www.shop.co.uk', 't.shop.co.uk'),
    'tend_aid=visitor-1; Path=/; Max-Age=31536000; SameSite=Lax; Domain=shop.co.uk; Secure',
  )
  assert.equal(
    cookie('http://localhost:4000', 'localhost'),
    'tend_aid=visitor-1; Path=/; Max-Age=31536000; SameSite=Lax',
  )
  assert.equal(cookie('https://www.shop.co.uk', 'tend.example'), null)
  assert.equal(cookie('https://ann.github.io', 'bob.github.io'), null)
  const hostile = { type: 'page', anonymousId: 'x; Domain=evil.example' }
  assert.equal(visitorCookie(arrive('browser', hostile, { origin: 'http://localhost' }), 'localhost'), null)
})
