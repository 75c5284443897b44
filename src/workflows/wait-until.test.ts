import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import { type WaitRule, waitUntil } from './wait-until.ts'

const zones = [
  'UTC',
  'Europe/Vienna',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'America/St_Johns',
]

const at = (text: string) => new Date(text)
const wall = (moment: Date, zone: string) =>
  Temporal.Instant.fromEpochMilliseconds(moment.getTime()).toZonedDateTimeISO(zone)

test('three days are 72 hours, also when the clocks change in between', () => {
  const rule: WaitRule = { for: { amount: 3, unit: 'days' } }
  assert.deepEqual(waitUntil(rule, at('2026-03-27T10:00:00Z'), 'Europe/Vienna'), at('2026-03-30T10:00:00Z'))
})

test('a day until nine o’clock follows the wall clock over the switch in spring', () => {
  const rule: WaitRule = { for: { amount: 1, unit: 'days' }, at: '09:00' }
  // Saturday 09:00 in Vienna is 08:00 UTC; on Sunday, in summer time, nine o’clock is 07:00 UTC.
  assert.deepEqual(waitUntil(rule, at('2026-03-28T08:00:00Z'), 'Europe/Vienna'), at('2026-03-29T07:00:00Z'))
})

test('an hour that is skipped in spring is taken when the clocks have moved on', () => {
  const rule: WaitRule = { at: '02:30' }
  assert.deepEqual(waitUntil(rule, at('2026-03-29T00:00:00Z'), 'Europe/Vienna'), at('2026-03-29T01:30:00Z'))
})

test('an hour that comes twice in autumn counts at its first showing that is not past', () => {
  const rule: WaitRule = { at: '02:30' }
  const zone = 'Europe/Vienna'
  assert.deepEqual(waitUntil(rule, at('2026-10-24T22:00:00Z'), zone), at('2026-10-25T00:30:00Z'))
  assert.deepEqual(waitUntil(rule, at('2026-10-25T00:45:00Z'), zone), at('2026-10-25T01:30:00Z'))
  assert.deepEqual(waitUntil(rule, at('2026-10-25T01:45:00Z'), zone), at('2026-10-26T01:30:00Z'))
})

test('weekdays skip the weekend and begin with the day', () => {
  const rule: WaitRule = { weekdays: [1, 2, 3, 4, 5] }
  assert.deepEqual(waitUntil(rule, at('2026-11-21T12:00:00Z'), 'UTC'), at('2026-11-23T00:00:00Z'))
  assert.deepEqual(waitUntil(rule, at('2026-11-23T12:00:00Z'), 'UTC'), at('2026-11-23T12:00:00Z'))
})

test('the same weekday counts again next week when its hour is past', () => {
  const rule: WaitRule = { at: '09:00', weekdays: [1] }
  assert.deepEqual(waitUntil(rule, at('2026-11-23T09:00:01Z'), 'UTC'), at('2026-11-30T09:00:00Z'))
})

const rules = fc.record(
  {
    for: fc.record({
      amount: fc.integer({ min: 0, max: 40 }),
      unit: fc.constantFrom('minutes' as const, 'hours' as const, 'days' as const, 'weeks' as const),
    }),
    at: fc
      .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
      .map(([hour, minute]) => `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`),
    weekdays: fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
  },
  { requiredKeys: [] },
)
// Two days around every change of the clocks of 2026 and 2027 in these zones, and any other moment.
const switches = [
  '2026-03-08',
  '2026-03-29',
  '2026-04-05',
  '2026-10-04',
  '2026-10-25',
  '2026-11-01',
  '2027-03-28',
]
const moments = fc.oneof(
  fc
    .tuple(fc.constantFrom(...switches), fc.integer({ min: -1440, max: 2880 }))
    .map(([day, minutes]) => new Date(Date.parse(`${day}T00:00:00Z`) + minutes * 60_000)),
  fc.date({ min: at('2026-01-01T00:00:00Z'), max: at('2028-01-01T00:00:00Z'), noInvalidDate: true }),
)

test('a wait never ends before its length is over, and asked again at its end it is over', () => {
  fc.assert(
    fc.property(rules, moments, fc.constantFrom(...zones), (rule: WaitRule, arrivedAt, zone) => {
      const until = waitUntil(rule, arrivedAt, zone)
      assert.ok(until >= arrivedAt)
      // What remains at the end of a wait is no wait: the hour and the day are right there.
      const { for: _, ...rest } = rule
      assert.deepEqual(waitUntil(rest, until, zone), until)
    }),
    { numRuns: 2000 },
  )
})

test('a wait ends at the asked hour, except where the clocks skip it, and on an allowed day', () => {
  fc.assert(
    fc.property(rules, moments, fc.constantFrom(...zones), (rule: WaitRule, arrivedAt, zone) => {
      const end = wall(waitUntil(rule, arrivedAt, zone), zone)
      if (rule.weekdays) assert.ok(rule.weekdays.includes(end.dayOfWeek))
      if (!rule.at) return
      const asked = end.toPlainDate().toPlainDateTime(Temporal.PlainTime.from(rule.at))
      const isSkipped = !asked.toZonedDateTime(zone).toPlainDateTime().equals(asked)
      assert.ok(isSkipped || end.toPlainTime().equals(asked.toPlainTime()))
    }),
    { numRuns: 2000 },
  )
})

test('no earlier minute would have done', () => {
  fc.assert(
    fc.property(rules, moments, fc.constantFrom(...zones), (rule: WaitRule, arrivedAt, zone) => {
      if (!rule.at && !rule.weekdays) return
      const base = waitUntil(rule.for ? { for: rule.for } : { at: '00:00' }, arrivedAt, zone)
      if (rule.for && (rule.for.unit === 'days' || rule.for.unit === 'weeks')) return
      const from = rule.for ? base : arrivedAt
      const until = waitUntil(rule, arrivedAt, zone)
      // An hour is the moment at which it begins: from the first whole minute on.
      for (
        let time = Math.ceil(from.getTime() / 60_000) * 60_000;
        time < Math.min(until.getTime(), from.getTime() + 26 * 3_600_000);
        time += 600_000
      ) {
        const now = wall(new Date(time), zone)
        const isDay = !rule.weekdays || rule.weekdays.includes(now.dayOfWeek)
        const isHour = !rule.at || now.toPlainTime().toString().slice(0, 5) === rule.at
        assert.ok(!(isDay && isHour), `${now.toString()} would have done`)
      }
    }),
    { numRuns: 300 },
  )
})
