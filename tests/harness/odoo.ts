import type { RemoteRef } from '../../src/crm/connector.ts'
import type { Refusal, Simulator } from '../../src/crm/connectors/conformance.fixture.ts'
import { perform, Raised } from './odoo-calls.ts'
import { type Ask, type Reply, startPeer } from './peer.ts'

export type OdooRow = Record<string, unknown> & { id: number; write_date: string; create_date: string }

/** What a small Odoo holds, and what it has been told to refuse. */
export type OdooState = {
  tables: Map<string, OdooRow[]>
  refusal: Refusal | null
  /** The stamp of what is written next. */
  stamp(): string
  make(model: string, values: Record<string, unknown>): OdooRow
}
export type Odoo = Simulator & { tables: OdooState['tables'] }

/** The model of an object, and what is always so of its records: leads and deals are one model. */
const modelOf = (type: string): [string, Record<string, unknown>] => {
  const [model = '', part] = type.split(':')
  return [model, model === 'crm.lead' ? { type: part ?? 'opportunity' } : {}]
}

/** A small Odoo: keeps records with stamps in microseconds, answers in the words of 17 (JSON-RPC) or 19 (JSON-2). */
export async function startOdoo(version: 17 | 19): Promise<Odoo> {
  let made = 0
  let time: Date | null = null
  const state: OdooState = {
    tables: new Map(),
    refusal: null,
    // Kept to the microsecond, answered in seconds.
    stamp: () =>
      `${(time ?? new Date()).toISOString().slice(0, 19).replace('T', ' ')}.${String(++made).padStart(6, '0')}`,
    make(model, values) {
      const at = state.stamp()
      const row = { active: true, ...values, id: made, create_date: at, write_date: at }
      state.tables.set(model, [...(state.tables.get(model) ?? []), row])
      return row
    },
  }
  state.make('res.users', { name: 'Tend sync', login: 'tend@odoo.example' })
  const peer = await startPeer({
    answer: ask => answer(state, version, ask),
    says: saysOf(version),
    isSignIn: ask => ask.path === '/web/version' || isLogin(ask),
  })
  const rowOf = (type: string, id: string) =>
    state.tables.get(modelOf(type)[0])?.find(row => row.id === Number(id))
  return {
    ...peer,
    tables: state.tables,
    add(type, values) {
      const [model, own] = modelOf(type)
      return String(state.make(model, { ...own, ...values }).id)
    },
    edit(type, id, values) {
      Object.assign(rowOf(type, id) ?? {}, values, { write_date: state.stamp() })
    },
    remove(type, id) {
      const [model] = modelOf(type)
      const rest = state.tables.get(model)?.filter(row => row.id !== Number(id))
      state.tables.set(model, rest ?? [])
    },
    convert(id): RemoteRef[] {
      const partner = state.make('res.partner', { name: 'Converted' })
      const lead = rowOf('crm.lead', id)
      Object.assign(lead ?? {}, {
        type: 'opportunity',
        partner_id: partner.id,
        date_conversion: '2026-11-23 10:00:00.000001',
        write_date: state.stamp(),
      })
      return [
        { type: 'res.partner', id: String(partner.id) },
        { type: 'crm.lead', id },
      ]
    },
    read: (type, id) => rowOf(type, id) ?? null,
    at(given) {
      time = given
    },
    refuse(rule) {
      state.refusal = rule
    },
  }
}

const isLogin = ({ json }: Ask) => (json.params as { service?: string } | undefined)?.service === 'common'

function saysOf(version: 17 | 19): Parameters<typeof startPeer>[0]['says'] {
  const raised = (kind: string, status: number, message: string) => () =>
    errorReply(version, new Raised(kind, status, message), 1)
  return {
    auth:
      version === 19
        ? raised('werkzeug.exceptions.Unauthorized', 401, 'Invalid apikey')
        : raised('odoo.exceptions.AccessDenied', 401, 'Access Denied'),
    throttle: () => ({ status: 429, body: '{}', headers: { 'retry-after': '7' } }),
    transient: () => ({ status: 502, body: '<html>Bad gateway</html>' }),
    denied: raised('odoo.exceptions.AccessError', 403, 'You are not allowed to access this.'),
    gone: raised('odoo.exceptions.MissingError', 404, 'Record does not exist or has been deleted.'),
    schema: raised('builtins.ValueError', 500, "Invalid field 'nope' in 'res.partner'"),
  }
}

function errorReply(version: 17 | 19, { kind, message, status }: Raised, id: unknown): Reply {
  const data = { name: kind, message, arguments: [message], debug: '' }
  if (version === 19) return { status, body: { ...data, context: {} } }
  return {
    status: 200,
    body: { jsonrpc: '2.0', id, error: { code: 200, message: 'Odoo Server Error', data } },
  }
}

function answer(state: OdooState, version: 17 | 19, ask: Ask): Reply {
  try {
    if (version === 17 && ask.path === '/jsonrpc') return jsonRpc(state, ask)
    if (version === 19 && ask.path === '/web/version')
      return { status: 200, body: { version_info: [19, 0, 0, 'final', 0, ''], version: '19.0' } }
    if (version === 19 && ask.path.startsWith('/json/2/')) return json2(state, ask)
    return { status: 404, body: '<!doctype html><title>404 Not Found</title>' }
  } catch (error) {
    if (!(error instanceof Raised)) throw error
    return errorReply(version, error, ask.json.id)
  }
}

function json2(state: OdooState, { path, headers, json }: Ask): Reply {
  if (headers.authorization !== 'bearer right-key')
    throw new Raised('werkzeug.exceptions.Unauthorized', 401, 'Invalid apikey')
  const [model = '', method = ''] = path.replace('/json/2/', '').split('/')
  return { status: 200, body: JSON.stringify(perform(state, model, method, json)) }
}

/** Arguments that the older protocol gives by place. */
const places: Record<string, string[]> = {
  create: ['vals_list'],
  read: ['ids', 'fields'],
  write: ['ids', 'vals'],
  unlink: ['ids'],
  search: ['domain'],
  search_read: ['domain'],
}

function jsonRpc(state: OdooState, { json }: Ask): Reply {
  const { service, args } = json.params as { service: string; args: unknown[] }
  const reply = (result: unknown) => ({ status: 200, body: { jsonrpc: '2.0', id: json.id, result } })
  if (service === 'common') return reply(args[2] === 'right-key' ? 1 : false)
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
  const result = perform(state, model, method, { ...named, ...all })
  return reply(isOne ? (result as unknown[])[0] : result)
}
