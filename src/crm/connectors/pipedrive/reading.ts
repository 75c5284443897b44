import { CrmError, type DealRole, type RemoteRecord } from '../../connector.ts'
import type { Call, Http } from '../kit/http.ts'
import { pieces } from '../kit/pages.ts'
import { asObject, asText, byStampAndId, compareIds, toMoment } from '../kit/values.ts'
import { objectOf } from './objects.ts'
import { allOf, mostRows, oldRowsOf, rowsIfAny, rowsOf } from './paging.ts'
import { type Known, marketing } from './schema.ts'
import { entriesOf, toRecord } from './values.ts'

/** Most ids that one call takes. */
export const batch = 100
/** Most of the company's own fields that may be named; of more, all are answered. */
const mostNamed = 15

export type Reader = { http: Http; known(type: string): Promise<Known> }
type Row = Record<string, unknown>

/** What a read must ask for to have these fields answered. */
function asking({ custom }: Known, fields: readonly string[]): Call['query'] {
  const own = [...new Set(fields.filter(name => custom.has(name)))]
  return {
    custom_fields: own.length > 0 && own.length <= mostNamed ? own.join(',') : undefined,
    include_fields: fields.includes(marketing) ? marketing : undefined,
  }
}

/** `2026-03-01T10:00:00Z`: fractions of a second are refused. */
const wireMoment = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`
const floor = (date: Date): number => Math.floor(date.getTime() / 1000) * 1000

/** Archives came late to Pipedrive. */
const rowsIn = (http: Http, list: string, query: Call['query']) =>
  list.endsWith('/archived') ? rowsIfAny(http, list, query) : rowsOf(http, list, query)

type Span = { from: number | null; until: number; sort: 'id' | 'update_time' }

/** Rows of one list between two stamps, page after page; `until` is itself left out. */
function spanOf(reader: Reader, list: string, query: Call['query'], { from, until, sort }: Span) {
  return rowsIn(reader.http, list, {
    ...query,
    sort_by: sort,
    sort_direction: 'asc',
    updated_since: from === null ? undefined : wireMoment(from),
    updated_until: wireMoment(until),
  })
}

/** Records of this very second behind an id, in the order of ids. */
export async function within(
  reader: Reader,
  type: string,
  ask: { stamp: Date; id: string; limit: number; fields: readonly string[] },
): Promise<RemoteRecord[]> {
  const known = await reader.known(type)
  const about = objectOf(type)
  const from = floor(ask.stamp)
  const found: RemoteRecord[] = []
  for (const list of about.lists) {
    const own: RemoteRecord[] = []
    const span: Span = { from, until: from + 1000, sort: 'id' }
    const query = { ...about.query, ...asking(known, ask.fields) }
    for await (const rows of spanOf(reader, list, query, span)) {
      own.push(...rows.map(row => toRecord(row, ask.fields, known)).filter(one => isBehind(one.id, ask.id)))
      if (own.length >= ask.limit) break
    }
    found.push(...own)
  }
  return found.sort(byStampAndId).slice(0, ask.limit)
}

const isBehind = (id: string, after: string) => after === '' || compareIds(id, after) > 0

/** Records that were changed after a stamp, and not after another, the oldest first; ties in any order. */
export async function later(
  reader: Reader,
  type: string,
  ask: { after: Date | null; upTo: Date; limit: number; fields: readonly string[] },
): Promise<RemoteRecord[]> {
  const known = await reader.known(type)
  const about = objectOf(type)
  const found: RemoteRecord[] = []
  for (const list of about.lists) {
    const query = { ...about.query, ...asking(known, ask.fields), limit: ask.limit }
    const span: Span = {
      from: ask.after && floor(ask.after) + 1000,
      until: floor(ask.upTo) + 1000,
      sort: 'update_time',
    }
    const own: RemoteRecord[] = []
    for await (const rows of spanOf(reader, list, query, span)) {
      own.push(...rows.map(row => toRecord(row, ask.fields, known)))
      if (own.length >= ask.limit) break
    }
    found.push(...own)
  }
  return found.sort(byStampAndId).slice(0, ask.limit)
}

/** Records by id, those in the bin too where Pipedrive still shows them. */
export async function readBatch(
  reader: Reader,
  type: string,
  ids: readonly string[],
  fields: readonly string[],
): Promise<RemoteRecord[]> {
  const known = await reader.known(type)
  const rows = await rowsById(reader, type, ids, asking(known, fields))
  return rows.map(row => toRecord(row, fields, known))
}

/** Rows by id; what is not in the first list is looked for in the next. */
export async function rowsById(
  { http }: Reader,
  type: string,
  ids: readonly string[],
  query: Call['query'] = {},
): Promise<Row[]> {
  const about = objectOf(type)
  const found = new Map<string, Row>()
  for (const list of about.lists)
    for (const some of pieces(
      ids.filter(id => /^\d{1,18}$/.test(id) && !found.has(id)),
      batch,
    ))
      for (const row of await allOf(rowsIn(http, list, { ...about.query, ...query, ids: some.join(',') })))
        found.set(asText(row.id), row)
  return [...found.values()]
}

/** Live records whose field holds one of the values: by search where that knows the field, else by reading all. */
export async function find(
  reader: Reader,
  type: string,
  { field, values }: { field: string; values: string[] },
  fields: string[],
): Promise<RemoteRecord[]> {
  const known = await reader.known(type)
  const wanted = new Set(values.map(value => value.toLowerCase()))
  const place = known.searched(field)
  const rows = place
    ? await searched(reader, type, { place, values, query: asking(known, [...fields, field]) })
    : await everyRow(reader, type, asking(known, [...fields, field]))
  return rows.flatMap(row => {
    const record = toRecord(row, [...new Set([...fields, field])], known)
    if (record.deleted) return []
    // Somebody is found by each of their addresses, and goes by that one here: so they are linked and not made twice.
    const list = { email: 'emails', phone: 'phones' }[field]
    const all = list ? entriesOf(row, list).map(each => each.value) : [asText(record.values[field])]
    const hit = all.find(value => wanted.has(value.toLowerCase()))
    return hit === undefined ? [] : [{ ...record, values: { ...record.values, [field]: hit } }]
  })
}

async function searched(
  reader: Reader,
  type: string,
  { place, values, query }: { place: string; values: string[]; query: Call['query'] },
): Promise<Row[]> {
  const ids = new Set<string>()
  for (const term of new Set(values.map(value => value.trim()).filter(Boolean)))
    for (let cursor: string | undefined; ; ) {
      const answer = await reader.http.send({
        path: `/api/v2/${type}/search`,
        query: { term, fields: place, exact_match: 'true', limit: mostRows, cursor },
      })
      const body = asObject(answer.json)
      const { items } = asObject(body.data)
      if (!Array.isArray(items)) throw noItems()
      for (const each of items) ids.add(asText(asObject(asObject(each).item).id))
      const next = asText(asObject(body.additional_data).next_cursor) || undefined
      if (!next || next === cursor) break
      cursor = next
    }
  return rowsById(reader, type, [...ids], query)
}

const noItems = () =>
  new CrmError({ kind: 'transient', words: 'Pipedrive’s search answered without a list.', code: 'no_list' })

async function everyRow({ http }: Reader, type: string, query: Call['query']): Promise<Row[]> {
  const about = objectOf(type)
  const rows: Row[] = []
  for (const list of about.lists) rows.push(...(await allOf(rowsIn(http, list, { ...query, sort_by: 'id' }))))
  return rows
}

/** Ids of all that live, in their order. */
export async function everyId(reader: Reader, type: string): Promise<string[]> {
  const rows = await everyRow(reader, type, {})
  const ids = rows.filter(row => row.is_deleted !== true).map(row => asText(row.id))
  return [...new Set(ids)].sort(compareIds)
}

/** The people of the company: few, read whole, those who left with them. */
export async function readUsers(http: Http): Promise<RemoteRecord[]> {
  const rows = await allOf(oldRowsOf(http, '/users'))
  return rows.map(row => {
    const created = toMoment(row.created)
    const email = asText(row.email) || null
    return {
      id: asText(row.id),
      modified: toMoment(row.modified) ?? created ?? new Date(0),
      created,
      version: null,
      values: { email, name: asText(row.name) || email, active: row.active_flag === true },
    }
  })
}

/** The person of a deal is the primary one; who else takes part is asked for where there is anybody else. */
export async function rolesOf(reader: Reader, dealIds: string[]): Promise<DealRole[]> {
  const deals = await rowsById(reader, 'deals', dealIds, { include_fields: 'participants_count' })
  const roles: DealRole[] = []
  for (const deal of deals) {
    const dealId = asText(deal.id)
    const first = asText(deal.person_id)
    const people = new Set([first].filter(Boolean))
    const others = Number(deal.participants_count ?? 0)
    if (others > people.size) {
      const rows = await allOf(oldRowsOf(reader.http, `/deals/${encodeURIComponent(dealId)}/participants`))
      for (const row of rows) people.add(asText(asObject(row.person_id).value) || asText(row.person_id))
    }
    people.delete('')
    for (const id of people)
      roles.push({
        dealId,
        person: { type: 'persons', id },
        role: id === first ? null : 'Participant',
        primary: id === first,
      })
  }
  return roles
}
