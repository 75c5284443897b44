import assert from 'node:assert/strict'
import test from 'node:test'
import type { Event } from '#engine/reactor.ts'
import { planOf } from './definition.ts'
import type { Enrolment } from './enrolments.sql.ts'
import { chanceOf, hear, listensOf, stepsPerTick, type Traveller, type World, walk } from './travel.ts'

const t0 = new Date('2026-11-23T10:00:00Z')
const later = (ms: number) => new Date(t0.getTime() + ms)
const day = 86_400_000

const plan = planOf('7', 1, {
  trigger: { event: 'event.tracked', name: 'Paper' },
  reentry: 'once',
  start: 'mail',
  nodes: {
    mail: { type: 'send-email', settings: { emailId: '5' }, exits: { next: 'pause' } },
    pause: { type: 'wait', settings: { for: { amount: 1, unit: 'days' } }, exits: { next: 'click' } },
    click: {
      type: 'wait-for',
      settings: { event: 'email.clicked', email: 'mail', atMost: { amount: 2, unit: 'days' } },
      exits: { happened: 'page', timed_out: null },
    },
    page: {
      type: 'wait-for',
      settings: { event: 'page.viewed', atMost: { amount: 2, unit: 'days' } },
      exits: { happened: null, timed_out: null },
    },
  },
})

function travellerAt(node: string, arrivedAt = t0, state: Partial<Enrolment['state']> = {}): Traveller {
  const row: Enrolment = {
    contactId: '64',
    id: '900',
    workflowId: '7',
    version: 1,
    entryKey: 'g0',
    status: 'active',
    node,
    arrivedAt,
    steps: 0,
    wakeAt: null,
    listens: [],
    held: false,
    state: { sent: {}, heard: {}, because: [], ...state },
    why: [],
    causeId: '1',
    enteredAt: t0,
    endedAt: null,
    endReason: null,
    rev: 0,
  }
  return {
    row,
    plan,
    granted: null,
    state: 'resting',
    events: [],
    reachedAt: null,
    dueAt: null,
    fresh: false,
    wakeBefore: null,
    spent: 0,
    depth: 0,
    zone: 'UTC',
    causeId: '1',
    last: null,
    steps: [],
    effects: [],
    dirty: false,
  }
}

const worldAt = (now: Date): World => ({
  now,
  zone: 'UTC',
  contacts: new Map(),
  emails: new Map([['5', '51']]),
})
const event = (id: string, type: string, at: Date, data: Record<string, unknown> = {}): Event => ({
  contactId: '64',
  id,
  type,
  name: null,
  at,
  data,
  causeId: null,
  depth: 0,
})
const click = (at: Date, messageId = '33') => event('2', 'email.clicked', at, { messageId, verdict: 'human' })
const exits = (traveller: Traveller) => traveller.steps.map(step => `${step.node}:${step.exit}`)

test('a participant walks to the next wait within one tick', () => {
  const traveller = travellerAt('mail')
  walk(traveller, worldAt(t0))
  assert.equal(traveller.state, 'resting')
  assert.equal(traveller.row.node, 'pause')
  assert.deepEqual(traveller.row.wakeAt, later(day))
  assert.deepEqual(exits(traveller), ['mail:next'])
  assert.deepEqual(
    traveller.effects.map(placed => [placed.effect.do, placed.node, placed.seq]),
    [['email', 'mail', 0]],
  )
})

test('a click that came during an earlier wait counts when the step that asks for it is reached', () => {
  const traveller = travellerAt('pause', t0, { sent: { mail: '33' } })
  traveller.events = [click(later(5000))]
  hear(traveller)
  walk(traveller, worldAt(later(5000)))
  assert.equal(traveller.row.node, 'pause')
  traveller.events = []
  walk(traveller, worldAt(later(day)))
  assert.deepEqual(exits(traveller), ['pause:next', 'click:happened'])
  assert.equal(traveller.row.node, 'page')
  assert.equal(traveller.causeId, '2')
})

