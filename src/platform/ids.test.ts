import assert from 'node:assert/strict'
import { test } from 'node:test'
import { idFrom, laneCount, laneOf, newId } from './ids.ts'

test('a hundred thousand ids are distinct, fit in 63 bits and use all lanes evenly', () => {
  const ids = Array.from({ length: 100_000 }, newId)
  assert.equal(new Set(ids).size, ids.length)
  const lanes = new Array<number>(laneCount).fill(0)
  for (const id of ids) {
    assert.ok(BigInt(id) > 0n && BigInt(id) < 2n ** 63n)
    lanes[laneOf(id)] = (lanes[laneOf(id)] ?? 0) + 1
  }
  const even = ids.length / laneCount
  assert.ok(lanes.every(count => count > even * 0.8 && count < even * 1.2))
})

test('ids grow with time', () => {
  const first = BigInt(newId()) >> 22n
  for (let i = 0; i < 10_000; i++) newId()
  assert.ok(BigInt(newId()) >> 22n >= first)
})

test('an id made from parts is always the same, and parts do not run together', () => {
  assert.equal(idFrom('a', 'b'), idFrom('a', 'b'))
  assert.notEqual(idFrom('ab', 'c'), idFrom('a', 'bc'))
})
