import type { Event, NewEvent, Reactor } from '#engine/reactor.ts'
import type { CallLane } from './budget.ts'
import { type ConnectionRow, selectLive } from './connections.sql.ts'
import { enqueue } from './outbox.sql.ts'
import { sourceOf } from './run.ts'

/** More at once is not somebody who waits. */
const mostUrgent = 100

const changing = new Set(['contact.created', 'contact.updated', 'contact.joined', 'form.submitted'])

/** Who is to be looked at because of this: changes that this very CRM brought are left out. */
function concerns(event: Event, connection: ConnectionRow): boolean {
  const { type, data } = event
  if (changing.has(type) || type.startsWith('consent.')) return data.source !== sourceOf(connection)
  const objects = connection.mapping?.objects.filter(object => object.kind === 'person') ?? []
  if (type === 'segment.entered') return objects.some(object => object.inclusionSegmentId === data.segmentId)
  if (type === 'score.changed')
    return objects.some(object => object.fields.some(field => field.local === `score.${data.modelId}`))
  return false
}

/** A change of the owner, whoever made it, is an event of its own: alerts and workflows begin by it. */
function ownerChanged(event: Event): NewEvent[] {
  if (event.type !== 'contact.updated') return []
  const { changes, source, muted } = event.data as {
    changes?: Record<string, { from: unknown; to: unknown }>
    source?: string
    muted?: true
  }
  const change = changes?.owner_id
  if (!change) return []
  const data = { ...change, source, ...(muted ? { muted } : {}) }
  return [
    {
      contactId: event.contactId,
      type: 'owner.changed',
      at: event.at,
      causeId: event.id,
      depth: event.depth + 1,
      data,
    },
  ]
}

/** Puts contacts that changed into the outbox of every CRM, in the transaction that deals with the change. */
export const crmReactor: Reactor = {
  name: 'crm',
  async run({ db, events, now }) {
    if (events.length === 0) return []
    const connections = (await selectLive(db)).filter(({ loadState }) =>
      ['loading', 'done'].includes(loadState),
    )
    const rows = connections.flatMap(connection => {
      const mine = events.filter(event => concerns(event, connection))
      const ids = new Set(mine.map(event => event.contactId))
      const lane: CallLane = ids.size > mostUrgent ? 'delta' : 'interactive'
      return [...ids].map(localId => ({
        connectionId: connection.id,
        kind: 'person' as const,
        localId,
        lane,
      }))
    })
    await enqueue(db, rows, now)
    return events.flatMap(ownerChanged)
  },
}
