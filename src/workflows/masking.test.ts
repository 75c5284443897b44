import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemActor } from '#access/users.ts'
import { roles } from '#platform/http/route.ts'
import { visibleTo } from './masking.ts'

test('only who may change a workflow sees the whole address of its webhooks', () => {
  const webhookUrl = 'https://hooks.slack.com/services/T0/B0/secret'
  const definition = {
    nodes: { a: { type: 'alert-sales', settings: { message: 'x', webhookUrl } } },
    start: 'a',
  }
  const seen = roles.filter(role =>
    JSON.stringify(visibleTo({ ...systemActor, kind: 'user', role }, definition)).includes('secret'),
  )
  assert.deepEqual(seen, ['owner', 'admin', 'marketer'])
  const masked = visibleTo({ ...systemActor, kind: 'user', role: 'viewer' }, definition)
  assert.deepEqual(masked, {
    nodes: {
      a: { type: 'alert-sales', settings: { message: 'x', webhookUrl: 'https://hooks.slack.com/...' } },
    },
    start: 'a',
  })
})
