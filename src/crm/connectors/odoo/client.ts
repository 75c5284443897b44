import { z } from 'zod'
import { CrmError, type Wire } from '../../connector.ts'
import { type Answer, createHttp, type Http, type Said } from '../kit/http.ts'
import { asList, asObject, asText } from '../kit/values.ts'

export const odooSettings = z.object({
  url: z.url().describe('Address of Odoo'),
  database: z.string().min(1).describe('Name of the database'),
  login: z.string().default('').describe('Login of the user; needed before Odoo 19'),
  api_key: z.string().min(1).describe('API key of the user'),
  api: z
    .enum(['auto', 'json2', 'jsonrpc'])
    .default('auto')
    .describe('JSON-2 from Odoo 19, JSON-RPC before; auto asks the server'),
})
export type OdooSettings = z.infer<typeof odooSettings>

/** One call of a model's method with named arguments, as JSON-2 has them. */
export type Odoo = {
  call(model: string, method: string, named: Record<string, unknown>): Promise<unknown>
  /** The user's own id. */
  me(): Promise<number>
  lastDate: Http['lastDate']
}

/** Arguments that the older protocol takes by place; all others go by name there too. */
const byPlace: Record<string, string[]> = {
  create: ['vals_list'],
  read: ['ids', 'fields'],
  write: ['ids', 'vals'],
  unlink: ['ids'],
  search: ['domain'],
  search_read: ['domain'],
  search_count: ['domain'],
  load: ['fields', 'data'],
  message_post: ['ids'],
  activity_schedule: ['ids'],
}

/** Odoo over HTTP (read with 17.0 and 19.0): the protocol is chosen by the settings or by the server's version. */
export function createOdoo(settings: OdooSettings, wire: Wire): Odoo {
  const base = settings.url.replace(/\/+$/, '')
  const http = createHttp({
    wire,
    base: () => base,
    sign: (call): Record<string, string> =>
      call.path.startsWith('/json/2/')
        ? { authorization: `bearer ${settings.api_key}`, 'x-odoo-database': settings.database }
        : {},
    secrets: () => [settings.api_key],
    read: readRefusal,
  })
  let isNew: Promise<boolean> | null = null
  const speaksJson2 = () => {
    if (settings.api !== 'auto') return Promise.resolve(settings.api === 'json2')
    isNew ??= askVersion(http)
    isNew.catch(() => {
      isNew = null
    })
    return isNew
  }
  const old = legacy(http, settings)
  const call: Odoo['call'] = async (model, method, named) => {
    if (!(await speaksJson2())) return await old.call(model, method, named)
    return (await http.send({ method: 'POST', path: `/json/2/${model}/${method}`, json: named })).json
  }
  return {
    call,
    lastDate: http.lastDate,
    async me() {
      if (!(await speaksJson2())) return await old.signIn()
      return Number(asObject(await call('res.users', 'context_get', {})).uid)
    },
  }
}

async function askVersion(http: Http): Promise<boolean> {
  try {
    const answer = await http.send({ path: '/web/version' })
    return Number(asList(asObject(answer.json).version_info)[0]) >= 19
  } catch (error) {
    // Before 19 nobody answers there.
    if (error instanceof CrmError && error.failure.kind === 'gone') return false
    throw error
  }
}

/** JSON-RPC: signs in once for the user's number, then sends the key with each call. */
function legacy(http: Http, { database, login, api_key }: OdooSettings) {
  let uid: Promise<number> | null = null
  let last = 0
  const rpc = async (service: string, method: string, args: unknown[]) => {
    last += 1
    const json = { jsonrpc: '2.0', id: last, method: 'call', params: { service, method, args } }
    return asObject((await http.send({ method: 'POST', path: '/jsonrpc', json })).json).result
  }
  const signIn = () => {
    uid ??= rpc('common', 'login', [database, login, api_key]).then(found => {
      if (typeof found === 'number' && found > 0) return found
      throw new CrmError({
        kind: 'auth',
        words: 'Odoo does not know this login with this key.',
        code: 'login',
      })
    })
    uid.catch(() => {
      uid = null
    })
    return uid
  }
  return {
    signIn,
    async call(model: string, method: string, named: Record<string, unknown>): Promise<unknown> {
      const places = (byPlace[method] ?? []).filter(name => name in named)
      const one = method === 'create' && asList(named.vals_list).length === 1
      const args = places.map(name => (one ? asList(named[name])[0] : named[name]))
      const rest = Object.fromEntries(Object.entries(named).filter(([name]) => !places.includes(name)))
      const found = await rpc('object', 'execute_kw', [
        database,
        await signIn(),
        api_key,
        model,
        method,
        args,
        rest,
      ])
      return one ? [found] : found
    },
  }
}

function readRefusal(answer: Answer): Said | null {
  const body = asObject(answer.json)
  if (answer.status < 300 && !('error' in body)) return null
  const error = asObject(body.error)
  const data = answer.status < 300 ? asObject(error.data) : body
  const name = asText(data.name)
  const message = asText(data.message) || asText(error.message)
  const said = { words: firstLine(message), code: name || String(answer.status) }
  return { ...said, ...classOf(name, message, answer.status) }
}

/** The first line tells it; a validation's sentence names the field further down. */
const firstLine = (message: string): string => {
  const field = /Field: ?'?([^\n']+)/.exec(message)?.[1]
  return `${message.split('\n')[0] ?? ''}${field ? ` (${field.trim()})` : ''}`
}

function classOf(name: string, message: string, status: number): Said {
  const field = /\((\w+)\)\s*(?:\n|\.|$)/.exec(message)?.[1]
  if (/AccessDenied|Unauthorized|SessionExpired/.test(name)) return { kind: 'auth' }
  if (/AccessError/.test(name)) return { kind: 'denied' }
  if (/MissingError/.test(name)) return { kind: 'gone' }
  if (/SerializationFailure|LockNotAvailable|DeadlockDetected/.test(name)) return { kind: 'lock' }
  if (/UniqueViolation/.test(name)) return { kind: 'duplicate' }
  const unknown = /Invalid field '(\w+)'/.exec(message)?.[1]
  if (unknown) return { kind: 'schema', fields: [unknown] }
  if (/doesn't exist|does not exist/.test(message)) return { kind: 'schema' }
  const wrong = /Wrong value for [\w.]+\.(\w+):/.exec(message)?.[1]
  if (wrong) return { kind: 'invalid', fields: [wrong] }
  if (/ValidationError|UserError|Unprocessable|ValueError|RedirectWarning/.test(name))
    return { kind: 'invalid', ...(field ? { fields: [field] } : {}) }
  return status < 300 ? { kind: 'transient' } : {}
}
