import assert from 'node:assert/strict'
import { test } from 'node:test'
import { triggers } from './definition.ts'

test('what an import did begins no workflow, unless it was asked to', () => {
  const created = (data: Record<string, unknown>) => ({ type: 'contact.created', name: null, data })
  assert.equal(triggers({ event: 'contact.created' }, created({ source: 'website' }), 'UTC'), true)
  assert.equal(
    triggers({ event: 'contact.created' }, created({ source: 'import', muted: true }), 'UTC'),
    false,
  )
})
