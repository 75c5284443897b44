import type { Connection, RemoteRecord } from '../../connector.ts'
import type { Http } from '../kit/http.ts'
import { pageByStamp, pageOf, pieces } from '../kit/pages.ts'
import {
  asObject,
  asText,
  byStampAndId,
  compareIds,
  indexOf,
  listIn,
  remember,
  toMoment,
} from '../kit/values.ts'
import { batch, type Filter, readBatch, rolesOf, search } from './reading.ts'
import { hubspotObjects, owners, stampOf, toObject } from './schema.ts'
import { writeAll } from './writing.ts'

const page = 200
/** A search takes so many values at once. */
const mostValues = 100

export function hubspotConnection(http: Http): Connection {
  const object = remember(async type => {
    if (type === owners.type) return owners
    const about = hubspotObjects.find(each => each.type === type)
    const answer = await http.send({ path: `/crm/v3/properties/${type}` })
    const own = about ?? { type, label: type, role: 'activity' as const, stamp: stampOf(type) }
    return toObject(own, asObject(answer.json).results)
  })
  const index = async (type: string) => indexOf(await object(type))
  const reader = { http, index }
  const idsOf = createIds(http)

  const changes: Connection['changes'] = async (type, { after, upTo, fields, limit }) => {
    if (type === owners.type) {
      const all = (await readOwners(http)).filter(each => each.modified <= upTo)
      const since = after ? Date.parse(after.at) : -1
      const fresh = all.filter(
        each =>
          each.modified.getTime() > since ||
          (each.modified.getTime() === since && compareIds(each.id, after?.id ?? '') > 0),
      )
      const some = fresh.sort(byStampAndId).slice(0, limit)
      return pageOf(some, fresh.length > some.length, after)
    }
    const stamp = stampOf(type)
    const at = (operator: string, date: Date): Filter => ({
      propertyName: stamp,
      operator,
      value: String(date.getTime()),
    })
    const ghosts: RemoteRecord[] = []
    const found = async (...ask: Parameters<typeof search>) => {
      const { records, ghosts: some } = await search(...ask)
      ghosts.push(...some)
      return records
    }
    const turned = await pageByStamp({
      after,
      limit: Math.min(limit, page),
      within: (moment, id, most) =>
        found(reader, type, {
          filters: [
            at('EQ', moment),
            at('LTE', upTo),
            ...(/^\d+$/.test(id) ? [{ propertyName: 'hs_object_id', operator: 'GT', value: id }] : []),
          ],
          sort: 'hs_object_id',
          limit: most,
          fields,
        }),
      later: (moment, most) =>
        found(reader, type, {
          filters: [...(moment ? [at('GT', moment)] : []), at('LTE', upTo)],
          sort: stamp,
          limit: most,
          fields,
        }),
    })
    const winners = new Set(turned.records.map(each => each.id))
    const told = new Map(
      ghosts.filter(each => winners.has(each.mergedInto ?? '')).map(each => [each.id, each]),
    )
    return { ...turned, records: [...turned.records, ...told.values()] }
  }

  return {
    limits: {
      page,
      read: batch,
      write: { create: batch, update: batch, delete: batch },
      concurrency: 4,
      callsPerDay: null,
      // Searches see a change some seconds after it was made.
      lookBackMs: 60_000,
    },
    async test() {
      const about = asObject((await http.send({ path: '/account-info/v3/details' })).json)
      const id = asText(about.portalId)
      const name = `HubSpot account ${id}`
      return { words: `Let in to ${name}.`, user: { id, name } }
    },
    async serverTime() {
      if (!http.lastDate()) await http.send({ path: '/account-info/v3/details' })
      return http.lastDate() ?? new Date(0)
    },
    async describe() {
      const all = await Promise.all(hubspotObjects.map(each => object.afresh(each.type)))
      return { objects: [owners, ...all] }
    },
    changes,
    async get(type, ids, fields) {
      if (type === owners.type) return (await readOwners(http)).filter(each => ids.includes(each.id))
      return readBatch(reader, type, { ids, fields })
    },
    async find(type, { field, values }, fields) {
      const wanted = new Set(values.map(value => value.toLowerCase()))
      const asked = [...new Set([...fields, field])]
      const about = (await index(type)).get(field)
      const isUnique = (type === 'contacts' && field === 'email') || about?.externalId === true
      const found: RemoteRecord[] = []
      // What is unique is read at once; a search would not see what was made a moment ago.
      if (isUnique) found.push(...(await readBatch(reader, type, { ids: values, fields: asked, by: field })))
      else
        for (const some of pieces(values, mostValues))
          found.push(...(await findAll(reader, type, { field, values: some, fields: asked })))
      return found.filter(each => !each.deleted && wanted.has(asText(each.values[field]).toLowerCase()))
    },
    write: (type, ops) => writeAll(http, type, ops),
    roles: dealIds => rolesOf(http, dealIds),
    ids: idsOf,
  }
}

