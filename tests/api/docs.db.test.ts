import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { problemCodes } from '#platform/http/problem-codes.ts'
import { officeRoutes } from '../../src/app.ts'
import { type Office, openOffice } from '../privacy/office.ts'

let office: Office
type Operation = {
  summary: string
  operationId: string
  'x-action': string
  responses: Record<string, object>
}
type Description = {
  paths: Record<string, Record<string, Operation>>
  components: { responses: Record<string, { content: object }>; schemas: Record<string, object> }
}
let description: Description
before(async () => {
  office = await openOffice()
  description = (await office.app.inject('/api/openapi.json')).json()
})
after(() => office?.stop())

const operations = () =>
  Object.entries(description.paths).flatMap(([url, methods]) =>
    Object.entries(methods).map(([method, spec]) => ({ name: `${method} ${url}`, method, url, spec })),
  )

test('every route stands in the description with its action and all its refusals as problem+json', () => {
  const described = new Set(operations().map(({ method, url }) => `${method.toUpperCase()} ${url}`))
  const missing = officeRoutes()
    .map(route => `${route.method} ${route.url.replaceAll(/:(\w+)/g, '{$1}')}`)
    .filter(name => !described.has(name))
  assert.deepEqual(missing, [])
  for (const { name, spec, url } of operations()) {
    assert.match(spec['x-action'], /^([a-z-]+\.[a-z-]+|signed-in|anybody)$/, name)
    for (const status of ['401', '403', '429', '500', '503', ...(url.includes('{') ? ['404'] : [])])
      assert.deepEqual(
        Object.keys(spec.responses[status] ?? {}),
        ['$ref'],
        `${name} says nothing about ${status}`,
      )
    assert.equal(spec.responses.default, undefined)
  }
  for (const response of Object.values(description.components.responses))
    assert.deepEqual(Object.keys(response.content), ['application/problem+json'])
  const ids = operations().map(({ spec }) => spec.operationId)
  assert.equal(new Set(ids).size, ids.length)
})

test('every reference of the description leads somewhere', () => {
  const refs = [...JSON.stringify(description).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path = '']) => path)
  assert.ok(refs.length > 500)
  for (const path of new Set(refs)) {
    const found = path
      .split('/')
      .reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[part], description)
    assert.notEqual(found, undefined, path)
  }
})

test('the page of the API shows every operation, loads nothing from elsewhere and runs nothing inline', async () => {
  const page = await office.app.inject('/api/docs')
  assert.equal(page.statusCode, 200)
  for (const { name, spec } of operations()) assert.ok(page.body.includes(`id="${spec.operationId}"`), name)
  const loaded = [...page.body.matchAll(/<(?:script|link|img)[^>]*(?:src|href)="([^"]+)"/g)].map(
    ([, url]) => url,
  )
  assert.deepEqual(loaded, ['/api/docs/style.css', '/api/docs/script.js'])
  assert.doesNotMatch(page.body, /<script>|<style>|\son[a-z]+=|\sstyle=/)
  for (const url of loaded) assert.equal((await office.app.inject(url ?? '')).statusCode, 200)
  assert.match(String(page.headers['content-security-policy']), /script-src 'self'/)
})

/** Codes of programs on this machine, not of the API. */
const otherDoors =
  /^src\/(stewardship\/(restore|backup|erasure-log)|platform\/(postgres|config|secrets|db)|runtime|main|commands)/

test('every code that the source can answer with is listed, and stands in docs/api.md', () => {
  const root = new URL('../..', import.meta.url).pathname
  const used = globSync('src/**/*.ts', { cwd: root })
    .filter(file => !/\.(test|fixture)\.ts$/.test(file) && !otherDoors.test(file))
    .flatMap(file => {
      const source = readFileSync(`${root}/${file}`, 'utf8')
      return [...source.matchAll(/(?:new AppError|conflict|badBody)\(\s*'([a-z_]+)'/g)].map(
        ([, code = '']) => code,
      )
    })
  const unlisted = [...new Set(used)].filter(code => !(code in problemCodes) && code !== 'port_taken').sort()
  assert.deepEqual(unlisted, [], 'add them to src/platform/http/problem-codes.ts and docs/api.md')
  const docs = readFileSync(`${root}/docs/api.md`, 'utf8')
  assert.deepEqual(
    Object.keys(problemCodes).filter(code => !docs.includes(`\`${code}\``)),
    [],
  )
})
