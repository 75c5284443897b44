import {
  type Connection,
  CrmError,
  type RemoteRecord,
  type WriteOp,
  type WriteOutcome,
} from '../../connector.ts'
import { bisect, byKind, oneByOne } from '../kit/batch.ts'
import { pageByStamp, pieces } from '../kit/pages.ts'
import { asList, asObject, asText, indexOf, listIn, plainMoment, remember, toMoment } from '../kit/values.ts'
import type { Odoo } from './client.ts'
import {
  attributes,
  fromOdoo,
  type OdooObject,
  odooFields,
  odooObjects,
  toWrite,
  wireFields,
} from './schema.ts'

const page = 500
/** Archived records too: without this they vanish from every answer. */
const all = { active_test: false }
const nextSecond = (date: Date) => plainMoment(new Date(Math.floor(date.getTime() / 1000) * 1000 + 1000))

const aboutOf = (type: string): OdooObject =>
  odooObjects.find(each => each.type === type) ?? {
    type,
    model: type,
    label: type,
    role: 'activity',
    domain: [],
    defaults: {},
  }

function convertedTo(about: OdooObject, row: Record<string, unknown>): RemoteRecord['convertedTo'] {
  if (about.type !== 'crm.lead:lead' || row.type !== 'opportunity') return undefined
  const partner = asText(asList(row.partner_id)[0])
  const deal = { type: 'crm.lead', id: asText(row.id) }
  return partner ? [{ type: 'res.partner', id: partner }, deal] : [deal]
}

/** Escapes what `=ilike` takes for wildcards. */
const literal = (value: string) => value.replace(/[\\%_]/g, found => `\\${found}`)

/** Ids of Odoo are numbers: what is none is nobody. */
const numbers = (ids: string[]) => ids.map(Number).filter(Number.isInteger)

const anyOf = (conditions: unknown[]): unknown[] => [...conditions.slice(1).map(() => '|'), ...conditions]

export function odooConnection(odoo: Odoo): Connection {
  const index = remember(async type => indexOf(await describe(odoo, aboutOf(type))))

  type Ask = { domain: unknown[]; fields: string[]; order: string; limit?: number }
  const read = async (type: string, { domain, fields, order, limit }: Ask): Promise<RemoteRecord[]> => {
    const about = aboutOf(type)
    const rows = await odoo.call(about.model, 'search_read', {
      domain: [...(about.reads ?? about.domain), ...domain],
      fields: wireFields(about, fields),
      order,
      ...(limit ? { limit } : {}),
      context: all,
    })
    const known = await index(type)
    return listIn(rows).map(each => toRecord(about, asObject(each), fields, known))
  }

  return {
    limits: {
      page,
      read: page,
      write: { create: 200, update: 20, delete: 200 },
      concurrency: 2,
      callsPerDay: null,
      // A stamp is the beginning of its transaction: a long import appears minutes behind it.
      lookBackMs: 15 * 60_000,
    },
    async test() {
      const id = await odoo.me()
      const [row] = asList(await odoo.call('res.users', 'read', { ids: [id], fields: ['name', 'login'] }))
      const name = asText(asObject(row).name)
      return { words: `Signed in to Odoo as ${name}.`, user: { id: String(id), name } }
    },
    async serverTime() {
      if (!odoo.lastDate()) await odoo.me()
      return odoo.lastDate() ?? new Date(0)
    },
    async describe() {
      const objects = []
      for (const about of odooObjects) {
        const found = await describe(odoo, about).catch((error: unknown) => {
          // A module that is not installed, or that this user may not see.
          if (error instanceof CrmError && ['schema', 'denied'].includes(error.failure.kind)) return null
          throw error
        })
        if (found) objects.push(found)
      }
      return { objects }
    },
    changes(type, { after, upTo, fields, limit }) {
      // Stamps are kept to the microsecond but answered in seconds: a second is one stamp here.
      const until = ['write_date', '<', nextSecond(upTo)]
      return pageByStamp({
        after,
        limit: Math.min(limit, page),
        within: (stamp, id, most) =>
          read(type, {
            domain: [
              ['write_date', '>=', plainMoment(stamp)],
              ['write_date', '<', nextSecond(stamp)],
              ['id', '>', Number(id) || 0],
              until,
            ],
            fields,
            order: 'id',
            limit: most,
          }),
        later: (stamp, most) =>
          read(type, {
            domain: [...(stamp ? [['write_date', '>=', nextSecond(stamp)]] : []), until],
            fields,
            order: 'write_date, id',
            limit: most,
          }),
      })
    },
    async get(type, ids, fields) {
      const found: RemoteRecord[] = []
      for (const some of pieces(ids, page))
        found.push(...(await read(type, { domain: [['id', 'in', numbers(some)]], fields, order: 'id' })))
      return found
    },
    async find(type, { field, values }, fields) {
      const isText = ['text', 'email', undefined].includes((await index(type)).get(field)?.type)
      const found: RemoteRecord[] = []
      for (const some of pieces(values, 100)) {
        const domain = isText
          ? anyOf(some.map(value => [field, '=ilike', literal(value)]))
          : [[field, 'in', field === 'id' ? numbers(some) : some]]
        found.push(
          ...(await read(type, { domain: [...aboutOf(type).domain, ...domain], fields, order: 'id' })),
        )
      }
      return found
    },
    write: (type, ops) => byKind(ops, (kind, some) => write(odoo, aboutOf(type), kind, some, index)),
    async ids(type, { after, limit }) {
      const about = aboutOf(type)
      const domain = [...about.domain, ...(after ? [['id', '>', Number(after) || 0]] : [])]
      const most = Math.min(limit, 10_000)
      const found = await odoo.call(about.model, 'search', { domain, order: 'id', limit: most, context: all })
      const ids = listIn(found).map(asText)
      return { ids, more: ids.length === most }
    },
  }
}

