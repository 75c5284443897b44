import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import {
  type Connection,
  CrmError,
  type Cursor,
  type Failure,
  type RemoteRecord,
} from '../../src/crm/connector.ts'
import { rest } from '../../src/crm/connectors/rest/index.ts'
import { type Paging, type RestCrm, startRestCrm } from '../harness/rest-crm.ts'
import { testWire } from './wire.ts'

// A CRM that nobody wrote a connector for, described by a file, over HTTP, in each way of turning pages.

const size = 20
const key = 'a-secret-key'
const fields = ['email', 'name', 'score', 'seen', 'tags', 'member']
let server: RestCrm
afterEach(() => server?.stop())

const turning: Record<Paging, object> = {
  page: { type: 'page', param: 'page', sizeParam: 'size', size },
  offset: { type: 'offset', param: 'at', sizeParam: 'size', size },
  cursor: { type: 'cursor', param: 'at', sizeParam: 'size', size, next: 'next' },
  link: { type: 'link', sizeParam: 'size', size },
}

const definition = (paging: Paging, auth: object = { type: 'bearer' }) => ({
  name: 'House CRM',
  auth,
  test: { path: '/me', name: 'user.name' },
  errors: { message: 'error.message', field: 'error.field', existing: 'error.existing' },
  objects: [
    {
      type: 'people',
      label: 'People',
      role: 'contact',
      modified: 'updated_at',
      created: 'created_at',
      deleted: 'gone',
      item: 'data',
      fields: [
        { name: 'email', type: 'email', path: 'contact.email', find: 'email' },
        { name: 'name', type: 'text' },
        { name: 'score', type: 'number' },
        { name: 'seen', type: 'moment', path: 'contact.seen' },
        { name: 'tags', type: 'choices' },
        { name: 'member', type: 'boolean' },
      ],
      list: { path: '/people', items: 'data', since: 'changed_since', sorted: true, paging: turning[paging] },
      get: { path: '/people/{id}', item: 'data' },
      create: { path: '/people', wrap: 'person' },
      update: { path: '/people/{id}', wrap: 'person' },
      delete: { path: '/people/{id}' },
    },
  ],
})

function connect(given: object, secret = key): Connection {
  const settings = rest.settings.parse({
    url: server.url,
    user: 'tend',
    secret,
    definition: JSON.stringify(given),
  })
  return rest.connect(settings, testWire(server.url))
}

async function failure(work: Promise<unknown>): Promise<Failure> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof CrmError, `it should have failed: ${String(error)}`)
  return error.failure
}

async function allChanges(crm: Connection, after: Cursor | null = null): Promise<RemoteRecord[]> {
  const records: RemoteRecord[] = []
  for (let cursor = after; ; ) {
    const ask = { after: cursor, upTo: new Date(Date.now() + 60_000), fields, limit: size }
    const page = await crm.changes('people', ask)
    records.push(...page.records)
    cursor = page.next
    if (!page.more) return records
  }
}

for (const paging of ['page', 'offset', 'cursor', 'link'] as const)
  test(`turning pages by ${paging}: every change comes once and in order, also while records move`, async () => {
    server = await startRestCrm(paging, key)
    const crm = connect(definition(paging))
    const base = Date.now() - 3_600_000
    for (let n = 0; n < 90; n++) {
      server.clock = () => new Date(base + Math.floor(n / 3) * 1000)
      server.add({ name: `P${n}`, contact: { email: `p${n}@example.org` } })
    }
    server.clock = () => new Date(base + 100_000)
    for (let n = 0; n < 45; n++) server.add({ name: `Tied ${n}` })
    const calm = await allChanges(crm)
    assert.equal(calm.length, 135)
    assert.equal(new Set(calm.map(each => each.id)).size, 135)
    const stamps = calm.map(each => each.modified.getTime())
    assert.deepEqual(
      stamps,
      [...stamps].sort((a, b) => a - b),
    )
    let moved = 0
    server.clock = () => new Date(base + 200_000 + moved)
    server.meanwhile = () => {
      moved += 1
      if (moved <= 20) server.edit(String(moved), { name: `Moved ${moved}` })
    }
    const seen = new Set((await allChanges(crm)).map(each => each.id))
    assert.equal(seen.size, 135, 'whoever stood behind one that moved was not skipped')
  })

test('values are read in their own types, and empty ones as none', async () => {
  server = await startRestCrm('page', key)
  const crm = connect(definition('page'))
  const row = server.add({
    name: '',
    score: '12.5',
    tags: ['a', '', 'b'],
    member: 0,
    contact: { email: "o'hara@example.org", seen: 1_764_000_000 },
  })
  const [read] = await crm.get('people', [row.id, '999'], fields)
  assert.deepEqual(read?.values, {
    email: "o'hara@example.org",
    name: null,
    score: 12.5,
    seen: '2025-11-24T16:00:00.000Z',
    tags: ['a', 'b'],
    member: false,
  })
  server.edit(row.id, { gone: true })
  assert.equal((await crm.get('people', [row.id], fields))[0]?.deleted, true)
})

