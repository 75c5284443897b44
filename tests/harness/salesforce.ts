import { createHash, createVerify } from 'node:crypto'
import type { Refusal, Simulator } from '../../src/crm/connectors/conformance.fixture.ts'
import { type Ask, type Peer, type Reply, startPeer } from './peer.ts'
import { definitions } from './salesforce-objects.ts'
import { type Row, readSoql } from './salesforce-soql.ts'

/** A stand-in for Salesforce: keeps records, answers SOQL, writes collections, gives tokens for a sign-in. */
export type Salesforce = Simulator & {
  /** Tokens that are good now, the last one given last. */
  tokens: string[]
  refreshToken: string
  /** PKCE challenge of a sign-in in the browser, by its code. */
  challenges: Map<string, string>
  /** PEM of the certificate that JWT sign-ins are checked by. */
  publicKey: string | null
}

class Refused extends Error {
  readonly reply: Reply
  constructor(status: number, errorCode: string, message: string) {
    super(message)
    this.reply = { status, body: [{ message, errorCode }] }
  }
}

const rowsPerPage = 20
const wire = (date: Date) => date.toISOString().replace('Z', '+0000')

class World {
  readonly tables = new Map<string, Map<string, Row>>()
  readonly locators = new Map<string, Row[]>()
  refusal: Refusal | null = null
  time: Date | null = null
  calls = 0
  private made = 0

  table(type: string): Map<string, Row> {
    if (!definitions[type]) throw new Refused(404, 'NOT_FOUND', 'The requested resource does not exist')
    const table = this.tables.get(type) ?? new Map<string, Row>()
    this.tables.set(type, table)
    return table
  }
  stamp(): string {
    const now = this.time ?? new Date()
    return wire(new Date(Math.floor(now.getTime() / 1000) * 1000))
  }
  add(type: string, values: Row): string {
    const Id = `${definitions[type]?.prefix}5e${String(++this.made).padStart(10, '0')}AAA`
    const now = this.stamp()
    const more = type === 'Lead' ? { IsConverted: false } : {}
    this.table(type).set(Id, {
      IsDeleted: false,
      ...more,
      ...values,
      Id,
      CreatedDate: now,
      SystemModstamp: now,
    })
    return Id
  }
  edit(type: string, id: string, values: Row): void {
    Object.assign(this.table(type).get(id) ?? {}, values, { SystemModstamp: this.stamp() })
  }
  read(type: string, id: string): Row | null {
    const row = this.table(type).get(id)
    return row && row.IsDeleted !== true ? row : null
  }
}

export async function startSalesforce(): Promise<Salesforce> {
  const world = new World()
  const login = {
    tokens: ['first-access-token'],
    refreshToken: 'first-refresh-token',
    challenges: new Map(),
    publicKey: null,
  }
  const peer: Peer = await startPeer({
    isSignIn: ask => ask.path === '/services/oauth2/token',
    answer(ask) {
      try {
        if (ask.path === '/services/oauth2/token') return token(simulator, ask, world)
        return {
          ...serve(world, simulator, ask),
          headers: { 'sforce-limit-info': `api-usage=${++world.calls}/15000` },
        }
      } catch (error) {
        if (error instanceof Refused) return error.reply
        throw error
      }
    },
    says: Object.fromEntries(
      [
        ['auth', 401, 'INVALID_SESSION_ID', 'Session expired or invalid'],
        ['expired', 401, 'INVALID_SESSION_ID', 'Session expired or invalid'],
        ['throttle', 403, 'REQUEST_LIMIT_EXCEEDED', 'TotalRequests Limit exceeded.'],
        ['transient', 503, 'SERVER_UNAVAILABLE', 'The service is not available'],
        ['denied', 403, 'INSUFFICIENT_ACCESS', 'insufficient access rights on object id'],
        ['gone', 404, 'NOT_FOUND', 'The requested resource does not exist'],
        ['schema', 400, 'INVALID_FIELD', "No such column 'Plan__c' on entity 'Contact'."],
      ].map(([fault, status, errorCode, message]) => [
        fault,
        // Careless servers repeat what they were sent.
        ({ headers }: Ask) => ({
          status: Number(status),
          body: [{ message: `${message} (${headers.authorization})`, errorCode }],
        }),
      ]),
    ),
  })
  const simulator: Salesforce = Object.assign(login, peer, {
    add: (type: string, values: Row) => world.add(type, values),
    edit: (type: string, id: string, values: Row) => world.edit(type, id, values),
    read: (type: string, id: string) => world.read(type, id),
    remove: (type: string, id: string) => world.edit(type, id, { IsDeleted: true }),
    merge: (type: string, loser: string, winner: string) => {
      world.edit(type, loser, { IsDeleted: true, MasterRecordId: winner })
      world.edit(type, winner, {})
    },
    convert(id: string) {
      const { LastName, Email, Company } = world.table('Lead').get(id) ?? {}
      const account = world.add('Account', { Name: Company })
      const contact = world.add('Contact', { LastName, Email, AccountId: account })
      world.edit('Lead', id, { IsConverted: true, ConvertedContactId: contact, ConvertedAccountId: account })
      return [
        { type: 'Contact', id: contact },
        { type: 'Account', id: account },
      ]
    },
    at: (time: Date | null) => {
      world.time = time
    },
    refuse: (rule: Refusal | null) => {
      world.refusal = rule
    },
  })
  world.add('User', { Name: 'Tend Sync', Email: 'sync@example.com', IsActive: true })
  return simulator
}

