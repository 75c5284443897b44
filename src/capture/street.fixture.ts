import { randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { createClock } from '#platform/clock.ts'
import { readConfig } from '#platform/config.ts'
import { type Db, many, sql } from '#platform/db/db.ts'
import { createServer } from '#platform/http/server.ts'
import { createLog } from '#platform/log.ts'
import { createMetrics } from '#platform/metrics.ts'
import { createSecrets } from '#platform/secrets.ts'
import type { Services } from '#platform/services.ts'
import { captureModule } from './module.ts'

/** Services as the street uses them: real database, clock and keys; no jobs and no way out. */
export function captureServices(db: Db): Services {
  const config = readConfig({ TEND_SECRET_KEY: randomBytes(32).toString('base64'), TEND_LOG_LEVEL: 'silent' })
  const clock = createClock()
  const parts = {
    config,
    db,
    databaseUrl: '',
    clock,
    log: createLog('silent'),
    secrets: createSecrets(config),
  }
  // The rest is never asked by this module; a test that does is told by a crash.
  return { ...parts, metrics: createMetrics() } as unknown as Services
}

export type Street = { app: FastifyInstance; url: string; services: Services; close(): Promise<void> }

/** A real street with the intake and the page script, on a port of its own. */
export async function startStreet(db: Db): Promise<Street> {
  const services = captureServices(db)
  const app = await createServer(services)
  await captureModule.street?.(app, services)
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  return { app, services, url: `http://127.0.0.1:${port}`, close: () => app.close() }
}

export type Sent = { status: number; body: unknown; headers: Headers }

/** Posts a JSON body the way a simple SDK does. */
export async function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Sent> {
  const given =
    typeof body === 'string' || body instanceof Uint8Array ? Buffer.from(body) : JSON.stringify(body)
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: given,
  })
  const text = await answer.text()
  return { status: answer.status, body: text ? JSON.parse(text) : null, headers: answer.headers }
}

export const basic = (writeKey: string) => ({
  authorization: `Basic ${Buffer.from(`${writeKey}:`).toString('base64')}`,
})

export type Stored = {
  contactId: string
  type: string
  name: string | null
  at: Date
  data: Record<string, unknown>
}

/** What stands in the ledger about whoever has this identity, oldest first. */
export function eventsOf(
  db: Db,
  kind: 'email' | 'user_id' | 'anonymous_id',
  value: string,
): Promise<Stored[]> {
  return many<Stored>(
    db,
    sql`
    select event.contact_id as "contactId", event.type, event.name, event.at, event.data
    from audience.identity identity
    join activity.event event on event.contact_id = identity.contact_id
    where identity.kind = ${kind} and identity.value = ${value}
    order by event.at, event.id`,
  )
}

export function rejectsOf(db: Db, sourceId: string): Promise<{ reason: string; call: string }[]> {
  return many(db, sql`select reason, call from capture.reject where source_id = ${sourceId} order by id`)
}
