import { randomBytes } from 'node:crypto'
import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import { readConfig } from '#platform/config.ts'
import type { Db } from '#platform/db/db.ts'
import { createEgress } from '#platform/egress.ts'
import type { Route } from '#platform/http/route.ts'
import { createServer, mountRoutes, type Policy } from '#platform/http/server.ts'
import { createLog } from '#platform/log.ts'
import { createSecrets } from '#platform/secrets.ts'
import type { Services } from '#platform/services.ts'
import { accessRoutes } from './access.routes.ts'
import { requireFresh } from './fresh.ts'
import { may } from './policy.ts'
import { requireSameOrigin } from './same-origin.ts'
import { authenticate, mountAuth } from './sessions.ts'

export const origin = 'http://localhost:3000'

/** Services as access uses them: a real database, key and configuration; no jobs, no mail, no clock to move. */
export function accessServices(db: Db, settings: Record<string, string> = {}): Services {
  const config = readConfig({
    TEND_SECRET_KEY: randomBytes(32).toString('base64'),
    TEND_LOG_LEVEL: 'silent',
    ...settings,
  })
  const egress = createEgress(config.egressAllow)
  const parts = {
    egress,
    config,
    db,
    databaseUrl: '',
    log: createLog('silent'),
    secrets: createSecrets(config),
    post: async () => ({ sent: false, words: 'There is no mail here.' }),
  }
  // The rest is never asked by this module; a test that does is told by a crash.
  return parts as unknown as Services
}

const policy: Policy = {
  authenticate,
  may,
  checkOrigin: (request, config) => requireSameOrigin(request, config.officeUrl),
  checkFresh: requireFresh,
}

/** The office with these routes, the real policy and the real sign-in, spoken to over HTTP. */
export async function startOffice(services: Services, routes: Route[] = []): Promise<FastifyInstance> {
  const app = await createServer(services)
  mountAuth(app, services)
  mountRoutes(app, [...accessRoutes, ...routes], policy, services)
  return app
}

/** A browser with a cookie jar, on the office's own page. */
export function browser(app: FastifyInstance, from = origin) {
  const jar = new Map<string, string>()
  const cookies = () => [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
  async function send(
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    url: string,
    body?: object,
  ): Promise<LightMyRequestResponse> {
    const response = await app.inject({
      method,
      url,
      headers: { origin: from, cookie: cookies(), ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { payload: JSON.stringify(body) } : {}),
    })
    for (const { name, value, maxAge } of response.cookies) {
      if (maxAge === 0) jar.delete(name)
      else jar.set(name, encodeURIComponent(value))
    }
    return response
  }
  return {
    jar,
    get: (url: string) => send('GET', url),
    post: (url: string, body?: object) => send('POST', url, body),
    patch: (url: string, body: object) => send('PATCH', url, body),
    remove: (url: string) => send('DELETE', url),
  }
}
