import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import ipaddr from 'ipaddr.js'
import { AppError } from '../errors.ts'

/** How often within a minute. Counted per process; an address is an IPv4 address or an IPv6 /64. */
export const limits = {
  /** Calls of the API with one key. */
  callsPerKey: 6_000,
  /** Calls of the office from one address without a key. */
  callsPerAddress: 6_000,
  /** Calls of browsers with events from one address: many people sit behind one. */
  eventsPerAddress: 600,
  /** The same link of a mail from one address. */
  samePerAddress: 60,
  /** Answers 400, 401 and 404 of the street: who guesses at tokens and keys is told to wait. */
  missesPerAddress: 120,
}

/** One household or server has a whole /64 of IPv6 addresses to change between. */
export function addressOf(ip: string): string {
  if (!ipaddr.isValid(ip)) return ip
  const parsed = ipaddr.process(ip)
  if (!(parsed instanceof ipaddr.IPv6)) return parsed.toString()
  return parsed.parts.slice(0, 4).join(':')
}

type Check = (request: FastifyRequest) => Promise<void>
type Counter = ReturnType<FastifyInstance['createRateLimit']>

function counter(app: FastifyInstance, max: number, keyOf: (request: FastifyRequest) => string): Counter {
  return app.createRateLimit({ max, timeWindow: 60_000, keyGenerator: keyOf })
}

async function requireRoom(count: Counter, request: FastifyRequest, increment = true): Promise<void> {
  const state = await count(request, { increment })
  if (state.isAllowed || (increment ? !state.isExceeded : state.remaining > 0)) return
  throw new AppError('too_many_requests', 'Too many requests. Wait a little, then go on.', {
    status: 429,
    detail: { retryAfterSeconds: Math.max(1, state.ttlInSeconds) },
  })
}

/** Makes counters known to a server; nothing is limited by this alone. */
export async function registerLimits(app: FastifyInstance): Promise<void> {
  await app.register(rateLimit, { global: false, cache: 20_000 })
}

const isProbe = (request: FastifyRequest) => request.url === '/healthz' || request.url === '/metrics'

/** The office: so many calls per key, and per address where no key comes along. */
export function limitOffice(app: FastifyInstance, given: Partial<typeof limits> = {}): void {
  const { callsPerKey, callsPerAddress } = { ...limits, ...given }
  // The visible part of a key is enough to tell keys apart, and keeps the secret out of the counter.
  const keys = counter(app, callsPerKey, request => (request.headers.authorization ?? '').slice(0, 24))
  const addresses = counter(app, callsPerAddress, request => addressOf(request.ip))
  app.addHook('onRequest', async request => {
    if (isProbe(request)) return
    await requireRoom(/^bearer /i.test(request.headers.authorization ?? '') ? keys : addresses, request)
  })
}

/**
 * The street: what is right is never refused for its number alone, because the machines of large mail providers
 * open, click and unsubscribe for thousands of people from one address. What is counted is what goes wrong, and
 * one link over and over.
 */
export function limitStreet(app: FastifyInstance, given: Partial<typeof limits> = {}): void {
  const { missesPerAddress, samePerAddress } = { ...limits, ...given }
  const misses = counter(app, missesPerAddress, request => `miss ${addressOf(request.ip)}`)
  const same = counter(
    app,
    samePerAddress,
    request => `${addressOf(request.ip)} ${request.url.slice(0, 500)}`,
  )
  // Routes that everybody behind one address asks for alike: events, the page script, published pages.
  const isShared = (request: FastifyRequest) =>
    request.routeOptions.config.isShared === true || /^\/(v1\/|tend\.js)/.test(request.url)
  app.addHook('onRequest', async request => {
    if (isProbe(request)) return
    await requireRoom(misses, request, false)
    if (!isShared(request)) await requireRoom(same, request)
  })
  app.addHook('onResponse', async (request, reply) => {
    if ([400, 401, 404].includes(reply.statusCode)) await misses(request)
  })
}

/** A limit for the callers of one route whose right to call is known only inside it. */
export function limitEvents(app: FastifyInstance, max = limits.eventsPerAddress): Check {
  const count = counter(app, max, request => `events ${addressOf(request.ip)}`)
  return request => requireRoom(count, request)
}

declare module 'fastify' {
  interface FastifyContextConfig {
    isShared?: boolean
  }
}
