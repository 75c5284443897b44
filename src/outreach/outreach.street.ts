import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { withoutVisitor } from '#audience/recognition.ts'
import type { Services } from '#platform/services.ts'
import { choicesStreet } from './choices.street.ts'
import { pageHeaders, unknownPage } from './pages.street.ts'
import { wordsFor } from './pages.words.ts'
import { readPreview } from './previews.ts'
import { webAddress } from './render/markers.ts'
import { findTracked, keepHit } from './signals.ts'
import { isSignedLink, readToken } from './tokens.ts'
import { trackingOf } from './tracking.ts'
import type { Signals } from './verdict.ts'

/** A transparent GIF of one pixel. */
const pixel = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64')

const header = (request: FastifyRequest, name: string): string | null => {
  const value = request.headers[name]
  const text = Array.isArray(value) ? value.join(', ') : value
  return text ? text.replaceAll('\0', '').slice(0, 400) : null
}

function signalsOf(request: FastifyRequest): Signals {
  return {
    method: request.method,
    userAgent: header(request, 'user-agent'),
    purpose: header(request, 'sec-purpose') ?? header(request, 'purpose') ?? header(request, 'x-moz'),
  }
}

const show = (reply: FastifyReply, status: number, html: string) =>
  reply.status(status).headers(pageHeaders).send(html)

/**
 * What strangers reach by the addresses in our mails. Every address carries a token that was made here; looking
 * (GET, HEAD) is noted as a signal but never changes consent.
 */
export async function outreachStreet(app: FastifyInstance, services: Services): Promise<void> {
  await app.register(async scope => choicesStreet(scope, services))
  const hidden = { schema: { hide: true } }
  app.get<{ Params: { token: string; index: string }; Querystring: { u?: string; s?: string } }>(
    '/c/:token/:index',
    hidden,
    (request, reply) => click(services, request, reply),
  )
  app.get<{ Params: { name: string } }>('/o/:name', hidden, (request, reply) =>
    open(services, request, reply),
  )
  app.get<{ Params: { signed: string } }>('/preview/:signed', hidden, (request, reply) =>
    preview(services, request.params.signed, reply),
  )
}

type ClickRequest = FastifyRequest<{
  Params: { token: string; index: string }
  Querystring: { u?: string; s?: string }
}>

/** Whether a hit may be kept: what the setting and the person say now, and not against his browser (GPC, DNT). */
async function mayNotice(
  { db }: Services,
  contactId: string,
  request: FastifyRequest,
  kind: 'open' | 'click',
): Promise<boolean> {
  const objects = request.headers['sec-gpc'] === '1' || request.headers.dnt === '1'
  return (await trackingOf(db, [contactId]))(contactId, kind, objects)
}

/** To where the link table says, or to a signed address; never to one that a stranger made up. */
async function click(services: Services, request: ClickRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { token, index: text } = request.params
  const subject = readToken(services.secrets, 'click', token)
  const index = /^\d{1,4}$/.test(text) ? Number(text) : -1
  const message = subject && (await findTracked(services.db, subject))
  const link = message?.links?.[index]
  if (!message || !link) return show(reply, 404, unknownPage(wordsFor(null)))
  const url = link.dynamic
    ? signedTarget(services, { token, index, query: request.query })
    : webAddress(link.url)
  if (url === null) return show(reply, 404, unknownPage(wordsFor(null)))
  // Told is where the link leads, and not whom it names to the form there.
  const signals = signalsOf(request)
  const hit = { kind: 'click' as const, linkIndex: index, url: withoutVisitor(url), signals }
  if (await mayNotice(services, message.contactId, request, 'click')) await keepHit(services, message, hit)
  return reply
    .headers({
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer-when-downgrade',
      'x-robots-tag': 'noindex',
    })
    .redirect(url, 302)
}

function signedTarget(
  { secrets }: Services,
  given: { token: string; index: number; query: { u?: string; s?: string } },
): string | null {
  const { u, s } = given.query
  if (typeof u !== 'string' || typeof s !== 'string') return null
  const url = Buffer.from(u, 'base64url').toString('utf8')
  return isSignedLink(secrets, { token: given.token, index: given.index, url, mac: s })
    ? webAddress(url)
    : null
}

/** The same picture for everybody, so that it tells nobody which tokens are real. */
async function open(
  services: Services,
  request: FastifyRequest<{ Params: { name: string } }>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const subject = readToken(services.secrets, 'open', request.params.name.replace(/\.gif$/, ''))
  const message = subject && (await findTracked(services.db, subject))
  if (message && (await mayNotice(services, message.contactId, request, 'open')))
    await keepHit(services, message, {
      kind: 'open',
      linkIndex: null,
      url: null,
      signals: signalsOf(request),
    })
  return reply
    .headers({
      'content-type': 'image/gif',
      'cache-control': 'no-store, max-age=0',
      'x-content-type-options': 'nosniff',
    })
    .send(pixel)
}

/**
 * An email for the office's sandboxed frame: an origin of its own, no scripts, nothing loaded from strangers, so
 * that an author learns nothing about who looks. Links open outside of the frame.
 */
async function preview(services: Services, signed: string, reply: FastifyReply): Promise<FastifyReply> {
  const html = await readPreview(services, signed)
  if (html === null) return show(reply, 404, unknownPage(wordsFor(null)))
  const policy = [
    'sandbox allow-popups allow-popups-to-escape-sandbox',
    "default-src 'none'",
    `img-src ${services.config.streetUrl} data:`,
    "style-src 'unsafe-inline'",
    "base-uri 'none'",
    "form-action 'none'",
    `frame-ancestors ${services.config.officeUrl}`,
  ].join('; ')
  const framed = html.replace(/<a\s/gi, '<a target="_blank" rel="noopener" ')
  return reply
    .status(200)
    .headers({ ...pageHeaders, 'content-security-policy': policy })
    .send(framed)
}
