import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import {
  type Connection,
  CrmError,
  type Cursor,
  type Failure,
  type RemoteRecord,
} from '../../src/crm/connector.ts'
import { odoo } from '../../src/crm/connectors/odoo/index.ts'
import { type Odoo, startOdoo } from '../harness/odoo.ts'
import { testWire } from './wire.ts'

// The connector over HTTP, once in each protocol: JSON-RPC as Odoo 17 speaks it, JSON-2 as 19 does.

const fields = ['email', 'first_name', 'last_name', 'phone', 'function', 'x_tend_id', 'user_id', 'active']
let server: Odoo
let crm: Connection
afterEach(() => server?.stop())

function connect(key = 'right-key'): Connection {
  const settings = { url: server.url, database: 'sales', login: 'tend', api_key: key, api: 'auto' as const }
  return odoo.connect(settings, testWire(server.url))
}

async function failure(work: Promise<unknown>): Promise<Failure> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof CrmError, `it should have failed: ${String(error)}`)
  return error.failure
}

async function allChanges(type: string, limit = 500, asked = fields): Promise<RemoteRecord[]> {
  const records: RemoteRecord[] = []
  let after: Cursor | null = null
  for (;;) {
    const page = await crm.changes(type, {
      after,
      upTo: new Date(Date.now() + 60_000),
      fields: asked,
      limit,
    })
    assert.ok(page.records.length <= limit)
    records.push(...page.records)
    after = page.next
    if (!page.more) return records
  }
}

