import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  type Connection,
  CrmError,
  type Failure,
  type FailureKind,
  type WriteOp,
} from '../../src/crm/connector.ts'
import { espo } from '../../src/crm/connectors/espo/index.ts'
import { odoo } from '../../src/crm/connectors/odoo/index.ts'
import { type Exchange, hasRecordings, type Player, play, readRecording } from './recording.ts'
import { testWire } from './wire.ts'

// Connectors against what servers of EspoCRM 8.4, Odoo 17 and Odoo 19 were recorded answering. A request that differs
// from the recorded one in anything that is said gets no answer.

const skip = hasRecordings ? false : 'TEND_CRM_TRACES names no folder with recordings'
const open: Player[] = []
after(async () => {
  for (const player of open) await player.stop()
})
const server = async (...how: Parameters<typeof play>): Promise<Player> => {
  const player = await play(...how)
  open.push(player)
  return player
}

/** `ok`, or the kind of failure with its fields. */
async function outcomeOf(crm: Connection, type: string, op: WriteOp): Promise<string> {
  const words = ({ kind, fields = [] }: Failure) => [kind, ...fields].join(' ')
  try {
    const [outcome] = await crm.write(type, [op])
    if (!outcome) return 'nothing'
    return outcome.ok ? 'ok' : words(outcome.failure)
  } catch (error) {
    if (error instanceof CrmError) return words(error.failure)
    throw error
  }
}
const failureOf = (work: Promise<unknown>): Promise<FailureKind | 'none'> =>
  work.then(
    () => 'none',
    (error: unknown) => {
      if (error instanceof CrmError) return error.failure.kind
      throw error
    },
  )

const espoMeta = JSON.stringify({
  fields: {
    lastName: { type: 'varchar' },
    emailAddress: { type: 'email' },
    modifiedAt: { type: 'datetime' },
  },
  links: {},
})

test('EspoCRM 8.4: every write that was recorded is made in those words and understood', {
  skip,
}, async () => {
  const all = readRecording('espocrm-8.4.2.jsonl')
  const player = await server(all, path => (path.includes('/Metadata') ? espoMeta : null))
  const settings = { url: player.url, sign_in: 'api_key' as const, api_key: 'a-key', secret_key: '' }
  const crm = espo.connect(settings, testWire(player.url))
  const written = all.flatMap(each => {
    const [, type = '', id = ''] =
      /^\/api\/v1\/(Contact|Lead|Account|Opportunity|Note|Task)(?:\/(\w+))?$/.exec(each.req.path) ?? []
    const values = JSON.parse(each.req.body || '{}')
    const op: WriteOp | null =
      each.req.method === 'POST'
        ? { op: 'create', key: 'k', externalId: null, values }
        : each.req.method === 'PUT'
          ? { op: 'update', id, version: null, values }
          : each.req.method === 'DELETE'
            ? { op: 'delete', id }
            : null
    return type && op ? [{ each, type, op }] : []
  })
  assert.ok(written.length > 40)
  for (const { each, type, op } of written) {
    const field = /field: (\w+)/.exec(each.res.headers['x-status-reason'] ?? '')?.[1]
    const expected = { 200: 'ok', 404: 'gone', 409: 'duplicate', 400: `invalid ${field}` }[each.res.status]
    assert.equal(await outcomeOf(crm, type, op), expected, `${each.n} ${each.req.method} ${each.req.path}`)
  }
  assert.deepEqual(player.strangers, [])
  assert.equal(written.filter(({ each }) => !player.played.has(each.n)).length, 0)
})

test('EspoCRM 8.4: a list as it was answered is read with its stamps', { skip }, async () => {
  const all = readRecording('espocrm-8.4.2.jsonl')
  const player = await server(all, path => (path.includes('/Metadata') ? espoMeta : null))
  const settings = { url: player.url, sign_in: 'api_key' as const, api_key: 'a-key', secret_key: '' }
  const crm = espo.connect(settings, testWire(player.url))
  player.answerAll = all.find(each => each.req.path.includes('orderBy=modifiedAt')) ?? null
  const { list } = JSON.parse(player.answerAll?.res.body ?? '{}') as { list: Record<string, string>[] }
  const read = await crm.get('Contact', ['any'], [])
  assert.deepEqual(
    read.map(each => [each.id, each.modified.toISOString()]),
    list.map(row => [row.id, `${row.modifiedAt?.replace(' ', 'T')}.000Z`]),
  )
})

/** Whatever attributes are asked for: the recorder asked Odoo 17 for types only. */
const definitions = (all: Exchange[]) => (path: string, body: string) => {
  if (!/fields_get/.test(path + body)) return null
  const model = /res\.partner|crm\.lead/.exec(path + body)?.[0] ?? ''
  const hit = all.find(
    each =>
      /fields_get/.test(each.req.path + each.req.body) && (each.req.path + each.req.body).includes(model),
  )
  const known = hit ?? all.find(each => /fields_get/.test(each.req.path + each.req.body))
  return known?.res.body ?? null
}

