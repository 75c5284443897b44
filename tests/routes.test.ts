import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAction } from '#access/policy.ts'
import { officeRoutes } from '../src/app.ts'

const routes = officeRoutes()
const nameOf = (route: { method: string; url: string }) => `${route.method} ${route.url}`

test('every route names an action that the policy knows', () => {
  assert.ok(routes.length > 60)
  assert.deepEqual(routes.filter(route => !isAction(route.can)).map(nameOf), [])
})

test('nobody but a signed-in person or a key reaches the office’s API', () => {
  assert.deepEqual(routes.filter(route => route.can === 'anybody').map(nameOf), [])
})

test('every route says what it does and what it gives', () => {
  const silent = routes.filter(
    route => route.summary.length < 8 || route.tag === '' || route.reply === undefined,
  )
  assert.deepEqual(silent.map(nameOf), [])
})

test('what changes something takes a checked body or none, and every place in an address is checked', () => {
  for (const route of routes) {
    for (const [, name = ''] of route.url.matchAll(/:(\w+)/g)) {
      const read = route.params.safeParse({})
      assert.ok(
        !read.success && read.error.issues.some(issue => issue.path[0] === name),
        `${nameOf(route)} takes any ${name}`,
      )
    }
  }
})

test('no address is given twice', () => {
  const seen = new Set<string>()
  const twice = routes.map(nameOf).filter(name => seen.size === seen.add(name.replace(/:\w+/g, ':x')).size)
  assert.deepEqual(twice, [])
})