/** Refresh tokens are good once; a code needs the verifier that its challenge was made of. */
function token(simulator: Salesforce, ask: Ask, world: World): Reply {
  const form = new URLSearchParams(ask.text)
  const refused = {
    status: 400,
    body: { error: 'invalid_grant', error_description: 'expired authorization' },
  }
  const grant = form.get('grant_type')
  if (grant === 'refresh_token' && form.get('refresh_token') !== simulator.refreshToken) return refused
  if (grant === 'authorization_code') {
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url')
    if (simulator.challenges.get(form.get('code') ?? '') !== challenge) return refused
  }
  if (grant?.endsWith('jwt-bearer') && !isSigned(simulator, form.get('assertion') ?? '')) return refused
  const access = `access-token-${simulator.tokens.length + 1}`
  simulator.tokens = [access]
  simulator.refreshToken = `refresh-after-${access}`
  const [user] = world.table('User').keys()
  return {
    status: 200,
    body: {
      access_token: access,
      refresh_token: simulator.refreshToken,
      instance_url: simulator.url,
      id: `${simulator.url}/id/00D5e0000000001AAA/${user}`,
      token_type: 'Bearer',
    },
  }
}

function isSigned({ publicKey, url }: Salesforce, assertion: string): boolean {
  const [head = '', body = '', signature = ''] = assertion.split('.')
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as Row
  const isTimely = Number(claims.exp) * 1000 > Date.now() && Number(claims.exp) * 1000 < Date.now() + 181_000
  const proof = createVerify('sha256').update(`${head}.${body}`)
  return (
    publicKey !== null &&
    isTimely &&
    claims.aud === url &&
    claims.sub === 'sync@example.com' &&
    proof.verify(publicKey, Buffer.from(signature, 'base64url'))
  )
}

function serve(world: World, simulator: Salesforce, ask: Ask): Reply {
  if (!simulator.tokens.includes((ask.headers.authorization ?? '').replace('Bearer ', '')))
    throw new Refused(401, 'INVALID_SESSION_ID', 'Session expired or invalid')
  const [, version = '', rest = ''] = /^\/services\/data\/(v\d+\.0)\/(.*)$/.exec(ask.path) ?? []
  const [first = '', second = '', third = '', fourth = ''] = rest.split('/')
  if (first === 'limits') return { status: 200, body: { DailyApiRequests: { Max: 15000, Remaining: 14000 } } }
  if (first === 'query' || first === 'queryAll') {
    const rows = second
      ? (world.locators.get(second) ?? [])
      : select(world, ask.query.get('q') ?? '', first === 'queryAll')
    return page(world, rows, version)
  }
  if (first === 'sobjects' && third === 'describe') {
    world.table(second)
    return { status: 200, body: { name: second, label: second, fields: definitions[second]?.fields } }
  }
  if (first !== 'composite' || second !== 'sobjects')
    throw new Refused(404, 'NOT_FOUND', 'The requested resource does not exist')
  if (ask.method === 'DELETE')
    return { status: 200, body: (ask.query.get('ids') ?? '').split(',').map(id => destroy(world, id)) }
  const records = ask.json.records as Row[]
  if (records.length > 200) throw new Refused(400, 'EXCEEDED_ID_LIMIT', 'record limit reached')
  return {
    status: 200,
    body: records.map(record => save(world, record, ask.method === 'POST', third, fourth)),
  }
}

