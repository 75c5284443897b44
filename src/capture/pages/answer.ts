import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Bytes } from './shop.ts'

const fixed = {
  'content-type': 'text/html; charset=utf-8',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'strict-origin-when-cross-origin',
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
}

/** Sends a page as small as the browser takes it, or nothing but 304 where it has these bytes already. */
export function sendBytes(
  request: FastifyRequest,
  reply: FastifyReply,
  bytes: Bytes,
  cacheControl: string,
): FastifyReply {
  const { encoding, body } = choose(bytes, request.headers['accept-encoding'] ?? '')
  const etag = `"${bytes.etag}${encoding ? `-${encoding}` : ''}"`
  reply
    .headers(fixed)
    .header('content-security-policy', bytes.csp)
    .header('cache-control', cacheControl)
    .header('vary', 'accept-encoding')
    .header('etag', etag)
  if (matches(request.headers['if-none-match'], etag)) return reply.status(304).send()
  if (encoding) reply.header('content-encoding', encoding)
  return reply.send(body)
}

function choose(bytes: Bytes, accepted: string): { encoding: 'br' | 'gzip' | null; body: Buffer } {
  if (/\bbr\b/.test(accepted)) return { encoding: 'br', body: bytes.brotli }
  if (/\bgzip\b/.test(accepted)) return { encoding: 'gzip', body: bytes.gzip }
  return { encoding: null, body: bytes.plain }
}

function matches(given: string | undefined, etag: string): boolean {
  if (given === undefined) return false
  return given === etag || given.split(',').some(each => each.trim().replace(/^W\//, '') === etag)
}

/** A page made for one person: kept by nobody. */
export function sendOnce(
  reply: FastifyReply,
  { html, csp }: { html: string; csp: string },
  status = 200,
): FastifyReply {
  return reply
    .status(status)
    .headers(fixed)
    .header('content-security-policy', csp)
    .header('cache-control', 'private, no-store')
    .header('vary', 'cookie')
    .send(html)
}
