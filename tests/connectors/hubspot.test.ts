import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { Client } from '@hubspot/api-client'
import type { Connector } from '../../src/crm/connector.ts'
import { conforms } from '../../src/crm/connectors/conformance.fixture.ts'
import { hubspot } from '../../src/crm/connectors/hubspot/index.ts'
import { startHubspot } from '../harness/hubspot.ts'
import { testWire } from './wire.ts'

const settingsOf = (url: string) => ({
  url,
  token: 'right-token',
  client_secret: 'app-secret',
  portal_id: '4711',
})

conforms({
  connector: hubspot as unknown as Connector,
  start: startHubspot,
  settings: ({ url }) => settingsOf(url),
  secrets: ['right-token', 'app-secret'],
  person: {
    type: 'contacts',
    name: 'lastname',
    isOptional: true,
    email: 'email',
    isEmailUnique: true,
    text: 'jobtitle',
    externalId: 'tend_id',
    spellings: [
      { field: 'met', there: '2026-03-04T05:06:07Z', here: '2026-03-04T05:06:07.000Z' },
      { field: 'born', there: '1815-12-10', here: '1815-12-10' },
      { field: 'staff', there: '3', here: 3 },
      { field: 'interests', there: 'Tea;Books', here: ['Tea', 'Books'] },
      { field: 'member', there: 'true', here: true },
      { field: 'hubspot_owner_id', there: '1001', here: '1001' },
    ],
  },
  can: {
    tellsDeletes: 'never',
    merges: true,
    converts: null,
    upserts: false,
    versions: false,
    renews: false,
    quota: true,
    calls: ['auth', 'throttle', 'transient', 'denied', 'cut', 'lost'],
    rows: ['invalid', 'duplicate', 'denied'],
  },
  hook(_simulator, { id }, how) {
    const stamp = String(Date.now() - (how === 'stale' ? 6 * 60_000 : 0))
    const body = JSON.stringify([
      { subscriptionType: 'contact.propertyChange', objectId: id, propertyName: 'email' },
      { subscriptionType: 'contact.propertyChange', objectId: id, propertyName: 'phone' },
    ])
    const url = 'https://tend.example/crm/hooks/1/key?a=%20b'
    const signature = createHmac('sha256', how === 'forged' ? 'other' : 'app-secret')
      .update(`POST${decodeURIComponent(url)}${body}${stamp}`)
      .digest('base64')
    return {
      url,
      body,
      headers: { 'x-hubspot-signature-v3': signature, 'x-hubspot-request-timestamp': stamp },
    }
  },
})

test('the simulator answers HubSpot’s own client as HubSpot does', async t => {
  const server = await startHubspot()
  t.after(() => server.stop())
  const { crm } = new Client({ basePath: server.url, accessToken: 'right-token', numberOfApiCallRetries: 0 })
  const properties = { email: 'Ada@Example.org', lastname: 'Lovelace' }
  const ada = await crm.contacts.basicApi.create({ properties, associations: [] })
  assert.equal((await crm.contacts.basicApi.getById(ada.id, ['email'])).properties.email, 'ada@example.org')
  await assert.rejects(
    crm.contacts.basicApi.create({ properties, associations: [] }),
    /409[\s\S]*Existing ID/,
  )
  const batch = await crm.contacts.batchApi.create({
    inputs: ['Byron', 'King'].map(lastname => ({ properties: { lastname }, associations: [] })),
  })
  assert.equal(batch.results.length, 2)
  await crm.contacts.basicApi.update(ada.id, { properties: { jobtitle: 'Countess' } })
  const found = await crm.contacts.searchApi.doSearch({
    filterGroups: [{ filters: [{ propertyName: 'jobtitle', operator: 'EQ' as never, value: 'countess' }] }],
    properties: ['jobtitle'],
    sorts: [],
    limit: 10,
    after: '0',
  })
  assert.deepEqual([found.total, found.results[0]?.id], [1, ada.id])
  const page = await crm.contacts.basicApi.getPage(2, undefined, ['lastname'])
  assert.equal(page.results.length, 2)
  assert.ok(page.paging?.next?.after)
  await crm.contacts.basicApi.archive(ada.id)
  await assert.rejects(crm.contacts.basicApi.getById(ada.id), /404/)
  const described = await crm.properties.coreApi.getAll('contacts')
  assert.ok(described.results.some(each => each.name === 'tend_id' && each.hasUniqueValue))
  assert.equal((await crm.owners.ownersApi.getPage()).results[0]?.email, 'olga@hub.example')
})

test('a deal brings its company and the people with the parts they play', async t => {
  const server = await startHubspot()
  t.after(() => server.stop())
  const crm = hubspot.connect(settingsOf(server.url), testWire(server.url))
  const deal = { type: 'deals', id: server.add('deals', { dealname: 'Engines', amount: '1200.50' }) }
  const company = { type: 'companies', id: server.add('companies', { name: 'Analytical' }) }
  const ada = { type: 'contacts', id: server.add('contacts', { lastname: 'Lovelace' }) }
  server.join(deal, { type: 'companies', id: '99' }, null)
  server.join(deal, company, 'Primary')
  server.join(deal, ada, 'Decision maker')
  const [read] = await crm.get('deals', [deal.id], ['dealname', 'amount', 'associated_company'])
  assert.deepEqual(read?.values, { dealname: 'Engines', amount: 1200.5, associated_company: company.id })
  assert.deepEqual(await crm.roles?.([deal.id]), [
    { dealId: deal.id, person: ada, role: 'Decision maker', primary: false },
  ])
})

test('more than ten thousand changes are read without asking for what HubSpot does not answer', async t => {
  const server = await startHubspot()
  t.after(() => server.stop())
  const crm = hubspot.connect(settingsOf(server.url), testWire(server.url))
  const start = Date.parse('2026-03-01T10:00:00Z')
  for (let n = 0; n < 10_450; n++) {
    server.at(new Date(start + Math.floor(n / 400) * 1000))
    server.add('contacts', { lastname: `L${n}` })
  }
  const seen = new Set<string>()
  let after: Parameters<typeof crm.changes>[1]['after'] = null
  for (let more = true; more; ) {
    const page = await crm.changes('contacts', {
      after,
      upTo: new Date('2099-01-01'),
      fields: [],
      limit: 200,
    })
    for (const record of page.records) seen.add(record.id)
    after = page.next
    more = page.more
  }
  assert.equal(seen.size, 10_450)
})

test('who went into another is told beside the page, and pushes nobody out of it', async t => {
  const server = await startHubspot()
  t.after(() => server.stop())
  const crm = hubspot.connect(settingsOf(server.url), testWire(server.url))
  const start = Date.parse('2026-03-01T10:00:00Z')
  const ids = [0, 1, 2, 3, 4, 5].map(n => {
    server.at(new Date(start + n * 1000))
    return server.add('contacts', { lastname: `L${n}` })
  })
  server.at(new Date(start + 1000))
  const [winner = '', loser = ''] = [ids[1], ids[5]]
  server.merge?.('contacts', loser, winner)
  const read: string[] = []
  const merged = new Map<string, string | null | undefined>()
  let after: Parameters<typeof crm.changes>[1]['after'] = null
  for (let more = true; more; ) {
    const page = await crm.changes('contacts', { after, upTo: new Date('2099-01-01'), fields: [], limit: 2 })
    for (const record of page.records)
      if (record.deleted) merged.set(record.id, record.mergedInto)
      else read.push(record.id)
    after = page.next
    more = page.more
  }
  assert.deepEqual(read, ids.slice(0, 5))
  assert.deepEqual([...merged], [[loser, winner]])
})
