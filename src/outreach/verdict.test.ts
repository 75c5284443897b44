import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Around, type Hit, judge, judgeAt } from './verdict.ts'

const chrome =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36'
const at = new Date('2026-05-01T12:00:00Z')
const later = (ms: number) => new Date(at.getTime() + ms)
const click = (change: Partial<Hit['signals']> = {}, more: Partial<Hit> = {}): Hit => ({
  kind: 'click',
  linkIndex: 0,
  at,
  signals: { method: 'GET', userAgent: chrome, purpose: null, ...change },
  ...more,
})
const quiet: Around = { sentAt: later(-60_000), links: 3, clicks: [{ linkIndex: 0, at }] }
const verdict = (hit: Hit, around: Partial<Around> = {}) => judge(hit, { ...quiet, ...around }).verdict

const table: [string, string, Hit, Partial<Around>][] = [
  ['a browser', 'human', click(), {}],
  ['HEAD', 'machine', click({ method: 'HEAD' }), {}],
  ['prefetch', 'machine', click({ purpose: 'prefetch;prerender' }), {}],
  ['no user agent', 'machine', click({ userAgent: null }), {}],
  ['a robot that says so', 'machine', click({ userAgent: 'Mozilla/5.0 (compatible; bingbot/2.0)' }), {}],
  ['a program', 'machine', click({ userAgent: 'python-requests/2.32' }), {}],
  ['1.9 seconds after sending', 'machine', click(), { sentAt: later(-1900) }],
  ['2.1 seconds after sending', 'human', click(), { sentAt: later(-2100) }],
  ['sandbox: the time of sending proves nothing', 'human', click(), { sentAt: null }],
  [
    'all three links within 3 seconds',
    'machine',
    click(),
    { clicks: [0, 1, 2].map(linkIndex => ({ linkIndex, at: later(linkIndex * 1000) })) },
  ],
  ['two of three links', 'human', click(), { clicks: [0, 1].map(linkIndex => ({ linkIndex, at })) }],
  [
    'all three links in a minute',
    'human',
    click(),
    { clicks: [0, 1, 2].map(linkIndex => ({ linkIndex, at: later(linkIndex * 20_000) })) },
  ],
  [
    'five of twenty links at once',
    'machine',
    click(),
    { links: 20, clicks: [0, 1, 2, 3, 4].map(linkIndex => ({ linkIndex, at })) },
  ],
  [
    'the only link, twice',
    'human',
    click(),
    { links: 1, clicks: [0, 0].map(linkIndex => ({ linkIndex, at })) },
  ],
  ['an open in a mail program', 'human', click({}, { kind: 'open' }), {}],
  [
    'Gmail’s image proxy',
    'unsure',
    click({ userAgent: 'Mozilla/5.0 (via ggpht.com GoogleImageProxy)' }, { kind: 'open' }),
    {},
  ],
  ['Apple’s privacy proxy', 'machine', click({ userAgent: 'Mozilla/5.0' }, { kind: 'open' }), {}],
]
for (const [name, expected, hit, around] of table)
  test(`verdict: ${name}: ${expected}`, () => assert.equal(verdict(hit, around), expected))

test('what nothing can change any more is judged at once, a person’s click after three seconds', () => {
  assert.deepEqual(judgeAt(click({ method: 'HEAD' }), 3), at)
  assert.deepEqual(judgeAt(click(), 1), at)
  assert.deepEqual(judgeAt(click({}, { kind: 'open' }), 3), at)
  assert.deepEqual(judgeAt(click(), 3), later(3000))
})
