import { knownAmong } from '#audience/contacts.ts'
import { matchContacts } from '#decisions/match.ts'
import type { Event } from '#engine/reactor.ts'
import type { Db } from '#platform/db/db.ts'
import { insertCalls, type NewCall } from './calls.sql.ts'
import type { Endpoint } from './endpoints.sql.ts'

export const wants = (endpoint: Pick<Endpoint, 'types'>, type: string): boolean =>
  endpoint.types.includes('*') || endpoint.types.includes(type)

/**
 * Puts into the outbox what these endpoints want to hear of these events: of contacts only, never of visitors whom
 * nobody knows, and where an endpoint has a filter, of those who match it now. Returns how many.
 */
export async function enqueue(
  trx: Db,
  endpoints: Pick<Endpoint, 'id' | 'types' | 'filter'>[],
  events: Event[],
  given: { now: Date; zone: string; again?: boolean },
): Promise<number> {
  const wanted = events.filter(event => endpoints.some(endpoint => wants(endpoint, event.type)))
  if (wanted.length === 0) return 0
  const known = await knownAmong(trx, [...new Set(wanted.map(event => event.contactId))])
  const asks = endpoints.flatMap(({ id, filter }) => (filter ? [{ key: id, filter }] : []))
  const matches = await matchContacts(trx, asks, [...known], given)
  const rows = endpoints.flatMap(endpoint =>
    wanted
      .filter(event => wants(endpoint, event.type) && known.has(event.contactId))
      .filter(event => !endpoint.filter || matches.get(endpoint.id)?.has(event.contactId))
      .map<NewCall>(event => ({
        contactId: event.contactId,
        eventId: event.id,
        endpointId: endpoint.id,
        eventAt: event.at,
        type: event.type,
      })),
  )
  return insertCalls(trx, rows, { now: given.now, again: given.again ?? false })
}