test('a click in another message is not heard', () => {
  const traveller = travellerAt('click', t0, { sent: { mail: '33' } })
  traveller.events = [click(later(5000), '34')]
  hear(traveller)
  walk(traveller, worldAt(later(5000)))
  assert.deepEqual(exits(traveller), [])
})

test('an event at the very deadline takes exactly one branch: it happened', () => {
  const traveller = travellerAt('click', t0, { sent: { mail: '33' } })
  traveller.row.wakeAt = later(2 * day)
  traveller.dueAt = later(2 * day)
  traveller.events = [click(later(2 * day))]
  hear(traveller)
  walk(traveller, worldAt(later(2 * day + 700)))
  assert.deepEqual(exits(traveller), ['click:happened'])
})

test('an event after the deadline is too late, even if nobody has looked since', () => {
  const traveller = travellerAt('click', t0, { sent: { mail: '33' } })
  traveller.row.wakeAt = later(2 * day)
  traveller.events = [click(later(2 * day + 1))]
  hear(traveller)
  walk(traveller, worldAt(later(2 * day + 700)))
  assert.deepEqual(exits(traveller), ['click:timed_out'])
})

test('events of one tick are used up in their order: the page view before the click does not answer for it', () => {
  const traveller = travellerAt('click', t0, { sent: { mail: '33' } })
  traveller.events = [
    event('3', 'page.viewed', later(1000)),
    click(later(2000)),
    event('4', 'page.viewed', later(3000)),
  ]
  hear(traveller)
  walk(traveller, worldAt(later(4000)))
  assert.deepEqual(exits(traveller), ['click:happened', 'page:happened'])
  assert.equal(traveller.causeId, '4')
  const early = travellerAt('click', t0, { sent: { mail: '33' } })
  early.events = [event('3', 'page.viewed', later(1000)), click(later(2000))]
  hear(early)
  walk(early, worldAt(later(4000)))
  assert.deepEqual(exits(early), ['click:happened'])
})

test('somebody whose email is not published any more is set aside where he stands', () => {
  const traveller = travellerAt('mail')
  walk(traveller, { ...worldAt(t0), emails: new Map() })
  assert.equal(traveller.row.status, 'parked')
  assert.equal(traveller.row.node, 'mail')
  assert.deepEqual(traveller.effects, [])
})

test('a circle that a published version should not have is stopped after a thousand steps', () => {
  const circle = planOf('8', 1, {
    trigger: { event: 'x' },
    reentry: 'once',
    start: 'a',
    nodes: {
      a: { type: 'set-field', settings: { field: 'stage', value: '1' }, exits: { next: 'b' } },
      b: { type: 'set-field', settings: { field: 'stage', value: '2' }, exits: { next: 'a' } },
    },
  })
  const traveller = { ...travellerAt('a'), plan: circle }
  walk(traveller, worldAt(t0))
  assert.equal(traveller.row.status, 'parked')
  assert.equal(traveller.steps.length, stepsPerTick)
})

test('a resting participant listens for what he waits for, and for what his messages may bring', () => {
  const traveller = travellerAt('pause', t0, { sent: { mail: '33' } })
  assert.deepEqual(listensOf(traveller, ['score.changed']), ['email.clicked', 'score.changed'])
  assert.deepEqual(listensOf(travellerAt('page'), []), ['page.viewed'])
})

test('chance is fixed per contact and step, and even over many contacts', () => {
  assert.equal(chanceOf('1', '2', 'a'), chanceOf('1', '2', 'a'))
  assert.notEqual(chanceOf('1', '2', 'a'), chanceOf('1', '2', 'b'))
  let below = 0
  for (let id = 0; id < 10_000; id += 1) if (chanceOf(String(id), '2', 'a') < 0.3) below += 1
  assert.ok(Math.abs(below - 3000) < 200, `${below} of 10,000 below 0.3`)
})
