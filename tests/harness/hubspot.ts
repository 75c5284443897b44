import type { Refusal, Simulator } from '../../src/crm/connectors/conformance.fixture.ts'
import { type HubspotState, perform } from './hubspot-calls.ts'
import { startPeer } from './peer.ts'

export type Hubspot = Simulator & {
  /** Joins two records, with the label of what joins them. */
  join(from: { type: string; id: string }, to: { type: string; id: string }, label: string | null): void
}

const failed = (status: number, category: string, message: string) => () => ({
  status,
  body: { status: 'error', message, category, correlationId: 'c0ffee' },
})

/** A small HubSpot: properties are texts, stamps are milliseconds, archived records leave lists and searches. */
export async function startHubspot(): Promise<Hubspot> {
  let made = 1000
  let time: Date | null = null
  let refusal: Refusal | null = null
  const state: HubspotState = {
    tables: new Map(),
    joined: [],
    now: () => time ?? new Date(),
    refusal: () => refusal,
    make(type, properties) {
      const id = String(++made)
      const at = state.now().toISOString()
      const table = state.tables.get(type) ?? new Map()
      table.set(id, { id, properties: { ...properties }, createdAt: at, updatedAt: at, archived: false })
      state.tables.set(type, table)
      return id
    },
    change(type, id, properties) {
      const row = state.tables.get(type)?.get(id)
      if (row) Object.assign(row.properties, properties)
      if (row) row.updatedAt = state.now().toISOString()
    },
  }
  state.make('owners', { email: 'olga@hub.example', firstName: 'Olga', lastName: 'Owner' })
  const peer = await startPeer({
    answer: ask => perform(state, ask),
    says: {
      auth: failed(401, 'INVALID_AUTHENTICATION', 'Authentication credentials not found.'),
      throttle: () => ({
        status: 429,
        headers: { 'retry-after': '7' },
        body: { status: 'error', errorType: 'RATE_LIMIT', category: 'RATE_LIMITS', message: 'Too many.' },
      }),
      transient: () => ({ status: 502, body: '<html>Bad Gateway</html>' }),
      denied: failed(403, 'MISSING_SCOPES', 'This app has not been granted all required scopes.'),
    },
  })
  const archive = (type: string, id: string) => {
    const row = state.tables.get(type)?.get(id)
    if (row) Object.assign(row, { archived: true, archivedAt: state.now().toISOString() })
  }
  return {
    ...peer,
    add: (type, values) => state.make(type, values as Record<string, string>),
    edit: (type, id, values) => state.change(type, id, values as Record<string, string>),
    remove: archive,
    merge(type, loser, winner) {
      archive(type, loser)
      const before = state.tables.get(type)?.get(winner)?.properties.hs_merged_object_ids
      state.change(type, winner, { hs_merged_object_ids: [before, loser].filter(Boolean).join(';') })
    },
    read(type, id) {
      const row = state.tables.get(type)?.get(id)
      return row && !row.archived ? row.properties : null
    },
    at(given) {
      time = given
    },
    refuse(rule) {
      refusal = rule
    },
    join(from, to, label) {
      state.joined.push({ from, to, label })
    },
  }
}
