import assert from 'node:assert/strict'
import { test } from 'node:test'
import { base32, codeAt, matchingStep, newTotpSecret, stepOf } from './totp.ts'

const secret = base32(Buffer.from('12345678901234567890'))

test('codes are those of RFC 6238, appendix B', () => {
  assert.equal(secret, 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ')
  const known: [number, string][] = [
    [59, '287082'],
    [1111111109, '081804'],
    [1234567890, '005924'],
    [20000000000, '353130'],
  ]
  for (const [seconds, code] of known)
    assert.equal(codeAt(secret, stepOf(new Date(seconds * 1000))), code, String(seconds))
})

test('a code of the step before and after fits, one of two steps away does not', () => {
  const now = new Date('2026-11-23T10:00:00Z')
  const step = stepOf(now)
  for (const [away, fits] of [
    [-2, false],
    [-1, true],
    [0, true],
    [1, true],
    [2, false],
  ] as const)
    assert.equal(matchingStep(secret, codeAt(secret, step + away), now), fits ? step + away : null)
  for (const odd of ['', '12345', '1234567', 'abcdef', '１２３４５６'])
    assert.equal(matchingStep(secret, odd, now), null)
  assert.notEqual(newTotpSecret(), newTotpSecret())
})
