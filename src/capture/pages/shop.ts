import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { Services } from '#platform/services.ts'
import type { PageDocument, VariantKey } from './document.ts'
import { gather } from './gather.ts'
import { hearPages } from './listen.ts'
import { renderPage, type Surroundings } from './render.ts'
import {
  type Address,
  type LiveRow,
  type ServedDomain,
  selectAddresses,
  selectLiveVersion,
  selectServedDomains,
} from './street.sql.ts'
import { isPersonal, isVariantKey, variantsOf } from './walk.ts'

const compressed = { gzip: promisify(gzip), brotli: promisify(brotliCompress) }

/** A page as it is sent. */
export type Bytes = { plain: Buffer; gzip: Buffer; brotli: Buffer; etag: string; csp: string }

export type LivePage = {
  id: string
  number: number
  document: PageDocument
  around: Surroundings
  isPersonal: boolean
  /** The variants that are shown, with their weights; one where there is no test or it was decided. */
  variants: { key: VariantKey; weight: number }[]
  /** Pages whose goal is reached by looking at this one. */
  reaches: string[]
  /** Empty for personal pages. */
  bytes: Map<VariantKey, Bytes>
}

export type Directory = {
  domains: Map<string, ServedDomain>
  addresses: Map<string, Address>
  list: Address[]
  /** Ids of the pages that are live. */
  live: Set<string>
}

/** What was true at one moment: where every address leads, and pages as they are sent. */
export type Stock = {
  /** By host and path: what needs no question any more. */
  ready: Map<string, LivePage>
  directory(): Promise<Directory>
  page(pageId: string, url: string): Promise<LivePage | null>
  isLive(pageId: string): Promise<boolean>
}

export type Shop = { stock(): Stock; close(): Promise<void> }

/** While nothing can be heard, what is kept is not believed for longer than this. */
const deafMs = 1_000

/**
 * Keeps pages until it hears that something has changed. Whoever began before that goes on with the old stock, and
 * what he loads is kept there, where nobody finds it again.
 */
export function createShop(services: Services): Shop {
  let stock = fillStock(services)
  let since = performance.now()
  const renew = () => {
    stock = fillStock(services)
    since = performance.now()
  }
  const listener = hearPages(services, renew)
  return {
    stock() {
      if (!listener.isHearing() && performance.now() - since > deafMs) renew()
      return stock
    },
    close: () => listener.close(),
  }
}

function fillStock(services: Services): Stock {
  const pages = new Map<string, Promise<LivePage | null>>()
  let loaded: Promise<Directory> | null = null
  function directory(): Promise<Directory> {
    loaded ??= loadDirectory(services).catch(error => {
      loaded = null
      throw error
    })
    return loaded
  }
  return {
    ready: new Map(),
    directory,
    isLive: async pageId => (await directory()).live.has(pageId),
    page(pageId, url) {
      const key = `${pageId} ${url}`
      const loading = pages.get(key) ?? withGoals(loadPage(services, pageId, url), directory, url)
      pages.set(key, loading)
      loading.catch(() => pages.delete(key))
      return loading
    },
  }
}

/** Tells the page which goals its address fulfils. */
async function withGoals(
  loading: Promise<LivePage | null>,
  directory: () => Promise<Directory>,
  url: string,
): Promise<LivePage | null> {
  const [page, { list }] = await Promise.all([loading, directory()])
  const { pathname } = new URL(url)
  const reaches = list.filter(
    each => each.isCurrent && each.isLive && each.goal !== null && fits(each.goal, pathname),
  )
  return (
    page && { ...page, reaches: [...new Set(reaches.map(each => each.pageId))].filter(id => id !== page.id) }
  )
}

/** Whether a path is what a goal names, without a pattern language: the pieces between the stars, in their order. */
export function fits(goal: string, path: string): boolean {
  const [first = '', ...rest] = goal.split('*')
  const last = rest.pop()
  if (last === undefined) return path === first
  if (!path.startsWith(first) || !path.endsWith(last) || path.length < first.length + last.length)
    return false
  let at = first.length
  for (const piece of rest) {
    const found = path.indexOf(piece, at)
    if (found === -1) return false
    at = found + piece.length
  }
  return at <= path.length - last.length
}

async function loadDirectory({ db }: Services): Promise<Directory> {
  const [list, domains] = await Promise.all([selectAddresses(db), selectServedDomains(db)])
  return {
    domains: new Map(domains.map(domain => [domain.host, domain])),
    addresses: new Map(list.map(address => [`${address.domainId} ${address.slug}`, address])),
    list,
    live: new Set(list.flatMap(address => (address.isLive ? [address.pageId] : []))),
  }
}

async function loadPage(services: Services, pageId: string, url: string): Promise<LivePage | null> {
  const row = await selectLiveVersion(services.db, pageId)
  if (!row) return null
  const around = await gather(services, row.document, { pageId, url, isPreview: false })
  const { id, number, document } = row
  const page = { id, number, document, around, variants: shownVariants(row), reaches: [] }
  if (isPersonal(document)) return { ...page, isPersonal: true, bytes: new Map() }
  const bytes = new Map<VariantKey, Bytes>()
  for (const { key } of page.variants) bytes.set(key, await pack(renderPage(row.document, key, around)))
  return { ...page, isPersonal: false, bytes }
}

function shownVariants({ document, winner }: LiveRow): LivePage['variants'] {
  const all = variantsOf(document).map(({ key, weight }) => ({ key, weight }))
  if (all.length === 1) return [{ key: 'a', weight: 1 }]
  if (winner !== null && isVariantKey(winner)) return [{ key: winner, weight: 1 }]
  const drawn = all.filter(({ weight }) => weight > 0)
  return drawn.length > 0 ? drawn : [{ key: 'a', weight: 1 }]
}

/** Packed once per publication: as small as it gets is worth its milliseconds. */
async function pack({ html, csp }: { html: string; csp: string }): Promise<Bytes> {
  const plain = Buffer.from(html)
  const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }
  const [zipped, brotli] = await Promise.all([
    compressed.gzip(plain, { level: 9 }),
    compressed.brotli(plain, quality),
  ])
  const hash = createHash('sha256').update(plain).update(csp).digest('base64url').slice(0, 22)
  return { plain, gzip: zipped, brotli, etag: hash, csp }
}
