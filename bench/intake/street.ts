// The street as the bench starts it: the real intake in a process of its own, with users it already knows.
import { randomBytes } from 'node:crypto'
import { makePartitions } from '#activity/partitions.ts'
import { upsertContacts } from '#audience/contacts.ts'
import { resolve } from '#audience/identity.ts'
import { captureModule } from '#capture/module.ts'
import { createSource } from '#capture/sources.ts'
import { createClock } from '#platform/clock.ts'
import { readConfig } from '#platform/config.ts'
import { inTransaction } from '#platform/db/db.ts'
import { migrate } from '#platform/db/migrate.ts'
import { openDatabase } from '#platform/db/pool.ts'
import { createServer } from '#platform/http/server.ts'
import { createLog } from '#platform/log.ts'
import { createMetrics } from '#platform/metrics.ts'
import { createSecrets } from '#platform/secrets.ts'
import type { Services } from '#platform/services.ts'

const users = Number(process.env.BENCH_USERS)
const config = readConfig({ TEND_SECRET_KEY: randomBytes(32).toString('base64'), TEND_LOG_LEVEL: 'warn' })
const { db } = openDatabase(process.env.DATABASE_URL ?? '')
await migrate(db)
await makePartitions(db, new Date())
const clock = createClock()
const log = createLog('warn')
const shared = {
  config,
  db,
  databaseUrl: '',
  clock,
  log,
  secrets: createSecrets(config),
  metrics: createMetrics(),
}
// Jobs and outgoing requests are no part of intake.
const services = shared as unknown as Services

const step = 5_000
for (let first = 1; first <= users; first += step) {
  const calls = Array.from({ length: Math.min(step, users - first + 1) }, (_, i) => ({
    userId: `user-${first + i}`,
    email: `user-${first + i}@example.org`,
    trust: 'server' as const,
  }))
  await inTransaction(db, async trx => {
    const found = await resolve(trx, calls, { now: clock.now() })
    const patches = found.map((one, i) => ({
      contactId: one.contactId,
      email: calls[i]?.email ?? '',
      traits: {},
    }))
    await upsertContacts(trx, patches, { now: clock.now(), source: 'bench' })
  })
}
const { writeKey } = await createSource(db, { name: 'Bench', type: 'server', now: clock.now() })
const app = await createServer(services)
await captureModule.street?.(app, services)
await app.listen({ host: '127.0.0.1', port: 0 })
process.send?.({ url: app.listeningOrigin, writeKey })
process.once('disconnect', () => process.exit(0))
