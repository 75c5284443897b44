import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Services } from '#platform/services.ts'
import { sendBytes, sendOnce } from './pages/answer.ts'
import { missingPage } from './pages/missing.ts'
import { viewerOf } from './pages/recognise.ts'
import { renderPage } from './pages/render.ts'
import { createShop, type LivePage, type Shop, type Stock } from './pages/shop.ts'
import { serveSite } from './pages/site.street.ts'
import type { Address, ServedDomain } from './pages/street.sql.ts'
import { chooseVariant } from './pages/visitor.ts'
import { createVisits, type Visits } from './pages/visits.ts'

type Desk = { services: Services; shop: Shop; visits: Visits }

/** No number of calls is wrong here: many people sit behind one address. */
const options = { schema: { hide: true }, config: { isShared: true } }

/**
 * Published pages, on the street and on domains of their own. What does not depend on who looks is made once and sent
 * from memory until it changes.
 */
export async function servePages(app: FastifyInstance, services: Services): Promise<void> {
  const desk: Desk = { services, shop: createShop(services), visits: createVisits(services) }
  app.addHook('onClose', async () => {
    await desk.visits.close()
    await desk.shop.close()
  })
  await serveSite(app, services, desk)
  app.get('/', options, (request, reply) => answer(desk, request, reply))
  app.get('/*', options, (request, reply) => answer(desk, request, reply))
}

function answer(
  desk: Desk,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply | Promise<FastifyReply> {
  const { url } = request
  const query = url.indexOf('?')
  const path = query === -1 ? url : url.slice(0, query)
  const stock = desk.shop.stock()
  const page = stock.ready.get(`${request.hostname} ${path}`)
  if (page && !page.isPersonal) return send(desk, page, request, reply)
  return find(desk, stock, { request, reply, path })
}

type Asked = { request: FastifyRequest; reply: FastifyReply; path: string }

async function find(desk: Desk, stock: Stock, asked: Asked): Promise<FastifyReply> {
  const { request, reply, path } = asked
  const directory = await stock.directory()
  const domain = directory.domains.get(request.hostname)
  if (domain?.isSecure && request.protocol === 'http')
    return reply.redirect(`https://${domain.host}${request.url}`, 301)
  const address =
    path === '/'
      ? home(domain, directory.list)
      : directory.addresses.get(`${domain?.id ?? '0'} ${path.slice(1)}`)
  if (!address?.isLive || address.current === null) return missing(desk, asked)
  const street = desk.services.config.streetUrl
  if (!address.isCurrent) return reply.redirect(moved(address, domain, street, request.url), 301)
  const base = domain ? `https://${domain.host}` : street
  const page = await stock.page(address.pageId, `${base}/${path === '/' ? '' : address.slug}`)
  if (!page) return missing(desk, asked)
  if (domain?.hsts) reply.header('strict-transport-security', 'max-age=15552000')
  if (page.isPersonal) return sendPersonal(desk, page, request, reply)
  // On a domain of its own the answer depends on more than the path; what is costly is kept all the same.
  if (!domain) stock.ready.set(`${request.hostname} ${path}`, page)
  return send(desk, page, request, reply)
}

function home(domain: ServedDomain | undefined, list: Address[]): Address | undefined {
  return list.find(address => address.pageId === domain?.homePageId && address.isCurrent)
}

/** The new address, with the parameters that came along: campaigns are named in them. */
function moved(to: Address, from: ServedDomain | undefined, street: string, url: string): string {
  const query = url.indexOf('?')
  const stays = to.currentHost === (from?.host ?? null)
  const base = stays ? '' : to.currentHost === null ? street : `https://${to.currentHost}`
  return `${base}/${to.current}${query === -1 ? '' : url.slice(query)}`
}

function send(desk: Desk, page: LivePage, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const variant = chooseVariant(page, request, desk.services.secrets)
  const bytes = page.bytes.get(variant)
  if (!bytes) throw new Error(`page ${page.id} has no variant ${variant}`)
  if (request.method === 'GET') count(desk, page, variant, request)
  const isTested = page.variants.length > 1
  return sendBytes(request, reply, bytes, isTested ? 'private, no-cache' : 'public, no-cache')
}

function count({ visits }: Desk, page: LivePage, variant: string, request: FastifyRequest): void {
  visits.viewed({ id: page.id, variant }, request)
  if (page.reaches.length > 0) visits.converted(page.reaches, request)
}

async function sendPersonal(
  desk: Desk,
  page: LivePage,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const variant = chooseVariant(page, request, desk.services.secrets)
  const viewer = await viewerOf(desk.services, page.document, request)
  if (request.method === 'GET') count(desk, page, variant, request)
  return sendOnce(reply, renderPage(page.document, variant, { ...page.around, viewer }))
}

/** People get a page, programs get a problem. */
async function missing({ services }: Desk, { request, reply }: Asked): Promise<FastifyReply> {
  if (!/text\/html/.test(request.headers.accept ?? '')) {
    reply.callNotFound()
    return reply
  }
  return sendOnce(reply, await missingPage(services.db, request.headers['accept-language'] ?? 'en'), 404)
}