/** All that match, however many: page after page by id. */
async function findAll(
  reader: Parameters<typeof search>[0],
  type: string,
  { field, values, fields }: { field: string; values: string[]; fields: string[] },
): Promise<RemoteRecord[]> {
  const found: RemoteRecord[] = []
  // Texts are compared in lower case.
  const own: Filter = { propertyName: field, operator: 'IN', values: values.map(each => each.toLowerCase()) }
  for (let after = ''; ; ) {
    const beyond = after === '' ? [] : [{ propertyName: 'hs_object_id', operator: 'GT', value: after }]
    const { records: some } = await search(reader, type, {
      filters: [own, ...beyond],
      sort: 'hs_object_id',
      limit: page,
      fields,
    })
    found.push(...some)
    if (some.length < page) return found
    after = some.at(-1)?.id ?? after
  }
}

/** People who own records: few, read whole, those who left with them. */
async function readOwners(http: Http): Promise<RemoteRecord[]> {
  const found: RemoteRecord[] = []
  for (const archived of ['false', 'true'])
    for (let after: string | undefined = undefined; ; ) {
      const answer = await http.send({ path: '/crm/v3/owners', query: { limit: 100, archived, after } })
      for (const row of listIn(asObject(answer.json).results).map(asObject)) {
        const created = toMoment(row.createdAt)
        const name = [row.firstName, row.lastName].map(asText).filter(Boolean).join(' ')
        const email = asText(row.email) || null
        found.push({
          id: asText(row.id),
          modified: toMoment(row.updatedAt) ?? created ?? new Date(0),
          created,
          version: null,
          values: { email, name: name || email, active: archived === 'false' },
        })
      }
      after = nextOf(answer.json)
      if (!after) break
    }
  return found
}

const nextOf = (body: unknown): string | undefined =>
  asText(asObject(asObject(asObject(body).paging).next).after) || undefined

/** All ids in their order, in pieces. Lists promise no order, and searches lag: they are read once a comparison. */
function createIds(http: Http): Connection['ids'] {
  const kept = new Map<string, string[]>()
  const readAll = async (type: string) => {
    if (type === owners.type)
      return (await readOwners(http)).filter(each => each.values.active === true).map(each => each.id)
    const ids: string[] = []
    for (let after: string | undefined = undefined; ; ) {
      const answer = await http.send({ path: `/crm/v3/objects/${type}`, query: { limit: 100, after } })
      ids.push(...listIn(asObject(answer.json).results).map(row => asText(asObject(row).id)))
      after = nextOf(answer.json)
      if (!after) return ids
    }
  }
  return async (type, { after, limit }) => {
    if (after === null || !kept.has(type)) kept.set(type, [...new Set(await readAll(type))].sort(compareIds))
    const rest = (kept.get(type) ?? []).filter(id => after === null || compareIds(id, after) > 0)
    const more = rest.length > limit
    if (!more) kept.delete(type)
    return { ids: rest.slice(0, limit), more }
  }
}
