import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { metricsPage } from './metrics.doc.ts'
import { listMetrics, withShares } from './metrics.ts'
import { rangeQuery, readRange, unitsOf } from './range.ts'

test('docs/metrics.md says what the dictionary says', () => {
  const page = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8')
  assert.equal(page, metricsPage(), 'write it anew with: node scripts/metrics-doc.ts')
})

test('every metric has a key of its own, a sentence, and as a share two metrics that it is made of', () => {
  const metrics = listMetrics()
  const keys = metrics.map(metric => metric.key)
  assert.equal(new Set(keys).size, keys.length)
  for (const { key, definition, unit, of } of metrics) {
    assert.match(definition, /^[A-Z].*[.]$/, key)
    assert.equal(unit === 'share', of !== undefined, key)
    if (of) assert.ok(keys.includes(of.part) && keys.includes(of.whole), key)
  }
})

test('a share of nothing is no number, not zero', () => {
  const none = Object.fromEntries(listMetrics().map(({ key }) => [key, 0])) as Parameters<
    typeof withShares
  >[0]
  assert.equal(withShares(none).open_rate, null)
  assert.equal(withShares({ ...none, sent: 4, bounced_hard: 4 }).delivery_rate, 0)
})

const range = (query: Record<string, string>, now = '2026-10-25T22:30:00Z') =>
  readRange(rangeQuery.parse(query), 'Europe/Berlin', new Date(now))

test('days are those of the workspace, whatever the clock in Greenwich says', () => {
  // Half past eleven in the evening of the 25th in Berlin, where the clocks went back that night.
  assert.equal(range({}).to, '2026-10-25')
  assert.equal(range({}, '2026-10-25T23:30:00Z').to, '2026-10-26')
  assert.deepEqual(range({ preset: 'last_7_days' }).before, { from: '2026-10-12', to: '2026-10-18' })
  assert.deepEqual(
    [range({ preset: 'last_month' }).from, range({ preset: 'last_month' }).to],
    ['2026-09-01', '2026-09-30'],
  )
  assert.deepEqual(range({ preset: 'last_30_days', compare: 'year' }).before, {
    from: '2025-09-27',
    to: '2025-10-26',
  })
  assert.equal(range({ compare: 'none' }).before, null)
})

test('long ranges are shown by week and by month, and a wrong range is refused with its field', () => {
  assert.equal(range({ preset: 'last_90_days' }).unit, 'day')
  assert.equal(range({ preset: 'last_365_days' }).unit, 'week')
  const years = range({ from: '2024-01-01', to: '2026-10-01' })
  assert.equal(years.unit, 'month')
  assert.equal(unitsOf(years, 'month').length, 34)
  assert.throws(() => range({ from: '2026-10-02', to: '2026-10-01' }), /ends after it begins/)
  assert.throws(() => range({ from: '2001-01-01', to: '2026-10-01' }), /at most/)
})
