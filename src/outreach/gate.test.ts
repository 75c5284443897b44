import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decide, type GateFacts, reasons, type Verdict } from './gate.ts'
import { endOfNight, zoneOr } from './quiet-hours.ts'
import { defaultSettings, type Settings } from './settings.ts'

const now = new Date('2026-03-10T12:00:00Z')
const hour = 3_600_000
const facts: GateFacts = {
  class: 'marketing',
  channel: 'email',
  address: 'ann@people.example',
  isForContact: true,
  contactExists: true,
  hasContent: true,
  suppressed: null,
  purpose: 'marketing',
  consent: 'granted',
  topic: null,
  frequency: 'all',
  pausedUntil: null,
  marketingSent: [],
  zone: 'Europe/Vienna',
  queuedAt: now,
  hasRoute: true,
  routeDownUntil: null,
}
const settings: Settings = { ...defaultSettings('live'), quietHours: null }
const ask = (
  change: Partial<GateFacts>,
  more: Partial<{
    settings: Settings
    pause: { by: string; words: string; at: string } | null
    now: Date
  }> = {},
): Verdict => decide({ ...facts, ...change }, { settings, pause: null, now, ...more })
const words = (verdict: Verdict) => (verdict.is === 'send' ? 'send' : `${verdict.is} ${verdict.reason}`)
const service = { class: 'service' as const, purpose: 'service', consent: null }
const alert = { class: 'alert' as const, isForContact: false, consent: null }

const table: [string, Partial<GateFacts>, string][] = [
  ['consent granted', {}, 'send'],
  ['no consent', { consent: null }, 'no no_consent'],
  ['double opt-in not confirmed', { consent: 'pending' }, 'no consent_pending'],
  ['consent withdrawn', { consent: 'withdrawn' }, 'no consent_withdrawn'],
  ['granted for the topic alone', { consent: null, topic: { consent: 'granted' } }, 'send'],
  ['granted, but the topic withdrawn', { topic: { consent: 'withdrawn' } }, 'no topic_withdrawn'],
  [
    'withdrawn, though the topic is granted',
    { consent: 'withdrawn', topic: { consent: 'granted' } },
    'no consent_withdrawn',
  ],
  ['topic pending, purpose granted', { topic: { consent: 'pending' } }, 'send'],
  [
    'topic pending, no word on the purpose',
    { consent: null, topic: { consent: 'pending' } },
    'no consent_pending',
  ],
  ['no address', { address: null }, 'no no_address'],
  ['contact deleted', { contactExists: false }, 'no contact_gone'],
  ['email never published', { hasContent: false }, 'no no_content'],
  ['suppressed: unsubscribed', { suppressed: 'unsubscribed' }, 'no suppressed_unsubscribed'],
  ['suppressed: bounce', { suppressed: 'hard_bounce' }, 'no suppressed_hard_bounce'],
  ['service needs no consent', service, 'send'],
  ['service to who unsubscribed from marketing', { ...service, suppressed: 'unsubscribed' }, 'send'],
  ['service to a dead address', { ...service, suppressed: 'hard_bounce' }, 'no suppressed_hard_bounce'],
  [
    'service, when that very purpose was withdrawn',
    { ...service, consent: 'withdrawn' },
    'no consent_withdrawn',
  ],
  ['alert about a contact who withdrew', { ...alert, consent: 'withdrawn' }, 'send'],
  ['alert about a contact who is gone', { ...alert, contactExists: false }, 'send'],
  ['alert without an address', { ...alert, address: null }, 'no no_address'],
  [
    'webhook needs no address and no mail server',
    { ...alert, channel: 'webhook', address: null, hasRoute: false },
    'send',
  ],
  ['no mail server', { hasRoute: false }, 'hold no_route'],
  ['server away', { routeDownUntil: new Date(now.getTime() + 5000) }, 'later route_down'],
  ['server back', { routeDownUntil: now }, 'send'],
  ['no consent is final even without a mail server', { consent: null, hasRoute: false }, 'no no_consent'],
  ['one mail 19 hours ago', { marketingSent: [new Date(now.getTime() - 19 * hour)] }, 'later cap'],
  ['one mail 20 hours ago', { marketingSent: [new Date(now.getTime() - 20 * hour)] }, 'send'],
  [
    'three mails this week, the oldest yesterday',
    { marketingSent: [25, 50, 75].map(h => new Date(now.getTime() - h * hour)) },
    'no cap',
  ],
  [
    'three mails, the oldest soon out of the week',
    { marketingSent: [25, 50, 150].map(h => new Date(now.getTime() - h * hour)) },
    'later cap',
  ],
  ['a pause until tomorrow', { pausedUntil: new Date(now.getTime() + 24 * hour) }, 'later contact_pause'],
  ['a pause that ended', { pausedUntil: now }, 'send'],
  ['a pause of thirty days', { pausedUntil: new Date(now.getTime() + 720 * hour) }, 'no contact_pause'],
  ['service during a pause', { ...service, pausedUntil: new Date(now.getTime() + 720 * hour) }, 'send'],
  [
    'one mail a week is wanted, and the last was two days ago',
    { frequency: 'weekly', marketingSent: [new Date(now.getTime() - 48 * hour)] },
    'no contact_frequency',
  ],
  [
    'one mail a week is wanted, and the last was six days ago',
    { frequency: 'weekly', marketingSent: [new Date(now.getTime() - 144 * hour)] },
    'later contact_frequency',
  ],
  [
    'one mail a month is wanted, and the last was 31 days ago',
    { frequency: 'monthly', marketingSent: [new Date(now.getTime() - 744 * hour)] },
    'send',
  ],
  ['queued four days ago', { queuedAt: new Date(now.getTime() - 96 * hour) }, 'no stale'],
  ['service queued four days ago', { ...service, queuedAt: new Date(now.getTime() - 96 * hour) }, 'send'],
]
for (const [name, change, expected] of table)
  test(`gate: ${name}: ${expected}`, () => assert.equal(words(ask(change)), expected))

