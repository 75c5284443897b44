import { CrmError, type Wire } from '../../connector.ts'
import { type Answer, createHttp, type Http } from '../kit/http.ts'
import { createSession } from '../kit/session.ts'
import { asObject, asText, listIn } from '../kit/values.ts'
import { type Part, type Step, sendBatch } from './batch.ts'
import { saidOf } from './failures.ts'
import { apiOf, type DataverseSettings, freshToken } from './sign-in.ts'

export type Row = Record<string, unknown>
type Query = Record<string, string | number | undefined>

export type Dataverse = {
  http: Http
  /** One page of a table or the like, and the address of the next. */
  page(path: string, query?: Query, prefer?: string): Promise<{ rows: Row[]; next: string; delta: string }>
  /** All rows, however many pages. */
  rows(path: string, query?: Query): Promise<Row[]>
  batch(steps: readonly Step[]): Promise<Part[]>
}

export const maxPage = 5_000

/** The Web API over the guarded wire. A token that has run out is renewed once, by one of all workers. */
export function createDataverse(settings: DataverseSettings, wire: Wire): Dataverse {
  const api = apiOf(settings)
  const session = createSession(wire, () => freshToken(settings, wire))
  const secrets = () => [...session.seen(), settings.client_secret]
  const http = createHttp({
    wire,
    base: () => api,
    sign: async () => ({
      authorization: `Bearer ${(await session.current()).access_token}`,
      'odata-version': '4.0',
      'odata-maxversion': '4.0',
    }),
    renew: session.renew,
    secrets,
    read: answer => (answer.status < 300 ? null : saidOf(answer.json, answer.status)),
  })
  const page: Dataverse['page'] = async (path, query, prefer = `odata.maxpagesize=${maxPage}`) => {
    // With a length of pages, `$top` would be ignored.
    const headers: Record<string, string> = query?.$top ? {} : { prefer }
    const answer = await http.send({ path, ...(query ? { query } : {}), headers })
    const body = asObject(answer.json)
    return {
      rows: listIn(body.value).map(asObject),
      next: within(api, asText(body['@odata.nextLink']), answer),
      delta: within(api, asText(body['@odata.deltaLink']), answer),
    }
  }
  return {
    http,
    page,
    async rows(path, query) {
      const rows: Row[] = []
      for (let at = await page(path, query); ; at = await page(at.next)) {
        rows.push(...at.rows)
        if (!at.next) return rows
      }
    },
    batch: steps => sendBatch({ http, api, secrets: secrets() }, steps),
  }
}

/** Links lead on in the same API: our token goes nowhere else because an answer says so. */
function within(api: string, link: string, { sample }: Answer): string {
  if (!link) return ''
  if (link.startsWith(`${api}/`)) return link.slice(api.length)
  throw new CrmError({
    kind: 'transient',
    words: 'Dataverse named a next page that is somewhere else.',
    code: 'strange_link',
    sample,
  })
}
