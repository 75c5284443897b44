import type { Refusal } from '../../src/crm/connectors/conformance.fixture.ts'
import type { Ask, Reply } from './peer.ts'
import { check, failure, Refused } from './pipedrive-checks.ts'
import { fieldPaths, fieldsOf } from './pipedrive-fields.ts'

export type PipedriveRow = Record<string, unknown> & {
  id: number
  add_time: string
  update_time: string
  is_deleted: boolean
  custom_fields: Record<string, unknown>
}
export type PipedriveState = {
  tables: Map<string, Map<string, PipedriveRow>>
  participants: { deal: number; person: number }[]
  /** The access token of who signed in, and what the next one is given for. */
  session: string
  grant: string
  turn: number
  refusal(): Refusal | null
  make(type: string, body: Record<string, unknown>): PipedriveRow
  change(row: PipedriveRow, body: Record<string, unknown>): void
}

const budget = {
  'x-ratelimit-limit': '40',
  'x-ratelimit-remaining': '39',
  'x-ratelimit-reset': '2',
  'x-daily-ratelimit-token-limit': '150000',
  'x-daily-ratelimit-token-remaining': '149000',
}

export function perform(state: PipedriveState, ask: Ask): Reply {
  try {
    if (ask.path === signIn) return token(state, ask)
    const given = ask.headers['x-api-token'] ?? ask.headers.authorization?.replace(/^Bearer /, '')
    if (given !== 'right-token' && given !== state.session)
      throw new Refused(401, 'unauthorized access', 'ERR_UNAUTHORIZED')
    return { status: 200, headers: budget, ...route(state, ask) }
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    return { headers: budget, ...failure(error.status, error.message, error.code) }
  }
}

export const signIn = '/oauth/token'

/** Hands out a session for the code of a sign-in or for the refresh token of the last one, each good for one use. */
function token(state: PipedriveState, ask: Ask): Reply {
  const basic = `Basic ${Buffer.from('app:app-secret').toString('base64')}`
  const form = new URLSearchParams(ask.text)
  const given = form.get('code') ?? form.get('refresh_token')
  if (ask.headers.authorization !== basic || given !== state.grant)
    return { status: 400, body: { success: false, error: 'invalid_grant', message: 'Invalid grant' } }
  const turn = ++state.turn
  state.session = `access-token-number-${turn}`
  state.grant = `refresh-token-number-${turn}`
  const api_domain = `http://${ask.headers.host}`
  const tokens = { access_token: state.session, refresh_token: state.grant, token_type: 'Bearer' }
  return { status: 200, body: { ...tokens, expires_in: 3599, scope: 'base', api_domain } }
}

type Part = { status?: number; body: unknown }
const ok = (data: unknown, more: object = {}): Part => ({ body: { success: true, data, ...more } })

function route(state: PipedriveState, ask: Ask): Part {
  const [, version, type = '', id, rest] = ask.path.replace(/^\/api/, '').split('/')
  if (version === 'v1') return oldRoute(state, ask, type, id, rest)
  if (fieldPaths[type]) return paged(ask, fieldsOf[fieldPaths[type]] ?? [])
  if (type === 'stages') return paged(ask, stages)
  if (type === 'pipelines') return paged(ask, [{ id: 1, name: 'Sales' }])
  if (version !== 'v2' || !fieldsOf[type]) throw new Refused(404, 'Not found', 'ERR_NOT_FOUND')
  if (id === 'search') return search(state, ask, type)
  if (!id || id === 'archived')
    return ask.method === 'POST' ? create(state, ask, type) : list(state, ask, type, id)
  return one(state, ask, type, id)
}

const stages = ['Qualified', 'Demo', 'Offer'].map((name, at) => ({ id: at + 1, name, pipeline_id: 1 }))

function oldRoute(state: PipedriveState, ask: Ask, type: string, id?: string, rest?: string): Part {
  const users = rowsOf(state, 'users')
  if (type === 'users' && id === 'me')
    return ok({
      ...users[0],
      default_currency: 'EUR',
      company_name: 'Analytical Ltd',
      company_domain: 'analytical',
    })
  if (type === 'users') return numbered(ask, users)
  if (type === 'deals' && rest === 'participants') {
    const mine = state.participants.filter(each => each.deal === Number(id))
    return numbered(
      ask,
      mine.map((each, at) => ({ id: at + 1, person_id: { value: each.person, name: 'Somebody' } })),
    )
  }
  if (rest === 'merge' && id) return ok(merge(state, type, id, String(ask.json.merge_with_id)))
  throw new Refused(404, 'Not found', 'ERR_NOT_FOUND')
}

/** The first goes into the second, which lives on. */
function merge(state: PipedriveState, type: string, loser: string, winner: string): PipedriveRow {
  const kept = living(state, type, winner)
  living(state, type, loser).is_deleted = true
  state.change(kept, {})
  return kept
}

const rowsOf = (state: PipedriveState, type: string) => [...(state.tables.get(type)?.values() ?? [])]

function living(state: PipedriveState, type: string, id: string): PipedriveRow {
  const row = state.tables.get(type)?.get(id)
  if (row && !row.is_deleted) return row
  throw new Refused(404, `${type} not found`, 'ERR_NOT_FOUND')
}

