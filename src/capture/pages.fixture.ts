import { randomBytes } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { createKey } from '#access/api-keys.ts'
import { may } from '#access/policy.ts'
import { requireSameOrigin } from '#access/same-origin.ts'
import { authenticate } from '#access/sessions.ts'
import { createUser, systemActor } from '#access/users.ts'
import { outreachModule } from '#outreach/module.ts'
import { createClock } from '#platform/clock.ts'
import { readConfig } from '#platform/config.ts'
import { createEgress } from '#platform/egress.ts'
import { protectStreet } from '#platform/http/headers.ts'
import { limitStreet } from '#platform/http/limits.ts'
import { createServer, mountRoutes } from '#platform/http/server.ts'
import { createLog } from '#platform/log.ts'
import { createMetrics } from '#platform/metrics.ts'
import { createSecrets } from '#platform/secrets.ts'
import type { Services } from '#platform/services.ts'
import type { TestDatabase } from '../../tests/harness/database.ts'
import { freePort } from '../../tests/harness/product.ts'
import { captureModule } from './module.ts'
import type { PageDocument } from './pages/document.ts'
import { templates } from './pages/templates.ts'

export type Town = {
  services: Services
  street: FastifyInstance
  streetUrl: string
  ownerId: string
  api<T = Record<string, unknown>>(
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    body?: unknown,
  ): Promise<{ status: number; body: T; text: string; headers: Record<string, unknown> }>
  /** A live page; its row as the API tells it. */
  publish(
    name: string,
    document: PageDocument,
    slug?: string,
  ): Promise<{ id: string; slug: string; version: number; url: string | null }>
  /** Another process that serves the same pages. */
  secondStreet(): Promise<FastifyInstance>
  stop(): Promise<void>
}

export const reviewOn = (services: Services) =>
  new Date(services.clock.now().getTime() + 90 * 86_400_000).toISOString().slice(0, 10)

/** The white paper without what still has to be chosen. */
export function readyDocument(title = 'Guide'): PageDocument {
  const document = structuredClone(templates[0]?.document) as PageDocument
  document.settings.title = title
  for (const section of document.sections)
    for (const block of section.blocks)
      if (block.type === 'columns')
        for (const column of block.columns) column.blocks = column.blocks.filter(each => each.type !== 'form')
  return document
}

/** An office and a street with pages, on real ports, and nothing else. */
export async function startTown(base: TestDatabase, env: Record<string, string> = {}): Promise<Town> {
  const port = await freePort()
  const config = readConfig({
    TEND_DATA_DIR: mkdtempSync(join(tmpdir(), 'tend-pages-')),
    TEND_SECRET_KEY: randomBytes(32).toString('base64'),
    TEND_LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'silent',
    TEND_STREET_URL: `http://127.0.0.1:${port}`,
    ...env,
  })
  const services = {
    config,
    db: base.db,
    databaseUrl: base.url,
    clock: createClock(),
    log: createLog(config.logLevel),
    secrets: createSecrets(config),
    egress: createEgress(config.egressAllow),
    metrics: createMetrics(),
    // Jobs are never asked here; a test that does is told by a crash.
  } as unknown as Services
  const office = await createServer(services)
  const checkOrigin: Parameters<typeof mountRoutes>[2]['checkOrigin'] = (request, given) =>
    requireSameOrigin(request, given.officeUrl)
  mountRoutes(office, captureModule.routes ?? [], { authenticate, may, checkOrigin }, services)
  const openStreet = async (at: number) => {
    const street = await createServer(services)
    limitStreet(street)
    protectStreet(street, config)
    await street.register(async scope => outreachModule.street?.(scope, services))
    await street.register(async scope => captureModule.street?.(scope, services))
    await street.listen({ host: '127.0.0.1', port: at })
    return street
  }
  const street = await openStreet(port)
  const others: FastifyInstance[] = []
  const owner = await createUser(base.db, systemActor, {
    email: 'owner@tend.example',
    name: 'Olga',
    role: 'owner',
  })
  const { key } = await createKey(base.db, systemActor, { name: 'pages', role: 'admin' })
  const api: Town['api'] = async (method, path, body) => {
    const answer = await office.inject({
      method,
      url: `/api/v1${path}`,
      headers: { authorization: `Bearer ${key}`, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { payload: JSON.stringify(body) } : {}),
    })
    const isJson = /json/.test(String(answer.headers['content-type']))
    const { statusCode: status, headers, body: text } = answer
    return { status, body: isJson ? answer.json() : ({} as never), text, headers }
  }
  return {
    services,
    street,
    streetUrl: `http://127.0.0.1:${port}`,
    ownerId: owner.id,
    api,
    async publish(name, document, slug) {
      const made = await api<{ id: string; version: number }>('POST', '/pages', {
        name,
        document,
        ...(slug ? { slug } : {}),
      })
      const live = await api<{ id: string; slug: string; version: number; url: string }>(
        'POST',
        `/pages/${made.body.id}/publish`,
        {
          version: made.body.version,
          ownerId: owner.id,
          reviewOn: reviewOn(services),
        },
      )
      if (live.status !== 200) throw new Error(JSON.stringify(live.body))
      return live.body
    },
    async secondStreet() {
      const other = await openStreet(0)
      others.push(other)
      return other
    },
    async stop() {
      for (const each of [street, ...others, office]) {
        each.server.closeAllConnections()
        await each.close()
      }
    },
  }
}

export const portOf = (app: FastifyInstance) => (app.server.address() as AddressInfo).port
