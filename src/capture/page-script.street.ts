import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { buildPageScript, type PageScript } from './page-script.build.ts'

/** Pages keep the script for an hour; after that an unchanged one costs a 304. */
const cacheControl = 'public, max-age=3600, stale-while-revalidate=86400'

/** GET /tend.js: may be loaded by any page, also by one that is cross-origin isolated. */
export async function servePageScript(app: FastifyInstance): Promise<void> {
  const script = buildPageScript('tracker/tend.ts')
  app.get('/tend.js', (request, reply) => sendScript(script, request, reply))
}

/** Sends a script as small as the browser takes it, or 304. */
export function sendScript(script: PageScript, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply
    .header('cache-control', cacheControl)
    .header('etag', script.etag)
    .header('vary', 'accept-encoding')
    .header('cross-origin-resource-policy', 'cross-origin')
    .header('access-control-allow-origin', '*')
    .header('x-content-type-options', 'nosniff')
  if (request.headers['if-none-match'] === script.etag) return reply.status(304).send()
  const accepted = request.headers['accept-encoding'] ?? ''
  return sendEncoded(reply.type('text/javascript; charset=utf-8'), script, accepted)
}

function sendEncoded(reply: FastifyReply, script: PageScript, accepted: string): FastifyReply {
  if (/\bbr\b/.test(accepted)) return reply.header('content-encoding', 'br').send(script.brotli)
  if (/\bgzip\b/.test(accepted)) return reply.header('content-encoding', 'gzip').send(script.gzip)
  return reply.send(script.plain)
}
