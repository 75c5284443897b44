import type { Connection } from '../../connector.ts'
import type { Http } from '../kit/http.ts'
import { pageByStamp, pageOf } from '../kit/pages.ts'
import { asObject, asText, byStampAndId, compareIds, remember } from '../kit/values.ts'
import { listed, users } from './objects.ts'
import { mostRows } from './paging.ts'
import { batch, everyId, find, later, readBatch, readUsers, rolesOf, within } from './reading.ts'
import { learn } from './schema.ts'
import { writeAll } from './writing.ts'

/** A user's own record: who we are, and in which currency the company counts. */
const me = '/api/v1/users/me'

export function pipedriveConnection(http: Http): Connection {
  const known = remember(type => learn(http, type))
  const reader = { http, known }
  const myself = remember(async path => asObject(asObject((await http.send({ path })).json).data))
  const writer = { ...reader, currency: async () => asText((await myself(me)).default_currency) || 'USD' }

  const changes: Connection['changes'] = async (type, { after, upTo, fields, limit }) => {
    const most = Math.min(limit, mostRows)
    if (type === users.type) {
      const since = after ? Date.parse(after.at) : -1
      const fresh = (await readUsers(http)).filter(each => {
        const at = each.modified.getTime()
        const isBehind = at > since || (at === since && compareIds(each.id, after?.id ?? '') > 0)
        return isBehind && each.modified <= upTo
      })
      return pageOf(fresh.sort(byStampAndId).slice(0, most), fresh.length > most, after)
    }
    return pageByStamp({
      after,
      limit: most,
      within: (stamp, id, some) => within(reader, type, { stamp, id, limit: some, fields }),
      later: (stamp, some) => later(reader, type, { after: stamp, upTo, limit: some, fields }),
    })
  }

  return {
    limits: {
      page: mostRows,
      read: batch,
      write: { create: 50, update: 50, delete: 50 },
      singly: true,
      // Twenty calls in two seconds is what the smallest plan allows.
      concurrency: 2,
      callsPerDay: null,
      // A change is in the lists some seconds after it was made.
      lookBackMs: 60_000,
    },
    async test() {
      const about = asObject(asObject((await http.send({ path: me })).json).data)
      const name = asText(about.name) || asText(about.email)
      const company = asText(about.company_name)
      return {
        words: company ? `Let in to ${company} as ${name}.` : `Let in to Pipedrive as ${name}.`,
        user: { id: asText(about.id), name },
      }
    },
    async serverTime() {
      if (!http.lastDate()) await http.send({ path: me })
      return http.lastDate() ?? new Date(0)
    },
    async describe() {
      const all = await Promise.all([users, ...listed].map(({ type }) => known.afresh(type)))
      return { objects: all.map(each => each.object) }
    },
    changes,
    async get(type, ids, fields) {
      if (type === users.type) return (await readUsers(http)).filter(each => ids.includes(each.id))
      return readBatch(reader, type, ids, fields)
    },
    async find(type, by, fields) {
      if (type !== users.type) return find(reader, type, by, fields)
      const wanted = new Set(by.values.map(value => value.toLowerCase()))
      const all = await readUsers(http)
      return all.filter(each => wanted.has(asText(each.values[by.field]).toLowerCase()))
    },
    write: (type, ops) => writeAll(writer, type, ops),
    roles: dealIds => rolesOf(reader, dealIds),
    ids: createIds(async type => {
      if (type !== users.type) return everyId(reader, type)
      const all = await readUsers(http)
      return all.filter(each => each.values.active === true).map(each => each.id)
    }),
  }
}

/** Cursors come and go, so all ids are read once a comparison and handed out in pieces. */
function createIds(readAll: (type: string) => Promise<string[]>): Connection['ids'] {
  const kept = new Map<string, string[]>()
  return async (type, { after, limit }) => {
    if (after === null || !kept.has(type)) kept.set(type, (await readAll(type)).sort(compareIds))
    const rest = (kept.get(type) ?? []).filter(id => after === null || compareIds(id, after) > 0)
    const more = rest.length > limit
    if (!more) kept.delete(type)
    return { ids: rest.slice(0, limit), more }
  }
}
