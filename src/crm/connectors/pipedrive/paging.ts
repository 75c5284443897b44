import { CrmError } from '../../connector.ts'
import type { Call, Http } from '../kit/http.ts'
import { asObject, asText, listIn } from '../kit/values.ts'

/** Most rows of a page. */
export const mostRows = 500
type Row = Record<string, unknown>

/** A list of version 2, page after page by its cursor. */
export async function* rowsOf(http: Http, path: string, query: Call['query'] = {}): AsyncGenerator<Row[]> {
  for (let cursor: string | undefined; ; ) {
    const answer = await http.send({
      path: `/api/v2${path}`,
      query: { limit: mostRows, ...query, cursor },
    })
    const body = asObject(answer.json)
    yield listIn(body.data).map(asObject)
    const next = asText(asObject(body.additional_data).next_cursor) || undefined
    if (next !== undefined && next === cursor) throw repeated()
    cursor = next
    if (!cursor) return
  }
}

/** A list that not every Pipedrive has: nothing where it is not known. */
export async function* rowsIfAny(http: Http, path: string, query: Call['query'] = {}): AsyncGenerator<Row[]> {
  try {
    yield* rowsOf(http, path, query)
  } catch (error) {
    if (!(error instanceof CrmError) || error.failure.kind !== 'gone') throw error
  }
}

/** A list of version 1, page after page by its number. */
export async function* oldRowsOf(http: Http, path: string, query: Call['query'] = {}): AsyncGenerator<Row[]> {
  for (let start = 0; ; ) {
    const answer = await http.send({ path: `/api/v1${path}`, query: { limit: mostRows, ...query, start } })
    const body = asObject(answer.json)
    // A list of nothing is null there.
    yield listIn(body.data ?? []).map(asObject)
    const turned = asObject(asObject(body.additional_data).pagination)
    if (turned.more_items_in_collection !== true) return
    const next = Number(turned.next_start)
    if (!(next > start)) throw repeated()
    start = next
  }
}

/** All rows, however many pages. */
export async function allOf(pages: AsyncGenerator<Row[]>): Promise<Row[]> {
  const all: Row[] = []
  for await (const page of pages) all.push(...page)
  return all
}

const repeated = () =>
  new CrmError({
    kind: 'transient',
    words: 'Pipedrive says that there is more, and gives the same page again.',
    code: 'same_page',
  })
