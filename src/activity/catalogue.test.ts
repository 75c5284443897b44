import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { describeEventTypes, eventTypes, sentenceOf } from './catalogue.ts'
import { dataText } from './ledger.text.ts'

test('every type is listed once and has a title and a schema that can be published', () => {
  assert.equal(new Set(eventTypes.map(type => type.type)).size, eventTypes.length)
  for (const { type, title, schema } of describeEventTypes()) {
    assert.match(type, /^[a-z]+\.[a-z]+(_[a-z]+)*$/)
    assert.match(title, /^[A-Z]/)
    assert.equal(typeof schema, 'object')
  }
})

test('whatever the data looks like, every type gives a sentence', () => {
  const keys = fc.constantFrom(
    'segmentId',
    'segmentName',
    'points',
    'score',
    'url',
    'changes',
    'modelId',
    'threshold',
    'verdict',
    'reason',
    'x',
  )
  fc.assert(
    fc.property(
      fc.constantFrom(...eventTypes.map(type => type.type), 'not.known'),
      fc.dictionary(keys, fc.jsonValue()),
      fc.option(fc.string()),
      (type, data, name) => {
        const sentence = sentenceOf({ type, name, data: data as Record<string, unknown> })
        assert.ok(sentence.length > 0)
        assert.doesNotMatch(sentence, /undefined|\[object/)
      },
    ),
  )
})

test('sentences say what a person would say', () => {
  const say = (type: string, data: Record<string, unknown>, name: string | null = null) =>
    sentenceOf({ type, name, data })
  assert.equal(say('page.viewed', { title: 'Pricing', path: '/pricing' }), 'looked at the page “Pricing”')
  assert.equal(say('event.tracked', {}, 'Whitepaper Downloaded'), 'did “Whitepaper Downloaded”')
  assert.equal(
    say('contact.updated', {
      changes: { first_name: { from: null, to: 'Ann' }, 'attrs.plan': { from: 1, to: 2 } },
    }),
    'got a new first name, plan',
  )
  assert.equal(
    say('score.changed', {
      modelId: '1',
      modelName: 'Interest',
      ruleName: 'Pricing page',
      points: 5,
      score: 55.04,
    }),
    'got 5 points in “Interest” for “Pricing page”, now 55',
  )
  assert.equal(
    say('score.rose', { modelId: '1', modelName: 'Interest', threshold: 'Hot', value: 50 }),
    'rose to “Hot” (50) in “Interest”',
  )
  assert.equal(
    say('workflow.exited', { workflowId: '1', workflowName: 'Follow-up', reason: 'goal_met' }),
    'left the workflow “Follow-up” (goal met)',
  )
})

test('stored JSON is valid for jsonb and equal wherever it was fine already', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ stringUnit: 'binary' })),
      data => {
        const text = dataText(data)
        assert.doesNotMatch(text.replaceAll('\\\\', ''), /\\u0000|\\ud[89a-f]/i)
        if (!/\\u(0000|d[89a-f])/i.test(JSON.stringify(data))) assert.equal(text, JSON.stringify(data))
      },
    ),
  )
})
