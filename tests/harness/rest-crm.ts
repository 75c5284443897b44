import type { Refusal, Simulator } from '../../src/crm/connectors/conformance.fixture.ts'
import { type Ask, type Reply, startPeer } from './peer.ts'

export type RestRow = Record<string, unknown> & { id: string; updated_at: string; deleted_at?: string }
export type Paging = 'page' | 'offset' | 'cursor' | 'link'

/** A CRM as many are: JSON over REST, lists by the moment of change, in whichever way of turning pages. */
export type RestCrm = Simulator & {
  rows: RestRow[]
  /** Says after each list what happens meanwhile. */
  meanwhile: (() => void) | null
}

type State = { rows: RestRow[]; refusal: Refusal | null; make(values: object): RestRow; now(): string }
type House = { paging: Paging; key: string; most: number; meanwhile(): void }

/** `most`: it gives no longer pages, whatever is asked for. */
export async function startRestCrm(paging: Paging, key: string, most = 1000): Promise<RestCrm> {
  let made = 0
  let time: Date | null = null
  const state: State = {
    rows: [],
    refusal: null,
    now: () => (time ?? new Date()).toISOString(),
    make(values) {
      const row = { ...values, id: String(++made), created_at: state.now(), updated_at: state.now() }
      state.rows.push(row)
      return row
    },
  }
  const house: House = { paging, key, most, meanwhile: () => crm.meanwhile?.() }
  const peer = await startPeer({
    answer: ask => answer(state, house, ask),
    isSignIn: ask => ask.path === '/api/token',
    says: {
      auth: () => said(401, 'who are you?'),
      expired: () => said(401, 'the token has expired'),
      throttle: () => ({ ...said(429, 'slower, please'), headers: { 'retry-after': '7' } }),
      transient: () => ({ status: 503, body: 'busy' }),
      denied: () => said(403, 'not for you'),
    },
  })
  const edit = (id: string, values: object) =>
    Object.assign(state.rows.find(row => row.id === id) ?? {}, values, { updated_at: state.now() })
  const crm: RestCrm = {
    ...peer,
    url: `${peer.url}/api`,
    rows: state.rows,
    meanwhile: null,
    // An address stands deeper in its records than a test says.
    add: (_type, { email, ...values }) =>
      state.make(email === undefined ? values : { ...values, contact: { email } }).id,
    edit: (_type, id, values) => void edit(id, values),
    remove: (_type, id) => void edit(id, { deleted_at: state.now() }),
    read: (_type, id) => state.rows.find(row => row.id === id && !row.deleted_at) ?? null,
    at(given) {
      time = given
    },
    refuse(rule) {
      state.refusal = rule
    },
  }
  return crm
}

const said = (status: number, message: string, more: object = {}): Reply => ({
  status,
  body: { error: { message, ...more } },
})

function answer(state: State, house: House, ask: Ask): Reply {
  const { key } = house
  const [, , kind, id] = ask.path.split('/')
  const client = `Basic ${btoa(`tend:${key}`)}`
  if (kind === 'token')
    return ask.text.includes('client_credentials') && ask.headers.authorization === client
      ? { status: 200, body: { access_token: `token-of-${key}` } }
      : said(401, 'unknown client')
  const proof = ask.headers.authorization ?? `Header ${ask.headers['x-api-key']}`
  if (![`Bearer ${key}`, `Bearer token-of-${key}`, `Header ${key}`, client].includes(proof))
    return said(401, 'who are you?')
  if (kind === 'me') return { status: 200, body: { user: { id: 7, name: 'Tend sync' } } }
  if (ask.method === 'GET' && !id) return list(state, house, ask)
  const row = state.rows.find(each => each.id === id)
  if (id && (!row || (row.deleted_at && ask.method !== 'GET'))) return said(404, 'no such person')
  if (ask.method === 'GET') return { status: 200, body: { data: row } }
  if (ask.method === 'DELETE') {
    Object.assign(row ?? {}, { deleted_at: state.now(), updated_at: state.now() })
    return { status: 204 }
  }
  return write(state, row ?? null, ask.json.person as Record<string, unknown>)
}

