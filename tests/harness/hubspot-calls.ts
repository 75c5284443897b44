import type { Refusal } from '../../src/crm/connectors/conformance.fixture.ts'
import { properties as known } from './hubspot-properties.ts'
import type { Ask, Reply } from './peer.ts'

type Properties = Record<string, string | null>
export type HubspotRow = {
  id: string
  properties: Properties
  createdAt: string
  updatedAt: string
  archived: boolean
  archivedAt?: string
}
type Ref = { type: string; id: string }
export type HubspotState = {
  tables: Map<string, Map<string, HubspotRow>>
  joined: { from: Ref; to: Ref; label: string | null }[]
  now(): Date
  refusal(): Refusal | null
  make(type: string, properties: Properties): string
  change(type: string, id: string, properties: Properties): void
}

class Refused extends Error {
  readonly status: number
  readonly body: Record<string, unknown>
  constructor(status: number, category: string, message: string, more: object = {}) {
    super(message)
    this.status = status
    this.body = { status: 'error', message, category, correlationId: 'c0ffee', ...more }
  }
}

const daily = { 'x-hubspot-ratelimit-daily': '650000', 'x-hubspot-ratelimit-daily-remaining': '649990' }

export function perform(state: HubspotState, ask: Ask): Reply {
  try {
    if (ask.headers.authorization !== 'Bearer right-token')
      throw new Refused(401, 'INVALID_AUTHENTICATION', 'Authentication credentials not found.')
    return { status: 200, headers: daily, ...route(state, ask) }
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    return { status: error.status, body: error.body }
  }
}

function route(state: HubspotState, ask: Ask): { status?: number; body?: unknown } {
  const [, area, , kind, type = '', ...rest] = ask.path.split('/')
  if (ask.path === '/account-info/v3/details') return { body: { portalId: 4711, timeZone: 'Europe/Vienna' } }
  if (area === 'crm' && kind === 'properties') return { body: { results: known[type] ?? [] } }
  if (area === 'crm' && kind === 'owners') return { body: owners(state, ask) }
  if (area === 'crm' && kind === 'associations')
    return { body: associations(state, ask, type, rest[0] ?? '') }
  if (area !== 'crm' || kind !== 'objects' || !known[type])
    throw new Refused(404, 'OBJECT_NOT_FOUND', 'no such path')
  return objects(state, ask, type, rest)
}

const rowsOf = (state: HubspotState, type: string) => [...(state.tables.get(type)?.values() ?? [])]
const stampOf = (type: string) => (type === 'contacts' ? 'lastmodifieddate' : 'hs_lastmodifieddate')

/** The property of a row, those of HubSpot's own making included. */
function propertyOf(type: string, row: HubspotRow, name: string): string | null {
  if (name === 'hs_object_id') return row.id
  if (name === 'createdate') return row.createdAt
  return name === stampOf(type) ? row.updatedAt : (row.properties[name] ?? null)
}

function shown(type: string, row: HubspotRow, asked: string[]) {
  const names = [...new Set(['createdate', 'hs_object_id', stampOf(type), ...asked])]
  const properties = Object.fromEntries(names.map(name => [name, propertyOf(type, row, name)]))
  return { ...row, properties }
}

function objects(state: HubspotState, ask: Ask, type: string, [first, second]: string[]) {
  const { json, method } = ask
  if (first === 'search') return { body: search(state, type, json as SearchAsk) }
  if (first === 'batch') return batchCall(state, type, second ?? '', json as BatchAsk)
  if (first === 'merge') {
    const { primaryObjectId: winner, objectIdToMerge: loser } = json as Record<string, string>
    living(state, type, loser ?? '').archived = true
    state.change(type, winner ?? '', { hs_merged_object_ids: loser ?? '' })
    return { body: shown(type, living(state, type, winner ?? ''), []) }
  }
  const asked = (ask.query.get('properties') ?? '').split(',').filter(Boolean)
  if (!first && method === 'GET') return { body: listed(state, ask, type, asked) }
  if (!first)
    return { status: 201, body: shown(type, created(state, type, json.properties as Properties), []) }
  const row = living(state, type, first)
  if (method === 'DELETE') {
    row.archived = true
    return { status: 204 }
  }
  if (method === 'PATCH') changed(state, type, row.id, json.properties as Properties)
  return { body: shown(type, row, method === 'PATCH' ? Object.keys(json.properties as object) : asked) }
}

