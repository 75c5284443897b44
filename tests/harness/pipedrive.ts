import type { Refusal, Simulator } from '../../src/crm/connectors/conformance.fixture.ts'
import { type Reply, startPeer } from './peer.ts'
import { type PipedriveRow, type PipedriveState, perform, signIn } from './pipedrive-calls.ts'
import { failure } from './pipedrive-checks.ts'
import { fieldsOf } from './pipedrive-fields.ts'

export type Pipedrive = Simulator & {
  /** What somebody who has just let an app in brings back to it. */
  allow(code: string): void
  /** It is older than this part of its API. */
  without(path: string): void
  /** All calls from now on meet this answer instead. */
  answer(reply: Reply | null): void
  /** Somebody takes part in a deal. */
  join(dealId: string, personId: string): void
}

/** A small Pipedrive: two versions of its API, stamps of whole seconds, the bin out of sight but for deals. */
export async function startPipedrive(): Promise<Pipedrive> {
  let made = 1000
  let time: Date | null = null
  let refusal: Refusal | null = null
  let wall: Reply | null = null
  const unknown = new Set<string>()
  const now = () => `${(time ?? new Date()).toISOString().slice(0, 19)}Z`
  const state: PipedriveState = {
    tables: new Map(),
    participants: [],
    session: 'access-token-number-0',
    grant: 'first-refresh-token',
    turn: 0,
    refusal: () => refusal,
    make(type, body) {
      const id = ++made
      const at = now()
      const row: PipedriveRow = {
        id,
        ...(type === 'deals' ? { status: 'open', stage_id: 1, pipeline_id: 1, currency: 'EUR' } : {}),
        add_time: at,
        update_time: at,
        is_deleted: false,
        custom_fields: {},
      }
      const table = state.tables.get(type) ?? new Map()
      table.set(String(id), row)
      state.tables.set(type, table)
      take(row, body)
      return row
    },
    change(row, body) {
      take(row, body)
      row.update_time = now()
    },
  }
  state.make('users', {
    email: 'olga@pipe.example',
    name: 'Olga Owner',
    active_flag: true,
    created: '2026-01-02 03:04:05',
    modified: '2026-01-02 03:04:05',
  })
  const peer = await startPeer({
    answer: ask =>
      wall ?? (unknown.has(ask.path) ? failure(404, 'Not found', 'ERR_NOT_FOUND') : perform(state, ask)),
    isSignIn: ask => ask.path === signIn,
    says: {
      auth: () => failure(401, 'unauthorized access', 'ERR_UNAUTHORIZED'),
      expired: () => failure(401, 'unauthorized access', 'ERR_UNAUTHORIZED'),
      throttle: () => ({
        ...failure(429, 'request over limit', 'ERR_RATE_LIMIT'),
        headers: { 'retry-after': '7', 'x-ratelimit-reset': '2' },
      }),
      transient: () => ({ status: 502, body: '<html>Bad Gateway</html>' }),
      denied: () => failure(403, 'Scope and URL mismatch', 'ERR_FORBIDDEN'),
    },
  })
  const rowOf = (type: string, id: string) => state.tables.get(type)?.get(id)
  return {
    ...peer,
    add: (type, values) => String(state.make(type, asBody(type, values)).id),
    edit(type, id, values) {
      const row = rowOf(type, id)
      if (row) state.change(row, asBody(type, values))
    },
    remove(type, id) {
      const row = rowOf(type, id)
      if (row) Object.assign(row, { is_deleted: true, update_time: now() })
    },
    read(type, id) {
      const row = rowOf(type, id)
      return row && !row.is_deleted ? row : null
    },
    at(given) {
      time = given
    },
    refuse(rule) {
      refusal = rule
    },
    allow(code) {
      state.grant = code
    },
    without: path => void unknown.add(path),
    answer(reply) {
      wall = reply
    },
    join: (deal, person) => void state.participants.push({ deal: Number(deal), person: Number(person) }),
  }
}

/** A person's name is kept whole, with the parts that Pipedrive makes of it; who does something is a participant. */
function take(row: PipedriveRow, body: Record<string, unknown>): void {
  const { custom_fields, ...open } = body
  Object.assign(row, open)
  Object.assign(row.custom_fields, custom_fields)
  if (typeof open.name === 'string' && !row.email) {
    const words = open.name.split(' ')
    row.last_name = words.length > 1 ? words.pop() : null
    row.first_name = words.join(' ')
  }
  const [first] = (open.participants ?? []) as { person_id: number }[]
  if (open.participants) row.person_id = first?.person_id ?? null
}

/** Values by the names of fields, as a test has them, in the shape of a body. */
function asBody(type: string, values: Record<string, unknown>): Record<string, unknown> {
  const custom = new Set(
    (fieldsOf[type] ?? []).filter(each => each.is_custom_field).map(each => each.field_code),
  )
  const open: Record<string, unknown> = {}
  const own: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(values))
    if (custom.has(name)) own[name] = value
    else if (type === 'persons' && (name === 'email' || name === 'phone'))
      open[`${name}s`] = [{ value, primary: true, label: 'work' }]
    else open[name] = value
  return { ...open, custom_fields: own }
}