const describe = async (odoo: Odoo, about: OdooObject) =>
  odooFields(about, await odoo.call(about.model, 'fields_get', { attributes }))

type Index = (type: string) => Promise<ReturnType<typeof indexOf>>

function toRecord(
  about: OdooObject,
  row: Record<string, unknown>,
  fields: string[],
  known: Awaited<ReturnType<Index>>,
): RemoteRecord {
  const became = convertedTo(about, row)
  const created = toMoment(row.create_date)
  return {
    id: asText(row.id),
    modified: toMoment(row.write_date) ?? created ?? new Date(0),
    created,
    version: null,
    values: fromOdoo(about, row, fields, known),
    ...(became ? { convertedTo: became } : {}),
  }
}

/** Creates and deletes go in batches, of which Odoo takes all or nothing; changes differ and go one by one. */
async function write(
  odoo: Odoo,
  about: OdooObject,
  kind: WriteOp['op'],
  ops: WriteOp[],
  index: Index,
): Promise<WriteOutcome[]> {
  const known = await index(about.type)
  if (kind === 'delete')
    return await bisect(ops, async some => {
      const ids = some.map(op => (op.op === 'delete' ? Number(op.id) : 0))
      done(await odoo.call(about.model, 'unlink', { ids }))
      return ids.map(id => ({ ok: true as const, id: String(id) }))
    })
  if (kind === 'create')
    return await bisect(ops, async some => {
      const vals = some.map(op =>
        creation(about, op.op === 'create' ? toWrite(about, op.values, known, '') : {}),
      )
      const made = listIn(await odoo.call(about.model, 'create', { vals_list: vals }))
      if (made.length !== some.length) throw unsaid()
      return made.map(id => ({ ok: true as const, id: asText(id) }))
    })
  return await oneByOne(ops, async op => {
    if (op.op !== 'update') throw new Error('an update was expected')
    const vals = toWrite(about, op.values, known, await nameBefore(odoo, about, op))
    done(await odoo.call(about.model, 'write', { ids: [Number(op.id)], vals }))
    return { ok: true, id: op.id }
  })
}

const unsaid = () =>
  new CrmError({ kind: 'transient', words: 'Odoo did not say what became of it.', code: 'no_outcome' })

/** A write or delete is done where Odoo says true, and not because it said anything. */
function done(answer: unknown): void {
  if (answer !== true) throw unsaid()
}

/** A lead must have a title: who it is, where the mapping gives none. */
function creation(about: OdooObject, vals: Record<string, unknown>): Record<string, unknown> {
  const full = { ...about.defaults, ...vals }
  if (about.role !== 'lead' || full.name) return full
  const name = full.contact_name || full.partner_name || full.email_from
  return name ? { ...full, name } : full
}

/** The whole name as it is, where only a part of it is to change. */
async function nameBefore(
  odoo: Odoo,
  about: OdooObject,
  { id, values }: { id: string; values: WriteValues },
) {
  if (!about.nameField || 'first_name' in values === 'last_name' in values) return ''
  const rows = await odoo.call(about.model, 'read', { ids: [Number(id)], fields: [about.nameField] })
  return asText(asObject(asList(rows)[0])[about.nameField])
}
type WriteValues = Extract<WriteOp, { op: 'update' }>['values']
