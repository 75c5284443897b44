import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import {
  type Connection,
  type Connector,
  CrmError,
  type Cursor,
  type Failure,
  type RemoteRecord,
} from '../../src/crm/connector.ts'
import { conforms } from '../../src/crm/connectors/conformance.fixture.ts'
import { rest } from '../../src/crm/connectors/rest/index.ts'
import { type Paging, type RestCrm, restDefinition, startRestCrm } from '../harness/rest-crm.ts'
import { testWire } from './wire.ts'

// A CRM that nobody wrote a connector for, described by a file, over HTTP, in each way of turning pages.

const size = 20
const key = 'a-secret-key'
const fields = ['email', 'name']
let server: RestCrm
afterEach(() => server?.stop())

const definition = (paging: Paging, auth?: object) => restDefinition(paging, size, auth)

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

conforms({
  connector: rest as unknown as Connector,
  start: () => startRestCrm('page', key),
  settings: ({ url }) => ({
    url,
    user: 'tend',
    secret: key,
    definition: JSON.stringify(definition('page', { type: 'client_credentials', tokenPath: '/token' })),
  }),
  secrets: [key],
  person: {
    type: 'people',
    name: 'name',
    email: 'email',
    text: 'title',
    externalId: 'tend_id',
    spellings: [
      { field: 'score', there: '12.5', here: 12.5 },
      { field: 'born', there: '1815-12-10T00:00:00Z', here: '1815-12-10' },
      { field: 'tags', there: ['a', '', 'b'], here: ['a', 'b'] },
      { field: 'member', there: 1, here: true },
    ],
  },
  can: {
    tellsDeletes: 'changes',
    merges: false,
    converts: null,
    upserts: false,
    versions: false,
    renews: true,
    quota: false,
    calls: ['auth', 'throttle', 'transient', 'denied', 'cut', 'lost'],
    rows: ['invalid', 'duplicate', 'denied'],
  },
})

