import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Actor, roles } from '#platform/http/route.ts'
import { isAction, isScope, may, roleMay } from './policy.ts'

const actor = (part: Partial<Actor>): Actor => ({
  kind: 'user',
  id: '1',
  name: 'A',
  email: null,
  role: 'viewer',
  scopes: null,
  ...part,
})

test('what no role was given is refused to all but owners and admins', () => {
  const allowed = roles.filter(role => roleMay(role, 'a-new-thing.read'))
  assert.deepEqual(allowed, ['owner', 'admin'])
  assert.equal(isAction('a-new-thing.read'), false)
})

test('each role may what it is for', () => {
  const expected: [string, string[]][] = [
    ['segments.read', ['owner', 'admin', 'marketer', 'analyst', 'sales', 'viewer']],
    ['segments.preview', ['owner', 'admin', 'marketer', 'analyst', 'sales', 'viewer']],
    ['scores.preview', ['owner', 'admin', 'marketer', 'analyst']],
    ['segments.publish', ['owner', 'admin', 'marketer']],
    ['contacts.edit', ['owner', 'admin', 'marketer', 'sales']],
    ['contacts.delete', ['owner', 'admin', 'marketer']],
    ['keys.edit', ['owner', 'admin']],
    ['keys.read', ['owner', 'admin']],
    ['users.edit', ['owner', 'admin']],
    ['sources.edit', ['owner', 'admin']],
    ['audit.read', ['owner', 'admin']],
    ['users.name-owner', ['owner']],
  ]
  for (const [action, who] of expected)
    assert.deepEqual(
      roles.filter(role => roleMay(role, action)),
      who,
      action,
    )
})

test('a key may what its role may and its scopes name', () => {
  const key = actor({ kind: 'key', role: 'marketer', scopes: ['segments.*', 'users.edit'] })
  assert.ok(may(key, 'segments.publish'))
  assert.ok(!may(key, 'emails.read'), 'not in its scopes')
  assert.ok(!may(key, 'users.edit'), 'not in its role')
  assert.ok(may(key, 'signed-in'))
  assert.ok(isScope('segments.*') && isScope('*') && !isScope('segmets.*') && !isScope('segments'))
})

test('nobody may only what anybody may', () => {
  assert.ok(may(null, 'anybody'))
  for (const action of ['signed-in', 'segments.read', '*']) assert.ok(!may(null, action), action)
  const nobody = actor({ kind: 'system', scopes: [] })
  assert.ok(!may(nobody, 'segments.read'))
})
