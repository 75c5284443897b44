import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toAppError } from './problem.ts'

test('what the database cannot store or cannot do is told apart from a bug of ours', () => {
  const told = (code: string) => {
    const { status, code: word } = toAppError(Object.assign(new Error('the database says so'), { code }))
    return [status, word]
  }
  assert.deepEqual(told('22021'), [400, 'invalid'], 'a NUL in a text')
  assert.deepEqual(told('22P05'), [400, 'invalid'], 'a NUL in JSON')
  assert.deepEqual(told('57P03'), [503, 'database_away'])
  assert.deepEqual(told('42703'), [500, 'internal'])
})
