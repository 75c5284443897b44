import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { AppError } from '#platform/errors.ts'
import { limitEvents } from '#platform/http/limits.ts'
import type { Services } from '#platform/services.ts'
import { buildPageScript } from '../page-script.build.ts'
import { sendScript } from '../page-script.street.ts'
import { escapeHtml } from './html.ts'
import { imageFile, selectImageBytes } from './images.sql.ts'
import type { Shop } from './shop.ts'
import { selectChallenge, selectProof } from './street.sql.ts'
import { keepVariant } from './visitor.ts'
import type { Visits } from './visits.ts'
import { isVariantKey } from './walk.ts'

const options = { schema: { hide: true }, config: { isShared: true } }
const signalSchema = z.object({
  page: z.string().regex(/^\d{1,19}$/),
  variant: z.string().regex(/^[a-e]$/),
  scroll: z.int().min(0).max(100).default(0),
  seconds: z.int().min(0).max(86_400).default(0),
  goal: z.boolean().default(false),
  keep: z.boolean().default(false),
})

/** What stands around pages: images, our script, sitemap, robots, proofs of domains, and signals from browsers. */
export async function serveSite(
  app: FastifyInstance,
  services: Services,
  { shop, visits }: { shop: Shop; visits: Visits },
): Promise<void> {
  const { db } = services
  const script = buildPageScript('tracker/pages.ts')
  app.get('/pages.js', options, (request, reply) => sendScript(script, request, reply))
  app.get<{ Params: { file: string } }>('/media/:file', options, (request, reply) =>
    sendImage(services, request.params.file, reply),
  )
  app.get('/robots.txt', options, async (request, reply) => {
    const { domains } = await shop.stock().directory()
    const base = baseOf(domains.has(request.hostname), request, services)
    return reply
      .type('text/plain; charset=utf-8')
      .header('cache-control', 'public, max-age=3600')
      .send(
        `User-agent: *\nDisallow: /v1/\nDisallow: /u/\nDisallow: /p/\nDisallow: /c/\nDisallow: /preview/\nSitemap: ${base}/sitemap.xml\n`,
      )
  })
  app.get('/sitemap.xml', options, async (request, reply) => {
    const { domains, list } = await shop.stock().directory()
    const domain = domains.get(request.hostname)
    const base = baseOf(domain !== undefined, request, services)
    const shown = list.filter(
      address =>
        address.domainId === (domain?.id ?? '0') && address.isCurrent && address.isLive && address.indexed,
    )
    const urls = shown
      .slice(0, 50_000)
      .map(
        ({ slug, since }) =>
          `<url><loc>${escapeHtml(`${base}/${slug}`)}</loc><lastmod>${since.toISOString().slice(0, 10)}</lastmod></url>`,
      )
    return reply
      .type('application/xml; charset=utf-8')
      .header('cache-control', 'public, max-age=300')
      .send(
        `<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n${urls.join('\n')}\n</urlset>\n`,
      )
  })
  app.get<{ Params: { token: string } }>(
    '/.well-known/acme-challenge/:token',
    options,
    async (request, reply) => sendText(reply, await selectChallenge(db, request.params.token)),
  )
  app.get('/.well-known/tend-domain', options, async (request, reply) =>
    sendText(reply, await selectProof(db, request.hostname.toLowerCase())),
  )
  await app.register(async scope => takeSignals(scope, services, { shop, visits }))
}

function baseOf(isOwn: boolean, request: FastifyRequest, { config }: Services): string {
  return isOwn ? `https://${request.hostname}` : config.streetUrl
}

function sendText(reply: FastifyReply, text: string | null): FastifyReply {
  if (text === null) {
    reply.callNotFound()
    return reply
  }
  return reply.type('text/plain; charset=utf-8').header('cache-control', 'no-store').send(text)
}

/** Images never change under their address: a browser asks for each once. */
async function sendImage({ db }: Services, file: string, reply: FastifyReply): Promise<FastifyReply> {
  const [, id] = /^(\d{1,19})-[0-9a-f]{12}\.(png|jpg|gif|webp)$/.exec(file) ?? []
  const image = id && BigInt(id) < 2n ** 63n ? await selectImageBytes(db, id) : undefined
  if (!image || imageFile(image) !== file) {
    reply.callNotFound()
    return reply
  }
  return reply
    .type(image.type)
    .header('cache-control', 'public, max-age=31536000, immutable')
    .header('cross-origin-resource-policy', 'cross-origin')
    .header('content-security-policy', "default-src 'none'; sandbox")
    .header('x-content-type-options', 'nosniff')
    .send(image.bytes)
}

/**
 * What browsers tell of a visit: how far, how long, and that an event came that is the page's goal. The variant is
 * kept in a cookie only where the visitor agreed to be remembered.
 */
function takeSignals(
  scope: FastifyInstance,
  { secrets }: Services,
  { shop, visits }: { shop: Shop; visits: Visits },
): void {
  const limit = limitEvents(scope)
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('*', { parseAs: 'string', bodyLimit: 2_000 }, (_request, body, done) =>
    done(null, body),
  )
  scope.post('/v1/pages/seen', options, async (request, reply) => {
    await limit(request)
    const signal = readSignal(String(request.body))
    const live = await shop.stock().isLive(signal.page)
    if (!live) return reply.status(204).send()
    visits.seen(signal.page, request, signal)
    if (signal.goal) visits.converted([signal.page], request)
    if (signal.keep && isVariantKey(signal.variant))
      reply.header(
        'set-cookie',
        keepVariant(secrets, signal.page, signal.variant, request.protocol === 'https'),
      )
    return reply.status(204).header('cache-control', 'no-store').send()
  })
}

function readSignal(body: string): z.output<typeof signalSchema> {
  try {
    return signalSchema.parse(JSON.parse(body))
  } catch {
    throw new AppError('bad_request', 'This is no signal of a page.')
  }
}
