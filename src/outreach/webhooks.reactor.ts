import type { Reactor } from '#engine/reactor.ts'
import { selectListening } from './webhooks/endpoints.sql.ts'
import { enqueue } from './webhooks/enqueue.ts'

/** Who outside is to hear of what happened: rows of the outbox, in the transaction that deals with the events. */
export const webhookReactor: Reactor = {
  name: 'webhooks',
  async run({ db, events, now, services }) {
    if (events.length === 0) return []
    const endpoints = await selectListening(db)
    if (endpoints.length > 0) await enqueue(db, endpoints, events, { now, zone: services.config.zone })
    return []
  },
}
