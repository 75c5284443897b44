import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { matches, type Term } from './odoo-domain.ts'
import { type Field, models } from './odoo-models.ts'

export type OdooRow = Record<string, unknown> & { id: number; write_date: string; create_date: string }
/** An answer that a test puts in the place of the next one; `after` lets the call have its effect first. */
export type Slip = { status: number; body: string; headers?: Record<string, string>; after?: boolean }

/** A small Odoo: keeps records with stamps in microseconds, answers in the words of 17 (JSON-RPC) or 19 (JSON-2). */
export type Odoo = {
  url: string
  tables: Map<string, OdooRow[]>
  calls: { model: string; method: string; named: Record<string, unknown> }[]
  slip: Slip | null
  clock(): Date
  add(model: string, values: Record<string, unknown>): OdooRow
  edit(model: string, id: number, values: Record<string, unknown>): void
  stop(): Promise<void>
}

/** What Odoo raises: its class decides the status of JSON-2. */
class Raised extends Error {
  readonly kind: string
  readonly status: number
  constructor(kind: string, status: number, message: string) {
    super(message)
    this.kind = kind
    this.status = status
  }
}

export async function startOdoo(version: 17 | 19): Promise<Odoo> {
  const tables = new Map<string, OdooRow[]>(Object.keys(models).map(name => [name, []]))
  let made = 0
  const odoo: Omit<Odoo, 'url' | 'stop'> = {
    tables,
    calls: [],
    slip: null,
    clock: () => new Date(),
    add(model, values) {
      made += 1
      const at = stampOf(odoo.clock(), made)
      const row = { active: true, ...values, id: made, create_date: at, write_date: at }
      tables.get(model)?.push(row)
      return row
    },
    edit(model, id, values) {
      made += 1
      Object.assign(rowOf(tables, model, id), values, { write_date: stampOf(odoo.clock(), made) })
    },
  }
  odoo.add('res.users', { name: 'Tend sync', login: 'tend@odoo.example' })
  const server = createServer((request, response) => {
    serve(odoo, version, request, response).catch(error => response.writeHead(500).end(String(error)))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return Object.assign(odoo, {
    url: `http://localhost:${port}`,
    stop: () =>
      new Promise<void>(resolve => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  })
}

/** `2026-11-23 01:29:45.000123`: kept to the microsecond, answered in seconds. */
const stampOf = (at: Date, micro: number) =>
  `${at.toISOString().slice(0, 19).replace('T', ' ')}.${String(micro % 1_000_000).padStart(6, '0')}`

function rowOf(tables: Odoo['tables'], model: string, id: number): OdooRow {
  const row = tables.get(model)?.find(each => each.id === id)
  const gone = `Record does not exist or has been deleted.\n(Record: ${model}(${id},), User: 2)`
  if (!row) throw new Raised('odoo.exceptions.MissingError', 404, gone)
  return row
}

type State = Omit<Odoo, 'url' | 'stop'>

async function serve(odoo: State, version: 17 | 19, request: IncomingMessage, response: ServerResponse) {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  const body = JSON.parse(Buffer.concat(parts).toString('utf8') || '{}') as Record<string, unknown>
  const path = request.url ?? ''
  const send = (status: number, text: string, headers: Record<string, string> = {}) =>
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers }).end(text)
  const slip = odoo.slip
  odoo.slip = null
  if (slip && !slip.after) return send(slip.status, slip.body, slip.headers)
  let answer: { status: number; text: string }
  if (path === '/web/version' && version === 19)
    answer = { status: 200, text: '{"version_info": [19, 0, 0, "final", 0, ""], "version": "19.0"}' }
  else if (path.startsWith('/json/2/') && version === 19) answer = json2(odoo, request, path, body)
  else if (path === '/jsonrpc') answer = jsonRpc(odoo, body)
  else answer = { status: 404, text: '<!doctype html><title>404 Not Found</title>' }
  if (slip) return send(slip.status, slip.body, slip.headers)
  send(answer.status, answer.text)
}

function json2(odoo: State, request: IncomingMessage, path: string, named: Record<string, unknown>) {
  const [model = '', method = ''] = path.replace('/json/2/', '').split('/')
  try {
    if (request.headers.authorization !== 'bearer right-key')
      throw new Raised('werkzeug.exceptions.Unauthorized', 401, 'Invalid apikey')
    return { status: 200, text: JSON.stringify(perform(odoo, model, method, named, "in '%'")) }
  } catch (error) {
    if (!(error instanceof Raised)) throw error
    const { kind: name, message, status } = error
    return { status, text: JSON.stringify({ name, message, arguments: [message], context: {}, debug: '' }) }
  }
}

const places: Record<string, string[]> = {
  create: ['vals_list'],
  read: ['ids', 'fields'],
  write: ['ids', 'vals'],
  unlink: ['ids'],
  search: ['domain'],
  search_read: ['domain'],
}

function jsonRpc(odoo: State, body: Record<string, unknown>) {
  const { service, args } = (body.params ?? {}) as { service: string; args: unknown[] }
  const reply = (rest: object) => ({
    status: 200,
    text: JSON.stringify({ jsonrpc: '2.0', id: body.id, ...rest }),
  })
  try {
    if (service === 'common') return reply({ result: args[2] === 'right-key' ? 1 : false })
    const [, , key, model, method, given, named] = args as [
      string,
      number,
      string,
      string,
      string,
      unknown[],
      Record<string, unknown>?,
    ]
    if (key !== 'right-key') throw new Raised('odoo.exceptions.AccessDenied', 401, 'Access Denied')
    const all = Object.fromEntries((places[method] ?? []).map((name, at) => [name, given[at]]))
    const isOne = method === 'create' && !Array.isArray(all.vals_list)
    if (isOne) all.vals_list = [all.vals_list]
    const result = perform(odoo, model, method, { ...named, ...all }, "on model '%'")
    return reply({ result: isOne ? (result as unknown[])[0] : result })
  } catch (error) {
    if (!(error instanceof Raised)) throw error
    const data = { name: error.kind, message: error.message, arguments: [error.message], debug: '' }
    return reply({ error: { code: 200, message: 'Odoo Server Error', data } })
  }
}

type Named = Record<string, unknown> & {
  ids?: number[]
  vals?: Record<string, unknown>
  vals_list?: Record<string, unknown>[]
  domain?: Term[]
  fields?: string[]
  order?: string
  limit?: number
  context?: { active_test?: boolean }
}

function perform(odoo: State, model: string, method: string, named: Named, where: string): unknown {
  odoo.calls.push({ model, method, named })
  const fields = models[model]
  if (!fields) throw new Raised('werkzeug.exceptions.NotFound', 404, `the model '${model}' does not exist`)
  const check = (vals: Record<string, unknown>) => {
    for (const [name, value] of Object.entries(vals)) {
      const field = fields[name]
      if (!field) {
        const place = where.replace('%', model)
        throw new Raised('builtins.ValueError', 500, `Invalid field '${name}' ${place}`)
      }
      if (field.selection && value !== false && !field.selection.some(([each]) => each === value))
        throw new Raised('builtins.ValueError', 500, `Wrong value for ${model}.${name}: '${String(value)}'`)
    }
  }
  const unknown = named.fields?.find(name => !fields[name])
  if (unknown && method !== 'fields_get') check({ [unknown]: null })
  const rows = odoo.tables.get(model) ?? []
  switch (method) {
    case 'context_get':
      return { lang: 'en_US', tz: 'UTC', uid: 1 }
    case 'fields_get':
      return fields
    case 'create': {
      for (const vals of named.vals_list ?? []) {
        check(vals)
        if (fields.name?.required && !vals.name) throw missing(model, fields.name)
      }
      return (named.vals_list ?? []).map(vals => odoo.add(model, vals).id)
    }
    case 'write':
      check(named.vals ?? {})
      for (const id of named.ids ?? []) rowOf(odoo.tables, model, id)
      for (const id of named.ids ?? []) odoo.edit(model, id, named.vals ?? {})
      return true
    case 'unlink':
      for (const id of named.ids ?? []) rowOf(odoo.tables, model, id)
      odoo.tables.set(
        model,
        rows.filter(row => !named.ids?.includes(row.id)),
      )
      return true
    case 'read':
      return rows
        .filter(row => named.ids?.includes(row.id))
        .map(row => shown(odoo, fields, row, named.fields))
    case 'search':
      return found(rows, named).map(row => row.id)
    case 'search_read':
      return found(rows, named).map(row => shown(odoo, fields, row, named.fields))
    default:
      throw new Raised('werkzeug.exceptions.NotFound', 404, `The method '${model}.${method}' does not exist`)
  }
}

const missing = (model: string, field: Field) =>
  new Raised(
    'odoo.exceptions.ValidationError',
    422,
    `The operation cannot be completed: Missing required value for the field '${field.string}' (name).\nModel: '${model}'`,
  )

function found(rows: OdooRow[], { domain = [], order = 'id', limit, context }: Named): OdooRow[] {
  const by = order.split(',').map(each => each.trim().split(' ')[0] ?? 'id')
  const compare = (a: unknown, b: unknown) =>
    typeof a === 'number' && typeof b === 'number' ? a - b : String(a) < String(b) ? -1 : a === b ? 0 : 1
  return rows
    .filter(row => (context?.active_test === false || row.active !== false) && matches(domain, row))
    .sort((a, b) => by.reduce((so, name) => so || compare(a[name], b[name]), 0))
    .slice(0, limit)
}

/** As Odoo answers it: false for what is empty, `[id, name]` for a link, moments without their microseconds. */
function shown(odoo: State, fields: Record<string, Field>, row: OdooRow, asked = Object.keys(fields)) {
  const entries = asked.map((name): [string, unknown] => {
    const field = fields[name]
    const value = row[name]
    if (value === undefined || value === null || value === false) return [name, false]
    if (field?.type === 'datetime') return [name, String(value).slice(0, 19)]
    if (field?.type !== 'many2one') return [name, value]
    const other = odoo.tables.get(field.relation ?? '')?.find(each => each.id === value)
    return [name, [value, other?.name ?? `#${String(value)}`]]
  })
  return { id: row.id, ...Object.fromEntries(entries) }
}
