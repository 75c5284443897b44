import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import type { Draft } from './definition.ts'
import { findProblems } from './graph.ts'

type Nodes = NonNullable<Draft['nodes']>
const trigger = { event: 'event.tracked', name: 'Signed Up' }
const draft = (nodes: Nodes, start = 'a'): Draft => ({ trigger, reentry: 'once', start, nodes })
const messages = (given: Draft) =>
  findProblems(given).problems.map(problem => `${problem.path}: ${problem.message}`)

const wait = (next: string | null) => ({
  type: 'wait',
  settings: { for: { amount: 1, unit: 'days' } },
  exits: { next },
})
const set = (next: string | null) => ({
  type: 'set-field',
  settings: { field: 'stage', value: 'lead' },
  exits: { next },
})
const exit = { type: 'exit', settings: {}, exits: {} }

test('a sound workflow has no problems', () => {
  assert.deepEqual(messages(draft({ a: wait('b'), b: set('c'), c: exit })), [])
})

test('a way that ends the workflow is wired to nothing on purpose', () => {
  assert.deepEqual(messages(draft({ a: set(null) })), [])
})

test('a way that was forgotten is named', () => {
  const forgotten = { type: 'set-field', settings: { field: 'stage', value: 'lead' }, exits: {} }
  assert.deepEqual(messages(draft({ a: forgotten })), [
    'nodes.a.exits.next: The way “next” leads nowhere yet',
  ])
})

test('a step that no way leads to, and a way to a step that is gone, are named', () => {
  assert.deepEqual(messages(draft({ a: set('gone'), b: exit })), [
    'nodes.a.exits.next: This way leads to a step that is not there',
    'nodes.b: No way leads to this step',
  ])
})

test('a circle without a wait is refused, one with a wait is fine', () => {
  assert.match(messages(draft({ a: set('b'), b: set('a') })).join(), /circle without a wait/)
  assert.deepEqual(messages(draft({ a: set('b'), b: wait('a') })), [])
})

test('a wait of no length does not make a circle harmless', () => {
  const noWait = { type: 'wait', settings: { for: { amount: 0, unit: 'days' } }, exits: { next: 'a' } }
  assert.match(messages(draft({ a: set('b'), b: noWait })).join(), /circle without a wait/)
})

test('settings that are not valid are named with their path', () => {
  const bad = { type: 'wait', settings: { for: { amount: -1, unit: 'days' } }, exits: { next: null } }
  assert.match(messages(draft({ a: bad })).join(), /^nodes\.a\.settings\.for\.amount: /)
})

test('a wait for the click of an email names a step that sends one', () => {
  const listens = {
    type: 'wait-for',
    settings: { event: 'email.clicked', email: 'b', atMost: { amount: 2, unit: 'days' } },
    exits: { happened: 'b', timed_out: null },
  }
  assert.deepEqual(messages(draft({ a: listens, b: set(null) })), [
    'nodes.a.settings.email: Choose a step that sends an email',
  ])
})

test('an empty draft can be looked at and says what is missing', () => {
  const found = findProblems({ trigger: null, reentry: null, start: null, nodes: {} })
  assert.equal(found.definition, null)
  assert.ok(found.problems.some(problem => problem.path === 'start'))
})

test('any draft at all can be looked at without an error', () => {
  const anything = fc.dictionary(
    fc.string({ minLength: 1, maxLength: 5 }),
    fc.record(
      {
        type: fc.constantFrom('wait', 'branch', 'split', 'exit', 'send-email', 'no-such-kind'),
        settings: fc.dictionary(fc.string(), fc.jsonValue()) as fc.Arbitrary<Record<string, unknown>>,
        exits: fc.dictionary(
          fc.string({ maxLength: 5 }),
          fc.oneof(fc.constant(null), fc.string({ minLength: 1, maxLength: 5 })),
        ),
      },
      { requiredKeys: ['type'] },
    ),
  )
  fc.assert(
    fc.property(anything, nodes => void findProblems(draft(nodes))),
    { numRuns: 500 },
  )
})

test('five hundred steps in a row are looked at within a second', () => {
  const nodes: Nodes = {}
  for (let i = 0; i < 500; i += 1) nodes[`n${i}`] = set(i === 499 ? null : `n${i + 1}`)
  const began = performance.now()
  assert.deepEqual(messages(draft(nodes, 'n0')), [])
  assert.ok(performance.now() - began < 1000)
})
