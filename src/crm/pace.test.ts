import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createPace, paceOf, pollMs } from './pace.ts'

const dayMs = 86_400_000

test('looking for changes never uses up the day, whatever a look costs, and is never idle for more than an hour', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 2_000, max: 100_000 }),
      fc.integer({ min: 0, max: dayMs - 1 }),
      (calls, allowed, beginsAt) => {
        let left = allowed
        for (let at = beginsAt; at < dayMs; ) {
          left -= calls
          const wait = paceOf({ calls, left, restMs: dayMs - at })
          assert.ok(wait >= pollMs && wait <= 3_600_000)
          at += wait
        }
        assert.ok(left > 0, `${left} left of ${allowed}`)
      },
    ),
  )
})

test('six tables of thirteen calls a look are followed all day on ten thousand calls, every few minutes', () => {
  assert.ok(paceOf({ calls: 13, left: 8_000, restMs: dayMs }) < 5 * 60_000)
  assert.equal(paceOf({ calls: 3, left: 90_000, restMs: dayMs }), pollMs)
  assert.equal(paceOf({ calls: 3, left: 0, restMs: dayMs }), 3_600_000)
})

test('what a look costs is learnt from looks that found nothing', () => {
  const pace = createPace(4)
  assert.equal(pace.calls(), 8)
  pace.heed(50, 700)
  pace.heed(0, 0)
  assert.equal(pace.calls(), 8)
  pace.heed(5, 0)
  assert.equal(pace.calls(), 5)
})