function write(state: State, row: RestRow | null, person: Record<string, unknown>): Reply {
  const { refusal } = state
  if (refusal && refusal.field in person && refusal.when(person[refusal.field])) {
    if (refusal.kind === 'denied') return said(403, 'not this one')
    if (refusal.kind === 'duplicate')
      return said(409, 'there is one already', { existing: state.rows.at(-2)?.id })
    return said(422, 'this cannot be', { field: refusal.field })
  }
  if (!row) return { status: 201, body: { data: state.make(person) } }
  const contact = { ...(row.contact as object), ...(person.contact as object) }
  return { status: 200, body: { data: Object.assign(row, person, { contact, updated_at: state.now() }) } }
}

const textOf = (row: RestRow, param: string): string => {
  const contact = row.contact as { email?: string } | undefined
  return String((param === 'email' ? contact?.email : row[param]) ?? '').toLowerCase()
}

function list({ rows }: State, { paging, most, meanwhile }: House, { query, headers, path }: Ask): Reply {
  const size = Math.min(most, Number(query.get('size')))
  const since = query.get('changed_since') ?? ''
  const wanted = ['email', 'title', 'tend_id'].flatMap(param => {
    const value = query.get(param)
    return value === null ? [] : [(row: RestRow) => textOf(row, param).includes(value.toLowerCase())]
  })
  const all = rows
    .filter(row => row.updated_at >= since && wanted.every(holds => holds(row)))
    // Ties come the wrong way round: nothing was promised about them.
    .sort((a, b) =>
      a.updated_at < b.updated_at ? -1 : a.updated_at > b.updated_at ? 1 : Number(b.id) - Number(a.id),
    )
  const start = paging === 'page' ? (Number(query.get('page')) - 1) * size : Number(query.get('at') ?? 0)
  const items = structuredClone(all.slice(start, start + size))
  const next = start + size < all.length ? String(start + size) : null
  meanwhile()
  const onward = new URL(path, `http://${headers.host}`)
  onward.search = query.toString()
  onward.searchParams.set('at', next ?? '')
  return {
    status: 200,
    body: { data: items, next: paging === 'cursor' ? next : undefined },
    ...(paging === 'link' && next !== null ? { headers: { link: `<${onward.href}>; rel="next"` } } : {}),
  }
}

const turning = (size: number): Record<Paging, object> => ({
  page: { type: 'page', param: 'page', sizeParam: 'size', size },
  offset: { type: 'offset', param: 'at', sizeParam: 'size', size },
  cursor: { type: 'cursor', param: 'at', sizeParam: 'size', size, next: 'next' },
  link: { type: 'link', sizeParam: 'size', size },
})

/** How this CRM is described to the connector, by its way of turning pages. */
export const restDefinition = (paging: Paging, size: number, auth: object = { type: 'bearer' }) => ({
  name: 'House CRM',
  auth,
  test: { path: '/me', id: 'user.id', name: 'user.name' },
  errors: { message: 'error.message', field: 'error.field', existing: 'error.existing' },
  objects: [
    {
      type: 'people',
      label: 'People',
      role: 'contact',
      modified: 'updated_at',
      created: 'created_at',
      deleted: 'deleted_at',
      item: 'data',
      fields: [
        { name: 'email', type: 'email', path: 'contact.email', find: 'email' },
        { name: 'name', type: 'text', required: true },
        { name: 'title', type: 'text', find: 'title' },
        { name: 'tend_id', type: 'text', find: 'tend_id', externalId: true },
        { name: 'score', type: 'number' },
        { name: 'seen', type: 'moment', path: 'contact.seen' },
        { name: 'born', type: 'date' },
        { name: 'tags', type: 'choices' },
        { name: 'member', type: 'boolean' },
      ],
      list: {
        path: '/people',
        items: 'data',
        since: 'changed_since',
        sorted: true,
        paging: turning(size)[paging],
      },
      get: { path: '/people/{id}', item: 'data' },
      create: { path: '/people', wrap: 'person' },
      update: { path: '/people/{id}', wrap: 'person' },
      delete: { path: '/people/{id}' },
    },
  ],
})
