import type { FastifyRequest } from 'fastify'
import { forbidden } from '#platform/errors.ts'

const loopback = ['localhost', '127.0.0.1', '[::1]']
const safe = new Set(['GET', 'HEAD', 'OPTIONS'])
const json = /^application\/json(; ?charset=utf-8)?$/i

/** The origins under which the office is one and the same: on one's own machine it has three names. */
export function officeOrigins(officeUrl: string): string[] {
  const url = new URL(officeUrl)
  if (!loopback.includes(url.hostname)) return [url.origin]
  return loopback.map(host => `${url.protocol}//${host}${url.port ? `:${url.port}` : ''}`)
}

/** Whether this request carries a key in its header: a browser never adds one by itself. */
export function hasBearer(request: FastifyRequest): boolean {
  return /^bearer /i.test(request.headers.authorization ?? '')
}

/**
 * Refuses what another site makes a signed-in browser send (CSRF): every request that may change something needs
 * our own Origin, no foreign Sec-Fetch-Site, and JSON as its exact type, which no HTML form can produce. The
 * check looks at headers only and runs before the body is read. API keys are exempt.
 */
export function requireSameOrigin(request: FastifyRequest, officeUrl: string): void {
  if (safe.has(request.method) || hasBearer(request)) return
  const { origin, 'sec-fetch-site': site, 'content-type': type } = request.headers
  if (!origin || !officeOrigins(officeUrl).includes(origin)) {
    throw forbidden('This request does not come from the office. Open Tend in this browser and try again.')
  }
  if (site !== undefined && site !== 'same-origin') throw forbidden('This request comes from another site.')
  const hasBody =
    Number(request.headers['content-length'] ?? 0) > 0 || request.headers['transfer-encoding'] !== undefined
  if (type === undefined ? hasBody : !json.test(type))
    throw forbidden('Requests of the office are sent as application/json.')
}
