import {
  type Connection,
  CrmError,
  type RemoteRecord,
  type WriteOp,
  type WriteOutcome,
} from '../../connector.ts'
import { ofType, oneByOne } from '../kit/batch.ts'
import type { Http } from '../kit/http.ts'
import { pageByStamp } from '../kit/pages.ts'
import { asText, byStampAndId, compareIds } from '../kit/values.ts'
import type { RestDefinition, RestObject } from './definition.ts'
import { at, withId } from './places.ts'
import { createIds, findBy, readOne, readSince } from './reader.ts'
import { describeObject, toBody, toRecord } from './records.ts'

/** What comes without an order is read to its end for each page: the more is taken of it at once, the less often. */
const unsortedPage = 5000

export function restConnection(definition: RestDefinition, http: Http, base: string): Connection {
  const objectOf = (type: string): RestObject => {
    const found = definition.objects.find(each => each.type === type)
    if (found) return found
    throw new CrmError({ kind: 'schema', words: `The definition has no object ${type}.`, code: 'no_object' })
  }
  const way = { definition, http, base }
  const idsOf = createIds(way)
  const sizes = definition.objects.map(each => each.list.paging.size)

  return {
    limits: {
      page: Math.min(...sizes),
      read: 50,
      write: { create: 20, update: 20, delete: 20 },
      singly: true,
      concurrency: 2,
      callsPerDay: definition.callsPerDay ?? null,
      lookBackMs: definition.lookBackSeconds * 1000,
    },
    async test() {
      const { path, id, name } = definition.test
      const answer = await http.send({ path })
      const told = (place: string | undefined) => (place === undefined ? '' : asText(at(answer.json, place)))
      const user = { id: told(id), name: told(name) }
      return {
        words: `${definition.name} lets us in${user.name ? ` as ${user.name}` : ''}.`,
        user: user.id && user.name ? user : null,
      }
    },
    async serverTime() {
      if (!http.lastDate()) await http.send({ path: definition.test.path })
      return http.lastDate() ?? new Date(0)
    },
    describe: async () => ({ objects: definition.objects.map(describeObject) }),
    changes(type, { after, upTo, fields, limit: asked }) {
      const object = objectOf(type)
      const limit = object.list.sorted ? asked : Math.max(asked, unsortedPage)
      const until = (records: RemoteRecord[]) => records.filter(each => each.modified <= upTo)
      return pageByStamp({
        after,
        limit,
        within: async (stamp, id, most) => {
          const ties = await readSince(way, object, stamp, {
            fields,
            isEnough: all => all.some(each => each.modified > stamp),
          })
          const same = ties.filter(each => each.modified.getTime() === stamp.getTime())
          const rest = same.filter(each => id === '' || compareIds(each.id, id) > 0)
          return until(rest.sort(byStampAndId)).slice(0, most)
        },
        later: async (stamp, most) => {
          const fresh = (all: RemoteRecord[]) =>
            all.filter(each => stamp === null || each.modified > stamp).sort(byStampAndId)
          const isEnough = (all: RemoteRecord[]) =>
            fresh(all).length > most || all.some(each => each.modified > upTo)
          return until(fresh(await readSince(way, object, stamp, { fields, isEnough }))).slice(0, most)
        },
      })
    },
    async get(type, ids, fields) {
      const object = objectOf(type)
      const found: RemoteRecord[] = []
      for (const id of ids) {
        const record = await readOne(way, object, id, fields)
        if (record) found.push(record)
      }
      return found
    },
    find: (type, by, fields) => findBy(way, objectOf(type), by, fields),
    async write(type, ops) {
      return ofType(type, await oneByOne(ops, op => writeOne(definition, http, objectOf(type), op)))
    },
    ids: (type, ask) => idsOf(objectOf(type), ask),
  }
}

async function writeOne(
  definition: RestDefinition,
  http: Http,
  object: RestObject,
  op: WriteOp,
): Promise<WriteOutcome> {
  const how = object[op.op]
  if (!how)
    throw new CrmError({
      kind: 'denied',
      words: `The definition does not say how ${object.label} is ${op.op}d.`,
      code: `no_${op.op}`,
    })
  const { method, wrap } = how
  if (op.op === 'delete') {
    await http.send({ method, path: withId(how.path, op.id) })
    return { ok: true, id: op.id }
  }
  const json = toBody(definition, object, op.values, wrap)
  const path = op.op === 'update' ? withId(how.path, op.id) : how.path
  const answer = await http.send({ method, path, json })
  const row = at(answer.json, object.item)
  const told = asText(at(row, object.id))
  const id = op.op === 'update' ? op.id : told
  // It was made all the same: the engine looks for it before it sends it again.
  if (id === '')
    throw new CrmError({
      kind: 'transient',
      words: 'The CRM did not say the id of what it made.',
      code: 'no_id',
    })
  if (told !== id) return { ok: true, id }
  // An answer to a write may hold next to nothing: what it leaves out is not empty.
  return { ok: true, id, record: toRecord({ ...object, omitsEmpty: false }, row, Object.keys(op.values)) }
}
