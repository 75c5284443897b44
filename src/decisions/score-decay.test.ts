import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  advance,
  type Decay,
  dayMs,
  emptyScore,
  type Gain,
  nextCrossing,
  remaining,
  type ScoreState,
  scoreOf,
} from './score-decay.ts'

const start = Date.UTC(2026, 0, 1)
const at = (ms: number) => new Date(start + ms)
const near = (a: number, b: number) => Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b))

const halfLife = fc.oneof(fc.constant(null), fc.integer({ min: 60_000, max: 3650 * dayMs }))
const moment = fc.integer({ min: 0, max: 200 * dayMs }).map(at)
const points = fc.integer({ min: -200, max: 200 }).filter(n => n !== 0)
const gains = fc.array(fc.record({ points, at: moment }), { maxLength: 30 })
const levels = fc.uniqueArray(fc.integer({ min: -100, max: 300 }), { maxLength: 6 })
const now = at(201 * dayMs)

/** The definition itself: every point on its own, decayed from its own moment. */
const naive = (all: Gain[], halfLifeMs: number | null, when: Date) =>
  all.reduce(
    (sum, gain) =>
      sum + gain.points * (gain.fit ? 1 : remaining(when.getTime() - gain.at.getTime(), halfLifeMs)),
    0,
  )

test('half the points are left after one half-life, a quarter after two', () => {
  const state = { behaviour: 80, asOf: at(0), fit: 5 }
  assert.equal(scoreOf(state, 30 * dayMs, at(30 * dayMs)), 45)
  assert.equal(scoreOf(state, 30 * dayMs, at(60 * dayMs)), 25)
  assert.equal(scoreOf(state, null, at(9999 * dayMs)), 85)
})

test('the stored pair equals every point decayed on its own', () => {
  fc.assert(
    fc.property(gains, halfLife, (all, halfLifeMs) => {
      const { state } = advance(emptyScore(at(0)), all, { halfLifeMs, levels: [] }, now)
      assert.ok(near(scoreOf(state, halfLifeMs, now), naive(all, halfLifeMs, now)))
    }),
  )
})

test('the order and the grouping in which points arrive never change the score', () => {
  fc.assert(
    fc.property(gains, halfLife, fc.nat(30), fc.array(fc.nat()), (all, halfLifeMs, cut, shuffle) => {
      const decay: Decay = { halfLifeMs, levels: [] }
      const mixed = all
        .map((gain, i) => ({ gain, rank: shuffle[i] ?? i }))
        .sort((a, b) => a.rank - b.rank)
        .map(row => row.gain)
      const whole = advance(emptyScore(at(0)), all, decay, now).state
      const first = advance(emptyScore(at(0)), mixed.slice(0, cut), decay, now).state
      const second = advance(first, mixed.slice(cut), decay, now).state
      assert.ok(near(scoreOf(whole, halfLifeMs, now), scoreOf(second, halfLifeMs, now)))
    }),
  )
})

test('looking at a score in between never changes it', () => {
  fc.assert(
    fc.property(
      gains,
      halfLife,
      levels,
      fc.array(moment, { maxLength: 5 }),
      (all, halfLifeMs, values, looks) => {
        const decay: Decay = { halfLifeMs, levels: values }
        const whole = advance(emptyScore(at(0)), all, decay, now)
        const stops = [...looks, now].sort((a, b) => a.getTime() - b.getTime())
        let state = emptyScore(at(0))
        const crossings = []
        let from = -1
        for (const stop of stops) {
          const step = advance(
            state,
            all.filter(gain => gain.at.getTime() > from && gain.at <= stop),
            decay,
            stop,
          )
          state = step.state
          crossings.push(...step.crossings)
          from = stop.getTime()
        }
        assert.deepEqual(state, whole.state)
        assert.deepEqual(crossings, whole.crossings)
      },
    ),
  )
})

test('a crossing by decay happens at the very millisecond', () => {
  fc.assert(
    fc.property(
      points,
      fc.integer({ min: 60_000, max: 3650 * dayMs }),
      fc.integer({ min: -50, max: 50 }),
      levels,
      (behaviour, halfLifeMs, fit, values) => {
        const score = behaviour + fit
        const state: ScoreState = { behaviour, asOf: at(0), fit, settledAt: at(0) }
        const next = nextCrossing(state, { halfLifeMs, levels: values })
        if (!next) return
        const reached = scoreOf(state, halfLifeMs, next.at) >= next.level
        const before = scoreOf(state, halfLifeMs, new Date(next.at.getTime() - 1)) >= next.level
        assert.deepEqual([before, reached], [!next.up, next.up])
        const passed = values.filter(
          level =>
            level !== next.level &&
            level >= scoreOf(state, halfLifeMs, next.at) &&
            level < score &&
            behaviour > 0,
        )
        assert.ok(
          passed.every(level => level >= next.level),
          'nothing was skipped on the way down',
        )
      },
    ),
    { numRuns: 500 },
  )
})

test('crossings alternate, and end where the score stands', () => {
  fc.assert(
    fc.property(gains, halfLife, levels, (all, halfLifeMs, values) => {
      const { state, crossings } = advance(emptyScore(at(0)), all, { halfLifeMs, levels: values }, now)
      for (const level of values) {
        const own = crossings.filter(crossing => crossing.level === level)
        // Nobody's score is 0: values up to there are held from the start.
        assert.ok(own.every((crossing, i) => crossing.up === ((i % 2 === 0) === level > 0)))
        const score = scoreOf(state, halfLifeMs, now)
        if (Math.abs(score - level) > 1e-6) assert.equal(score >= level, (own.length % 2 === 1) === level > 0)
      }
      assert.ok(
        crossings.every((crossing, i) => i === 0 || crossing.at >= (crossings[i - 1]?.at ?? crossing.at)),
        'in the order of time',
      )
    }),
  )
})

test('a fall and a rise that were passed in one jump of the clock are both told, each at its moment', () => {
  const decay: Decay = { halfLifeMs: 10 * dayMs, levels: [50] }
  const first = advance(emptyScore(at(0)), [{ points: 60, at: at(0) }], decay, at(0)).state
  const { crossings } = advance(first, [{ points: 40, at: at(10 * dayMs) }], decay, at(30 * dayMs))
  assert.deepEqual(
    crossings.map(crossing => [crossing.up, crossing.byDecay]),
    [
      [false, true],
      [true, false],
      [false, true],
    ],
  )
  const days = crossings.map(crossing => (crossing.at.getTime() - start) / dayMs)
  assert.ok(near(Math.round((days[0] ?? 0) * 1e4), Math.round(10 * Math.log2(60 / 50) * 1e4)))
  assert.equal(days[1], 10)
  assert.ok(near(Math.round((days[2] ?? 0) * 1e4), Math.round((10 + 10 * Math.log2(70 / 50)) * 1e4)))
})

test('fit does not decay, and a value held by fit alone is never lost to time', () => {
  const decay: Decay = { halfLifeMs: dayMs, levels: [20] }
  const { state } = advance(
    emptyScore(at(0)),
    [
      { points: 20, at: at(0), fit: true },
      { points: 30, at: at(0) },
    ],
    decay,
    at(0),
  )
  assert.equal(nextCrossing(state, decay), null)
  assert.deepEqual(advance(state, [], decay, at(9999 * dayMs)).crossings, [])
  assert.deepEqual(
    advance(state, [{ points: -20, at: at(100 * dayMs), fit: true }], decay, at(100 * dayMs)).crossings.map(
      crossing => crossing.up,
    ),
    [false],
  )
})
