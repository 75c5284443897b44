import type { WriteOp, WriteOutcome } from '../../connector.ts'
import { bisect, byKind, ofType } from '../kit/batch.ts'
import type { Http } from '../kit/http.ts'
import { asList, asObject, asText } from '../kit/values.ts'
import { elementFailure } from './client.ts'
import { toProperty } from './schema.ts'

const created = 'objectWriteTraceId'

/** Writes in batches: a refusal of one element is told beside the others (207), or ends the whole call and is halved. */
export async function writeAll(http: Http, type: string, ops: WriteOp[]): Promise<WriteOutcome[]> {
  const write = (kind: WriteOp['op'], part: readonly WriteOp[]) => writeBatch(http, type, kind, part)
  return ofType(type, await byKind(ops, (kind, some) => bisect(some, part => write(kind, part))))
}

async function writeBatch(
  http: Http,
  type: string,
  kind: WriteOp['op'],
  ops: readonly WriteOp[],
): Promise<WriteOutcome[]> {
  const path = `/crm/v3/objects/${type}/batch/${kind === 'delete' ? 'archive' : kind}`
  // Answers come in any order: a create is known by the mark it was sent with, all others by their id.
  const inputs = ops.map((op, at) => {
    if (op.op === 'delete') return { id: op.id }
    const properties = Object.fromEntries(
      Object.entries(op.values).map(([name, value]) => [name, toProperty(value)]),
    )
    return op.op === 'update' ? { id: op.id, properties } : { [created]: String(at), properties }
  })
  const answer = await http.send({ method: 'POST', path, json: { inputs } })
  if (kind === 'delete') return ops.map(op => ({ ok: true as const, id: op.op === 'delete' ? op.id : '' }))
  const results = asList(asObject(answer.json).results).map(asObject)
  const errors = asList(asObject(answer.json).errors).map(asObject)
  return ops.map((op, at) => {
    const key = op.op === 'update' ? op.id : String(at)
    const member = op.op === 'update' ? 'id' : created
    const made =
      results.find(each => asText(each[member]) === key) ?? (ops.length === 1 ? results[0] : undefined)
    if (made) return { ok: true as const, id: asText(made.id) }
    const places = op.op === 'update' ? ['ids', 'id'] : [created]
    const about = (each: Record<string, unknown>) =>
      places.some(place => asList(asObject(each.context)[place]).map(asText).includes(key))
    const error = errors.find(about) ?? (ops.length === 1 ? errors[0] : undefined)
    if (error) return { ok: false as const, failure: elementFailure(error) }
    // Neither made nor refused: the engine looks for it before it sends it again.
    const words = 'HubSpot did not say what became of this record.'
    return { ok: false as const, failure: { kind: 'transient', words, code: 'no_outcome' } }
  })
}
