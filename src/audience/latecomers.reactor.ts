import type { Reactor } from '#engine/reactor.ts'
import { addWork } from '#engine/work.ts'
import { selectRedirects } from './identity.sql.ts'
import { dropGhosts } from './redirects.ts'
import { repointHere } from './repoint.ts'

/**
 * An event may be stored for a visitor in the very moment in which another transaction recognises him: intake looks
 * visitors up without locking them. Such an event follows him here, and is looked at again as his.
 */
export const latecomersReactor: Reactor = {
  name: 'latecomers',
  async run({ db, now, events, services }) {
    // What follows from another event was written by a tick, for whom that one was.
    const fromOutside = events.filter(event => event.causeId === null)
    const moved = await selectRedirects(db, [...new Set(fromOutside.map(event => event.contactId))])
    if (moved.size === 0) return []
    const repoint = services.repoint ?? repointHere
    for (const [from, to] of moved) await repoint(db, from, to)
    await dropGhosts(db, [...moved.keys()])
    const late = events.flatMap(event => {
      const to = moved.get(event.contactId)
      return to ? [{ ...event, contactId: to }] : []
    })
    await addWork(db, late)
    return [...moved].map(([from, contactId]) => ({
      contactId,
      type: 'contact.joined',
      at: now,
      data: { from },
    }))
  },
}
