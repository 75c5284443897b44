import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Connector } from '../../src/crm/connector.ts'
import { conforms } from '../../src/crm/connectors/conformance.fixture.ts'
import { odoo } from '../../src/crm/connectors/odoo/index.ts'
import { startOdoo } from '../harness/odoo.ts'
import { testWire } from './wire.ts'

const settingsOf = (url: string) => ({
  url,
  database: 'sales',
  login: 'tend',
  api_key: 'right-key',
  api: 'auto' as const,
})

// In each protocol: JSON-RPC as Odoo 17 speaks it, JSON-2 as 19 does.
for (const version of [17, 19] as const)
  conforms({
    connector: { ...odoo, name: `Odoo ${version}` } as unknown as Connector,
    start: () => startOdoo(version),
    settings: ({ url }) => settingsOf(url),
    secrets: ['right-key'],
    person: {
      type: 'res.partner',
      name: 'name',
      email: 'email',
      text: 'function',
      externalId: 'x_tend_id',
      spellings: [
        { field: 'x_met', there: '2026-03-04 05:06:07', here: '2026-03-04T05:06:07.000Z' },
        { field: 'x_born', there: '1815-12-10', here: '1815-12-10' },
        { field: 'x_staff', there: 3, here: 3 },
        { field: 'tag_ids', there: [3, 4], here: ['3', '4'] },
        { field: 'user_id', there: 1, here: '1' },
        { field: 'website', there: 'https://côte.example', here: 'https://côte.example' },
      ],
    },
    can: {
      tellsDeletes: 'never',
      merges: false,
      converts: 'crm.lead:lead',
      upserts: false,
      versions: false,
      renews: false,
      quota: false,
      calls: ['auth', 'throttle', 'transient', 'denied', 'gone', 'schema', 'cut', 'lost'],
      rows: ['invalid', 'denied', 'lock'],
    },
  })

test('a person of Odoo has one name: it is read as two, and a changed half keeps the other', async t => {
  const server = await startOdoo(19)
  t.after(() => server.stop())
  const crm = odoo.connect(settingsOf(server.url), testWire(server.url))
  const id = server.add('res.partner', { name: 'Ada King Lovelace', is_company: false })
  const [read] = await crm.get('res.partner', [id], ['first_name', 'last_name'])
  assert.deepEqual(read?.values, { first_name: 'Ada King', last_name: 'Lovelace' })
  await crm.write('res.partner', [{ op: 'update', id, version: null, values: { last_name: 'Byron' } }])
  assert.equal(server.read('res.partner', id)?.name, 'Ada King Byron')
})

test('companies and people are one model and two objects; a lead gets a title from who it is', async t => {
  const server = await startOdoo(19)
  t.after(() => server.stop())
  const crm = odoo.connect(settingsOf(server.url), testWire(server.url))
  server.add('res.partner', { name: 'Analytical Engines', is_company: true })
  const person = server.add('res.partner', { name: 'Ada Lovelace', is_company: false, active: false })
  const ask = { after: null, upTo: new Date('2099-01-01'), fields: ['name'], limit: 10 }
  const people = await crm.changes('res.partner', ask)
  assert.deepEqual(
    people.records.map(each => each.id),
    [person],
    'also who is archived',
  )
  const values = { first_name: 'Bob', last_name: 'Lee', email_from: 'bob@example.org' }
  const [made] = await crm.write('crm.lead:lead', [{ op: 'create', key: 'k', externalId: null, values }])
  assert.ok(made?.ok)
  const lead = server.read('crm.lead', made.id)
  assert.deepEqual([lead?.name, lead?.contact_name, lead?.type], ['Bob Lee', 'Bob Lee', 'lead'])
})
