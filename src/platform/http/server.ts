import { randomUUID } from 'node:crypto'
import cookie from '@fastify/cookie'
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyRequest,
  LogController,
} from 'fastify'
import { validatorCompiler } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Config } from '../config.ts'
import { AppError, forbidden, notFound } from '../errors.ts'
import type { Services } from '../services.ts'
import { once } from './idempotency.ts'
import { registerLimits } from './limits.ts'
import { answerProblem, problemSchema } from './problem.ts'
import type { Actor, Route } from './route.ts'

/** What the doors ask of the room that knows people: handed in by app.ts, because it stands above this one. */
export type Policy = {
  authenticate(request: FastifyRequest, services: Services): Promise<Actor | null>
  may(actor: Actor, action: string): boolean
  /** Throws where a state-changing request of a browser comes from a foreign page. */
  checkOrigin(request: FastifyRequest, config: Config): void
  /** Throws where a person has not shown again, within the last minutes, who he is. Keys are their own proof. */
  checkFresh?(request: FastifyRequest): void
}

const nobody: Actor = { kind: 'system', id: '0', name: 'anybody', email: null, role: 'viewer', scopes: [] }

/** A bare server with our errors, ids and limits. JSON bodies up to 1 MB. */
export async function createServer(services: Services): Promise<FastifyInstance> {
  const log: FastifyBaseLogger = services.log
  const app: FastifyInstance = fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: 1024 * 1024,
    genReqId: () => randomUUID(),
    trustProxy: services.config.trustedProxies.length > 0 ? [...services.config.trustedProxies] : false,
    requestTimeout: 30_000,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 500 },
  })
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(({ schema }) => {
    // Answers are parsed, not encoded: what a schema does not name never leaves.
    const shape = schema as unknown as z.ZodType
    return data => JSON.stringify(shape.parse(data))
  })
  app.setErrorHandler(answerProblem)
  app.setNotFoundHandler((request, reply) =>
    answerProblem(Object.assign(notFound('address'), { statusCode: 404 }), request, reply),
  )
  app.addHook('onSend', async (request, reply) => {
    reply.header('x-request-id', request.id)
  })
  await app.register(cookie)
  await registerLimits(app)
  return app
}

/** A parameter that is not known is refused: a misspelt filter that is silently ignored shows everything. */
function strict(query: z.ZodType): z.ZodType {
  return query instanceof z.ZodObject ? query.strict() : query
}

/** The shapes of a route as the server and the description of the API need them. */
function schemaOf(route: Route) {
  return {
    summary: route.summary,
    'x-action': route.can,
    tags: [route.tag],
    params: route.params,
    querystring: strict(route.query),
    ...(route.body ? { body: route.body } : {}),
    response: { [route.status]: route.reply, default: problemSchema },
  }
}

/** Makes routes known for the description of the API alone; nothing is behind them. */
export function describeRoutes(app: FastifyInstance, routes: Route[]): void {
  for (const route of routes)
    app.route({ method: route.method, url: route.url, schema: schemaOf(route), handler: async () => null })
}

/** Mounts routes: who, may he, from our own page, then the handler. */
export function mountRoutes(app: FastifyInstance, routes: Route[], policy: Policy, services: Services): void {
  for (const route of routes) {
    app.route({
      method: route.method,
      url: route.url,
      schema: schemaOf(route),
      ...(route.bodyLimit === null ? {} : { bodyLimit: route.bodyLimit }),
      onRequest: async request => {
        request.actor = await admit(request, route, policy, services)
        refuseNul(request.url)
      },
      handler: async (request, answer) => {
        const { params, query, body } = request
        const actor = request.actor ?? nobody
        const result = await once({ request, answer, route, actor }, services, () =>
          route.handle({ params, query, body, actor, request, answer }, services),
        )
        if (answer.sent) return answer
        if (route.can !== 'anybody') answer.header('cache-control', 'no-store')
        return answer.status(route.status).send(result)
      },
    })
  }
}

async function admit(
  request: FastifyRequest,
  route: Route,
  policy: Policy,
  services: Services,
): Promise<Actor> {
  const isForAnybody = route.can === 'anybody'
  const showsNothing = !request.headers.authorization && !request.headers.cookie
  // Nothing was shown at all: that is to be said first, and there is no session that another site could misuse.
  const early = showsNothing && !isForAnybody ? await policy.authenticate(request, services) : null
  if (showsNothing && !isForAnybody && !early) throw signedOut()
  if (route.method !== 'GET') policy.checkOrigin(request, services.config)
  if (isForAnybody) return nobody
  const actor = early ?? (await policy.authenticate(request, services))
  if (!actor) throw signedOut()
  if (route.can !== 'signed-in' && !policy.may(actor, route.can)) {
    throw forbidden(`Your role (${actor.role}) does not include "${route.can}". Ask an administrator.`)
  }
  if (route.fresh) requireFresh(request, policy)
  return actor
}

function requireFresh(request: FastifyRequest, policy: Policy): void {
  if (!policy.checkFresh) throw new Error('a route asks for a fresh proof, and nobody can check it')
  policy.checkFresh(request)
}

/** PostgreSQL holds no NUL in a text, so there is nothing that could be found by one. */
function refuseNul(url: string): void {
  if (/%00|\0/.test(url)) throw new AppError('bad_text', 'An address cannot hold the character NUL.')
}

const signedOut = () =>
  new AppError('signed_out', 'Sign in, or send an API key as a bearer token.', { status: 401 })

declare module 'fastify' {
  interface FastifyRequest {
    actor?: Actor
  }
}
