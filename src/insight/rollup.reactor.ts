import type { Reactor } from '#engine/reactor.ts'
import { markEvents } from './marks.ts'

/** Notes which days and contacts an event makes stale. Counting is done elsewhere, so that no tick waits for it. */
export const rollupReactor: Reactor = {
  name: 'insight',
  async run({ db, events, services }) {
    await markEvents(db, events, services.config.zone)
    return []
  },
}
