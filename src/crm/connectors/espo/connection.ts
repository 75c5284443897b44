import type { ChangePage, Connection, RemoteRecord, Wire, WriteOp, WriteOutcome } from '../../connector.ts'
import { CrmError } from '../../connector.ts'
import { oneByOne } from '../kit/batch.ts'
import type { Answer, Http } from '../kit/http.ts'
import { pageByStamp, pieces } from '../kit/pages.ts'
import {
  asList,
  asObject,
  asText,
  type FieldIndex,
  indexOf,
  pick,
  plainMoment,
  remember,
  toMoment,
} from '../kit/values.ts'
import { espoObject, espoObjects, toEspo } from './schema.ts'

/** EspoCRM answers 403 beyond. */
const maxPage = 200
const secondMs = 1000
const always = ['id', 'createdAt', 'modifiedAt', 'deleted']
const conversion = ['convertedAt', 'createdContactId', 'createdAccountId', 'createdOpportunityId']

const afterId = (id: string): Where[] =>
  id === '' ? [] : [{ type: 'greaterThan', attribute: 'id', value: id }]

type Where = { type: string; attribute?: string; value?: unknown }

/** `whereGroup[0][type]=..` as PHP reads it. */
function whereQuery(where: Where[]): Record<string, string> {
  const flat = (prefix: string, value: unknown): [string, string][] =>
    typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([name, inner]) => flat(`${prefix}[${name}]`, inner))
      : [[prefix, asText(value)]]
  return Object.fromEntries(where.flatMap((each, at) => flat(`whereGroup[${at}]`, each)))
}

function toRecord(
  type: string,
  row: Record<string, unknown>,
  fields: string[],
  index: FieldIndex,
): RemoteRecord {
  const created = toMoment(row.createdAt)
  const id = asText(row.id)
  const became = [
    { type: 'Contact', id: asText(row.createdContactId) },
    { type: 'Account', id: asText(row.createdAccountId) },
    { type: 'Opportunity', id: asText(row.createdOpportunityId) },
  ].filter(ref => ref.id !== '')
  return {
    id,
    modified: toMoment(row.modifiedAt) ?? created ?? new Date(0),
    created,
    version: null,
    values: pick(row, fields, index),
    ...(row.deleted === true ? { deleted: true } : {}),
    ...(type === 'Lead' && became.length > 0 ? { convertedTo: became } : {}),
  }
}

export function espoConnection(http: Http, vault: Wire['vault']): Connection {
  const object = remember(async type => {
    const about = espoObjects.find(each => each.type === type) ?? {
      type,
      label: type,
      role: 'activity' as const,
    }
    const answer = await http.send({ path: 'Metadata', query: { key: `entityDefs.${type}` } })
    return espoObject(about, asObject(answer.json))
  })
  const index = async (type: string) => indexOf(await object(type))

  type Listing = { where: Where[]; orderBy: string; limit: number; fields: string[] }
  const list = async (type: string, { where, orderBy, limit, fields }: Listing) => {
    const more = type === 'Lead' && fields.length > 0 ? conversion : []
    const answer = await http.send({
      path: type,
      query: {
        select: [...new Set([...always, ...more, ...fields])].join(','),
        orderBy,
        order: 'asc',
        maxSize: limit,
        offset: 0,
        ...whereQuery(where),
      },
      headers: { 'x-no-total': 'true' },
    })
    const known = fields.length > 0 ? await index(type) : new Map()
    return asList(asObject(answer.json).list).map(row => toRecord(type, asObject(row), fields, known))
  }

  const changes: Connection['changes'] = (type, { after, upTo, fields, limit }): Promise<ChangePage> => {
    const until = { type: 'lessThanOrEquals', attribute: 'modifiedAt', value: plainMoment(upTo) }
    return pageByStamp({
      after,
      limit: Math.min(limit, maxPage),
      within: (stamp, id, most) =>
        list(type, {
          where: [
            { type: 'equals', attribute: 'modifiedAt', value: plainMoment(stamp) },
            ...afterId(id),
            until,
          ],
          orderBy: 'id',
          limit: most,
          fields,
        }),
      later: (stamp, most) =>
        list(type, {
          // A stamp in the midst of a second stands for the whole of it: EspoCRM keeps no parts.
          where: [
            {
              type: 'greaterThan',
              attribute: 'modifiedAt',
              value: plainMoment(stamp ?? new Date(-secondMs)),
            },
            until,
          ],
          orderBy: 'modifiedAt',
          limit: most,
          fields,
        }),
    })
  }

  return {
    limits: {
      page: maxPage,
      read: 100,
      write: { create: 20, update: 20, delete: 20 },
      singly: true,
      concurrency: 4,
      callsPerDay: null,
      lookBackMs: 60_000,
    },
    async test() {
      const answer = await http.send({ path: 'App/user' })
      const user = asObject(asObject(answer.json).user)
      const name = asText(user.name) || asText(user.userName)
      return { words: `Signed in to EspoCRM as ${name}.`, user: { id: asText(user.id), name } }
    },
    async serverTime() {
      if (!http.lastDate()) await http.send({ path: 'User', query: { maxSize: 1, select: 'id' } })
      return http.lastDate() ?? new Date(0)
    },
    async describe() {
      const objects = []
      for (const about of espoObjects) {
        const found = await object.afresh(about.type).catch((error: unknown) => {
          if (error instanceof CrmError && ['denied', 'gone'].includes(error.failure.kind)) return null
          throw error
        })
        if (found && found.fields.length > 1) objects.push(found)
      }
      return { objects }
    },
    changes,
    async get(type, ids, fields) {
      const records: RemoteRecord[] = []
      for (const some of pieces(ids, 100))
        records.push(
          ...(await list(type, {
            where: [{ type: 'in', attribute: 'id', value: some }],
            orderBy: 'id',
            limit: maxPage,
            fields,
          })),
        )
      return records
    },
    find: (type, by, fields) => findAll(list, type, by, fields),
    write: (type, ops) => oneByOne(ops, async op => writeOne(http, type, op, await index(type))),
    async ids(type, { after, limit }) {
      const most = Math.min(limit, maxPage)
      const records = await list(type, {
        where: afterId(after ?? ''),
        orderBy: 'id',
        limit: most,
        fields: [],
      })
      return { ids: records.map(record => record.id), more: records.length === most }
    },
    subscribe: (url, types) => subscribe(http, vault, url, types),
  }
}