test('people are found by what they are, not by parts of it', async () => {
  server = await startRestCrm('page', key)
  const crm = connect(definition('page'))
  for (const email of ['ann@example.org', 'joann@example.org', 'Ann@Example.org', 'a&b=c@example.org'])
    server.add({ contact: { email } })
  const found = async (value: string) =>
    (await crm.find('people', { field: 'email', values: [value] }, ['name'])).map(each => each.id)
  assert.deepEqual((await found('ANN@example.org')).sort(), ['1', '3'])
  assert.deepEqual(await found('a&b=c@example.org'), ['4'])
  assert.equal((await failure(crm.find('people', { field: 'name', values: ['x'] }, []))).kind, 'schema')
})

test('writes have an outcome each: made, changed, emptied, refused, there already, gone', async () => {
  server = await startRestCrm('page', key)
  const crm = connect(definition('page'))
  const values = { name: 'Ann', email: 'ann@example.org', seen: '2026-11-23T10:00:00.000Z' }
  const [made] = await crm.write('people', [{ op: 'create', key: 'k', externalId: null, values }])
  assert.ok(made?.ok)
  assert.deepEqual(server.rows[0]?.contact, { email: values.email, seen: values.seen })
  const outcomes = await crm.write('people', [
    { op: 'update', id: made.id, version: null, values: { name: null } },
    { op: 'create', key: 'l', externalId: null, values: { email: 'not an address' } },
    { op: 'create', key: 'm', externalId: null, values: { email: 'ann@example.org' } },
    { op: 'update', id: '77', version: null, values: { name: 'x' } },
    { op: 'delete', id: made.id },
  ])
  const said = outcomes.map(each =>
    each.ok ? 'ok' : [each.failure.kind, each.failure.fields, each.failure.existing?.[0]?.id],
  )
  assert.deepEqual(said, [
    'ok',
    ['invalid', ['email'], undefined],
    ['duplicate', undefined, made.id],
    ['gone', undefined, undefined],
    'ok',
  ])
  assert.equal(server.rows.length, 0)
})

test('it signs in as the definition says, and shows no secret where that fails', async () => {
  server = await startRestCrm('page', key)
  for (const auth of [
    { type: 'bearer' },
    { type: 'basic' },
    { type: 'header', header: 'X-Api-Key' },
    { type: 'client_credentials', tokenPath: '/token' },
  ]) {
    assert.match((await connect(definition('page', auth)).test()).words, /House CRM lets us in as Tend sync/)
    const refused = await failure(connect(definition('page', auth), 'the-wrong-key').test())
    assert.equal(refused.kind, 'auth', JSON.stringify(auth))
    assert.doesNotMatch(JSON.stringify(refused), /the-wrong-key|dGVuZDp0aGUtd3Jvbmcta2V5/)
  }
})

test('what goes wrong on the way is told by its kind, and nothing is sent to another host', async () => {
  server = await startRestCrm('link', key)
  const crm = connect(definition('link'))
  const refused = (slip: RestCrm['slip']) => {
    server.slip = slip
    return failure(crm.changes('people', { after: null, upTo: new Date(), fields, limit: size }))
  }
  assert.equal((await refused({ status: 503, body: 'busy' })).kind, 'transient')
  assert.equal((await refused({ status: 200, body: '{"data": [' })).kind, 'transient')
  const slow = await refused({ status: 429, body: '', headers: { 'retry-after': '9' } })
  assert.deepEqual([slow.kind, slow.retryAfterMs], ['throttle', 9000])
  const elsewhere = { link: '<https://evil.example/people?at=20>; rel="next"' }
  const away = await refused({ status: 200, body: '{"data":[]}', headers: elsewhere })
  assert.equal(away.code, 'other_host')
})

test('a definition that cannot work is refused with the place and the reason', () => {
  const refusal = (text: string) => {
    const settings = { url: 'https://crm.example', user: '', secret: 'x', definition: text }
    return rest.settings.safeParse(settings).error?.issues[0]?.message ?? ''
  }
  assert.match(refusal('{'), /This is no JSON/)
  assert.match(refusal('{}'), /auth/)
  const broken = (change: (given: ReturnType<typeof definition>) => void) => {
    const given = definition('page')
    change(given)
    return refusal(JSON.stringify(given))
  }
  for (const path of ['https://evil.example/x', '//evil.example', '/a b', 'people', '/\\evil.example'])
    assert.match(
      broken(given => Object.assign(given.objects[0]?.list ?? {}, { path })),
      /objects\.0\.list\.path: must begin with one/,
    )
  assert.match(
    broken(given => Object.assign(given.objects[0] ?? {}, { modifed: 'x' })),
    /Unrecognized key: "modifed"/,
  )
})