for (const paging of ['page', 'offset', 'cursor', 'link'] as const)
  test(`turning pages by ${paging}: every change comes once and in order, also while records move`, async () => {
    server = await startRestCrm(paging, key)
    const crm = connect(definition(paging))
    const base = Date.now() - 3_600_000
    for (let n = 0; n < 90; n++) {
      server.at(new Date(base + Math.floor(n / 3) * 1000))
      server.add('people', { name: `P${n}`, contact: { email: `p${n}@example.org` } })
    }
    server.at(new Date(base + 100_000))
    for (let n = 0; n < 45; n++) server.add('people', { name: `Tied ${n}` })
    const calm = await allChanges(crm)
    assert.equal(calm.length, 135)
    assert.equal(new Set(calm.map(each => each.id)).size, 135)
    const stamps = calm.map(each => each.modified.getTime())
    assert.deepEqual(
      stamps,
      [...stamps].sort((a, b) => a - b),
    )
    let moved = 0
    server.at(new Date(base + 200_000))
    server.meanwhile = () => {
      moved += 1
      if (moved <= 20) server.edit('people', String(moved), { name: `Moved ${moved}` })
    }
    const seen = new Set((await allChanges(crm)).map(each => each.id))
    assert.equal(seen.size, 135, 'whoever stood behind one that moved was not skipped')
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

test('a next page on another host is not gone to', async () => {
  server = await startRestCrm('link', key)
  const crm = connect(definition('link'))
  // All at one moment: only within one stamp pages are turned by links.
  server.at(new Date('2026-03-01T10:00:00Z'))
  for (let n = 0; n < 30; n++) server.add('people', { name: `P${n}` })
  const real = new URL(server.url)
  const elsewhere = rest.connect(
    rest.settings.parse({
      url: `http://127.0.0.1:${real.port}/api`,
      user: '',
      secret: key,
      definition: JSON.stringify(definition('link')),
    }),
    // A proxy of the same server under another name: its links lead to the name that it knows.
    {
      ...testWire(`http://127.0.0.1:${real.port}`),
      fetch: (url, request) => testWire(server.url).fetch(url.replace('127.0.0.1', 'localhost'), request),
    },
  )
  assert.equal((await crm.ids('people', { after: null, limit: 100 })).ids.length, 30)
  assert.equal((await failure(elsewhere.ids('people', { after: null, limit: 100 }))).code, 'other_host')
})

test('a CRM that gives shorter pages than it is asked for is read to its end', async () => {
  for (const paging of ['page', 'offset'] as const) {
    const short = await startRestCrm(paging, key, 5)
    server = short
    const crm = connect(definition(paging))
    short.at(new Date('2026-03-01T10:00:00Z'))
    for (let n = 0; n < 30; n++) short.add('people', { name: `P${n}` })
    assert.equal((await crm.ids('people', { after: null, limit: 100 })).ids.length, 30, paging)
    assert.equal((await allChanges(crm)).length, 30, paging)
    await short.stop()
  }
})

test('a CRM that gives the same page for ever is told about, not asked for ever', async () => {
  server = await startRestCrm('page', key)
  for (let n = 0; n < 60; n++) server.add('people', { name: `P${n}` })
  const given = definition('page')
  const stuck = { type: 'page', param: 'nobody_reads_this', sizeParam: 'size', size }
  Object.assign(given.objects[0]?.list ?? {}, { paging: stuck, params: { page: '1' }, sorted: false })
  const crm = connect(given)
  assert.equal((await failure(crm.ids('people', { after: null, limit: 100 }))).code, 'same_page')
  assert.ok(server.calls.length < 5)
})

test('an answer that is none is told, and is no empty list', async () => {
  server = await startRestCrm('page', key)
  server.add('people', { name: 'Ann' })
  const settings = { url: server.url, user: '', secret: key, definition: JSON.stringify(definition('page')) }
  const answering = (body: string) =>
    rest.connect(rest.settings.parse(settings), {
      ...testWire(server.url),
      fetch: async () => ({ status: 200, headers: {}, body: Buffer.from(body) }),
    })
  const ask = { after: null, upTo: new Date(), fields, limit: size }
  for (const [body, kind] of [
    ['<html>Maintenance</html>', 'transient'],
    ['{"people": []}', 'schema'],
    ['{"data": [{"name": "no id"}]}', 'schema'],
  ] as const)
    assert.equal((await failure(answering(body).changes('people', ask))).kind, kind, body)
  const [outcome] = await answering('<html>').write('people', [{ op: 'delete', id: '1' }])
  assert.ok(outcome && !outcome.ok)
  assert.equal(outcome.failure.kind, 'transient')
})

test('a CRM that knows no page behind its last one is read to its end', async () => {
  server = await startRestCrm('page', key)
  for (let n = 0; n < 7; n++) server.add('people', { name: `P${n}` })
  const settings = { url: server.url, user: '', secret: key, definition: JSON.stringify(definition('page')) }
  const real = testWire(server.url)
  const crm = rest.connect(rest.settings.parse(settings), {
    ...real,
    fetch: (url, request) =>
      /page=1(&|$)/.test(url)
        ? real.fetch(url, request)
        : Promise.resolve({ status: 404, headers: {}, body: Buffer.from('{"detail":"Invalid page."}') }),
  })
  assert.equal((await crm.ids('people', { after: null, limit: 100 })).ids.length, 7)
})

test('a cursor that leads in a circle ends', async () => {
  server = await startRestCrm('cursor', key)
  const settings = {
    url: server.url,
    user: '',
    secret: key,
    definition: JSON.stringify(definition('cursor')),
  }
  let calls = 0
  const crm = rest.connect(rest.settings.parse(settings), {
    ...testWire(server.url),
    fetch: async () => {
      calls += 1
      return { status: 200, headers: {}, body: Buffer.from('{"data": [], "next": "again"}') }
    },
  })
  assert.equal((await failure(crm.ids('people', { after: null, limit: 10 }))).code, 'same_page')
  assert.equal(calls, 2)
})

test('no id leads out of its folder', async () => {
  server = await startRestCrm('page', key)
  const crm = connect(definition('page'))
  const [outcome] = await crm.write('people', [{ op: 'delete', id: '..' }])
  assert.equal(outcome?.ok === false && outcome.failure.kind, 'gone')
  assert.deepEqual(await crm.get('people', ['..', '.'], []), [])
  assert.equal(server.calls.length, 0)
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
    broken(given => Object.assign(given.objects[0] ?? {}, { delete: { path: '/people' } })),
    /must contain \{id\}/,
  )
  for (const path of ['/../admin/{id}', '/a/%2E%2e/b', '/a/.'])
    assert.match(
      broken(given => Object.assign(given.objects[0]?.list ?? {}, { path })),
      /must not lead out of its folder/,
    )
  assert.match(
    broken(given => Object.assign(given.objects[0] ?? {}, { modifed: 'x' })),
    /Unrecognized key: "modifed"/,
  )
})

test('a field that an answer leaves out is empty only where the definition says so', async () => {
  server = await startRestCrm('page', key)
  const given = definition('page')
  const answering = (omitsEmpty: boolean) =>
    rest.connect(
      rest.settings.parse({
        url: server.url,
        user: '',
        secret: key,
        definition: JSON.stringify({
          ...given,
          objects: given.objects.map(each => ({ ...each, omitsEmpty })),
        }),
      }),
      {
        ...testWire(server.url),
        fetch: async () => ({
          status: 200,
          headers: {},
          body: Buffer.from('{"data": {"id": 7, "name": "Ann", "updated_at": "2026-01-01T00:00:00Z"}}'),
        }),
      },
    )
  const [unsaid] = await answering(false).get('people', ['7'], ['name', 'title'])
  assert.deepEqual(unsaid?.values, { name: 'Ann' })
  const [empty] = await answering(true).get('people', ['7'], ['name', 'title'])
  assert.deepEqual(empty?.values, { name: 'Ann', title: null })
})
