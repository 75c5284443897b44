import { type ChangePage, type Connection, CrmError, type RemoteRecord } from '../../connector.ts'
import { pageByStamp, pieces } from '../kit/pages.ts'
import { asText, remember } from '../kit/values.ts'
import { type Dataverse, maxPage } from './client.ts'
import { failureOf } from './failures.ts'
import { columns, equals, toRecord } from './reading.ts'
import { removals } from './removals.ts'
import { rolesOf } from './roles.ts'
import { questions, type Table, tableFrom } from './schema.ts'
import { isGuid, tableOf, tables } from './tables.ts'
import { writeTo } from './write.ts'

const perPage = 2_000
const perBatch = 100
/** Conditions of one filter, which has to fit into an address. */
const perFilter = 40
const second = 1_000
/** Records may appear with a stamp older than the newest that was seen: a transaction may take two minutes. */
const lookBackMs = 300_000

const moment = (date: Date) => date.toISOString()
const anyOf = (terms: string[]) => `(${terms.join(' or ')})`

/** Everything but writing, which `write.ts` does, and deletes, which `removals.ts` asks for. */
export function dataverseConnection(dataverse: Dataverse): Connection {
  const { http } = dataverse
  const table = remember(type => describeOne(dataverse, type))
  const alive = (of: Table) => (of.index.has('merged') ? ['(merged eq false or merged eq null)'] : [])

  const read = async (
    of: Table,
    fields: string[],
    ask: { where: string[]; orderBy?: string; top?: number },
  ): Promise<RemoteRecord[]> => {
    const query = {
      ...columns(of, fields),
      $filter: ask.where.join(' and '),
      $orderby: ask.orderBy,
      $top: ask.top,
    }
    const rows = ask.top
      ? (await dataverse.page(`/${of.set}`, query)).rows
      : await dataverse.rows(`/${of.set}`, query)
    return rows.map(row => toRecord(of, row, fields))
  }
  const me = async () => asText(((await http.send({ path: '/WhoAmI' })).json as { UserId?: unknown })?.UserId)

  return {
    limits: {
      page: perPage,
      read: perBatch,
      write: { create: perBatch, update: perBatch, delete: perBatch },
      concurrency: 5,
      callsPerDay: null,
      lookBackMs,
    },
    async test() {
      const id = await me()
      if (!isGuid(id)) throw new CrmError({ kind: 'auth', words: 'Dataverse does not say who we are.' })
      const query = { $select: 'fullname' }
      const { json } = await http.send({ path: `/systemusers(${id})`, query })
      const name = asText((json as { fullname?: unknown })?.fullname) || id
      return { words: `Signed in to Dataverse as ${name}.`, user: { id, name } }
    },
    async serverTime() {
      if (!http.lastDate()) await me()
      return http.lastDate() ?? new Date(0)
    },
    async describe() {
      const objects = []
      for (const { type } of tables) {
        const found = await table.afresh(type).catch((error: unknown) => {
          // Without the sales app there are no leads; not every role may see all.
          if (error instanceof CrmError && ['denied', 'gone', 'schema'].includes(error.failure.kind))
            return null
          throw error
        })
        if (found) objects.push(found.object)
      }
      return { objects }
    },
    async changes(type, { after, upTo, fields, limit }): Promise<ChangePage> {
      const of = await table(type)
      const upToNow = `modifiedon le ${moment(upTo)}`
      return pageByStamp({
        after,
        limit: Math.min(limit, perPage),
        // Ids are ordered otherwise there than anywhere else: a second is read as a whole and ordered here.
        async within(stamp, id, most) {
          const end = new Date(stamp.getTime() + second)
          const where = [`modifiedon ge ${moment(stamp)}`, `modifiedon lt ${moment(end)}`, upToNow]
          const tied = (await read(of, fields, { where })).filter(one => one.id > id)
          return tied.sort((a, b) => (a.id < b.id ? -1 : 1)).slice(0, most)
        },
        later(stamp, most) {
          const from = stamp && moment(new Date(stamp.getTime() + (after?.id ? second : 0)))
          const where = [...(from ? [`modifiedon ge ${from}`] : []), upToNow]
          return read(of, fields, { where, orderBy: 'modifiedon asc', top: most })
        },
      })
    },
    removals: async (type, { after }) => removals(dataverse, await table(type), after),
    async get(type, ids, fields) {
      const of = await table(type)
      const found: RemoteRecord[] = []
      for (const some of pieces(ids.filter(isGuid), perFilter))
        found.push(...(await read(of, fields, { where: [anyOf(some.map(id => `${of.id} eq ${id}`))] })))
      return found
    },
    async find(type, { field, values }, fields) {
      const of = await table(type)
      const found = new Map<string, RemoteRecord>()
      for (const some of pieces(values, perFilter)) {
        const where = [anyOf(some.map(value => equals(of, field, value))), ...alive(of)]
        for (const one of await read(of, fields, { where })) found.set(one.id, one)
      }
      return [...found.values()]
    },
    roles: dealIds => rolesOf(dataverse, dealIds),
    write: async (type, ops) => writeTo(dataverse, await table(type), ops),
    ids: idsOf(dataverse, table, alive),
  }
}

async function describeOne(dataverse: Dataverse, type: string): Promise<Table> {
  const about = tableOf(type)
  if (!about) throw new CrmError({ kind: 'schema', words: `Tend does not read the table ${type}.` })
  const parts = await dataverse.batch(questions(type))
  const bad = parts.find(part => part.status >= 300)
  if (bad) throw new CrmError(failureOf(bad))
  return tableFrom(
    about,
    parts.map(part => part.json),
  )
}

/**
 * Pages of ids follow the links of Dataverse, which alone knows its order. Where one stands is remembered; a
 * connection that does not remember reads up to there again.
 */
function idsOf(
  dataverse: Dataverse,
  table: (type: string) => Promise<Table>,
  alive: (of: Table) => string[],
): Connection['ids'] {
  const links = new Map<string, string>()
  const follow = async (of: Table, link: string, most: number) => {
    const where = alive(of).join(' and ') || undefined
    const first = { path: `/${of.set}`, query: { $select: of.id, $filter: where, $orderby: of.id } }
    const { path, query } = link ? { path: link, query: undefined } : first
    const { rows, next } = await dataverse.page(path, query, `odata.maxpagesize=${most}`)
    const ids = rows.map(row => asText(row[of.id]))
    return { ids, next }
  }
  return async (type, { after, limit }) => {
    const of = await table(type)
    const most = Math.min(limit, maxPage)
    const keep = ({ ids, next }: { ids: string[]; next: string }) => {
      const last = ids.at(-1)
      if (next && last) links.set(`${type} ${last}`, next)
      return { ids, more: next !== '' }
    }
    if (after === null) return keep(await follow(of, '', most))
    const known = links.get(`${type} ${after}`)
    links.delete(`${type} ${after}`)
    if (known) return keep(await follow(of, known, most))
    for (let link = ''; ; ) {
      const { ids, next } = await follow(of, link, most)
      const at = ids.indexOf(after)
      if (at >= 0 && at < ids.length - 1) return keep({ ids: ids.slice(at + 1), next })
      if (!next) return { ids: [], more: false }
      if (at >= 0) return keep(await follow(of, next, most))
      link = next
    }
  }
}