for (const version of [17, 19] as const) {
  const over = `Odoo ${version}`
  const versionTest = (words: string, run: () => Promise<void>) => test(`${over}: ${words}`, run)

  const fresh = async () => {
    server = await startOdoo(version)
    crm = connect()
  }

  versionTest('says who it is signed in as, and a wrong key is told without showing it', async () => {
    await fresh()
    assert.deepEqual((await crm.test()).user, { id: '1', name: 'Tend sync' })
    const refused = await failure(connect('quite-another-key').test())
    assert.equal(refused.kind, 'auth')
    assert.doesNotMatch(JSON.stringify(refused), /quite-another-key/)
  })

  versionTest('describes contacts and companies apart, and a whole name as two', async () => {
    await fresh()
    const { objects } = await crm.describe()
    assert.deepEqual(
      objects.map(each => [each.type, each.role]),
      [
        ['res.users', 'user'],
        ['res.partner:company', 'company'],
        ['res.partner', 'contact'],
        ['crm.lead:lead', 'lead'],
        ['crm.lead', 'deal'],
        ['mail.activity', 'task'],
      ],
    )
    const contact = objects.find(each => each.type === 'res.partner')
    const types = Object.fromEntries(contact?.fields.map(field => [field.name, field.type]) ?? [])
    assert.equal(types.first_name, 'text')
    assert.equal(types.email, 'email')
    assert.equal(types.user_id, 'reference')
    assert.equal(types.child_ids, undefined)
    assert.ok(contact?.fields.find(field => field.name === 'x_tend_id')?.externalId)
    assert.ok(contact?.fields.find(field => field.name === 'write_uid')?.type)
  })

  versionTest('reads every change once and in order, however many share a second', async () => {
    await fresh()
    const base = Date.now() - 3_600_000
    server.clock = () => new Date(base)
    for (let n = 0; n < 120; n++) server.add('res.partner', { name: `One ${n}`, is_company: false })
    server.clock = () => new Date(base + 5_000)
    for (let n = 0; n < 7; n++) server.add('res.partner', { name: `Late ${n}`, is_company: false })
    server.add('res.partner', { name: 'A company', is_company: true })
    const read = await allChanges('res.partner', 50)
    assert.equal(read.length, 127)
    assert.equal(new Set(read.map(each => each.id)).size, 127)
    assert.deepEqual(
      read.map(each => each.modified.getTime()),
      read.map(each => each.modified.getTime()).sort((a, b) => a - b),
    )
    const upTo = new Date(base + 1_000)
    const early = await crm.changes('res.partner', { after: null, upTo, fields, limit: 500 })
    assert.equal(early.records.length, 120)
  })

  versionTest('tells archived records, and leaves out deleted ones', async () => {
    await fresh()
    const kept = server.add('res.partner', { name: 'Old Hand', is_company: false, active: false })
    const gone = server.add('res.partner', { name: 'Gone', is_company: false })
    server.tables.set('res.partner', server.tables.get('res.partner')?.filter(row => row !== gone) ?? [])
    const [read] = await crm.get('res.partner', [String(kept.id), String(gone.id)], fields)
    assert.equal(read?.id, String(kept.id))
    assert.deepEqual(read?.values.first_name, 'Old')
    assert.deepEqual(await crm.ids('res.partner', { after: null, limit: 10 }), {
      ids: [String(kept.id)],
      more: false,
    })
  })

  versionTest('finds by values as they are, without case and without wildcards', async () => {
    await fresh()
    for (const email of ["o'hara@example.org", 'Ünal@Exämple.org', '100%@example.org', '100x@example.org'])
      server.add('res.partner', { name: email, email, is_company: false })
    server.add('res.partner', { name: 'Twin', email: "O'Hara@example.org", is_company: false })
    const found = async (...values: string[]) =>
      (await crm.find('res.partner', { field: 'email', values }, fields)).map(each => each.values.email)
    assert.deepEqual(await found("O'HARA@example.org"), ["o'hara@example.org", "O'Hara@example.org"])
    assert.deepEqual(await found('ünal@exämple.org', '100%@example.org'), [
      'Ünal@Exämple.org',
      '100%@example.org',
    ])
    assert.deepEqual(await found('nobody@example.org'), [])
  })

  versionTest('writes with an outcome for each, the good ones also where one is bad', async () => {
    await fresh()
    const create = (values: Record<string, string | null>) => ({
      op: 'create' as const,
      key: 'k',
      externalId: null,
      values,
    })
    const outcomes = await crm.write('res.partner', [
      create({ first_name: 'Ada', last_name: 'Lovelace', email: 'ada@example.org' }),
      create({ email: 'nameless@example.org' }),
      create({ first_name: 'Bob', last_name: 'Lee' }),
    ])
    assert.deepEqual(
      outcomes.map(each => each.ok || each.failure.kind),
      [true, 'invalid', true],
    )
    const rows = server.tables.get('res.partner') ?? []
    assert.deepEqual(
      rows.map(row => row.name),
      ['Ada Lovelace', 'Bob Lee'],
    )
    const id = String(rows[0]?.id)
    const update = (values: Record<string, string | null>, of = id) => ({
      op: 'update' as const,
      id: of,
      version: null,
      values,
    })
    const changed = await crm.write('res.partner', [
      update({ last_name: 'King', phone: '+44 1' }),
      update({ phone: null }),
      update({ phone: '+1' }, '99999'),
      { op: 'delete', id: String(rows[1]?.id) },
    ])
    assert.deepEqual(
      changed.map(each => each.ok || each.failure.kind),
      [true, true, 'gone', true],
    )
    assert.equal(server.tables.get('res.partner')?.length, 1)
    assert.equal(rows[0]?.name, 'Ada King')
    assert.equal(rows[0]?.phone, false)
  })

  versionTest('gives a lead a title, and tells what it became', async () => {
    await fresh()
    const [made] = await crm.write('crm.lead:lead', [
      { op: 'create', key: 'k', externalId: null, values: { first_name: 'Bob', last_name: 'Lee' } },
    ])
    assert.ok(made?.ok)
    const row = server.tables.get('crm.lead')?.[0]
    assert.deepEqual([row?.name, row?.type], ['Bob Lee', 'lead'])
    const partner = server.add('res.partner', { name: 'Bob Lee', is_company: false })
    server.edit('crm.lead', Number(made.id), {
      type: 'opportunity',
      partner_id: partner.id,
      date_conversion: '2026-11-23 10:00:00',
    })
    const [read] = await allChanges('crm.lead:lead', 500, ['email_from'])
    assert.deepEqual(read?.convertedTo, [
      { type: 'res.partner', id: String(partner.id) },
      { type: 'crm.lead', id: made.id },
    ])
  })

  versionTest('names what goes wrong by its kind', async () => {
    await fresh()
    await crm.test()
    const refused = async (slip: Odoo['slip']) => {
      server.slip = slip
      return failure(crm.get('res.partner', ['1'], ['email']))
    }
    assert.equal((await failure(crm.get('res.partner', ['1'], ['x_gone']))).kind, 'schema')
    assert.equal((await refused({ status: 502, body: '<html>Bad gateway' })).kind, 'transient')
    assert.equal((await refused({ status: 200, body: '{"jsonrpc": "2.0", "resu' })).kind, 'transient')
    const slow = await refused({ status: 429, body: '{}', headers: { 'retry-after': '7' } })
    assert.deepEqual([slow.kind, slow.retryAfterMs], ['throttle', 7_000])
  })
}
