import { randomBytes } from 'node:crypto'
import type { Refusal, Simulator } from '../../src/crm/connectors/conformance.fixture.ts'
import { type Ask, type Reply, startPeer } from './peer.ts'

type Row = Record<string, unknown> & { id: string; modifiedAt: string; createdAt: string }
type Where = { type: string; attribute: string; value: string | string[] }
type State = { rows: Map<string, Row[]>; refusal: Refusal | null; time: Date | null }

/** A stand-in for EspoCRM: keeps records, answers lists as it does, refuses what a test says. */
export type Espo = Simulator & { rows: Map<string, Row[]>; hooks: { id: string; secretKey: string }[] }

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
  Contact: {
    ...person,
    account: { type: 'link', entity: 'Account' },
    lastMeeting: { type: 'datetime' },
    birthday: { type: 'date' },
    interests: { type: 'multiEnum', options: ['Tea', 'Books'] },
    employees: { type: 'int' },
    tendId: text(),
  },
  Lead: { ...person, accountName: text() },
  Opportunity: {
    name: text(),
    amount: { type: 'currency' },
    stage: { type: 'enum', options: ['Prospecting', 'Closed Won', 'Closed Lost'] },
    closeDate: { type: 'date' },
    account: { type: 'link', entity: 'Account' },
    assignedUser: { type: 'link', entity: 'User' },
  },
  Task: {
    name: text({ required: true }),
    description: { type: 'text' },
    status: { type: 'enum', options: ['Not Started', 'Completed'] },
    dateEndDate: { type: 'date' },
    assignedUser: { type: 'link', entity: 'User' },
    parent: { type: 'linkParent' },
  },
  Campaign: { name: text(), status: { type: 'enum', options: ['Planning', 'Active'] } },
}

const plain = (date: Date) => date.toISOString().slice(0, 19).replace('T', ' ')

export async function startEspo(): Promise<Espo> {
  const state: State = { rows: new Map(), refusal: null, time: null }
  const hooks: Espo['hooks'] = []
  let made = 0
  const stamp = () => plain(state.time ?? new Date())
  const of = (type: string) => state.rows.get(type) ?? []
  const find = (type: string, id: string) => of(type).find(row => row.id === id)
  const store: Pick<Espo, 'add' | 'edit' | 'remove' | 'convert'> = {
    add(type, values) {
      const now = stamp()
      const row = { ...values, id: `e${String(++made).padStart(6, '0')}`, createdAt: now, modifiedAt: now }
      state.rows.set(type, [...of(type), row])
      return row.id
    },
    edit(type, id, values) {
      Object.assign(find(type, id) ?? {}, values, { modifiedAt: stamp() })
    },
    remove(type, id) {
      const left = of(type).filter(row => row.id !== id)
      state.rows.set(type, left)
    },
    convert(id) {
      const lead = find('Lead', id)
      const person = { lastName: lead?.lastName, emailAddress: lead?.emailAddress }
      const became = { type: 'Contact', id: store.add('Contact', person) }
      store.edit('Lead', id, { convertedAt: stamp(), createdContactId: became.id })
      return [became]
    },
  }
  const peer = await startPeer({
    answer: ask => {
      if (ask.path.endsWith('/Webhook') && ask.method === 'POST') {
        const hook = { id: `h${hooks.length}`, secretKey: randomBytes(16).toString('hex') }
        hooks.push(hook)
        return { status: 201, body: { ...hook, event: ask.json.event } }
      }
      return answer(state, store, ask)
    },
    says: {
      auth: () => ({ status: 401 }),
      denied: () => ({ status: 403, headers: { 'x-status-reason': 'No read access for Contact.' } }),
      throttle: () => ({ status: 429, headers: { 'retry-after': '7' } }),
      transient: () => ({ status: 503, body: {} }),
      gone: () => ({ status: 404 }),
    },
  })
  return {
    ...peer,
    ...store,
    rows: state.rows,
    hooks,
    read: (type, id) => find(type, id) ?? null,
    at: time => {
      state.time = time
    },
    refuse: rule => {
      state.refusal = rule
    },
  }
}

type Store = Pick<Espo, 'add' | 'edit' | 'remove'>

function answer(state: State, store: Store, ask: Ask): Reply {
  const [type = '', id = ''] = ask.path.replace('/api/v1/', '').split('/')
  if (ask.headers['x-api-key'] !== 'right-key') return { status: 401, body: {} }
  if (type === 'App')
    return { status: 200, body: { user: { id: 'u1', name: 'Tend sync', userName: 'tend' } } }
  if (type === 'Metadata') {
    const fields = definitions[(ask.query.get('key') ?? '').replace('entityDefs.', '')]
    return fields ? { status: 200, body: { fields, links: {} } } : { status: 404, body: {} }
  }
  const all = state.rows.get(type) ?? []
  if (ask.method === 'GET') return { status: 200, body: { total: -1, list: listed(all, ask.query) } }
  const row = all.find(each => each.id === id)
  if (ask.method !== 'POST' && !row) return { status: 404, body: {} }
  if (ask.method === 'DELETE') {
    store.remove(type, id)
    return { status: 200, body: true }
  }
  const { refusal } = state
  if (refusal && refusal.field in ask.json && refusal.when(ask.json[refusal.field]))
    return refused(type, refusal, all)
  const written = ask.method === 'POST' ? store.add(type, ask.json) : id
  if (ask.method !== 'POST') store.edit(type, id, ask.json)
  return { status: 200, body: state.rows.get(type)?.find(each => each.id === written) }
}

function refused(type: string, { kind, field }: Refusal, all: Row[]): Reply {
  if (kind === 'duplicate')
    return { status: 409, body: all.slice(-2).map(row => ({ ...row, _entityType: type })) }
  if (kind === 'denied')
    return { status: 403, headers: { 'x-status-reason': `No create access for ${type}.` } }
  return {
    status: 400,
    body: { messageTranslation: { label: 'validationFailure', data: { field, type: 'valid' } } },
    headers: {
      'x-status-reason': `Field validation failure; entityType: ${type}, field: ${field}, type: valid.`,
    },
  }
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
    .map(row => selected(row, query))
}

/** The attributes that were asked for; those that were never set are null. */
function selected(row: Row, query: URLSearchParams): Row {
  const names = query.get('select')?.split(',') ?? Object.keys(row)
  const picked = Object.fromEntries(names.map(name => [name, row[name] ?? null]))
  return { ...picked, id: row.id, createdAt: row.createdAt, modifiedAt: row.modifiedAt }
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
