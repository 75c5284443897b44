import assert from 'node:assert/strict'
import test from 'node:test'
import { isHuman } from '#activity/catalogue.ts'
import { describeEvent, matchesEvent } from './listen.ts'
import type { Demand } from './where.ts'

const page = (path: string) => ({
  type: 'page.viewed',
  name: null,
  data: { path, url: `https://example.com${path}` },
})
const where = (property: string, op: string, value?: Demand['value']): Demand => ({ property, op, value })

test('a click counts only when it was judged human', () => {
  assert.equal(isHuman({ verdict: 'human' }), true)
  assert.equal(isHuman({ verdict: 'unsure' }), false)
  assert.equal(isHuman({ verdict: 'machine' }), false)
  assert.equal(isHuman({ bot: true }), false)
  assert.equal(isHuman({}), true)
})

test('an event matches by type, name and each of its values', () => {
  const pricing = { event: 'page.viewed', where: [where('path', 'starts_with', '/pricing')] }
  assert.equal(matchesEvent(pricing, page('/Pricing/enterprise'), 'UTC'), true)
  assert.equal(matchesEvent(pricing, page('/about'), 'UTC'), false)
  assert.equal(matchesEvent({ event: 'event.tracked', name: 'Signed Up' }, page('/pricing'), 'UTC'), false)
})

test('a tracked event is asked about its own properties', () => {
  const event = {
    type: 'event.tracked',
    name: 'Order',
    data: { properties: { total: '120.5', plan: { tier: 'pro' } } },
  }
  const asks = (...demands: Demand[]) =>
    matchesEvent({ event: 'event.tracked', where: demands }, event, 'UTC')
  assert.equal(asks(where('total', 'more_than', 100)), true)
  assert.equal(asks(where('total', 'at_most', 100)), false)
  assert.equal(asks(where('plan.tier', 'is', 'PRO')), true)
  assert.equal(asks(where('plan.tier', 'is_any_of', ['free', 'pro'])), true)
})

test('names of inherited properties are not values', () => {
  const asks = matchesEvent(
    { event: 'page.viewed', where: [where('constructor', 'is_set')] },
    page('/'),
    'UTC',
  )
  assert.equal(asks, false)
})

test('an event is described in words', () => {
  const match = { event: 'page.viewed', where: [where('path', 'starts_with', '/pricing')] }
  assert.match(describeEvent(match), /^a page view where path starts with ./)
  assert.equal(
    describeEvent({ event: 'event.tracked', name: 'Whitepaper Downloaded' }),
    '“Whitepaper Downloaded”',
  )
})
