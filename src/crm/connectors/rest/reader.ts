import { CrmError, type RemoteRecord } from '../../connector.ts'
import type { Http } from '../kit/http.ts'
import { asText, compareIds } from '../kit/values.ts'
import type { RestDefinition, RestObject } from './definition.ts'
import { pagesOf } from './pages.ts'
import { at, withId } from './places.ts'
import { toRecord, writtenMoment } from './records.ts'

/** A list that the CRM cannot sort is read whole; beyond this it has to learn to. */
const mostUnsorted = 100_000

type Way = { definition: RestDefinition; http: Http; base: string }
export type Asked = { field: string; values: string[] }

/** What records of an object were changed at `stamp` or later (all where null), until `isEnough` has been read. */
export async function readSince(
  { definition, http, base }: Way,
  object: RestObject,
  stamp: Date | null,
  { fields, isEnough }: { fields: readonly string[]; isEnough(records: RemoteRecord[]): boolean },
): Promise<RemoteRecord[]> {
  const { since: param, sorted, paging } = object.list
  const records = new Map<string, RemoteRecord>()
  for (let from = stamp; ; ) {
    const asked = param && from ? { [param]: writtenMoment(definition.moments, from) } : {}
    let next: Date | null = null
    for await (const items of pagesOf(http, base, object, asked)) {
      const page = items.map(row => toRecord(object, row, fields))
      for (const record of page) records.set(record.id, record)
      if (sorted && isEnough([...records.values()])) return [...records.values()]
      if (!sorted && records.size > mostUnsorted) throw unsorted(object)
      const last = page.at(-1)?.modified
      // What is changed while we read leaves its page, and all behind it moves up: from the last stamp on nothing
      // can be skipped. Only within one stamp pages are turned.
      if (sorted && param && last && items.length >= paging.size && (!from || last > from)) {
        next = last
        break
      }
    }
    if (next === null) return [...records.values()]
    from = next
  }
}

const unsorted = (object: RestObject) =>
  new CrmError({
    kind: 'schema',
    words: `More than ${mostUnsorted} records of ${object.label} come without an order: say in the definition how the CRM sorts them.`,
    code: 'unsorted',
  })

/** One record, or null where it is not there. */
export async function readOne(
  { http }: Way,
  object: RestObject,
  id: string,
  fields: readonly string[],
): Promise<RemoteRecord | null> {
  try {
    const answer = await http.send({ path: withId(object.get.path, id) })
    return toRecord(object, at(answer.json, object.get.item), fields)
  } catch (error) {
    if (error instanceof CrmError && error.failure.kind === 'gone') return null
    throw error
  }
}

/** Living records whose field holds one of the values. */
export async function findBy(
  { http, base }: Way,
  object: RestObject,
  { field, values }: Asked,
  fields: string[],
): Promise<RemoteRecord[]> {
  const param = object.fields.find(each => each.name === field)?.find
  if (param === undefined)
    throw new CrmError({
      kind: 'schema',
      words: `The definition does not say how ${object.label} is looked up by ${field}.`,
      code: 'no_find',
      fields: [field],
    })
  const found = new Map<string, RemoteRecord>()
  // Some search for parts of words: only what is the same counts.
  for (const value of values)
    for await (const items of pagesOf(http, base, object, { [param]: value }))
      for (const record of items.map(row => toRecord(object, row, [...fields, field])))
        if (asText(record.values[field]).toLowerCase() === value.toLowerCase() && !record.deleted)
          found.set(record.id, record)
  return [...found.values()]
}

/** All ids in their order, in pieces. The CRM cannot give them so: they are read once for each comparison. */
export function createIds(way: Way) {
  const kept = new Map<string, string[]>()
  return async (object: RestObject, { after, limit }: { after: string | null; limit: number }) => {
    if (after === null || !kept.has(object.type)) {
      const all = await readSince(way, object, null, { fields: [], isEnough: () => false })
      const living = all.filter(each => !each.deleted).map(each => each.id)
      kept.set(object.type, [...new Set(living)].sort(compareIds))
    }
    const rest = (kept.get(object.type) ?? []).filter(id => after === null || compareIds(id, after) > 0)
    const more = rest.length > limit
    if (!more) kept.delete(object.type)
    return { ids: rest.slice(0, limit), more }
  }
}
