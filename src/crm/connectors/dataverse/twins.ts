import type { RemoteRef, Values, WriteOp, WriteOutcome } from '../../connector.ts'
import { asList, asObject, asText } from '../kit/values.ts'
import type { Step } from './batch.ts'
import type { Dataverse } from './client.ts'
import type { Table } from './schema.ts'

/**
 * Names the records that stood in the way of a create: Dataverse refuses it without saying which, and tells when it
 * is asked for what is alike.
 */
export async function twinsOf(
  dataverse: Dataverse,
  table: Table,
  ops: WriteOp[],
  outcomes: WriteOutcome[],
  body: (values: Values) => Record<string, unknown>,
): Promise<WriteOutcome[]> {
  const refused = ops.flatMap((op, at) => {
    const outcome = outcomes[at]
    const isTwin = outcome?.ok === false && outcome.failure.kind === 'duplicate'
    return op.op === 'create' && isTwin ? [{ at, values: op.values }] : []
  })
  if (refused.length === 0) return outcomes
  const parts = await dataverse.batch(refused.map(({ values }) => question(table, body(values))))
  return outcomes.map((outcome, at) => {
    const part = parts[refused.findIndex(each => each.at === at)]
    if (outcome.ok || !part || part.status >= 300) return outcome
    const existing = asList(asObject(part.json).value)
      .map((row): RemoteRef => ({ type: table.object.type, id: asText(asObject(row)[table.id]) }))
      .filter(ref => ref.id !== '')
    return existing.length > 0 ? { ok: false, failure: { ...outcome.failure, existing } } : outcome
  })
}

function question(table: Table, values: Record<string, unknown>): Step {
  const { type } = table.object
  const plain = Object.fromEntries(Object.entries(values).filter(([name]) => !name.includes('@')))
  return {
    method: 'GET',
    path: '/RetrieveDuplicates(BusinessEntity=@one,MatchingEntityName=@type,PagingInfo=@page)',
    query: {
      '@one': JSON.stringify({ '@odata.type': `Microsoft.Dynamics.CRM.${type}`, ...plain }),
      '@type': `'${type}'`,
      '@page': JSON.stringify({ PageNumber: 1, Count: 10 }),
    },
  }
}