test('a pause holds mail to contacts, not alerts and tests', () => {
  const pause = { by: 'Olga', words: 'x', at: now.toISOString() }
  assert.equal(words(ask({}, { pause })), 'hold paused')
  assert.equal(words(ask(service, { pause })), 'hold paused')
  assert.equal(words(ask(alert, { pause })), 'send')
})

test('every reason has words, and no verdict has another reason', () => {
  for (const text of Object.values(reasons)) assert.ok(text.length > 10)
})

test('a mail that waits for the cap waits exactly until the oldest one is out of the window', () => {
  const sent = new Date(now.getTime() - 5 * hour)
  const verdict = ask({ marketingSent: [sent] })
  assert.ok(verdict.is === 'later')
  assert.equal(verdict.until.getTime(), sent.getTime() + 20 * hour)
  assert.equal(
    words(decide({ ...facts, marketingSent: [sent] }, { settings, pause: null, now: verdict.until })),
    'send',
  )
})

test('nothing leaves at night, in whatever zone, on whatever day (property)', () => {
  const zones = Intl.supportedValuesOf('timeZone')
  const night = { from: '21:00', to: '08:00' }
  const local = (at: Date, zone: string) =>
    new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    }).format(at)
  fc.assert(
    fc.property(
      fc.constantFrom(...zones),
      fc.date({ min: new Date('2026-01-01'), max: new Date('2027-12-31'), noInvalidDate: true }),
      (zone, at) => {
        const time = local(at, zone)
        const end = endOfNight(at, zone, night)
        const isNight = time >= '21:00' || time < '08:00'
        assert.equal(end !== null, isNight, `${zone} ${time}`)
        if (end) {
          assert.ok(end > at && end.getTime() - at.getTime() <= 13 * hour)
          assert.equal(endOfNight(end, zone, night), null)
        }
      },
    ),
    { numRuns: 500 },
  )
})

test('a night within one day, both switches of the clock, and zones that are none', () => {
  assert.equal(
    endOfNight(new Date('2026-06-01T12:30:00Z'), 'UTC', { from: '12:00', to: '13:00' })?.toISOString(),
    '2026-06-01T13:00:00.000Z',
  )
  assert.equal(endOfNight(new Date('2026-06-01T13:00:00Z'), 'UTC', { from: '12:00', to: '13:00' }), null)
  // Berlin jumps from 2:00 to 3:00 on 29 March 2026, and lives 2:00 to 3:00 twice on 25 October.
  assert.equal(
    endOfNight(new Date('2026-03-29T00:30:00Z'), 'Europe/Berlin', {
      from: '23:00',
      to: '02:30',
    })?.toISOString(),
    '2026-03-29T01:30:00.000Z',
  )
  assert.equal(
    endOfNight(new Date('2026-10-24T22:30:00Z'), 'Europe/Berlin', {
      from: '23:00',
      to: '08:00',
    })?.toISOString(),
    '2026-10-25T07:00:00.000Z',
  )
  assert.equal(zoneOr('Mars/Olympus', 'Europe/Vienna'), 'Europe/Vienna')
  assert.equal(zoneOr(null, 'UTC'), 'UTC')
})