function living(state: HubspotState, type: string, id: string): HubspotRow {
  const row = state.tables.get(type)?.get(id)
  if (row && !row.archived) return row
  const words = `Object not found. objectId are usually numeric: ${id}`
  throw new Refused(404, 'OBJECT_NOT_FOUND', words, { context: { ids: [id], id: [id] } })
}

function check(state: HubspotState, type: string, properties: Properties): void {
  for (const [name, value] of Object.entries(properties)) {
    const about = known[type]?.find(each => each.name === name)
    const context = { context: { propertyName: [name] } }
    const none = [{ message: `Property "${name}" does not exist`, code: 'PROPERTY_DOESNT_EXIST', ...context }]
    if (!about)
      throw new Refused(400, 'VALIDATION_ERROR', `Property values were not valid: ${name}`, { errors: none })
    if (value && about.type === 'number' && Number.isNaN(Number(value)))
      throw new Refused(400, 'VALIDATION_ERROR', `${value} was not a valid number.`, {
        errors: [{ message: 'not a number', ...context }],
      })
  }
  const rule = state.refusal()
  const value = rule ? properties[rule.field] : undefined
  if (!rule || value === undefined || !rule.when(value)) return
  const told = { errors: [{ message: 'refused', context: { propertyName: [rule.field] } }] }
  if (rule.kind === 'duplicate') {
    const there = rowsOf(state, type).findLast(row => !row.archived && !row.properties[rule.field])
    throw new Refused(409, 'CONFLICT', `Contact already exists. Existing ID: ${there?.id}`)
  }
  if (rule.kind === 'denied') throw new Refused(403, 'MISSING_SCOPES', 'You may not write this.')
  throw new Refused(400, 'VALIDATION_ERROR', 'Property values were not valid', told)
}

function created(state: HubspotState, type: string, properties: Properties): HubspotRow {
  check(state, type, properties)
  const email = properties.email?.toLowerCase()
  const there = email && rowsOf(state, type).find(row => !row.archived && row.properties.email === email)
  if (there) throw new Refused(409, 'CONFLICT', `Contact already exists. Existing ID: ${there.id}`)
  return living(state, type, state.make(type, { ...properties, ...(email ? { email } : {}) }))
}

function changed(state: HubspotState, type: string, id: string, properties: Properties): void {
  living(state, type, id)
  check(state, type, properties)
  const emptied = Object.entries(properties).map(([name, value]) => [name, value === '' ? null : value])
  state.change(type, id, Object.fromEntries(emptied))
}

type BatchAsk = {
  inputs: { id: string; properties?: Properties; objectWriteTraceId?: string }[]
  properties?: string[]
  idProperty?: string
}

/** 207 where some failed; answers come in an order of their own. */
function batchCall(
  state: HubspotState,
  type: string,
  what: string,
  { inputs, properties = [], idProperty }: BatchAsk,
) {
  if (inputs.length > 100) throw new Refused(400, 'VALIDATION_ERROR', 'No more than 100 inputs.')
  const results: object[] = []
  const errors: object[] = []
  for (const input of inputs) {
    const mark = input.objectWriteTraceId
    try {
      if (what === 'archive') living(state, type, input.id).archived = true
      else if (what === 'read')
        results.unshift(shown(type, byKey(state, type, input.id, idProperty), properties))
      else if (what === 'update') {
        changed(state, type, input.id, input.properties ?? {})
        results.unshift(shown(type, living(state, type, input.id), []))
      } else {
        const row = created(state, type, input.properties ?? {})
        results.unshift({ ...shown(type, row, []), ...(mark ? { objectWriteTraceId: mark } : {}) })
      }
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      const context = {
        ...(error.body.context as object),
        ...(mark ? { objectWriteTraceId: [mark] } : { ids: [input.id] }),
      }
      errors.push({ ...error.body, context })
    }
  }
  if (what === 'archive') return { status: 204 }
  const whole = { status: 'COMPLETE', results, startedAt: state.now(), completedAt: state.now() }
  if (errors.length === 0) return { status: what === 'create' ? 201 : 200, body: whole }
  return { status: 207, body: { ...whole, numErrors: errors.length, errors } }
}

