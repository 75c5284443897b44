import { CrmError, type Failure, type Values, type WriteOp, type WriteOutcome } from '../../connector.ts'
import { oneByOne } from '../kit/batch.ts'
import { asObject, asText } from '../kit/values.ts'
import { objectOf } from './objects.ts'
import { type Reader, rowsById } from './reading.ts'
import { needsRecord, toBody, toRecord } from './values.ts'

export type Writer = Reader & { currency(): Promise<string> }

/** One call per record: Pipedrive takes no batches. What a change must know of the records is read at once before. */
export async function writeAll(writer: Writer, type: string, ops: WriteOp[]): Promise<WriteOutcome[]> {
  const known = await writer.known(type)
  const [list = ''] = objectOf(type).lists
  const asked = ops.flatMap(op => (op.op === 'update' && needsRecord(op.values, known) ? [op.id] : []))
  const rows = asked.length > 0 ? await rowsById(writer, type, asked) : []
  const before = new Map(rows.map(row => [asText(row.id), row]))
  const isMoney = ops.some(
    op => op.op !== 'delete' && Object.keys(op.values).some(name => known.custom.get(name) === 'monetary'),
  )
  const currency = isMoney ? await writer.currency() : ''
  return await oneByOne(ops, async op => {
    const path = `/api/v2${list}${op.op === 'create' ? '' : `/${encodeURIComponent(op.id)}`}`
    if (op.op === 'delete') {
      await writer.http.send({ method: 'DELETE', path })
      return { ok: true, id: op.id }
    }
    const old = op.op === 'update' ? (before.get(op.id) ?? {}) : {}
    // A list that we could not read would be written over.
    if (asked.includes(op.op === 'update' ? op.id : '') && !('id' in old)) throw gone()
    const body = { ...defaults(op, type), ...toBody(op.values, old, known, currency) }
    const method = op.op === 'create' ? 'POST' : 'PATCH'
    const answer = await writer.http
      .send({ method, path, json: body })
      .catch((error: unknown) => Promise.reject(withFields(error, op.values)))
    const row = asObject(asObject(answer.json).data)
    const id = asText(row.id)
    if (!id) return { ok: false, failure: unsaid }
    return { ok: true, id, record: toRecord(row, Object.keys(op.values), known) }
  })
}

const gone = () =>
  new CrmError({ kind: 'gone', words: 'This record is not in Pipedrive any more.', code: 'not_found' })

/** Neither made nor refused: the engine looks for it before it sends it again. */
const unsaid: Failure = {
  kind: 'transient',
  words: 'Pipedrive did not say what became of this record.',
  code: 'no_outcome',
}

/** An activity has a type; ours are tasks. */
const defaults = (op: WriteOp, type: string): Record<string, unknown> =>
  op.op === 'create' && type === 'activities' ? { type: 'task' } : {}

const wireNames: Record<string, string> = {
  email: 'emails',
  phone: 'phones',
  first_name: 'name',
  last_name: 'name',
}

/** The fields that a refusal is about are named in its sentence. */
function withFields(error: unknown, values: Values): unknown {
  if (!(error instanceof CrmError) || !['invalid', 'schema'].includes(error.failure.kind)) return error
  const { words } = error.failure
  const fields = Object.keys(values).filter(name => words.includes(wireNames[name] ?? name))
  return fields.length > 0 ? new CrmError({ ...error.failure, fields }) : error
}
