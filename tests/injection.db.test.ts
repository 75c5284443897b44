import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Route } from '#platform/http/route.ts'
import { officeRoutes } from '../src/app.ts'
import { type Office, openOffice } from './privacy/office.ts'

// Everything by which a list can be filtered, sorted or paged, against texts that mean something to a database, a
// pattern or a parser. The answer is a refusal, or an empty page where the text is a lawful thing to look for; the
// database never sees a statement that it cannot understand.

const payloads = [
  "'",
  "''",
  '"',
  "' or '1'='1",
  "' or 1=1--",
  "' or 1=1#",
  "') or ('1'='1",
  "'; drop table audience.contact; --",
  "'; select pg_sleep(5); --",
  "' union select null--",
  "' union select null, null, null, version()--",
  "1' and (select 1 from pg_user)='1",
  '1 or 1=1',
  '1; delete from audience.contact',
  '1) or (1=1',
  '-1',
  '0x31',
  '1e309',
  'NaN',
  'Infinity',
  '99999999999999999999999999',
  '9223372036854775808',
  'null',
  'undefined',
  'true',
  '[]',
  '{}',
  '[object Object]',
  '{"$gt":""}',
  '{"$where":"sleep(5000)"}',
  '{"all":[{"type":"field","field":"id; drop table x","op":"is","value":"1"}]}',
  '{"type":"field","field":"email) or (1=1","op":"is","value":"1"}',
  '{"type":"field","field":"email","op":"is) or (1=1","value":"1"}',
  '{"type":"field","field":"attrs.\') or 1=1--","op":"is","value":"1"}',
  '{"type":"list","listId":"1 or 1=1","in":true}',
  '{"type":"score","modelId":"1","op":"at_least","value":"1; select 1"}',
  '{"all":[{"all":[{"all":[{"all":[{"all":[{"all":[{"all":[{"all":[{"all":[{"all":[]}]}]}]}]}]}]}]}]}]}',
  'created desc',
  'created; select 1',
  'email,(select version())',
  '(case when (1=1) then email else name end)',
  'name collate "C"',
  '%',
  '%%%%',
  '_',
  '\\',
  '\\\\',
  "\\'",
  '$1',
  ':name',
  '?',
  '@@version',
  '*/*',
  '/**/or/**/1=1',
  "chr(39)||'",
  '\u0000',
  'a\u0000b',
  '\ud800',
  '\u2028',
  'ʼ or 1=1--',
  'Robert"); drop table students;--',
  Buffer.from(JSON.stringify({ key: "' or 1=1--", id: '1' })).toString('base64url'),
  Buffer.from(JSON.stringify({ key: '1', id: "1' or '1'='1" })).toString('base64url'),
  Buffer.from(JSON.stringify({ key: 'nonsense', id: '1' })).toString('base64url'),
  Buffer.from('"9223372036854775808"').toString('base64url'),
  Buffer.from('{"score":1e400,"contactId":"1","otherId":"2"}').toString('base64url'),
]

let office: Office
let logged: string[]
before(async () => {
  office = await openOffice()
  logged = []
  const { log } = office.runtime.services
  const note = (given: unknown) => {
    const error = (given as { err?: { code?: string; message?: string } }).err
    if (error) logged.push(`${error.code ?? ''} ${error.message ?? ''}`)
  }
  Object.assign(log, { error: note, warn: note })
  office.app.addHook('onError', async (_request, _reply, error) => {
    const code = (error as { code?: unknown }).code
    if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code)) logged.push(`${code} ${error.message}`)
  })
})
after(() => office.stop())

const lists = officeRoutes().filter(route => route.method === 'GET' && parametersOf(route).length > 0)

/** The names of what a route takes behind the question mark. */
function parametersOf(route: Route): string[] {
  const shape = (route.query as unknown as { shape?: Record<string, unknown> }).shape
  return Object.keys(shape ?? {})
}

/** How many rows there are by the answer, as far as it is a list. */
const sizeOf = (body: string) => {
  const read: unknown = JSON.parse(body || 'null')
  const items = typeof read === 'object' && read !== null ? Reflect.get(read, 'items') : undefined
  return Array.isArray(items) ? items.length : 0
}

test('there are enough payloads and lists for this to mean something', () => {
  assert.ok(payloads.length >= 60, `${payloads.length} payloads`)
  assert.ok(lists.length >= 12, `${lists.length} lists`)
  for (const url of ['/contacts', '/companies', '/duplicates', '/lists/:id/members'])
    assert.ok(
      lists.some(route => route.url === `/api/v1${url}`),
      url,
    )
})

for (const route of lists) {
  for (const name of parametersOf(route)) {
    test(`${route.url} refuses or finds nothing for hostile texts in “${name}”`, async () => {
      const wrong: string[] = []
      for (const payload of payloads) {
        const path = route.url.slice('/api/v1'.length).replaceAll(/:\w+/g, '1')
        const query = new URLSearchParams({ [name]: payload.toWellFormed() })
        const answer = await office.call('GET', `${path}?${query}`)
        const refused = answer.statusCode >= 400 && answer.statusCode < 500
        const lawful = answer.statusCode === 200
        if (!refused && !lawful) wrong.push(`${payload}: ${answer.statusCode} ${answer.body.slice(0, 200)}`)
        if (lawful && name === 'filter' && sizeOf(answer.body) > 0) wrong.push(`${payload}: found somebody`)
        if (/syntax error|pg_|SQLSTATE|relation "/i.test(answer.body))
          wrong.push(`${payload}: ${answer.body}`)
      }
      assert.deepEqual(wrong, [])
      assert.deepEqual(logged.splice(0), [])
    })
  }
}

test('hostile filters in bodies are refused as well', async () => {
  for (const payload of payloads) {
    for (const [path, body] of [
      ['/segments/preview', { filter: payload }],
      ['/contacts/bulk/preview', { target: { filter: payload }, action: { kind: 'delete' } }],
      ['/contacts/bulk/preview', { target: { ids: [payload] }, action: { kind: 'delete' } }],
      ['/contacts/merge/preview', { contactId: payload, others: [payload] }],
      [
        '/segments/preview',
        { filter: { type: 'field', field: `attrs.${payload}`, op: 'is', value: payload } },
      ],
      ['/segments/preview', { filter: { type: 'field', field: payload, op: payload, value: payload } }],
    ] as const) {
      const answer = await office.call('POST', path, body)
      assert.ok(answer.statusCode < 500, `${path} ${payload}: ${answer.statusCode} ${answer.body}`)
    }
  }
  assert.deepEqual(logged.splice(0), [])
})
