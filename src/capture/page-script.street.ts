import type { FastifyInstance, FastifyReply } from 'fastify'
import { buildPageScript, type PageScript } from './page-script.build.ts'

/** Pages keep the script for an hour; after that an unchanged one costs a 304. */
const cacheControl = 'public, max-age=3600, stale-while-revalidate=86400'

/** GET /tend.js: may be loaded by any page, also by one that is cross-origin isolated. */
export async function servePageScript(app: FastifyInstance): Promise<void> {
  const script = buildPageScript()
  app.get('/tend.js', async (request, reply) => {
    reply
      .header('cache-control', cacheControl)
      .header('etag', script.etag)
      .header('vary', 'accept-encoding')
      .header('cross-origin-resource-policy', 'cross-origin')
      .header('access-control-allow-origin', '*')
      .header('x-content-type-options', 'nosniff')
    if (request.headers['if-none-match'] === script.etag) return reply.status(304).send()
    return sendEncoded(
      reply.type('text/javascript; charset=utf-8'),
      script,
      request.headers['accept-encoding'] ?? '',
    )
  })
}

function sendEncoded(reply: FastifyReply, script: PageScript, accepted: string): FastifyReply {
  if (/\bbr\b/.test(accepted)) return reply.header('content-encoding', 'br').send(script.brotli)
  if (/\bgzip\b/.test(accepted)) return reply.header('content-encoding', 'gzip').send(script.gzip)
  return reply.send(script.plain)
}
