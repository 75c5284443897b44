import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import swagger from '@fastify/swagger'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod'
import { actionRoutes } from '#access/actions.ts'
import { requireFresh } from '#access/fresh.ts'
import { accessModule } from '#access/module.ts'
import { may } from '#access/policy.ts'
import { requireSameOrigin } from '#access/same-origin.ts'
import { authenticate } from '#access/sessions.ts'
import { append, load } from '#activity/ledger.ts'
import { activityModule } from '#activity/module.ts'
import { audienceModule } from '#audience/module.ts'
import { captureModule } from '#capture/module.ts'
import { crmModule } from '#crm/module.ts'
import { decisionsModule } from '#decisions/module.ts'
import { engineModule, type Module } from '#engine/module.ts'
import { startWorker, type Worker } from '#engine/worker.ts'
import { insightModule } from '#insight/module.ts'
import { outreachModule } from '#outreach/module.ts'
import type { Db } from '#platform/db/db.ts'
import { AppError } from '#platform/errors.ts'
import { finishDescription } from '#platform/http/description.ts'
import { protectOffice, protectStreet } from '#platform/http/headers.ts'
import { limitOffice, limitStreet } from '#platform/http/limits.ts'
import type { Route } from '#platform/http/route.ts'
import { createServer, mountRoutes, type Policy } from '#platform/http/server.ts'
import type { Services } from '#platform/services.ts'
import { stewardshipModule } from '#stewardship/module.ts'
import { workflowsModule } from '#workflows/module.ts'
import { serveApiDocs } from './api-docs.ts'
import { healthOf } from './health.ts'
import { metricsOf } from './metrics.ts'
import { withParents } from './parents.ts'
import { sandboxRoutes } from './sandbox.routes.ts'
import { systemRoutes } from './system.routes.ts'

const rooms: Module[] = [
  engineModule,
  accessModule,
  activityModule,
  audienceModule,
  decisionsModule,
  outreachModule,
  captureModule,
  crmModule,
  workflowsModule,
  insightModule,
]

/** All rooms, lowest first: the order in which reactors run within a round. */
export const modules: Module[] = [...rooms, stewardshipModule(rooms)]

/** Hands everything that the rooms hold of one contact to another, the engine first: it waits for a running tick. */
export async function repointContact(trx: Db, from: string, to: string): Promise<void> {
  for (const module of modules) await module.repoint?.(trx, from, to)
}

/** Removes all that the rooms hold of these contacts, the highest first: what decides goes before what it decides on. */
export async function forgetContacts(trx: Db, contactIds: string[]): Promise<void> {
  for (const module of modules.toReversed()) await module.forget?.(trx, contactIds)
}

/** Every route of the office, as the permission tests and the API description see them. */
export function officeRoutes(): Route[] {
  const routes = withParents([
    ...modules.flatMap(module => module.routes ?? []),
    ...sandboxRoutes(modules),
    ...systemRoutes(modules),
  ])
  return [...routes, ...actionRoutes(routes)]
}

const policy: Policy = {
  authenticate,
  may,
  checkOrigin: (request, config) => requireSameOrigin(request, config.officeUrl),
  checkFresh: requireFresh,
}

const withComponents = createJsonSchemaTransformObject({ zodToJsonConfig: { unrepresentable: 'any' } })

/** How the API describes itself: made from the very schemas that check what comes in and goes out. */
export const apiDescription = {
  openapi: {
    openapi: '3.1.0',
    info: {
      title: 'Tend',
      version: '1',
      description: 'Everything that the screens do. Errors are problem+json.',
      license: { name: 'Apache-2.0' },
    },
    components: { securitySchemes: { key: { type: 'http' as const, scheme: 'bearer' } } },
    security: [{ key: [] }],
  },
  transform: createJsonSchemaTransform({ zodToJsonConfig: { unrepresentable: 'any' } }),
  transformObject: (given: Parameters<typeof withComponents>[0]) => finishDescription(withComponents(given)),
}

const screens = fileURLToPath(new URL('../web/dist', import.meta.url))

