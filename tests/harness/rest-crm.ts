import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

export type RestRow = Record<string, unknown> & { id: string; updated_at: string }
export type Paging = 'page' | 'offset' | 'cursor' | 'link'
export type Slip = { status: number; body: string; headers?: Record<string, string> }

/** A CRM as many are: JSON over REST, lists by the moment of change, in whichever way of turning pages. */
export type RestCrm = {
  url: string
  rows: RestRow[]
  /** Requests so far: `GET /people?page=2`. */
  calls: string[]
  slip: Slip | null
  /** Says before each list what happens meanwhile. */
  meanwhile: (() => void) | null
  clock(): Date
  add(values: Record<string, unknown>): RestRow
  edit(id: string, values: Record<string, unknown>): void
  stop(): Promise<void>
}

type State = Omit<RestCrm, 'url' | 'stop'>

export async function startRestCrm(paging: Paging, key: string): Promise<RestCrm> {
  let made = 0
  const crm: State = {
    rows: [],
    calls: [],
    slip: null,
    meanwhile: null,
    clock: () => new Date(),
    add(values) {
      const now = crm.clock().toISOString()
      const row = { ...values, id: String(++made), created_at: now, updated_at: now }
      crm.rows.push(row)
      return row
    },
    edit(id, values) {
      Object.assign(crm.rows.find(row => row.id === id) ?? {}, values, {
        updated_at: crm.clock().toISOString(),
      })
    },
  }
  const server = createServer((request, response) => {
    serve(crm, { paging, key, host: request.headers.host ?? '' }, request, response).catch(error =>
      response.writeHead(500).end(String(error)),
    )
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return Object.assign(crm, {
    url: `http://localhost:${typeof address === 'object' && address ? address.port : 0}/api`,
    stop: () =>
      new Promise<void>(resolve => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  })
}

type House = { paging: Paging; key: string; host: string }

async function serve(crm: State, house: House, request: IncomingMessage, response: ServerResponse) {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  const text = Buffer.concat(parts).toString('utf8')
  const url = new URL(request.url ?? '', `http://${house.host}`)
  crm.calls.push(`${request.method} ${url.pathname.replace('/api', '')}${url.search}`)
  const send = (status: number, body: unknown, headers: Record<string, string> = {}) =>
    response
      .writeHead(status, { 'content-type': 'application/json', ...headers })
      .end(body === undefined ? '' : JSON.stringify(body))
  const { slip } = crm
  crm.slip = null
  if (slip) return response.writeHead(slip.status, slip.headers).end(slip.body)
  const [, , kind, id] = url.pathname.split('/')
  if (kind === 'token')
    return text.includes('client_credentials') &&
      request.headers.authorization === `Basic ${btoa(`tend:${house.key}`)}`
      ? send(200, { access_token: `token-of-${house.key}` })
      : send(401, { error: { message: 'unknown client' } })
  const proof = request.headers.authorization ?? `Header ${String(request.headers['x-api-key'])}`
  const good = [
    `Bearer ${house.key}`,
    `Bearer token-of-${house.key}`,
    `Header ${house.key}`,
    `Basic ${btoa(`tend:${house.key}`)}`,
  ]
  if (!good.includes(proof)) return send(401, { error: { message: 'who are you?' } })
  if (kind === 'me') return send(200, { user: { name: 'Tend sync' } })
  if (request.method === 'GET' && !id) return list(crm, house, url, send)
  const row = crm.rows.find(each => each.id === id)
  if (id && !row) return send(404, { error: { message: 'no such person' } })
  if (request.method === 'GET') return send(200, { data: row })
  if (request.method === 'DELETE') {
    crm.rows.splice(crm.rows.indexOf(row as RestRow), 1)
    return send(204, undefined)
  }
  const { person } = JSON.parse(text) as { person: Record<string, unknown> }
  const { email } = (person.contact ?? {}) as { email?: string }
  if (email === 'not an address') return send(422, { error: { message: 'email is invalid', field: 'email' } })
  const twin = crm.rows.find(each => each !== row && email && emailOf(each) === email)
  if (twin) return send(409, { error: { message: 'there is one already', existing: twin.id } })
  if (!row) return send(201, { data: crm.add(person) })
  const contact = { ...(row.contact as object), ...(person.contact as object) }
  crm.edit(row.id, { ...person, contact })
  return send(200, { data: row })
}

const emailOf = (row: RestRow) => (row.contact as { email?: string } | undefined)?.email

function list(
  crm: State,
  { paging }: House,
  url: URL,
  send: (status: number, body: unknown, headers?: Record<string, string>) => void,
): void {
  const ask = url.searchParams
  const size = Number(ask.get('size'))
  const since = ask.get('changed_since') ?? ''
  const email = ask.get('email')
  const all = crm.rows
    .filter(
      row =>
        row.updated_at >= since &&
        (email === null || (emailOf(row) ?? '').toLowerCase().includes(email.toLowerCase())),
    )
    .sort((a, b) =>
      a.updated_at < b.updated_at ? -1 : a.updated_at > b.updated_at ? 1 : Number(b.id) - Number(a.id),
    )
  const start = paging === 'page' ? (Number(ask.get('page')) - 1) * size : Number(ask.get('at') ?? 0)
  const items = structuredClone(all.slice(start, start + size))
  const next = start + size < all.length ? String(start + size) : null
  crm.meanwhile?.()
  const onward = new URL(url)
  onward.searchParams.set('at', next ?? '')
  const link: Record<string, string> = next === null ? {} : { link: `<${onward.href}>; rel="next"` }
  send(200, { data: items, next: paging === 'cursor' ? next : undefined }, paging === 'link' ? link : {})
}
