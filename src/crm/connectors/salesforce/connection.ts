import { type Connection, CrmError, type RemoteRecord } from '../../connector.ts'
import { pieces } from '../kit/pages.ts'
import { asObject, asText, type FieldIndex, indexOf, pick, remember, toMoment } from '../kit/values.ts'
import type { Row, Salesforce } from './client.ts'
import { salesforceObject, salesforceObjects } from './schema.ts'
import { isIn, moment, nameOf, quote, shortPieces, soql } from './soql.ts'
import { writeTo } from './write.ts'

const maxPage = 2_000
const perCollection = 200
/** Records may appear with a stamp older than the newest that was seen: long transactions stamp when they begin. */
const lookBackMs = 600_000
/** Read beside what was asked for, where the object has it. */
const marks = ['Id', 'CreatedDate', 'SystemModstamp', 'IsDeleted', 'MasterRecordId']
const conversion = {
  Contact: 'ConvertedContactId',
  Account: 'ConvertedAccountId',
  Opportunity: 'ConvertedOpportunityId',
}

function toRecord(row: Row, fields: string[], index: FieldIndex): RemoteRecord {
  const created = toMoment(row.CreatedDate)
  const merged = asText(row.MasterRecordId)
  const became = Object.entries(conversion)
    .map(([type, field]) => ({ type, id: asText(row[field]) }))
    .filter(ref => ref.id !== '')
  return {
    id: asText(row.Id),
    modified: toMoment(row.SystemModstamp) ?? created ?? new Date(0),
    created,
    version: null,
    values: pick(row, fields, index),
    ...(row.IsDeleted === true ? { deleted: true } : {}),
    ...(merged ? { mergedInto: merged } : {}),
    ...(became.length > 0 ? { convertedTo: became } : {}),
  }
}

/** Everything but writing, which `write.ts` does. Reading is by SOQL: deletes and merges come with the changes. */
export function salesforceConnection(salesforce: Salesforce): Connection {
  const { http, path } = salesforce
  const object = remember(async type => {
    const about = salesforceObjects.find(each => each.type === type) ?? {
      type,
      label: type,
      role: 'activity' as const,
    }
    const answer = await http.send({ path: path(`sobjects/${nameOf(type)}/describe`) })
    return salesforceObject(about, asObject(answer.json))
  })
  const index = async (type: string) => indexOf(await object(type))

  type Reading = { where: string[]; orderBy: string[]; limit?: number; all?: boolean }
  const read = async (
    type: string,
    fields: string[],
    { all = true, ...how }: Reading,
  ): Promise<RemoteRecord[]> => {
    const known = await index(type)
    const extra = [...marks, ...Object.values(conversion)].filter(name => known.has(name))
    const rows = await salesforce.query(soql({ type, fields: [...extra, ...fields], ...how }), all)
    return rows.map(row => toRecord(row, fields, known))
  }

  return {
    limits: {
      page: maxPage,
      read: perCollection,
      write: { create: perCollection, update: perCollection, delete: perCollection },
      concurrency: 5,
      callsPerDay: null,
      lookBackMs,
    },
    async test() {
      const id = await salesforce.me()
      const [row] = id
        ? await salesforce.query(
            soql({ type: 'User', fields: ['Id', 'Name'], where: [isIn('Id', [id])], orderBy: ['Id'] }),
          )
        : []
      if (!row) await http.send({ path: path('limits') })
      const name = asText(row?.Name)
      return {
        words: name ? `Signed in to Salesforce as ${name}.` : 'Signed in to Salesforce.',
        user: row ? { id: asText(row.Id), name } : null,
      }
    },
    async serverTime() {
      if (!http.lastDate()) await http.send({ path: path('limits') })
      return http.lastDate() ?? new Date(0)
    },
    async describe() {
      const objects = []
      for (const { type } of salesforceObjects) {
        const found = await object.afresh(type).catch((error: unknown) => {
          // Not every edition has campaigns, not every user may see leads.
          if (error instanceof CrmError && ['denied', 'gone'].includes(error.failure.kind)) return null
          throw error
        })
        if (found) objects.push(found)
      }
      return { objects }
    },
    async changes(type, { after, upTo, fields, limit }) {
      const most = Math.min(limit, maxPage)
      const since = after && moment(new Date(after.at))
      const tied = since && after.id && `(SystemModstamp = ${since} AND Id > ${quote(after.id)})`
      const records = await read(type, fields, {
        where: [
          `SystemModstamp <= ${moment(upTo)}`,
          ...(since ? [tied ? `(SystemModstamp > ${since} OR ${tied})` : `SystemModstamp >= ${since}`] : []),
        ],
        orderBy: ['SystemModstamp', 'Id'],
        limit: most,
      })
      const last = records.at(-1)
      const next = last ? { at: last.modified.toISOString(), id: last.id } : after
      return { records, next, more: records.length === most }
    },
    async get(type, ids, fields) {
      const found: RemoteRecord[] = []
      for (const some of pieces(ids, perCollection))
        found.push(...(await read(type, fields, { where: [isIn('Id', some)], orderBy: ['Id'] })))
      return found
    },
    async find(type, { field, values }, fields) {
      const found = new Map<string, RemoteRecord>()
      for (const some of shortPieces(values, perCollection))
        for (const one of await read(type, fields, {
          where: [isIn(field, some)],
          orderBy: ['Id'],
          all: false,
        }))
          found.set(one.id, one)
      return [...found.values()]
    },
    write: async (type, ops) => writeTo(salesforce, type, ops, await index(type)),
    async roles(dealIds) {
      const rows: Row[] = []
      for (const some of pieces(dealIds, perCollection))
        rows.push(
          ...(await salesforce.query(
            soql({
              type: 'OpportunityContactRole',
              fields: ['Id', 'OpportunityId', 'ContactId', 'Role', 'IsPrimary'],
              where: [isIn('OpportunityId', some)],
              orderBy: ['Id'],
            }),
          )),
        )
      return rows.map(row => ({
        dealId: asText(row.OpportunityId),
        person: { type: 'Contact', id: asText(row.ContactId) },
        role: asText(row.Role) || null,
        primary: row.IsPrimary === true,
      }))
    },
    async ids(type, { after, limit }) {
      const most = Math.min(limit, maxPage)
      const where = after === null ? [] : [`Id > ${quote(after)}`]
      const rows = await salesforce.query(soql({ type, fields: ['Id'], where, orderBy: ['Id'], limit: most }))
      return { ids: rows.map(row => asText(row.Id)), more: rows.length === most }
    },
  }
}
