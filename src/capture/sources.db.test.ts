import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { AppError } from '#platform/errors.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { createKeys } from './intake/keys.ts'
import { createTraffic } from './intake/traffic.ts'
import { createSource, deleteSource, getSource, listSources, sourceNames, updateSource } from './sources.ts'

const now = new Date('2026-11-20T12:00:00Z')
let base: TestDatabase
before(async () => {
  base = await testDatabase()
})
after(() => base.stop())

const refused = (code: string, path?: string) => (error: unknown) =>
  error instanceof AppError && error.code === code && (path === undefined || error.fields[0]?.path === path)

test("a server's key is stored as a hash only, a browser's can be shown again", async () => {
  const server = await createSource(base.db, { name: 'Shop', type: 'server', now })
  const site = await createSource(base.db, {
    name: 'Site',
    type: 'browser',
    allowedHosts: ['Shop.example '],
    now,
  })
  assert.match(server.writeKey, /^tws_[\w-]{27}$/)
  assert.equal(server.source.publicKey, null)
  assert.equal(site.source.publicKey, site.writeKey)
  assert.deepEqual(site.source.allowedHosts, ['shop.example'])
  assert.deepEqual(await getSource(base.db, server.source.id), server.source)
  const { rows } = await base.pool.query('select source::text as text from capture.source source')
  assert.ok(rows.every(row => !row.text.includes(server.writeKey)))
  assert.deepEqual(await sourceNames(base.db, [server.source.id]), new Map([[server.source.id, 'Shop']]))
})

test('names and hosts that cannot be used are refused with their path', async () => {
  const make = (given: object) => createSource(base.db, { name: 'x', type: 'browser', now, ...given })
  await assert.rejects(make({ name: ' ' }), refused('invalid', 'name'))
  await assert.rejects(
    make({ allowedHosts: ['ok.example', 'https://no.example'] }),
    refused('invalid', 'allowedHosts.1'),
  )
  await assert.rejects(
    make({ type: 'server', allowedHosts: ['a.example'] }),
    refused('invalid', 'allowedHosts'),
  )
})

test('a change needs the version it was made on', async () => {
  const { source } = await createSource(base.db, { name: 'Old', type: 'server', now })
  const changed = await updateSource(base.db, source.id, { change: { name: 'New' }, version: 1, now })
  assert.equal(changed.version, 2)
  const late = updateSource(base.db, source.id, { change: { name: 'Late' }, version: 1, now })
  await assert.rejects(late, refused('stale'))
  assert.equal((await getSource(base.db, source.id)).name, 'New')
  await deleteSource(base.db, source.id)
  await assert.rejects(getSource(base.db, source.id), refused('not_found'))
})

test('a new key works at once, and one that was withdrawn stops within a second', async () => {
  let nowMs = 0
  const keys = createKeys(base.db, () => performance.now() + nowMs)
  assert.equal(await keys.find('tws_unknown'), null)
  const { source, writeKey } = await createSource(base.db, { name: 'Key', type: 'server', now })
  assert.equal((await keys.find(writeKey))?.id, source.id)
  await updateSource(base.db, source.id, { change: { enabled: false }, version: 1, now })
  nowMs += 1000
  assert.equal(await keys.find(writeKey), null)
})

test('many strangers with wrong keys cost few looks into the database', async () => {
  let loads = 0
  const counting = new Proxy(base.db, {
    get(db, name) {
      if (name === 'getExecutor') loads++
      const value = Reflect.get(db, name, db)
      return typeof value === 'function' ? value.bind(db) : value
    },
  })
  const keys = createKeys(counting)
  await Promise.all(Array.from({ length: 500 }, (_, i) => keys.find(`tws_wrong-${i}`)))
  assert.ok(loads <= 10, `${loads} loads`)
})

test('what came is counted per source and day, and the list shows the last seven days', async () => {
  const { source } = await createSource(base.db, { name: 'Counted', type: 'server', now })
  const traffic = createTraffic()
  const count = { accepted: 2, rejected: 1, bots: 1, optedOut: 0 }
  const longAgo = new Date('2026-11-01T00:00:00Z')
  for (const at of [now, now, longAgo]) traffic.add(source.id, at, count)
  // A source that is removed meanwhile must not hold up the others.
  traffic.add('1', now, count)
  await traffic.flush(base.db)
  traffic.add(source.id, now, count)
  await traffic.flush(base.db)
  const row = (await listSources(base.db, now)).find(one => one.id === source.id)
  assert.deepEqual(
    [row?.accepted, row?.rejected, row?.bots, row?.optedOut, row?.lastAt?.toISOString()],
    [6, 3, 3, 0, now.toISOString()],
  )
})
