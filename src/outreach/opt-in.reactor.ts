import type { Reactor } from '#engine/reactor.ts'
import { sendConfirmations } from './opt-in.ts'

/** Whoever is to confirm a wish gets a letter. */
export const optInReactor: Reactor = {
  name: 'opt-in',
  async run({ db, now, events, services }) {
    const asked = events.filter(event => event.type === 'consent.pending' && event.data.confirm === true)
    if (asked.length > 0) await sendConfirmations(db, services, asked, now)
    return []
  },
}
