import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '#platform/errors.ts'
import type { Arrival } from './call.ts'
import { parse } from './parse.ts'

function arrive(endpoint: Arrival['endpoint'], body: unknown): Arrival {
  return {
    endpoint,
    text: typeof body === 'string' ? body : JSON.stringify(body),
    headers: {},
    receivedAt: new Date('2026-11-01T00:00:00Z'),
    clockOffsetMs: 0,
    writeKey: null,
    source: null,
    calls: [],
    rejects: [],
    optedOut: 0,
  }
}
const batch = (...events: unknown[]) => parse(arrive('batch', { batch: events }))
const reasons = (arrival: Arrival) => arrival.rejects.map(reject => reject.reason)
const nested = (depth: number): unknown => (depth === 0 ? 1 : { a: nested(depth - 1) })

test('a batch becomes its calls, with the context and the time of sending it shares', () => {
  const { calls, writeKey } = parse(
    arrive('batch', {
      writeKey: 'k',
      sentAt: '2026-11-01T10:00:00.000Z',
      context: { locale: 'de', app: 'shared' },
      batch: [{ type: 'track', event: 'Bought', userId: 7, context: { app: 'own' }, properties: { a: 1 } }],
    }),
  )
  assert.equal(writeKey, 'k')
  const [call] = calls
  assert.equal(call?.userId, '7')
  assert.equal(call?.name, 'Bought')
  assert.deepEqual(call?.context, { locale: 'de', app: 'own' })
  assert.deepEqual(call?.fields, { a: 1 })
  assert.equal(call?.sentAt?.toISOString(), '2026-11-01T10:00:00.000Z')
})

test('bad events of a batch are put aside with a reason and the good ones are kept', () => {
  const arrival = batch(
    { type: 'track', event: 'Good', userId: 'a' },
    { type: 'track', userId: 'a' },
    { type: 'dance', userId: 'a' },
    { type: 'track', event: 'Nobody' },
    'text',
    null,
    { type: 'group', userId: 'a' },
    { type: 'alias', userId: 'a' },
    { type: 'track', event: 'X', userId: 'null' },
    { type: 'track', event: 'X', userId: { a: 1 } },
    { type: 'track', event: 'X', userId: 'a', properties: [1] },
    { type: 'track', event: 'x'.repeat(201), userId: 'a' },
    { type: 'track', event: 'X', userId: 'a'.repeat(256) },
  )
  assert.deepEqual(
    arrival.calls.map(call => call.name),
    ['Good'],
  )
  assert.deepEqual(reasons(arrival), [
    'no_event_name',
    'unknown_type',
    'no_identity',
    'not_an_object',
    'not_an_object',
    'no_group_id',
    'no_previous_id',
    'meaningless_id',
    'bad_id',
    'bad_properties',
    'name_too_long',
    'id_too_long',
  ])
})

test('an event that is too deep or too large does not harm its neighbours', () => {
  const arrival = batch(
    { type: 'track', event: 'Good', userId: 'a', properties: nested(19) },
    { type: 'track', event: 'Deep', userId: 'a', properties: nested(20) },
    { type: 'track', event: 'Large', userId: 'a', properties: { text: 'x'.repeat(33_000) } },
  )
  assert.deepEqual(
    arrival.calls.map(call => call.name),
    ['Good'],
  )
  assert.deepEqual(reasons(arrival), ['too_deep', 'too_large'])
})

test('a body that is no JSON, no object, absurdly deep or one large event is refused as a whole', () => {
  const refused = (endpoint: Arrival['endpoint'], body: unknown, code: string) =>
    assert.throws(
      () => parse(arrive(endpoint, body)),
      (error: unknown) => error instanceof AppError && error.code === code && error.status === 400,
    )
  refused('batch', '{', 'bad_json')
  refused('track', '[]', 'bad_json')
  refused('track', '', 'bad_json')
  refused('batch', { batch: {} }, 'bad_batch')
  refused('track', `${'['.repeat(100_000)}`, 'too_deep')
  refused('track', { event: 'x', userId: 'a', properties: { text: 'x'.repeat(33_000) } }, 'too_large')
})

test('what PostgreSQL cannot store and what would set a prototype is taken out of the text', () => {
  const { calls } = parse(
    arrive(
      'track',
      '{"event":"a\\u0000b","userId":"u","properties":{"x":"\\ud800","__proto__":{"admin":true},"k\\u0000":[{"y":"\\u0000"}]}}',
    ),
  )
  assert.equal(calls[0]?.name, 'ab')
  assert.deepEqual(calls[0]?.fields, { x: '\ufffd', k: [{ y: '' }] })
})

test('an impossible address is left out and reported, and the call is kept if it names somebody', () => {
  const kept = batch({ type: 'identify', userId: 'u', traits: { email: 'no address', plan: 'pro' } })
  assert.equal(kept.calls[0]?.email, null)
  assert.deepEqual(kept.calls[0]?.fields, { plan: 'pro' })
  assert.deepEqual(reasons(kept), ['bad_email'])
  const lost = batch({ type: 'identify', traits: { email: 'no address' } })
  assert.deepEqual([lost.calls.length, reasons(lost)], [0, ['bad_email']])
  const good = batch({ type: 'identify', traits: { email: ' Ann@Example.com ' } })
  assert.equal(good.calls[0]?.email, 'Ann@Example.com')
})

test("RudderStack's originalTimestamp counts, and nonsense times count as none", () => {
  const arrival = batch(
    { type: 'track', event: 'x', userId: 'u', originalTimestamp: '2026-10-31T00:00:00Z' },
    { type: 'track', event: 'x', userId: 'u', timestamp: 'yesterday' },
    { type: 'track', event: 'x', userId: 'u', timestamp: 1_793_404_800_000 },
    { type: 'track', event: 'x', userId: 'u', timestamp: '2026-99-99T00:00:00Z' },
  )
  assert.deepEqual(
    arrival.calls.map(call => call.original?.toISOString() ?? null),
    ['2026-10-31T00:00:00.000Z', null, '2026-10-31T00:00:00.000Z', null],
  )
})