/** By id, by a unique property, or by the id of a record that went into another. */
function byKey(state: HubspotState, type: string, key: string, idProperty?: string): HubspotRow {
  const rows = rowsOf(state, type).filter(row => !row.archived)
  if (idProperty) {
    const found = rows.find(row => row.properties[idProperty]?.toLowerCase() === key.toLowerCase())
    return found ?? living(state, type, key)
  }
  const winner = rows.find(row => row.properties.hs_merged_object_ids?.split(';').includes(key))
  return winner ?? living(state, type, key)
}

type SearchAsk = {
  filterGroups: { filters: { propertyName: string; operator: string; value?: string; values?: string[] }[] }[]
  sorts?: (string | { propertyName: string; direction: string })[]
  properties?: string[]
  limit?: number
  after?: string | number
}

function search(state: HubspotState, type: string, ask: SearchAsk) {
  const limit = ask.limit ?? 10
  const start = Number(ask.after ?? 0)
  if (limit > 200 || start + limit > 10_000)
    throw new Refused(400, 'VALIDATION_ERROR', 'Paging beyond 10000.')
  const [sort] = ask.sorts ?? []
  const by = typeof sort === 'string' ? sort : (sort?.propertyName ?? 'hs_object_id')
  const key = (row: HubspotRow) => comparable(propertyOf(type, row, by))
  const all = rowsOf(state, type)
    .filter(
      row =>
        !row.archived && ask.filterGroups.some(group => group.filters.every(one => holds(type, row, one))),
    )
    // Ties come the wrong way round: nothing was promised about them.
    .sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : Number(b.id) - Number(a.id)))
  const results = all.slice(start, start + limit).map(row => shown(type, row, ask.properties ?? []))
  const next = start + limit < all.length ? { paging: { next: { after: String(start + limit) } } } : {}
  return { total: all.length, results, ...next }
}

/** Moments and numbers as numbers, texts without case. */
function comparable(value: string | null): number | string {
  if (value === null) return ''
  if (/^\d+$/.test(value)) return Number(value)
  return /^\d{4}-\d\d-\d\dT/.test(value) ? Date.parse(value) : value.toLowerCase()
}

function holds(
  type: string,
  row: HubspotRow,
  filter: SearchAsk['filterGroups'][number]['filters'][number],
): boolean {
  const own = comparable(propertyOf(type, row, filter.propertyName))
  const other = comparable(filter.value ?? null)
  switch (filter.operator) {
    case 'EQ':
      return own === other
    case 'IN':
      return (filter.values ?? []).some(each => each === each.toLowerCase() && comparable(each) === own)
    case 'GT':
      return own > other
    case 'GTE':
      return own >= other
    case 'LTE':
      return own <= other
    default:
      throw new Refused(400, 'VALIDATION_ERROR', `operator ${filter.operator}`)
  }
}

function listed(state: HubspotState, ask: Ask, type: string, asked: string[]) {
  const limit = Number(ask.query.get('limit') ?? 10)
  const isArchived = ask.query.get('archived') === 'true'
  const after = Number(ask.query.get('after') ?? 0)
  const all = rowsOf(state, type).filter(row => row.archived === isArchived && Number(row.id) > after)
  const results = all.slice(0, limit).map(row => shown(type, row, asked))
  const last = results.at(-1)
  return { results, ...(all.length > limit && last ? { paging: { next: { after: last.id } } } : {}) }
}

function owners(state: HubspotState, ask: Ask) {
  if (ask.query.get('archived') === 'true') return { results: [] }
  const results = rowsOf(state, 'owners').map(({ properties, ...row }) => ({
    ...row,
    ...properties,
    userId: 7,
  }))
  return { results }
}

function associations(state: HubspotState, ask: Ask, from: string, to: string) {
  const inputs = ask.json.inputs as { id: string }[]
  const results = inputs.flatMap(({ id }) => {
    const found = state.joined.filter(
      each => each.from.type === from && each.from.id === id && each.to.type === to,
    )
    const others = found.map(each => ({
      toObjectId: Number(each.to.id),
      associationTypes: [{ category: 'HUBSPOT_DEFINED', typeId: 3, label: each.label }],
    }))
    return others.length > 0 ? [{ from: { id }, to: others }] : []
  })
  return { status: 'COMPLETE', results }
}
