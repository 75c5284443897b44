import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { createIdentityMemory } from '#audience/identity-memory.ts'
import { limitEvents } from '#platform/http/limits.ts'
import { answerProblem } from '#platform/http/problem.ts'
import type { Services } from '#platform/services.ts'
import { oversize, readText } from './body.ts'
import { type Arrival, type ArrivalHeaders, type CallKind, maxBatchBytes } from './call.ts'
import { createGatherer, type Gatherer } from './gather.ts'
import type { Item } from './item.ts'
import { createKeys, type Keys } from './keys.ts'
import { receive } from './pipeline.ts'
import { storeItems } from './store.ts'
import { createTraffic, type Traffic } from './traffic.ts'
import { visitorCookie } from './visitor-cookie.ts'

const endpoints: Record<string, CallKind | 'batch'> = {
  identify: 'identify',
  i: 'identify',
  track: 'track',
  t: 'track',
  page: 'page',
  p: 'page',
  screen: 'screen',
  s: 'screen',
  group: 'group',
  g: 'group',
  alias: 'alias',
  a: 'alias',
  batch: 'batch',
  b: 'batch',
}

export const intakeLimits = {
  delayMs: 5,
  // So that one transaction is written while the next is put together; whether it beats 5,000 is not measured yet.
  batchItems: 1_000,
  // Two transactions under way keep the database and this process busy; three and four gained nothing.
  writers: 2,
  capItems: 50_000,
  capBytes: 64 * 1024 * 1024,
}

type Desk = {
  services: Services
  keys: Keys
  gatherer: Gatherer<Item>
  traffic: Traffic
  /** A browser key is public: whoever has it is limited by his address. */
  limitBrowser(request: FastifyRequest): Promise<void>
}

/** The Segment-compatible way in: POST /v1/track and its siblings. Answered after the commit. */
export async function serveIntake(
  app: FastifyInstance,
  services: Services,
  limits = intakeLimits,
): Promise<void> {
  const store = { services, memory: createIdentityMemory() }
  const gatherer = createGatherer<Item>({ ...limits, write: items => storeItems(store, items) })
  const desk: Desk = {
    services,
    gatherer,
    keys: createKeys(services.db),
    traffic: createTraffic(),
    limitBrowser: limitEvents(app),
  }
  const stopCounting = countRegularly(desk)
  app.addHook('onClose', async () => {
    await gatherer.stop()
    await stopCounting()
  })
  await app.register(async scope => {
    takeAnyBody(scope)
    scope.addHook('onRequest', async (request, reply) => {
      allowOrigin(request, reply)
      // Whatever a client calls it: a type that cannot be parsed would be refused before we are asked.
      if (request.raw.headers['content-type']) request.raw.headers['content-type'] = 'text/plain'
    })
    for (const [path, endpoint] of Object.entries(endpoints)) {
      scope.post(`/v1/${path}`, (request, reply) => answer(desk, endpoint, { request, reply }))
      scope.options(`/v1/${path}`, (_request, reply) => answerPreflight(reply))
    }
  })
}

/** SDKs declare JSON as JSON, as text and as a form: whatever the type says, it is bytes here. */
function takeAnyBody(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: maxBatchBytes }, (_request, body, done) =>
    done(null, body),
  )
  scope.setErrorHandler((error: FastifyError, request, reply) => {
    // The protocol knows 400 for everything that is wrong with a body; SDKs take other codes for a passing trouble.
    const tooLarge = error.statusCode === 413
    return answerProblem(tooLarge ? oversize() : error, request, reply)
  })
}

async function answer(
  desk: Desk,
  endpoint: CallKind | 'batch',
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
): Promise<{ success: true }> {
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
  const text = await readText(body, request.headers['content-encoding'])
  const { clock } = desk.services
  const arrival = await receive(blankArrival(endpoint, text, { request, clock }), desk.keys)
  if (arrival.source?.type === 'browser') await desk.limitBrowser(request)
  await hand(desk, arrival)
  const cookie = visitorCookie(arrival, request.hostname)
  if (cookie) reply.header('set-cookie', cookie)
  return { success: true }
}

function blankArrival(
  endpoint: CallKind | 'batch',
  text: string,
  { request, clock }: { request: FastifyRequest; clock: Services['clock'] },
): Arrival {
  return {
    endpoint,
    text,
    headers: readHeaders(request.headers),
    receivedAt: clock.now(),
    clockOffsetMs: clock.offsetMs(),
    writeKey: null,
    source: null,
    calls: [],
    rejects: [],
    optedOut: 0,
  }
}

/** Waits until everything of the request is committed. */
async function hand(desk: Desk, arrival: Arrival): Promise<void> {
  const { source, receivedAt, calls, rejects } = arrival
  if (!source) throw new Error('an arrival without a source')
  const items: Item[] = [
    ...calls.map(call => ({ source, receivedAt, call, reject: null })),
    ...rejects.map(reject => ({ source, receivedAt, call: null, reject })),
  ]
  // What is held in memory is the parsed text, some three times its length.
  if (items.length > 0) await desk.gatherer.add({ items, bytes: arrival.text.length })
  desk.traffic.add(source.id, receivedAt, {
    accepted: calls.length,
    rejected: rejects.length,
    bots: calls.reduce((sum, call) => sum + (call.bot ? 1 : 0), 0),
    optedOut: arrival.optedOut,
  })
}

function readHeaders(headers: FastifyRequest['headers']): ArrivalHeaders {
  const first = (name: string): string | undefined => {
    const value = headers[name]
    return Array.isArray(value) ? value[0] : value
  }
  const purposes = ['sec-purpose', 'purpose', 'x-purpose', 'x-moz'].map(first).filter(Boolean)
  return {
    authorization: headers.authorization,
    userAgent: headers['user-agent'],
    origin: headers.origin,
    referer: headers.referer,
    purpose: purposes.length > 0 ? purposes.join(' ') : undefined,
    gpc: first('sec-gpc'),
    dnt: first('dnt'),
  }
}

/**
 * Any page may ask, and its cookies may come along: answers hold nothing but success, and which page may use
 * which key is checked with the key. A preflight does not carry the key, so it cannot be checked earlier.
 */
function allowOrigin(request: FastifyRequest, reply: FastifyReply): void {
  reply.header('vary', 'origin').header('cross-origin-resource-policy', 'cross-origin')
  if (!request.headers.origin) return
  reply
    .header('access-control-allow-origin', request.headers.origin)
    .header('access-control-allow-credentials', 'true')
}

function answerPreflight(reply: FastifyReply): FastifyReply {
  return reply
    .header('access-control-allow-methods', 'POST')
    .header('access-control-allow-headers', 'authorization, content-type, content-encoding, x-retry-count')
    .header('access-control-max-age', '86400')
    .status(204)
    .send()
}

function countRegularly({ services, traffic }: Desk): () => Promise<void> {
  const everyMs = 3_000
  const flush = () =>
    traffic.flush(services.db).catch(error => services.log.warn({ err: error }, 'traffic counters are late'))
  const timer = setInterval(flush, everyMs)
  timer.unref()
  return async () => {
    clearInterval(timer)
    await flush()
  }
}
