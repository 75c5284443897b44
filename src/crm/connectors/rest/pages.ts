import { CrmError } from '../../connector.ts'
import type { Answer, Call, Http } from '../kit/http.ts'
import { asText } from '../kit/values.ts'
import type { RestObject } from './definition.ts'
import { at } from './places.ts'

/**
 * Pages of a list one after the other, for as long as the CRM has more and somebody asks. A CRM may give less than it is
 * asked for: the length of its first page then stands for a whole one. One that gives the same again is stopped.
 */
export async function* pagesOf(
  http: Http,
  base: string,
  { id, list }: RestObject,
  params: Record<string, string | number>,
): AsyncGenerator<unknown[]> {
  const { paging } = list
  const query = { ...list.params, ...params, [paging.sizeParam]: paging.size }
  let call: Call = { path: list.path, query: { ...query, ...firstOf(paging) } }
  const seen = new Set<string>()
  const asked = new Set<string>()
  let full = 0
  for (let page = 0, came = 0; ; page++) {
    const answer = await ask(http, call, page > 0 && isCounted(paging))
    if (answer === null) return
    const items = at(answer.json, list.items)
    if (!Array.isArray(items)) throw noList(list.items)
    const before = seen.size
    for (const item of items) seen.add(asText(at(item, id)))
    if (page > 0 && items.length > 0 && seen.size === before) {
      // Behind the end some give their last page once more.
      if (full < paging.size && isCounted(paging)) return
      throw repeated()
    }
    yield items
    came += items.length
    if (page === 0) full = Math.min(items.length, paging.size)
    const isLast = items.length === 0 || (page > 0 && items.length < full)
    const next = nextOf(paging, answer, { isLast, came, page, base })
    if (next === null) return
    // Cursors and links that come back lead in a circle, also where their pages are empty.
    const key = JSON.stringify(next)
    if (asked.has(key) || asked.size > mostPages) throw repeated()
    asked.add(key)
    call = typeof next === 'string' ? { path: next } : { path: list.path, query: { ...query, ...next } }
  }
}

/** Longer lists have to be asked for by their moment of change. */
const mostPages = 100_000

/** A page; null behind the end, where some say that there is none. */
async function ask(http: Http, call: Call, isBehind: boolean): Promise<Answer | null> {
  try {
    return await http.send(call)
  } catch (error) {
    const status = error instanceof CrmError ? error.failure.sample?.status : undefined
    if (isBehind && (status === 404 || status === 410)) return null
    throw error
  }
}

const noList = (place: string) =>
  new CrmError({
    kind: 'schema',
    words: `There is no list ${place === '' ? 'in the answer' : `at "${place}" of the answer`}: look at the definition.`,
    code: 'no_list',
  })

const isCounted = ({ type }: Paging) => type === 'page' || type === 'offset'

const repeated = () =>
  new CrmError({
    kind: 'schema',
    words: 'The CRM gives the same page again and again: look at how the definition turns pages.',
    code: 'same_page',
  })

type Paging = RestObject['list']['paging']

const firstOf = (paging: Paging): Record<string, number> =>
  paging.type === 'page'
    ? { [paging.param]: paging.first }
    : paging.type === 'offset'
      ? { [paging.param]: 0 }
      : {}

/** What is asked next: parameters, an address of the same host, or nothing. */
function nextOf(
  paging: Paging,
  answer: Answer,
  { isLast, came, page, base }: { isLast: boolean; came: number; page: number; base: string },
): Record<string, string | number> | string | null {
  switch (paging.type) {
    case 'page':
      return isLast ? null : { [paging.param]: paging.first + page + 1 }
    case 'offset':
      return isLast ? null : { [paging.param]: came }
    case 'cursor': {
      const cursor = asText(at(answer.json, paging.next))
      return cursor === '' ? null : { [paging.param]: cursor }
    }
    case 'link': {
      const [, link] = /<([^>]+)>\s*;[^,]*rel="?next"?/.exec(answer.headers.link ?? '') ?? []
      return link ? sameHost(base, link) : null
    }
  }
}

/** Neither another host nor another part of this one gets what signs us in. */
function sameHost(base: string, link: string): string {
  const home = new URL(base)
  const next = URL.parse(link, `${base}/`)
  const folder = `${home.pathname.replace(/\/+$/, '')}/`
  if (next && next.origin === home.origin && next.pathname.startsWith(folder)) return next.href
  throw new CrmError({
    kind: 'invalid',
    words: 'The CRM sends us elsewhere for its next page; Tend stays below the address of the connection.',
    code: 'other_host',
  })
}
