import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import { parse } from 'csv-parse/sync'
import type { FastifyInstance } from 'fastify'
import { createKey } from '#access/api-keys.ts'
import { systemActor } from '#access/users.ts'
import { upsertContacts } from '#audience/contacts.ts'
import { changeMembers, createList } from '#audience/lists.ts'
import { createForm } from '#capture/forms.ts'
import { readConfig } from '#platform/config.ts'
import { inTransaction, many, sql } from '#platform/db/db.ts'
import type { Role } from '#platform/http/route.ts'
import { newId } from '#platform/ids.ts'
import { createOffice } from '../src/app.ts'
import { insertSubmission } from '../src/capture/forms/submissions.sql.ts'
import { exportRun } from '../src/insight/exports/export.job.ts'
import { dropExpired } from '../src/insight/exports/export.sql.ts'
import { openRuntime, type Runtime } from '../src/runtime.ts'
import { type TestDatabase, testDatabase } from './harness/database.ts'
import { until } from './harness/until.ts'

let base: TestDatabase
let runtime: Runtime
let office: FastifyInstance
const keys = new Map<Role, string>()
const ids = Array.from({ length: 12 }, () => newId())
/** What a spreadsheet would compute, and what only looks like it. */
const hostile = [
  '=1+1',
  '+SUM(A1)',
  '-2+3',
  '@cmd',
  '\t=1',
  '=HYPERLINK("http://evil.example","x")',
  '-5',
  '+49 30 12',
]

before(async () => {
  base = await testDatabase({ max: 4 })
  const secretKey = randomBytes(32).toString('base64')
  runtime = await openRuntime(
    readConfig({ DATABASE_URL: base.url, TEND_SECRET_KEY: secretKey, TEND_LOG_LEVEL: 'silent' }),
  )
  await runtime.services.jobs.work([exportRun], runtime.services)
  office = await createOffice(runtime.services)
  for (const role of ['admin', 'analyst', 'sales'] as const)
    keys.set(role, (await createKey(base.db, systemActor, { name: role, role })).key)
  await inTransaction(base.db, async trx => {
    const people = ids.map((contactId, i) => ({
      contactId,
      email: `p${i}@people.example`,
      traits: { first_name: `${i}`, note: hostile[i] ?? 'said "yes";\nand no', spent: -5 },
    }))
    await upsertContacts(trx, people, { now: new Date(), source: 'a test' })
  })
})
after(async () => {
  await office?.close()
  await runtime?.close()
  await base?.stop()
})

async function call(role: Role, method: 'GET' | 'POST', url: string, body?: object) {
  const headers = { authorization: `Bearer ${keys.get(role)}` }
  return office.inject({ method, url: `/api/v1${url}`, headers, ...(body ? { payload: body } : {}) })
}

/** Asks for a file, waits until it is written, and takes it. */
async function exported(body: { format?: string; ask: object }): Promise<{ id: string; text: string }> {
  const made = await call('admin', 'POST', '/exports', body)
  assert.equal(made.statusCode, 201, made.body)
  const { id } = made.json<{ id: string }>()
  await until(
    async () =>
      (await call('admin', 'GET', `/exports/${id}`)).json<{ finishedAt: string | null }>().finishedAt,
  )
  const file = await call('admin', 'GET', `/exports/${id}/file`)
  assert.equal(file.statusCode, 200)
  assert.match(String(file.headers['content-disposition']), /^attachment; filename="[\w-]+\.(csv|jsonl)"$/)
  return { id, text: file.body }
}

const table = (text: string) =>
  parse(text, { bom: true, columns: true, delimiter: ',' }) as Record<string, string>[]

test('a CSV export is safe to open in a spreadsheet, and numbers stay numbers', async () => {
  const { text } = await exported({ ask: { kind: 'contacts' } })
  const rows = table(text)
  assert.equal(rows.length, ids.length)
  assert.deepEqual(
    rows.slice(0, hostile.length).map(row => row.note),
    [
      "'=1+1",
      "'+SUM(A1)",
      "'-2+3",
      "'@cmd",
      "'=1",
      '\'=HYPERLINK("http://evil.example","x")',
      '-5',
      "'+49 30 12",
    ],
  )
  assert.equal(rows.at(-1)?.note, 'said "yes";\nand no')
  assert.equal(rows[0]?.spent, '-5')
  const live = rows
    .flatMap(row => Object.values(row))
    .filter(cell => /^[=+\-@\t\r]/.test(cell) && !/^[+-]?\d+$/.test(cell))
  assert.deepEqual(live, [])
})

test('a list, a search and a filter are exported as they are shown, in JSON lines too', async () => {
  const list = await createList(base.db, { name: 'Two', description: '', createdBy: 'a test' }, new Date())
  const members = ids.slice(0, 2).map(contactId => ({ contactId, listId: list.id, in: true }))
  await changeMembers(base.db, members, new Date())
  const two = await exported({ format: 'jsonl', ask: { kind: 'contacts', listId: list.id } })
  const rows = two.text
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Record<string, unknown>)
  assert.deepEqual(
    rows.map(row => [row.email, row.spent]),
    [
      ['p0@people.example', -5],
      ['p1@people.example', -5],
    ],
  )
  const found = await exported({ ask: { kind: 'contacts', q: 'p11@' } })
  assert.deepEqual(
    table(found.text).map(row => row.email),
    ['p11@people.example'],
  )
  const filter = { type: 'field', field: 'first_name', op: 'is', value: '3' }
  assert.equal(table((await exported({ ask: { kind: 'contacts', filter } })).text).length, 1)
})

