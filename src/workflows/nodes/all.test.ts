import assert from 'node:assert/strict'
import test from 'node:test'
import { z } from 'zod'
import type { Facts, Moment, Node, Outcome } from '../node.ts'
import { nodes } from './all.ts'

/** Settings under which each kind of step can be asked; a kind that is not here fails below. */
const examples: Record<string, Record<string, unknown>[]> = {
  wait: [
    { for: { amount: 3, unit: 'days' } },
    { at: '09:00', weekdays: [1, 2, 3, 4, 5], zone: 'workspace' },
    { for: { amount: 2, unit: 'weeks' }, at: '17:30', zone: 'Europe/Vienna' },
  ],
  'wait-for': [{ event: 'email.clicked', email: 'mail', atMost: { amount: 2, unit: 'days' } }],
  branch: [{ filter: { type: 'field', field: 'country', op: 'is', value: 'AT' } }],
  split: [
    {
      paths: [
        { id: 'a', share: 1 },
        { id: 'b', share: 3 },
      ],
    },
  ],
  'send-email': [{ emailId: '1' }],
  'alert-sales': [{ message: 'looks at prices', webhookUrl: 'https://hooks.example.com/x' }],
  'add-points': [{ modelId: '1', points: 10 }],
  'set-field': [{ field: 'stage', value: 'lead' }],
  'add-to-list': [{ listId: '1' }],
  'remove-from-list': [{ listId: '1' }],
  'move-to-workflow': [
    { workflowId: '1' },
    { workflowId: '1', when: { type: 'score', modelId: '1', op: 'at_least', value: 50 } },
  ],
  'crm-push': [{}],
  'crm-task': [{ subject: 'Call' }, { subject: 'Call', dueInDays: null }],
  'crm-campaign': [{ campaignId: '1', status: 'clicked' }],
  'set-owner': [{ userIds: ['a', 'b', 'c'] }, { userIds: ['a'], onlyIfNone: false }],
  'request-handoff': [{ words: 'asked for a demo' }],
  exit: [{}, { reason: 'not a customer' }],
}

const facts = (matches: boolean): Facts => ({
  matches: () => matches,
  contact: null,
  heard: () => null,
  last: null,
  zone: 'UTC',
})
const arrivedAt = new Date('2026-11-20T10:00:00Z')
const later = new Date('2027-11-20T10:00:00Z')
const moment = (now: Date, chance = 0.5): Moment => ({ now, arrivedAt, chance })

const each = (check: (node: Node, settings: Record<string, unknown>) => void) => {
  for (const node of nodes) for (const settings of examples[node.type] ?? []) check(node, settings)
}

test('every kind of step has an example, a title of its own and words', () => {
  for (const node of nodes) assert.ok(examples[node.type]?.length, `no example for ${node.type}`)
  assert.equal(new Set(nodes.map(node => node.type)).size, nodes.length)
  assert.equal(new Set(nodes.map(node => node.title)).size, nodes.length)
  for (const node of nodes) assert.ok(node.words.length > 10)
})

test('a step only ever leaves by one of its exits', () => {
  each((node, settings) => {
    const step = node.bind(settings)
    for (const matches of [true, false]) {
      for (const now of [arrivedAt, later]) {
        for (const chance of [0, 0.25, 0.999_999]) {
          const outcome = step.run(facts(matches), moment(now, chance))
          if (outcome.does === 'go')
            assert.ok(step.exits.includes(outcome.exit), `${node.type} leaves by ${outcome.exit}`)
        }
      }
    }
  })
})

test('the same settings, facts and moment always decide the same', () => {
  each((node, settings) => {
    const decide = (): Outcome => node.bind(structuredClone(settings)).run(facts(true), moment(later))
    assert.deepEqual(decide(), decide())
  })
})

test('a wait ends at a time that lies ahead, and at that time it is over', () => {
  each((node, settings) => {
    const step = node.bind(settings)
    const outcome = step.run(facts(false), moment(arrivedAt))
    if (outcome.does !== 'wait' || !outcome.until) return
    assert.ok(outcome.until > arrivedAt, node.type)
    assert.notEqual(step.run(facts(false), moment(outcome.until)).does, 'wait', node.type)
    const justBefore = new Date(outcome.until.getTime() - 1)
    assert.deepEqual(step.run(facts(false), moment(justBefore)), outcome, node.type)
  })
})

test('a step that may wait says so, for circles hang on it', () => {
  each((node, settings) => {
    const step = node.bind(settings)
    if (step.run(facts(false), moment(arrivedAt)).does === 'wait') assert.ok(step.holds, node.type)
  })
})

test('every step can say in words what it does, also when what it refers to is gone', () => {
  each((node, settings) => {
    assert.ok(node.bind(settings).describe(() => undefined).length > 0)
    assert.ok(node.bind(settings).describe(() => 'A name').length > 0)
  })
})

test('every step has a JSON schema for the editor', () => {
  for (const node of nodes) assert.ok(z.toJSONSchema(node.settings, { io: 'input', unrepresentable: 'any' }))
})

test('settings are refused with an error that has a path, never taken as they come', () => {
  for (const node of nodes) {
    for (const rubbish of [null, 'text', 5, []])
      assert.throws(() => node.bind(rubbish), z.ZodError, node.type)
  }
})
