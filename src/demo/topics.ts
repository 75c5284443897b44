import { systemActor } from '#access/users.ts'
import { append } from '#activity/ledger.ts'
import { type ConsentEntry, recordConsent } from '#audience/consent.ts'
import { createTopic } from '#audience/topics.ts'
import type { Db } from '#platform/db/db.ts'
import { chanceFrom } from './chance.ts'
import type { KnownPerson } from './history.ts'

const offered = [
  { name: 'Product news', description: 'What is new, about once a month' },
  { name: 'Events and webinars', description: 'Invitations, and the recordings afterwards' },
  { name: 'Tips', description: 'How others do it' },
]

/** What readers can choose; some have said no to one of them. The ids in the order above. */
export async function seedTopics(db: Db, people: KnownPerson[], now: Date): Promise<string[]> {
  const ids: string[] = []
  for (const topic of offered) ids.push((await createTopic(db, systemActor, topic, now)).id)
  const chance = chanceFrom(53)
  const entries = people
    .filter(person => person.consent === 'granted' && chance.holds(0.12))
    .map((person): ConsentEntry => {
      const place = chance.below(ids.length)
      return {
        contactId: person.contactId,
        purpose: 'marketing',
        topicId: ids[place] ?? null,
        state: chance.holds(0.6) ? 'withdrawn' : 'granted',
        basis: 'request',
        source: 'the preference centre',
        wording: offered[place]?.name ?? '',
        proof: { method: 'preference centre' },
        at: new Date(Math.min(now.getTime(), person.cameAt.getTime() + (1 + chance.below(20)) * 86_400_000)),
      }
    })
  await append(db, await recordConsent(db, entries))
  return ids
}
