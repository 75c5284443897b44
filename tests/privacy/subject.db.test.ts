import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { audit, verifyAudit } from '#access/audit.ts'
import { systemActor } from '#access/users.ts'
import { resolve } from '#audience/identity.ts'
import { openRequest } from '#audience/requests.ts'
import { suppressedAmong } from '#audience/suppression.ts'
import { inTransaction, many, one, sql } from '#platform/db/db.ts'
import { staysBehind } from '#stewardship/erase.ts'
import { dropChecks, dump, fillRow, readTables, type Table } from './fill.ts'
import { type Office, openOffice } from './office.ts'

let office: Office
let client: pg.Client
let tables: Table[]
before(async () => {
  office = await openOffice()
  // A connection of our own: those of the pool are given up when they are idle for long.
  client = new pg.Client({ connectionString: office.base.url })
  await client.connect()
  tables = await readTables(client)
  await dropChecks(client)
})
after(async () => {
  await client?.end()
  await office?.stop()
})

const address = 'zoë.quill+news@erase-me.example'
const person = { email: address, firstName: 'Zoë', lastName: 'O’Quill-Smythe', phone: '+49 171 555 0199' }
const isContacts = (table: Table) => table.columns.some(column => /(^|_)contact_id$/.test(column.name))
const isDefinition = (table: Table) =>
  table.columns.some(({ name }) =>
    ['draft', 'definition', 'filter', 'review_on', 'external_id', 'label'].includes(name),
  )
/** What the customer says of himself. */
const ours = [
  'outreach.email',
  'outreach.email_version',
  'outreach.setting',
  'capture.source',
  'stewardship.setting',
]
/** Not filled here: exactly one row each, or what the program itself writes and reads. */
const leftAlone =
  /^(platform\.(clock|setting)|audience\.(identity_epoch|contact|identity)|engine\.(lane|worker|work)|capture\.source|stewardship\.erasure)$/

async function makePerson(email = address): Promise<string> {
  const made = await office.call('POST', '/contacts', { ...person, email })
  assert.equal(made.statusCode, 201, made.body)
  return made.json().id
}

/** One row with `text` in every table of contacts. */
async function fillAll(contactId: string, text: (table: string) => string): Promise<string[]> {
  const filled = tables.filter(table => isContacts(table) && !leftAlone.test(table.name))
  for (const table of filled) await fillRow(client, table, { contactId, text: text(table.name) })
  return filled.map(table => table.name)
}

test('an export holds everything from every table that knows the contact', async () => {
  const id = await makePerson()
  const filled = await fillAll(id, table => `canary of ${table}`)
  assert.ok(filled.length >= 15, `only ${filled.length} tables`)
  const answer = await office.call('GET', `/contacts/${id}/export`)
  assert.equal(answer.statusCode, 200, answer.body)
  const { records, told, about } = answer.json()
  const missing = filled.filter(
    table => !records[table] || !JSON.stringify(records[table]).includes(`canary of ${table}`),
  )
  const textless = missing.filter(table => records[table]?.length > 0)
  // Tables of numbers alone have no canary: their row is enough.
  const wordless = new Set(
    tables
      .filter(
        table =>
          !table.columns.some(
            ({ type, choices, name }) =>
              choices.length === 0 && /^(text|jsonb|text\[\])$/.test(type) && !/contact_id/.test(name),
          ),
      )
      .map(table => table.name),
  )
  assert.deepEqual(
    missing.filter(table => !(textless.includes(table) && wordless.has(table))),
    [],
  )
  for (const { name: table, columns } of tables.filter(one => filled.includes(one.name)))
    assert.deepEqual(Object.keys(records[table][0]).sort(), columns.map(column => column.name).sort(), table)
  assert.equal(records['audience.contact'][0].email, address)
  assert.deepEqual(about.addresses.includes(address), true)
  assert.ok(Object.keys(told).length >= 6)
  assert.ok(told.audience.consents.length === 1)
})