/** The admin UI and its API, for people who signed in and for keys. */
export async function createOffice(services: Services): Promise<FastifyInstance> {
  const app = await createServer(services)
  limitOffice(app)
  await protectOffice(app, services.config)
  await app.register(swagger, apiDescription)
  for (const module of modules) await module.office?.(app, services)
  mountRoutes(app, officeRoutes(), policy, services)
  addHealth(app, services)
  addMetrics(app, services, async request => {
    const actor = await authenticate(request, services)
    if (!actor || !may(actor, 'system.read'))
      throw new AppError('unauthorized', 'Metrics are for keys that may read the system.', { status: 401 })
  })
  app.get('/api/openapi.json', { schema: { hide: true } }, async () => app.swagger())
  serveApiDocs(app, services.config)
  await serveScreens(app)
  return app
}

/** Tracking, links, unsubscribe and the page script: anybody, no cookie and no origin shared with the office. */
export async function createStreet(services: Services): Promise<FastifyInstance> {
  const app = await createServer(services)
  limitStreet(app)
  protectStreet(app, services.config)
  for (const module of modules) {
    if (module.streetRoutes) mountRoutes(app, module.streetRoutes, policy, services)
    if (module.street) await app.register(async scope => module.street?.(scope, services))
  }
  addHealth(app, services)
  return app
}

/** Health and metrics of a process for probes and scrapers on the same machine or network: no key, nothing else. */
export async function createProbe(services: Services): Promise<FastifyInstance> {
  const app = await createServer(services)
  addHealth(app, services)
  addMetrics(app, services, async () => undefined)
  return app
}

/** The engine with all reactors, the jobs, and the loops that live beside them. */
export async function startWork(services: Services): Promise<{ worker: Worker; stop(): Promise<void> }> {
  await services.jobs.work(
    modules.flatMap(module => module.jobs ?? []),
    services,
  )
  const worker = await startWorker({
    services,
    reactors: modules.flatMap(module => module.reactors ?? []),
    log: { load, append },
  })
  const stopping = new AbortController()
  const loops = modules
    .flatMap(module => module.loops ?? [])
    .map(loop =>
      loop.run(services, stopping.signal, worker).catch((error: unknown) => {
        services.log.error({ err: error, loop: loop.name }, 'a loop ended')
      }),
    )
  return {
    worker,
    async stop() {
      stopping.abort()
      await Promise.all(loops)
      await worker.stop()
    },
  }
}

function addHealth(app: FastifyInstance, services: Services): void {
  app.get('/healthz', { schema: { hide: true } }, async (_request, reply) => {
    const health = await healthOf(modules, services)
    return reply
      .status(health.serving ? 200 : 503)
      .header('cache-control', 'no-store')
      .serializer(JSON.stringify)
      .send(health)
  })
}

function addMetrics(
  app: FastifyInstance,
  services: Services,
  admit: (request: FastifyRequest) => Promise<void>,
): void {
  app.get('/metrics', { schema: { hide: true } }, async (request, reply) => {
    await admit(request)
    return reply
      .type(services.metrics.registry.contentType)
      .header('cache-control', 'no-store')
      .serializer((text: unknown) => String(text))
      .send(await metricsOf(services))
  })
}

/** The built screens; every address that is no file is a screen's, and the screens find their way themselves. */
async function serveScreens(app: FastifyInstance): Promise<void> {
  const index = join(screens, 'index.html')
  if (!existsSync(index)) return
  await app.register(fastifyStatic, {
    root: screens,
    wildcard: false,
    setHeaders(reply, path) {
      reply.header(
        'cache-control',
        path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
      )
    },
  })
  app.get('/*', { schema: { hide: true } }, (request, reply) => {
    const [path = ''] = request.url.split('?')
    const isScreen = !/^\/(api|assets)\//.test(path) && !/\.\w+$/.test(path)
    if (!isScreen) return reply.callNotFound()
    return reply.header('cache-control', 'no-cache').sendFile('index.html')
  })
}
