import { CrmError, type Wire } from '../../connector.ts'
import { type Answer, createHttp, type Http } from '../kit/http.ts'
import { createSession } from '../kit/session.ts'
import { asList, asObject, asText } from '../kit/values.ts'
import { readRefusal } from './failures.ts'
import { freshToken, type SalesforceSettings } from './sign-in.ts'

export type Row = Record<string, unknown>
export type Salesforce = {
  http: Http
  /** Below `/services/data/vNN.0/`. */
  path(rest: string): string
  /** All rows of a query, however many pages; `all` with those in the bin. */
  query(soql: string, all?: boolean): Promise<Row[]>
  /** Who signed in, by id. */
  me(): Promise<string>
}

/** REST of Salesforce over the guarded wire. A session that has run out is renewed once, by one of all workers. */
export function createSalesforce(settings: SalesforceSettings, wire: Wire): Salesforce {
  const session = createSession(wire, kept => freshToken(settings, wire, kept))
  const http = createHttp({
    wire,
    base: async () => (await session.current()).instance_url ?? '',
    sign: async () => ({ authorization: `Bearer ${(await session.current()).access_token}` }),
    renew: session.renew,
    secrets: () => [...session.seen(), settings.client_secret, settings.private_key],
    read: readRefusal,
    learn: answer => learnQuota(answer, wire),
  })
  const path = (rest: string) => `/services/data/v${settings.api_version}/${rest}`
  return {
    http,
    path,
    async query(soql, all = false) {
      const rows: Row[] = []
      let answer = await http.send({ path: path(all ? 'queryAll' : 'query'), query: { q: soql } })
      for (;;) {
        const page = asObject(answer.json)
        rows.push(...asList(page.records).map(asObject))
        if (page.done !== false) return rows
        answer = await http.send({ path: nextOf(page, answer) })
      }
    },
    me: async () => (await session.current()).identity?.split('/').at(-1) ?? '',
  }
}

/** The next page is on the same instance: our token goes nowhere else because an answer says so. */
function nextOf(page: Row, answer: Answer): string {
  const next = asText(page.nextRecordsUrl)
  if (/^\/services\/data\/[\w./-]+$/.test(next)) return next
  throw new CrmError({
    kind: 'transient',
    words: 'Salesforce named no next page although there is more.',
    code: 'no_next_page',
    sample: answer.sample,
  })
}

/** `Sforce-Limit-Info: api-usage=18/15000`, of the last 24 hours. */
function learnQuota(answer: Answer, wire: Wire): void {
  const [, used, allowed] = /api-usage=(\d+)\/(\d+)/.exec(answer.headers['sforce-limit-info'] ?? '') ?? []
  if (used && allowed) wire.quota({ used: Number(used), allowed: Number(allowed) })
}
