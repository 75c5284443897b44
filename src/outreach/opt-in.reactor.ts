import type { Reactor } from '#engine/reactor.ts'
import { dropLetters, sendConfirmations } from './opt-in.ts'

/** Whoever is to confirm a wish gets a letter, and nobody who has taken the wish back meanwhile. */
export const optInReactor: Reactor = {
  name: 'opt-in',
  async run({ db, now, events, services }) {
    const over = events.filter(event => event.type === 'consent.withdrawn' && event.data.topicId === null)
    if (over.length > 0) await dropLetters(db, [...new Set(over.map(event => event.contactId))], now)
    const asked = events.filter(event => event.type === 'consent.pending' && event.data.confirm === true)
    if (asked.length > 0) await sendConfirmations(db, services, asked, now)
    return []
  },
}
