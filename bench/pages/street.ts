// The street as `npm start` opens it, with one published page; on demand a broadcast leaves from the same process.
import type { AddressInfo } from 'node:net'
import { createUser, systemActor } from '#access/users.ts'
import { createPage, publishPage } from '#capture/pages.ts'
import { createStreet } from '../../src/app.ts'
import { fullRate } from '../broadcast/ours.ts'
import { openPlace } from '../broadcast/place.ts'
import { benchDocument } from './document.ts'

/** Asked with `mails`: sends so many, and tells how many a second that were. Else: what it has used so far. */
export type Question = { mails?: number }

const [sinkPort = '', contacts = ''] = process.argv.slice(2)
const place = await openPlace(Number(sinkPort), Number(contacts))
const { db, clock } = place.services
const now = clock.now()
const owner = await createUser(db, systemActor, { email: 'bench@example.org', name: 'Bench', role: 'owner' })
const page = await createPage(
  db,
  systemActor,
  { name: 'Bench', slug: 'bench', document: benchDocument() },
  now,
)
const reviewOn = new Date(now.getTime() + 30 * 86_400_000).toISOString().slice(0, 10)
await publishPage(db, systemActor, page.id, { version: page.version, ownerId: owner.id, reviewOn }, now)
const street = await createStreet(place.services)
await street.listen({ host: '127.0.0.1', port: 0 })
const { port } = street.server.address() as AddressInfo
process.on('message', ({ mails }: Question) => {
  if (mails === undefined) process.send?.(process.cpuUsage())
  else void fullRate(place, mails).then(mailsPerSecond => process.send?.({ mailsPerSecond }))
})
process.send?.({ port })
process.once('disconnect', () => void street.close().then(place.stop))