type List = (
  type: string,
  listing: { where: Where[]; orderBy: string; limit: number; fields: string[] },
) => Promise<RemoteRecord[]>

/** All that match, however many: pages by id. */
async function findAll(list: List, type: string, by: { field: string; values: string[] }, fields: string[]) {
  const found: RemoteRecord[] = []
  for (const some of pieces(by.values, 50)) {
    let after = ''
    for (;;) {
      const page = await list(type, {
        where: [{ type: 'in', attribute: by.field, value: some }, ...afterId(after)],
        orderBy: 'id',
        limit: maxPage,
        fields,
      })
      found.push(...page)
      if (page.length < maxPage) break
      after = page.at(-1)?.id ?? after
    }
  }
  return found
}

/** One element. A record that looks the same is a failure with its id, never a second copy. */
async function writeOne(http: Http, type: string, op: WriteOp, index: FieldIndex): Promise<WriteOutcome> {
  if (op.op === 'delete') {
    await http.send({ method: 'DELETE', path: `${type}/${encodeURIComponent(op.id)}` })
    return { ok: true, id: op.id }
  }
  const json = Object.fromEntries(
    Object.entries(op.values).map(([name, value]) => [name, toEspo(index.get(name), value)]),
  )
  const answer =
    op.op === 'create'
      ? await create(http, type, json)
      : await http.send({ method: 'PUT', path: `${type}/${encodeURIComponent(op.id)}`, json })
  const record = toRecord(type, asObject(answer.json), Object.keys(op.values), index)
  return { ok: true, id: record.id, record }
}

async function create(http: Http, type: string, json: Record<string, unknown>): Promise<Answer> {
  try {
    return await http.send({ method: 'POST', path: type, json })
  } catch (error) {
    if (!(error instanceof CrmError) || !error.failure.existing) throw error
    const existing = error.failure.existing.map(ref => ({ ...ref, type: ref.type || type }))
    throw new CrmError({ ...error.failure, existing })
  }
}

/** One webhook for each object and kind of change, each with a secret of its own, kept under its id. */
async function subscribe(http: Http, vault: Wire['vault'], url: string, types: string[]): Promise<void> {
  const kept = await vault.read()
  const wanted = types.flatMap(type => ['create', 'update', 'delete'].map(kind => `${type}.${kind}`))
  for (const event of wanted.filter(each => kept[`on:${each}`] !== url)) {
    const answer = await http.send({ method: 'POST', path: 'Webhook', json: { event, url } })
    const made = asObject(answer.json)
    await vault.change(async now => ({
      ...now,
      [`on:${event}`]: url,
      [`hook:${asText(made.id)}`]: asText(made.secretKey),
      [`event:${asText(made.id)}`]: event,
    }))
  }
}
