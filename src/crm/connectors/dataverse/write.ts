import type { Failure, Values, WriteOp, WriteOutcome } from '../../connector.ts'
import { pieces } from '../kit/pages.ts'
import { asObject, asText } from '../kit/values.ts'
import type { Part, Step } from './batch.ts'
import type { Dataverse } from './client.ts'
import { failureOf } from './failures.ts'
import { type Table, toDataverse } from './schema.ts'
import { isGuid, quote, tableOf } from './tables.ts'
import { twinsOf } from './twins.ts'

type Change = Exclude<WriteOp, { op: 'delete' }>

/** What a reference points to, by its id: of the kinds of record that it may point to, the one that is there. */
type Targets = Map<string, string>

/**
 * All in one batch, each for itself and in order. A create with a mapped alternate key is an upsert by it; a change
 * never makes a record anew (`If-Match`), and says what it stands on where we know it.
 */
export async function writeTo(dataverse: Dataverse, table: Table, ops: WriteOp[]): Promise<WriteOutcome[]> {
  const targets = await targetsOf(dataverse, table, ops)
  // What is no id was never there: no call is needed to find that out.
  const sent = ops.filter(op => op.op === 'create' || isGuid(op.id))
  const parts = sent.length > 0 ? await dataverse.batch(sent.map(op => stepOf(table, op, targets))) : []
  const outcomes = ops.map((op): WriteOutcome => {
    const part = parts[sent.indexOf(op)]
    if (!part)
      return { ok: false, failure: { kind: 'gone', words: 'This is no id of Dataverse.', code: 'no_id' } }
    if (part.status >= 300) return { ok: false, failure: failureOf(part) }
    const id = op.op === 'create' ? madeId(table, part) : op.id
    return id ? { ok: true, id } : { ok: false, failure: unsaid }
  })
  return twinsOf(dataverse, table, ops, outcomes, values => bodyOf(table, values, targets))
}

/** The engine looks for it before it sends it again. */
const unsaid: Failure = {
  kind: 'transient',
  words: 'Dataverse did not say what became of this record.',
  code: 'no_outcome',
}

function stepOf(table: Table, op: WriteOp, targets: Targets): Step {
  const path = op.op === 'create' ? `/${table.set}` : `/${table.set}(${op.id})`
  if (op.op === 'delete') return { method: 'DELETE', path }
  if (op.op === 'update')
    return {
      method: 'PATCH',
      path,
      headers: { 'if-match': op.version ?? '*' },
      json: bodyOf(table, op.values, targets),
    }
  const headers = { prefer: 'return=representation', 'mscrm.suppressduplicatedetection': 'false' }
  const query = { $select: table.id }
  const key = op.externalId && table.index.get(op.externalId)?.externalId ? op.externalId : ''
  const value = key ? op.values[key] : null
  if (typeof value !== 'string' && typeof value !== 'number')
    return { method: 'POST', path, query, headers, json: bodyOf(table, op.values, targets) }
  const { [key]: _inAddress, ...values } = op.values
  const literal = typeof value === 'number' ? String(value) : quote(value)
  return {
    method: 'PATCH',
    path: `${path}(${key}=${encodeURIComponent(literal)})`,
    query,
    headers,
    json: bodyOf(table, values, targets),
  }
}

function madeId(table: Table, part: Part): string {
  const [, told = ''] = /\(([\da-f-]{36})\)/i.exec(part.headers['odata-entityid'] ?? '') ?? []
  return asText(asObject(part.json)[table.id]) || told
}

/** Columns as they are, references by their properties. */
function bodyOf(table: Table, values: Values, targets: Targets): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      const field = table.index.get(name)
      const binds = field?.type === 'reference' ? table.binds.get(name) : undefined
      if (!binds) return [name, toDataverse(field, value)]
      const bind = binds.find(each => each.type === targets.get(asText(value))) ?? binds[0]
      const address = value === null ? null : `/${bind?.set}(${asText(value)})`
      return [`${bind?.property}@odata.bind`, address]
    }),
  )
}

const perFilter = 40

/** Looks up what references point to, where they may point to several kinds of record. */
async function targetsOf(dataverse: Dataverse, table: Table, ops: WriteOp[]): Promise<Targets> {
  const found: Targets = new Map()
  const wanted = new Map<string, Set<string>>()
  for (const { values } of ops.filter((op): op is Change => op.op !== 'delete'))
    for (const [name, value] of Object.entries(values)) {
      const binds = table.index.get(name)?.type === 'reference' ? (table.binds.get(name) ?? []) : []
      if (binds.length < 2 || !isGuid(asText(value))) continue
      for (const { type } of binds) wanted.set(type, (wanted.get(type) ?? new Set()).add(asText(value)))
    }
  for (const [type, ids] of wanted) {
    const about = tableOf(type)
    const open = [...ids].filter(id => !found.has(id))
    for (const some of about ? pieces(open, perFilter) : []) {
      const $filter = some.map(id => `${about?.id} eq ${id}`).join(' or ')
      for (const row of await dataverse.rows(`/${about?.set}`, { $select: about?.id, $filter }))
        found.set(asText(row[about?.id ?? '']), type)
    }
  }
  return found
}