function select(world: World, text: string, all: boolean): Row[] {
  let asked: ReturnType<typeof readSoql>
  try {
    asked = readSoql(text)
  } catch (error) {
    throw new Refused(400, 'MALFORMED_QUERY', String(error))
  }
  const known = new Set(definitions[asked.type]?.fields.map(field => field.name))
  if (known.size === 0)
    throw new Refused(400, 'INVALID_TYPE', `sObject type '${asked.type}' is not supported.`)
  for (const name of asked.used)
    if (!known.has(name))
      throw new Refused(400, 'INVALID_FIELD', `No such column '${name}' on entity '${asked.type}'.`)
  const rows = [...world.table(asked.type).values()].filter(row => all || row.IsDeleted !== true)
  return asked.run(rows).map(row => ({
    attributes: { type: asked.type, url: `/services/data/v62.0/sobjects/${asked.type}/${row.Id}` },
    ...Object.fromEntries(asked.fields.map(name => [name, row[name] ?? null])),
  }))
}

function page(world: World, rows: Row[], version: string): Reply {
  const rest = rows.slice(rowsPerPage)
  const locator = `01g5e${world.locators.size}-${rowsPerPage}`
  if (rest.length > 0) world.locators.set(locator, rest)
  const next = rest.length > 0 ? { nextRecordsUrl: `/services/data/${version}/query/${locator}` } : {}
  return {
    status: 200,
    body: { totalSize: rows.length, done: rest.length === 0, records: rows.slice(0, rowsPerPage), ...next },
  }
}

const failed = (statusCode: string, message: string, fields: string[] = [], more: object = {}) => ({
  success: false,
  errors: [{ statusCode, message, fields, ...more }],
})

function destroy(world: World, id: string) {
  const type = Object.keys(definitions).find(name => definitions[name]?.prefix === id.slice(0, 3)) ?? ''
  if (!world.read(type, id)) return failed('ENTITY_IS_DELETED', 'entity is deleted')
  world.edit(type, id, { IsDeleted: true })
  return { id, success: true, errors: [] }
}

/** One record of a collection: created, changed by its id, or found by an external id. */
function save(world: World, record: Row, isNew: boolean, upserts: string, key: string) {
  const { attributes, Id, id = Id, ...values } = record
  const type = upserts || String((attributes as Row).type)
  const known = new Map(definitions[type]?.fields.map(field => [field.name, field]))
  const wrong = Object.keys(values).find(name => !known.get(name)?.createable)
  if (wrong)
    return failed('INVALID_FIELD_FOR_INSERT_UPDATE', `Unable to create/update fields: ${wrong}.`, [wrong])
  const { refusal } = world
  if (refusal?.when(values[refusal.field])) return refused(world, type, refusal)
  const own = [...world.table(type).values()].find(row => key && row[key] === values[key] && !row.IsDeleted)
  const target = String(own?.Id ?? id ?? '')
  if (!isNew && (!key || own)) {
    if (!world.read(type, target)) return failed('ENTITY_IS_DELETED', 'entity is deleted')
    world.edit(type, target, values)
    return { id: target, success: true, errors: [], ...(key ? { created: false } : {}) }
  }
  const missing = [...known.values()].filter(
    field => !field.nillable && !field.defaultedOnCreate && !values[field.name],
  )
  if (missing.length > 0) {
    const names = missing.map(field => field.name)
    return failed('REQUIRED_FIELD_MISSING', `Required fields are missing: [${names}]`, names)
  }
  return { id: world.add(type, values), success: true, errors: [], ...(key ? { created: true } : {}) }
}

function refused(world: World, type: string, { kind, field }: Refusal) {
  if (kind === 'lock') return failed('UNABLE_TO_LOCK_ROW', 'unable to obtain exclusive access to this record')
  if (kind === 'denied')
    return failed('INSUFFICIENT_ACCESS_OR_READONLY', 'insufficient access rights on object id')
  if (kind === 'invalid')
    return failed('FIELD_CUSTOM_VALIDATION_EXCEPTION', 'That is not allowed here.', [field])
  const records = [...world.table(type).keys()]
    .slice(-2)
    .map(Id => ({ record: { attributes: { type }, Id } }))
  return failed('DUPLICATES_DETECTED', 'Use one of these records?', [], {
    duplicateResut: { matchResults: [{ matchRecords: records }] },
  })
}
