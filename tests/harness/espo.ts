import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

type Row = Record<string, unknown> & { id: string; modifiedAt: string; createdAt: string }
type Where = { type: string; attribute: string; value: string | string[] }

/** A small stand-in for EspoCRM: keeps records, answers lists as it does, refuses what a test says. */
export type Espo = {
  url: string
  rows: Map<string, Row[]>
  add(type: string, values: Record<string, unknown>): Row
  /** Refuses writes whose body this says true to, as a failed validation of the field. */
  refuse: { field: string; when(value: unknown): boolean } | null
  stop(): Promise<void>
}

const text = (more: object = {}) => ({ type: 'varchar', maxLength: 100, ...more })
const person = {
  emailAddress: { type: 'email' },
  firstName: text(),
  lastName: text({ required: true }),
  phoneNumber: { type: 'phone' },
  title: text(),
  addressCountry: text(),
  assignedUser: { type: 'link', entity: 'User' },
}
const definitions: Record<string, object> = {
  User: { name: text(), emailAddress: { type: 'email' }, isActive: { type: 'bool' } },
  Account: { name: text({ required: true }), website: { type: 'url' } },
  Contact: { ...person, account: { type: 'link', entity: 'Account' } },
  Lead: { ...person, accountName: text() },
  Opportunity: {
    name: text(),
    amount: { type: 'currency' },
    stage: { type: 'enum', options: ['Prospecting', 'Closed Won', 'Closed Lost'] },
    closeDate: { type: 'date' },
    account: { type: 'link', entity: 'Account' },
    assignedUser: { type: 'link', entity: 'User' },
  },
}

const stamp = () => new Date().toISOString().slice(0, 19).replace('T', ' ')

export async function startEspo(): Promise<Espo> {
  const rows = new Map<string, Row[]>()
  let made = 0
  const espo: Omit<Espo, 'url' | 'stop'> = {
    rows,
    refuse: null,
    add(type, values) {
      const now = stamp()
      const row = { ...values, id: `e${String(++made).padStart(6, '0')}`, createdAt: now, modifiedAt: now }
      rows.set(type, [...(rows.get(type) ?? []), row])
      return row
    },
  }
  const server = createServer((request, response) => {
    answer(espo, request, response).catch(error => {
      response.statusCode = 500
      response.end(String(error))
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return Object.assign(espo, {
    url: `http://localhost:${port}`,
    stop: () =>
      new Promise<void>(resolve => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  })
}

type State = Omit<Espo, 'url' | 'stop'>

async function answer(espo: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '', 'http://espo')
  const [type = '', id = ''] = url.pathname.replace('/api/v1/', '').split('/')
  const send = (status: number, body: unknown, headers: Record<string, string> = {}) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(JSON.stringify(body))
  }
  if (request.headers['x-api-key'] !== 'right-key') return send(401, {})
  if (type === 'App') return send(200, { user: { id: 'u1', name: 'Tend sync', userName: 'tend' } })
  if (type === 'Metadata') {
    const fields = definitions[(url.searchParams.get('key') ?? '').replace('entityDefs.', '')]
    return fields ? send(200, { fields, links: {} }) : send(404, {})
  }
  const all = espo.rows.get(type) ?? []
  if (request.method === 'GET') return send(200, { total: -1, list: listed(all, url.searchParams) })
  const row = all.find(each => each.id === id)
  if (request.method === 'DELETE') {
    espo.rows.set(
      type,
      all.filter(each => each !== row),
    )
    return send(200, true)
  }
  const body = await bodyOf(request)
  const { refuse } = espo
  if (refuse && refuse.field in body && refuse.when(body[refuse.field]))
    return send(
      400,
      { messageTranslation: { label: 'validationFailure', data: { field: refuse.field, type: 'valid' } } },
      {
        'x-status-reason': `Field validation failure; entityType: ${type}, field: ${refuse.field}, type: valid.`,
      },
    )
  if (request.method === 'POST') return send(200, espo.add(type, body))
  if (!row) return send(404, {})
  return send(200, Object.assign(row, body, { modifiedAt: stamp() }))
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return JSON.parse(Buffer.concat(parts).toString('utf8') || '{}') as Record<string, unknown>
}

function listed(all: Row[], query: URLSearchParams): Row[] {
  const wheres = whereOf(query)
  const by = query.get('orderBy') ?? 'id'
  return all
    .filter(row => wheres.every(where => holds(row, where)))
    .sort((a, b) =>
      String(a[by]) < String(b[by]) ? -1 : String(a[by]) > String(b[by]) ? 1 : a.id < b.id ? -1 : 1,
    )
    .slice(0, Number(query.get('maxSize') ?? 200))
}

/** `whereGroup[0][value][1]=x` back into objects. */
function whereOf(query: URLSearchParams): Where[] {
  const found: Record<string, Partial<Where>> = {}
  for (const [key, value] of query) {
    const [, at = '', name = '', list] = /^whereGroup\[(\d+)\]\[(\w+)\](\[\d+\])?$/.exec(key) ?? []
    if (name === '') continue
    const where = found[at] ?? {}
    found[at] = where
    if (name === 'value')
      where.value = list ? [...(Array.isArray(where.value) ? where.value : []), value] : value
    else if (name === 'type' || name === 'attribute') where[name] = value
  }
  return Object.values(found).map(({ type = '', attribute = '', value = '' }) => ({ type, attribute, value }))
}

function holds(row: Row, { type, attribute, value }: Where): boolean {
  const own = String(row[attribute] ?? '')
  if (type === 'in')
    return Array.isArray(value) && value.some(each => each.toLowerCase() === own.toLowerCase())
  if (type === 'equals') return own === value
  if (type === 'greaterThan') return own > String(value)
  return type === 'lessThanOrEquals' ? own <= String(value) : true
}
