import { CrmError, type WriteOp, type WriteOutcome } from '../../connector.ts'
import { byKind } from '../kit/batch.ts'
import type { Call } from '../kit/http.ts'
import { asList, asObject, asText, type FieldIndex } from '../kit/values.ts'
import type { Salesforce } from './client.ts'
import { failureOf, fullId } from './failures.ts'
import { toSalesforce } from './schema.ts'
import { nameOf } from './soql.ts'

type Create = Extract<WriteOp, { op: 'create' }>

/** Collections of up to 200 records in one call; each has its own outcome, nothing is rolled back for another's sake. */
export function writeTo(
  salesforce: Salesforce,
  type: string,
  ops: WriteOp[],
  index: FieldIndex,
): Promise<WriteOutcome[]> {
  const { http, path } = salesforce
  const record = (op: Exclude<WriteOp, { op: 'delete' }>) => ({
    attributes: { type },
    ...(op.op === 'update' ? { id: op.id } : {}),
    ...Object.fromEntries(
      Object.entries(op.values).map(([name, value]) => [name, toSalesforce(index.get(name), value)]),
    ),
  })
  const send = async (call: Call, size: number): Promise<WriteOutcome[]> => {
    const answer = await http.send(call)
    const rows = asList(answer.json)
    if (rows.length !== size)
      throw new CrmError({
        kind: 'transient',
        words: 'Salesforce did not answer for every record.',
        code: 'cut_off',
        sample: answer.sample,
      })
    return rows.map(row => {
      const { success, id } = asObject(row)
      if (success === true) return { ok: true as const, id: fullId(asText(id)) }
      return { ok: false as const, failure: failureOf(row, type, answer.sample) }
    })
  }
  const collection = (method: 'POST' | 'PATCH', below: string, some: Exclude<WriteOp, { op: 'delete' }>[]) =>
    send(
      {
        method,
        path: path(`composite/sobjects${below}`),
        json: { allOrNone: false, records: some.map(record) },
        // The owner is decided here; rules of assignment are for people who type leads in.
        ...(method === 'PATCH' ? { headers: { 'sforce-auto-assign': 'FALSE' } } : {}),
      },
      some.length,
    )

  return byKind(ops, (kind, some) => {
    if (kind === 'create') return create(some as Create[])
    if (kind === 'update') return collection('PATCH', '', some as Exclude<WriteOp, { op: 'delete' }>[])
    const ids = some.map(op => (op.op === 'delete' ? op.id : '')).join(',')
    return send(
      { method: 'DELETE', path: path('composite/sobjects'), query: { ids, allOrNone: 'false' } },
      some.length,
    )
  })

  /** With an external id it is an upsert: sent again, it finds what it made. */
  async function create(some: Create[]): Promise<WriteOutcome[]> {
    const outcomes = new Array<WriteOutcome>(some.length)
    const keyOf = (op: Create) => (op.externalId && asText(op.values[op.externalId]) ? op.externalId : '')
    for (const [key, group] of Map.groupBy(some.keys(), at => keyOf(some[at] as Create))) {
      const part = group.flatMap(at => some[at] ?? [])
      const given = key
        ? await collection('PATCH', `/${nameOf(type)}/${nameOf(key)}`, part)
        : await collection('POST', '', part)
      group.forEach((at, i) => {
        const outcome = given[i]
        if (outcome) outcomes[at] = outcome
      })
    }
    return outcomes
  }
}
