import assert from 'node:assert/strict'
import { test } from 'node:test'
import { probabilitiesToBeBest, wilson } from './experiments.statistics.ts'
import { assign, compare, conclude } from './experiments.ts'

const near = (actual: number, expected: number, within: number) =>
  assert.ok(Math.abs(actual - expected) <= within, `${actual} is not ${expected} ± ${within}`)

test('Wilson’s interval gives the values of the literature', () => {
  // Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3: 81/263, 15/148, 0/20, 1/29.
  const table: [number, number, number, number][] = [
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ]
  for (const [hits, n, low, high] of table) {
    const interval = wilson({ n, hits })
    near(interval.low, low, 0.00006)
    near(interval.high, high, 0.00006)
  }
  assert.deepEqual(wilson({ n: 0, hits: 0 }), { low: 0, high: 1 })
})

/** P(B > A) in closed form for whole counts: E. Miller, "Formulas for Bayesian A/B Testing" (2014). */
function closedForm(a: { n: number; hits: number }, b: { n: number; hits: number }): number {
  const logs = [0, 0]
  for (let i = 2; i <= a.n + b.n + 4; i++) logs.push((logs[i - 1] ?? 0) + Math.log(i - 1))
  const logGamma = (whole: number) => logs[whole] ?? Number.NaN
  const logBeta = (x: number, y: number) => logGamma(x) + logGamma(y) - logGamma(x + y)
  const [alphaA, betaA] = [a.hits + 1, a.n - a.hits + 1]
  const [alphaB, betaB] = [b.hits + 1, b.n - b.hits + 1]
  let total = 0
  for (let i = 0; i < alphaB; i++)
    total += Math.exp(
      logBeta(alphaA + i, betaB + betaA) -
        Math.log(betaB + i) -
        logBeta(1 + i, betaB) -
        logBeta(alphaA, betaA),
    )
  return total
}

test('the probability to be the best is that of the closed form, for few and for many', () => {
  for (const [a, b] of [
    [
      { n: 200, hits: 10 },
      { n: 200, hits: 20 },
    ],
    [
      { n: 1000, hits: 100 },
      { n: 1000, hits: 130 },
    ],
    [
      { n: 10, hits: 0 },
      { n: 12, hits: 1 },
    ],
    [
      { n: 50_000, hits: 1000 },
      { n: 50_000, hits: 1100 },
    ],
    [
      { n: 0, hits: 0 },
      { n: 100, hits: 50 },
    ],
  ] as const) {
    const [, best = 0] = probabilitiesToBeBest([a, b])
    near(best, closedForm(a, b), 0.001)
  }
})

test('equal variants share the probability, and all of it', () => {
  const same = { n: 500, hits: 25 }
  for (const share of probabilitiesToBeBest([same, same, same, same])) near(share, 0.25, 1e-6)
  const mixed = probabilitiesToBeBest([same, { n: 500, hits: 30 }, { n: 500, hits: 60 }])
  near(
    mixed.reduce((sum, each) => sum + each, 0),
    1,
    1e-9,
  )
  near(mixed[2] ?? 0, 1, 0.002)
})

const rules = { minimum: 100, confidence: 95 }
test('there is no winner with too few mails, without a hit, or while it may still be chance', () => {
  const asked = (...tried: { n: number; hits: number }[]) => conclude(compare(tried), rules)
  const few = asked({ n: 99, hits: 1 }, { n: 150, hits: 50 })
  assert.equal(few.winner, null)
  assert.match(few.words, /Not enough data yet: 100 mails of each variant are needed, sent so far: A 99/)
  assert.equal(asked({ n: 500, hits: 0 }, { n: 500, hits: 0 }).winner, null)
  const close = asked({ n: 500, hits: 25 }, { n: 500, hits: 30 })
  assert.equal(close.winner, null)
  assert.match(close.words, /B is the best with a probability of 7\d(\.\d)? %, 95 % are asked for/)
  assert.equal(asked({ n: 500, hits: 25 }, { n: 500, hits: 60 }).winner, 2)
})

test('contacts are shared out evenly, always alike, and differently for every campaign', () => {
  const setting = {
    share: 20,
    variants: [1, 2].map(() => ({ emailId: null, subject: null, fromName: null, fromAddress: null })),
  }
  const counts = [0, 0, 0]
  let moved = 0
  for (let contact = 1; contact <= 20_000; contact++) {
    const place = assign('7', String(contact), setting)
    assert.deepEqual(assign('7', String(contact), setting), place)
    assert.equal(place.wave === 2, place.variant === 0)
    counts[place.variant] = (counts[place.variant] ?? 0) + 1
    if (assign('8', String(contact), setting).variant !== place.variant) moved++
  }
  near(counts[1] ?? 0, 2000, 150)
  near(counts[2] ?? 0, 2000, 150)
  assert.ok(moved > 5000)
})