test('each kind comes as CSV with all rows, and no cell begins a formula', async () => {
  const id = await makePerson('csv@erase-me.example')
  await fillAll(id, () => '=HYPERLINK("https://evil.example")')
  const { items } = (await office.call('GET', `/contacts/${id}/export/kinds`)).json()
  const json = (await office.call('GET', `/contacts/${id}/export`)).json()
  assert.deepEqual(
    items.map((item: { kind: string }) => item.kind),
    Object.keys(json.records),
  )
  for (const { kind, rows } of items) {
    const answer = await office.call('GET', `/contacts/${id}/export/csv?kind=${kind}`)
    assert.equal(answer.statusCode, 200, answer.body)
    assert.match(String(answer.headers['content-type']), /text\/csv/)
    assert.equal(json.records[kind].length, rows)
    assert.doesNotMatch(answer.body, /(^|,|\n)"?[=+@]/, kind)
    assert.equal(answer.body.split('\r\n')[0], Object.keys(json.records[kind][0]).join(','))
  }
  assert.equal((await office.call('GET', `/contacts/${id}/export/csv?kind=nothing`)).statusCode, 422)
  assert.equal((await office.as('sales', 'GET', `/contacts/${id}/export`)).statusCode, 403)
  const [last] = await many<{ action: string }>(
    office.base.db,
    sql`select action from access.audit where subject_id = ${id} order by position desc limit 1`,
  )
  assert.equal(last?.action, 'privacy.export')
})

test('an erasure is told in numbers before, and afterwards nothing in the whole database names the person', async () => {
  const { db } = office.base
  const gone = {
    email: 'second@gone.example',
    firstName: 'Zoltán',
    lastName: 'D’Erase',
    phone: '+49 171 555 0200',
  }
  const fullName = `${gone.firstName} ${gone.lastName}`
  const stays = await makePerson('left@behind.example')
  const id = (await office.call('POST', '/contacts', gone)).json().id
  await many(
    db,
    sql`insert into audience.redirect (contact_id, to_contact_id, at) values (42, ${id}::bigint, '2026-11-01')`,
  )
  const words = `"${fullName}" <${gone.email}>, call ${gone.phone}\n${gone.email}`
  await fillAll(id, () => words)
  await fillRow(client, tableNamed('activity.event'), { contactId: '42', text: words })
  for (const table of tables.filter(
    one => !isContacts(one) && !leftAlone.test(one.name) && !ours.includes(one.name),
  ))
    await fillRow(client, table, { contactId: id, text: isDefinition(table) ? gone.email : words })
  const asked = await inTransaction(db, trx =>
    openRequest(trx, { contactId: id, kind: 'erase', now: new Date() }),
  )

  const preview = (await office.call('GET', `/contacts/${id}/erasure`)).json()
  assert.ok(preview.total > 15)
  const answer = await office.call('POST', `/contacts/${id}/erase`, {})
  assert.equal(answer.statusCode, 200, answer.body)
  const { removed, scrubbed } = answer.json()
  assert.equal(
    Object.values<number>(removed).reduce((sum, n) => sum + n, 0),
    preview.total,
  )
  assert.ok(scrubbed['platform.job'] === 1 && scrubbed['capture.reject'] === 1, JSON.stringify(scrubbed))

  const needles = [
    gone.email,
    gone.phone,
    '171 555 0200',
    'D’Erase',
    Buffer.from('D’Erase').toString('latin1'),
    'D\\342\\200\\231Erase',
  ]
  const hits = (await dump(client)).filter(({ line }) => needles.some(needle => line.includes(needle)))
  assert.deepEqual(hits, [])
  for (const table of tables.filter(isContacts)) {
    const left = await client.query(
      `select 1 from ${table.name} t where to_jsonb(t) ->> 'contact_id' = any($1)`,
      [[id, '42']],
    )
    assert.ok(left.rowCount === 0 || staysBehind.has(table.name), table.name)
  }
  const closed = await one<{ state: string; note: string }>(
    db,
    sql`select state, note from audience.request where id = ${asked.id}::bigint`,
  )
  assert.deepEqual(closed, { state: 'fulfilled', note: '' })
  const hashes = await suppressedAmong(db, office.runtime.services.secrets, ['Second@gone.example'])
  assert.deepEqual([...hashes.values()], ['erased'])
  assert.equal((await office.call('GET', `/contacts/${id}`)).statusCode, 404)
  assert.equal((await office.call('GET', `/contacts/${stays}`)).statusCode, 200)
})

test('another person’s longer address, ids and numbers come through an erasure unharmed', async () => {
  const id = await makePerson('ann@short.example')
  const job = tableNamed('platform.job')
  const text = 'joann@short.example, ann@short.example.org and ANN@short.example'
  await fillRow(client, job, { contactId: id, text, fixed: { id: '991' } })
  await office.call('POST', `/contacts/${id}/erase`, {})
  const { input } = await one<{ input: { words: string } }>(
    office.base.db,
    sql`select input from platform.job where id = 991`,
  )
  assert.equal(input.words, 'joann@short.example, ann@short.example.org and [erased]')
})

test('who opted out stays out after he was deleted and comes back by another way', async () => {
  const id = await makePerson('gone@example.org')
  await office.call('POST', `/contacts/${id}/consents`, { state: 'withdrawn' })
  await office.call('PATCH', `/contacts/${id}`, { version: 1, email: 'moved@example.org' })
  assert.equal((await office.call('DELETE', `/contacts/${id}`)).statusCode, 200)
  const { db } = office.base
  const [again] = await inTransaction(db, trx =>
    resolve(trx, [{ email: 'Gone@example.org', trust: 'server' }], { now: new Date() }),
  )
  assert.notEqual(again?.contactId, id)
  const found = await suppressedAmong(db, office.runtime.services.secrets, [
    'gone@example.org',
    'moved@example.org',
  ])
  assert.deepEqual([...found.values()], ['unsubscribed', 'unsubscribed'])
  assert.equal((await office.call('DELETE', `/contacts/${id}`)).statusCode, 404)
})

function tableNamed(wanted: string): Table {
  const table = tables.find(one => one.name === wanted)
  assert.ok(table, wanted)
  return table
}

test('the audit, whose rows never change, takes no contact’s address in', async () => {
  const { db } = office.base
  await audit(
    db,
    systemActor,
    'exports.start',
    { kind: 'export', id: '1' },
    {
      filter: { field: 'email', value: 'zoe@audit.example' },
    },
  )
  await audit(
    db,
    systemActor,
    'users.invite',
    { kind: 'invitation', id: '1' },
    { email: 'team@audit.example' },
  )
  const rows = await many<{ detail: unknown }>(
    db,
    sql`select detail from access.audit order by position desc limit 2`,
  )
  assert.deepEqual(
    rows.map(row => row.detail),
    [{ email: 'team@audit.example' }, { filter: { field: 'email', value: '[address]' } }],
  )
  assert.equal(await verifyAudit(db), null)
})
