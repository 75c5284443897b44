import { CrmError, type Wire } from '../../connector.ts'
import { type Answer, createHttp, type Http } from '../kit/http.ts'
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
  let token = ''
  const seen = new Set<string>()
  const take = (kept: Record<string, string>) => {
    token = kept.access_token ?? ''
    if (token) seen.add(token)
    return kept
  }
  const renew = async () => {
    const stale = token
    await wire.vault.change(async now => {
      const isFresh = now.access_token && now.access_token !== stale
      return take(isFresh ? now : { ...now, ...(await freshToken(settings, wire)) })
    })
    return true
  }
  const secrets = () => [...seen, settings.client_secret]
  const http = createHttp({
    wire,
    base: () => api,
    async sign() {
      if (!token) take(await wire.vault.read())
      if (!token) await renew()
      return { authorization: `Bearer ${token}`, 'odata-version': '4.0', 'odata-maxversion': '4.0' }
    },
    renew,
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
