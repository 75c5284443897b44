import { CrmError, type DealRole, type RemoteRecord, type Value } from '../../connector.ts'
import type { Http } from '../kit/http.ts'
import { pieces } from '../kit/pages.ts'
import { asList, asObject, asText, type FieldIndex, listIn, pick, toMoment } from '../kit/values.ts'
import { elementFailure } from './client.ts'
import { dealCompany, stampOf } from './schema.ts'

/** What one call takes. */
export const batch = 100
const searchPage = 200
const mergedInto = 'hs_merged_object_ids'

export type Filter = { propertyName: string; operator: string; value?: string; values?: string[] }
type Reader = { http: Http; index(type: string): Promise<FieldIndex> }

const propertiesOf = (type: string, fields: readonly string[]) => [
  ...new Set([...fields.filter(name => name !== dealCompany), stampOf(type), 'createdate', mergedInto]),
]

function toRecord(type: string, given: unknown, fields: readonly string[], index: FieldIndex): RemoteRecord {
  const row = asObject(given)
  const properties = asObject(row.properties)
  const created = toMoment(row.createdAt)
  return {
    id: asText(row.id),
    modified: toMoment(properties[stampOf(type)]) ?? toMoment(row.updatedAt) ?? created ?? new Date(0),
    created,
    version: null,
    values: pick(properties, fields, index),
    ...(row.archived === true ? { deleted: true } : {}),
  }
}

/** The records that went into this one. */
const losersOf = (given: unknown): string[] =>
  asText(asObject(asObject(given).properties)[mergedInto])
    .split(';')
    .filter(Boolean)

/** What was found; and what went into it, which is no part of any page or order. */
type Found = { records: RemoteRecord[]; ghosts: RemoteRecord[] }

/** A search is never turned to its second page: beyond 10,000 results HubSpot answers no more. */
export async function search(
  reader: Reader,
  type: string,
  ask: { filters: Filter[]; sort: string; limit: number; fields: readonly string[] },
): Promise<Found> {
  const answer = await reader.http.send({
    method: 'POST',
    path: `/crm/v3/objects/${type}/search`,
    json: {
      filterGroups: [{ filters: ask.filters }],
      sorts: [{ propertyName: ask.sort, direction: 'ASCENDING' }],
      properties: propertiesOf(type, ask.fields),
      limit: Math.min(ask.limit, searchPage),
    },
  })
  const rows = rowsOf(answer.json)
  return {
    records: await toRecords(reader, type, rows, ask.fields),
    ghosts: rows.flatMap(row => ghostsOf(type, row)),
  }
}

const rowsOf = (body: unknown): unknown[] => listIn(asObject(body).results)

/** Records by id, or by a property whose values are unique; who went into another record says so. */
export async function readBatch(
  reader: Reader,
  type: string,
  ask: { ids: string[]; fields: readonly string[]; by?: string },
): Promise<RemoteRecord[]> {
  const records: RemoteRecord[] = []
  for (const some of pieces(ask.ids, batch)) {
    const answer = await reader.http.send({
      method: 'POST',
      path: `/crm/v3/objects/${type}/batch/read`,
      json: {
        properties: propertiesOf(type, ask.fields),
        inputs: some.map(id => ({ id })),
        ...(ask.by ? { idProperty: ask.by } : {}),
      },
    })
    const rows = rowsOf(answer.json)
    // Who is not there is left out; whoever could not be read for another reason is not gone for it.
    const error = asList(asObject(answer.json).errors)
      .map(elementFailure)
      .find(each => each.kind !== 'gone')
    if (error) throw new CrmError(error)
    const found = await toRecords(reader, type, rows, ask.fields)
    const asked = new Set(some)
    // Who was asked for under an id that went into another comes as that one.
    const all = [...found, ...rows.flatMap(row => ghostsOf(type, row))]
    records.push(...(ask.by ? found : all.filter(each => asked.has(each.id))))
  }
  return records
}

/** The records that went into this one, each with where it went. */
function ghostsOf(type: string, row: unknown): RemoteRecord[] {
  const winner = toRecord(type, row, [], new Map())
  return losersOf(row).map(id => ({
    id,
    modified: winner.modified,
    created: null,
    version: null,
    values: {},
    deleted: true,
    mergedInto: winner.id,
  }))
}

/** Rows as records, with the company of each deal where it was asked for. */
async function toRecords(
  { http, index }: Reader,
  type: string,
  rows: unknown[],
  fields: readonly string[],
): Promise<RemoteRecord[]> {
  const known = await index(type)
  const records = rows.map(row => toRecord(type, row, fields, known))
  if (!fields.includes(dealCompany) || records.length === 0) return records
  const ids = records.map(each => each.id)
  const companies = await associated(http, type, 'companies', ids)
  return records.map(each => {
    const company: Value = companies.find(one => one.from === each.id)?.to ?? null
    return { ...each, values: { ...each.values, [dealCompany]: company } }
  })
}

type Association = { from: string; to: string; labels: string[]; isPrimary: boolean }

/** What records of one type are joined to, the primary one first. */
export async function associated(
  http: Http,
  from: string,
  to: string,
  ids: string[],
): Promise<Association[]> {
  const found: Association[] = []
  for (const some of pieces(ids, batch)) {
    const answer = await http.send({
      method: 'POST',
      path: `/crm/v4/associations/${from}/${to}/batch/read`,
      json: { inputs: some.map(id => ({ id })) },
    })
    for (const row of rowsOf(answer.json).map(asObject))
      for (const other of asList(row.to).map(asObject)) {
        const labels = asList(other.associationTypes)
          .map(each => asText(asObject(each).label))
          .filter(Boolean)
        const isPrimary = labels.some(label => /^primary/i.test(label))
        found.push({ from: asText(asObject(row.from).id), to: asText(other.toObjectId), labels, isPrimary })
      }
  }
  return found.sort((a, b) => Number(b.isPrimary) - Number(a.isPrimary))
}

/** The part that a person plays in a deal is the label of what joins them. */
export async function rolesOf(http: Http, dealIds: string[]): Promise<DealRole[]> {
  const all = await associated(http, 'deals', 'contacts', dealIds)
  return all.map(({ from, to, labels, isPrimary }) => ({
    dealId: from,
    person: { type: 'contacts', id: to },
    role: labels.find(label => !/^primary/i.test(label)) ?? null,
    primary: isPrimary,
  }))
}
