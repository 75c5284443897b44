// The street as `npm start` opens it, with one published page.
import type { AddressInfo } from 'node:net'
import { createUser, systemActor } from '#access/users.ts'
import { createPage, publishPage } from '#capture/pages.ts'
import { createStreet } from '../../src/app.ts'
import { openPlace } from '../engine/place.ts'
import { benchDocument } from './document.ts'

const place = await openPlace()
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
process.on('message', () => process.send?.(process.cpuUsage()))
process.send?.({ port })
process.once('disconnect', () => void street.close().then(place.stop))