/** Version 1 turns pages by the number of the first row, and says null for nothing. */
function numbered(ask: Ask, all: object[]): Part {
  const start = Number(ask.query.get('start') ?? 0)
  const limit = Number(ask.query.get('limit') ?? 100)
  const more = start + limit < all.length
  const pagination = {
    start,
    limit,
    more_items_in_collection: more,
    ...(more ? { next_start: start + limit } : {}),
  }
  const some = all.slice(start, start + limit)
  return ok(some.length > 0 ? some : null, { additional_data: { pagination } })
}

/** Version 2 turns pages by a cursor that says nothing. */
function paged(ask: Ask, all: object[]): Part {
  const limit = Number(ask.query.get('limit') ?? 100)
  if (!(limit >= 1 && limit <= 500)) throw new Refused(400, 'limit must be between 1 and 500')
  const cursor = ask.query.get('cursor')
  const start = cursor ? Number(Buffer.from(cursor, 'base64url').toString().slice(1)) : 0
  if (Number.isNaN(start)) throw new Refused(400, 'Invalid cursor')
  const next = start + limit < all.length ? Buffer.from(`c${start + limit}`).toString('base64url') : null
  return ok(all.slice(start, start + limit), { additional_data: { next_cursor: next } })
}

function momentIn(ask: Ask, name: string): string | null {
  const text = ask.query.get(name)
  if (text !== null && !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text))
    throw new Refused(400, `${name} is not a valid datetime`)
  return text
}

function list(state: PipedriveState, ask: Ask, type: string, kind?: string): Part {
  const { query } = ask
  const [since, until] = [momentIn(ask, 'updated_since'), momentIn(ask, 'updated_until')]
  const ids = query.get('ids')?.split(',')
  if (ids && (ids.length > 100 || ids.some(id => !/^\d+$/.test(id)))) throw new Refused(400, 'ids is invalid')
  const statuses = query.get('status')?.split(',') ?? ['open', 'won', 'lost']
  const isShown = (row: PipedriveRow) =>
    type === 'deals'
      ? statuses.includes(row.is_deleted ? 'deleted' : String(row.status ?? 'open')) &&
        (row.is_archived === true) === (kind === 'archived')
      : !row.is_deleted
  const by = query.get('sort_by') ?? 'id'
  const key = (row: PipedriveRow) => (by === 'id' ? row.id : Date.parse(String(row[by])))
  const all = rowsOf(state, type)
    .filter(
      row =>
        isShown(row) &&
        (!ids || ids.includes(String(row.id))) &&
        (!since || row.update_time >= since) &&
        (!until || row.update_time < until),
    )
    // Ties come the wrong way round: nothing was promised about them.
    .sort((a, b) => key(a) - key(b) || b.id - a.id)
  return paged(
    ask,
    all.map(row => shown(state, type, row, ask)),
  )
}

/** Optional fields come only where they are asked for, and of its own fields a company gets those it names. */
function shown(state: PipedriveState, type: string, row: PipedriveRow, ask?: Ask): object {
  const included = ask?.query.get('include_fields')?.split(',') ?? []
  const named = ask?.query.get('custom_fields')?.split(',')
  const { marketing_status, ...open } = row
  const custom = (fieldsOf[type] ?? []).filter(
    each => each.is_custom_field && (!named || named.includes(each.field_code)),
  )
  const custom_fields = Object.fromEntries(
    custom.map(({ field_code }) => [field_code, row.custom_fields[field_code] ?? null]),
  )
  const optional = {
    marketing_status: marketing_status ?? 'no_consent',
    participants_count: state.participants.filter(each => each.deal === row.id).length,
  }
  const extra = Object.entries(optional).filter(([name]) => included.includes(name))
  const status = row.status && row.is_deleted ? { status: 'deleted' } : {}
  return { ...open, ...status, ...Object.fromEntries(extra), custom_fields }
}

function one(state: PipedriveState, ask: Ask, type: string, id: string): Part {
  const row = living(state, type, id)
  if (ask.method === 'DELETE') {
    row.is_deleted = true
    return ok({ id: row.id })
  }
  if (ask.method === 'PATCH') {
    check(state.refusal(), type, ask.json)
    state.change(row, ask.json)
  }
  return ok(shown(state, type, row, ask.method === 'PATCH' ? undefined : ask))
}

function create(state: PipedriveState, ask: Ask, type: string): Part {
  const must = { persons: 'name', organizations: 'name', deals: 'title' }[type]
  if (must && !ask.json[must]) throw new Refused(400, `${must} is required`)
  check(state.refusal(), type, ask.json)
  return { status: 201, ...ok(shown(state, type, state.make(type, ask.json))) }
}

/** Finds by a whole text, without case; a field that cannot be searched is no error, it finds nobody. */
function search(state: PipedriveState, ask: Ask, type: string): Part {
  const term = ask.query.get('term')?.toLowerCase() ?? ''
  if (!term) throw new Refused(400, 'term is required')
  const places = ask.query.get('fields')?.split(',') ?? []
  const textsOf = (row: PipedriveRow): unknown[] =>
    places.flatMap(place => {
      if (place === 'email' || place === 'phone')
        return ((row[`${place}s`] ?? []) as { value: string }[]).map(each => each.value)
      return place === 'custom_fields' ? Object.values(row.custom_fields) : [row[place]]
    })
  const found = rowsOf(state, type).filter(
    row =>
      !row.is_deleted && textsOf(row).some(text => typeof text === 'string' && text.toLowerCase() === term),
  )
  const items = found.map(row => ({ result_score: 1, item: { id: row.id, type: type.slice(0, -1) } }))
  const { body, ...rest } = paged(ask, items)
  return { ...rest, body: { ...(body as object), data: { items: (body as { data: object[] }).data } } }
}
