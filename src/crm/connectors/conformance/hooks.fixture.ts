import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Bench, Subject } from '../conformance.fixture.ts'

const address = 'https://tend.example/crm/hooks/1/key'

export function hooks(bench: Bench, { hook, connector, person }: Subject): void {
  const { webhook } = connector
  const asked = (how: 'right' | 'forged' | 'stale') => {
    const { simulator, kept } = bench
    const settings = connector.settings.parse(bench.settings(simulator))
    const call = hook?.(simulator, { type: person.type, id: 'h1' }, how)
    assert.ok(call && webhook)
    const incoming = { method: 'POST', url: call.url, headers: call.headers, body: Buffer.from(call.body) }
    return webhook.verify(settings, incoming, kept, new Date())
  }
  const without = !(webhook && hook) && 'no webhooks in this connector'

  test('a webhook of the CRM names its record; it is asked for once', { skip: without }, async () => {
    const { crm, simulator } = bench
    await crm.subscribe?.(address, [person.type])
    const before = simulator.calls.length
    await crm.subscribe?.(address, [person.type])
    assert.equal(simulator.calls.slice(before).filter(call => call.method === 'POST').length, 0)
    assert.deepEqual(asked('right'), [{ type: person.type, id: 'h1', kind: 'changed' }])
  })

  test('a webhook that is not signed, or wrongly, is refused', { skip: without }, () => {
    assert.equal(asked('forged'), null)
  })

  test('a webhook that is too old is refused', { skip: without }, context => {
    if (!hook) return
    const call = hook(bench.simulator, { type: person.type, id: 'h1' }, 'stale')
    if (call.headers['x-signed-without-time']) return context.skip('its signature holds no time')
    assert.equal(asked('stale'), null)
  })
}
