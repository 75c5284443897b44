import { CrmError } from '../../connector.ts'
import type { Answer, Call, Http } from '../kit/http.ts'
import { asList, asText } from '../kit/values.ts'
import type { RestObject } from './definition.ts'
import { at } from './places.ts'

/** Pages of a list one after the other, for as long as the CRM has more and somebody asks. */
export async function* pagesOf(
  http: Http,
  base: string,
  { list }: RestObject,
  params: Record<string, string | number>,
): AsyncGenerator<unknown[]> {
  const { paging } = list
  const query = { ...list.params, ...params, [paging.sizeParam]: paging.size }
  let call: Call = { path: list.path, query: { ...query, ...firstOf(paging) } }
  for (let page = 0; ; page++) {
    const answer = await http.send(call)
    const items = asList(at(answer.json, list.items))
    yield items
    const next = nextOf(paging, answer, { items: items.length, page, base })
    if (next === null) return
    call = typeof next === 'string' ? { path: next } : { path: list.path, query: { ...query, ...next } }
  }
}

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
  { items, page, base }: { items: number; page: number; base: string },
): Record<string, string | number> | string | null {
  switch (paging.type) {
    case 'page':
      return items < paging.size ? null : { [paging.param]: paging.first + page + 1 }
    case 'offset':
      return items < paging.size ? null : { [paging.param]: (page + 1) * paging.size }
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

/** Another host must not get what signs us in. */
function sameHost(base: string, link: string): string {
  const next = URL.parse(link, `${base}/`)
  if (next && next.origin === new URL(base).origin) return next.href
  throw new CrmError({
    kind: 'invalid',
    words: 'The CRM sends us to another host for its next page; Tend does not go there.',
    code: 'other_host',
  })
}