type Step = { n: number; type: string; wants: string }

/** Writes what an exchange was recorded writing, and says what came of it. */
async function replay(crm: Connection, all: Exchange[], { n, type }: Step): Promise<string> {
  const each = all.find(one => one.n === n)
  const said = JSON.parse(each?.req.body ?? '{}')
  const [, , , , method, args] = said.params?.args ?? []
  const name = method ?? each?.req.path.split('/').at(-1)
  const [first, second] = args ?? (said.vals_list ? [said.vals_list] : [said.ids, said.vals])
  if (name === 'unlink') return outcomeOf(crm, type, { op: 'delete', id: String(first[0]) })
  if (name === 'write')
    return outcomeOf(crm, type, { op: 'update', id: String(first[0]), version: null, values: second })
  const ops = [first]
    .flat()
    .map((values, at) => ({ op: 'create' as const, key: `k${at}`, externalId: null, values }))
  if (ops.length === 1 && ops[0]) return outcomeOf(crm, type, ops[0])
  const outcomes = await crm.write(type, ops)
  return outcomes.every(outcome => outcome.ok) ? `${outcomes.length} ok` : 'not all'
}

const steps: Record<'odoo-17.0' | 'odoo-19.0', Step[]> = {
  'odoo-17.0': [
    { n: 5, type: 'res.partner', wants: 'ok' },
    { n: 7, type: 'crm.lead:lead', wants: 'ok' },
    { n: 8, type: 'crm.lead:lead', wants: 'ok' },
    { n: 10, type: 'res.partner', wants: '200 ok' },
    { n: 11, type: 'res.partner', wants: 'schema nope' },
    { n: 13, type: 'res.partner', wants: 'gone' },
    { n: 15, type: 'crm.lead:lead', wants: 'invalid type' },
    { n: 16, type: 'crm.lead:lead', wants: 'invalid name' },
    { n: 22, type: 'res.partner', wants: 'ok' },
    { n: 28, type: 'res.partner', wants: 'ok' },
  ],
  'odoo-19.0': [
    { n: 1, type: 'res.partner', wants: 'ok' },
    { n: 3, type: 'res.partner', wants: 'ok' },
    { n: 4, type: 'crm.lead:lead', wants: 'ok' },
    { n: 6, type: 'res.partner', wants: 'schema nope' },
    { n: 11, type: 'res.partner', wants: 'gone' },
    { n: 14, type: 'res.partner', wants: '200 ok' },
    { n: 18, type: 'res.partner', wants: 'ok' },
  ],
}
const odooSettings = {
  'odoo-17.0': { database: 'odoo17', login: 'admin', api_key: 'admin', api: 'jsonrpc' as const },
  'odoo-19.0': { database: 'odoo19', login: '', api_key: 'a-key', api: 'json2' as const },
}

for (const name of ['odoo-17.0', 'odoo-19.0'] as const) {
  test(`${name}: writes are made in the recorded words and understood`, { skip }, async () => {
    const all = readRecording(`${name}.jsonl`)
    const player = await server(all, definitions(all))
    const crm = odoo.connect({ url: player.url, ...odooSettings[name] }, testWire(player.url))
    for (const step of steps[name]) assert.equal(await replay(crm, all, step), step.wants, `${step.n}`)
    assert.deepEqual(player.strangers, [])
  })

  test(`${name}: whatever was refused is of a kind that says what to do`, { skip }, async () => {
    const all = readRecording(`${name}.jsonl`)
    const kinds: Record<string, FailureKind> = {
      'builtins.ValueError': 'schema',
      'odoo.exceptions.MissingError': 'gone',
      'odoo.exceptions.UserError': 'schema',
      'odoo.exceptions.ValidationError': 'invalid',
      'odoo.exceptions.AccessDenied': 'auth',
      'odoo.exceptions.AccessError': 'denied',
      'werkzeug.exceptions.Unauthorized': 'auth',
      'werkzeug.exceptions.UnprocessableEntity': 'invalid',
      'werkzeug.exceptions.NotFound': 'schema',
    }
    let seen = 0
    for (const each of all) {
      const answer = JSON.parse(each.res.body ?? 'null')
      const error = answer?.error?.data ?? (each.res.status >= 400 ? answer : null)
      if (!error) continue
      const player = await server(all)
      player.answerAll = each
      const crm = odoo.connect({ url: player.url, ...odooSettings[name] }, testWire(player.url))
      const wanted = /Wrong value/.test(error.message) ? 'invalid' : kinds[error.name]
      assert.equal(
        await failureOf(crm.ids('res.partner', { after: null, limit: 5 })),
        wanted,
        `${each.n} ${error.message}`,
      )
      seen += 1
    }
    assert.ok(seen >= 6)
  })
}