test('companies, deliveries and the rows of a report are exported by the same door', async () => {
  assert.match((await exported({ ask: { kind: 'companies' } })).text, /^\uFEFFid,name,domain/)
  assert.match((await exported({ ask: { kind: 'messages' } })).text, /^\uFEFFid,contact_id,recipient/)
  const report = {
    kind: 'table',
    name: 'Growth',
    columns: ['day', 'people'],
    rows: [
      ['2026-11-23', 4],
      ['=x', -1],
    ],
  }
  assert.equal((await exported({ ask: report })).text, "\uFEFFday,people\r\n2026-11-23,4\r\n'=x,-1\r\n")
})

test('what a form was sent is exported with a column for each field, and no answer begins a formula', async () => {
  const now = new Date('2026-11-23T10:00:00Z')
  const form = await createForm(base.db, systemActor, { name: 'White paper' }, now)
  const one = {
    contactId: ids[0] ?? '',
    formId: form.id,
    version: 1,
    at: now,
    status: 'accepted' as const,
    reasons: [],
    consents: [
      { field: 'news', purpose: 'marketing', topicId: null, wording: 'Write to me', doubleOptIn: false },
    ],
    address: 'p0@people.example',
    language: 'en',
    recognised: false,
    origin: {
      ...{ url: null, path: null, host: null, referrer: null, title: null, ip: '', agent: '' },
      utm: { source: '=cmd', medium: 'social' },
      anonymousId: null,
    },
  }
  await insertSubmission(base.db, { ...one, id: newId(), answers: { email: '=1+1', gone: ['a', 'b'] } })
  const spam = { ...one, id: newId(), contactId: '0', status: 'spam' as const, reasons: ['too_fast'] }
  await insertSubmission(base.db, { ...spam, answers: { email: 'x@y.example' } })
  const ask = { kind: 'submissions', formId: form.id }
  const rows = table((await exported({ ask })).text)
  assert.deepEqual(
    rows.map(row => [row.state, row['answer.email'], row.contact_id]),
    [
      ['spam', 'x@y.example', ''],
      ['accepted', "'=1+1", ids[0]],
    ],
  )
  assert.deepEqual(
    [rows[1]?.other_answers, rows[1]?.agreed_to, rows[1]?.source],
    ['{"gone":["a","b"]}', 'Write to me', "'=cmd"],
  )
  assert.equal(table((await exported({ ask: { ...ask, status: 'spam' } })).text).length, 1)
  const nobodys = await call('admin', 'POST', '/exports', { ask: { ...ask, formId: newId() } })
  assert.equal(nobodys.statusCode, 404)
})

test('who may not export is refused, and every export and download is on record', async () => {
  assert.equal((await call('sales', 'POST', '/exports', { ask: { kind: 'contacts' } })).statusCode, 403)
  const { id } = await exported({ ask: { kind: 'contacts' } })
  assert.equal((await call('sales', 'GET', `/exports/${id}/file`)).statusCode, 403)
  assert.equal((await call('analyst', 'GET', `/exports/${id}/file`)).statusCode, 200)
  const narrow = await createKey(base.db, systemActor, {
    name: 'narrow',
    role: 'admin',
    scopes: ['exports.*'],
  })
  keys.set('viewer', narrow.key)
  assert.equal((await call('viewer', 'POST', '/exports', { ask: { kind: 'contacts' } })).statusCode, 403)
  const trail = await many<{ action: string; who: string }>(
    base.db,
    sql`
    select action, actor_name as who from access.audit where subject_id = ${id} order by position`,
  )
  assert.deepEqual(
    trail.map(({ action, who }) => `${who} ${action}`),
    ['admin exports.create', 'admin exports.download', 'analyst exports.download'],
  )
})

test('a file goes after seven days, and at once when somebody in it is forgotten', async () => {
  const [old, named, other] = [
    await exported({ ask: { kind: 'contacts' } }),
    await exported({ ask: { kind: 'contacts', q: 'p5@' } }),
    await exported({ ask: { kind: 'contacts', q: 'p6@' } }),
  ]
  await runtime.services.forget(base.db, [ids[5] ?? ''])
  assert.equal((await call('admin', 'GET', `/exports/${named.id}/file`)).statusCode, 410)
  assert.equal((await call('admin', 'GET', `/exports/${other.id}/file`)).statusCode, 200)
  assert.equal(
    (await call('admin', 'GET', `/exports/${old.id}/file`)).statusCode,
    410,
    'he was in this one, too',
  )
  await dropExpired(base.db, new Date(Date.now() + 8 * 86_400_000))
  const gone = await call('admin', 'GET', `/exports/${other.id}/file`)
  assert.equal(gone.statusCode, 410)
  assert.deepEqual(await many(base.db, sql`select from insight.export_chunk`), [])
})
