import { type Db, inTransaction } from '#platform/db/db.ts'
import {
  type ConnectionRow,
  changeConnection,
  type Drift,
  getConnection,
  holdConnection,
} from './connections.sql.ts'
import type { RemoteSchema } from './connector.ts'
import type { Run } from './run.ts'
import type { Work } from './sides/side.ts'

/** A field that the CRM says it does not have rests until somebody looks: nothing is read from it or written to it. */
export async function restField(trx: Db, work: Work, field: string, words: string): Promise<void> {
  const row = await holdConnection(trx, work.connection.id)
  const isKnown = row.drift.some(each => each.object === work.object.remote && each.field === field)
  const isMapped = work.object.fields.some(each => each.remote === field)
  if (isKnown || !isMapped) return
  const entry: Drift = {
    object: work.object.remote,
    field,
    words,
    until: 'described',
    at: work.now.toISOString(),
  }
  await changeConnection(trx, row.id, { drift: [...row.drift, entry] })
}

/** What is mapped and is not there any more, or is not as it was. */
export function driftOf(
  row: Pick<ConnectionRow, 'mapping' | 'schema'>,
  fresh: RemoteSchema,
  at: string,
): Drift[] {
  const drift: Drift[] = []
  for (const object of row.mapping?.objects ?? []) {
    const now = fresh.objects.find(each => each.type === object.remote)
    if (!now) {
      drift.push({
        object: object.remote,
        field: null,
        words: `The CRM has no object ${object.remote} any more.`,
        until: 'described',
        at,
      })
      continue
    }
    const before = row.schema?.objects.find(each => each.type === object.remote)
    for (const { remote } of object.fields.filter(field => field.rule !== 'none')) {
      const field = now.fields.find(each => each.name === remote)
      const was = before?.fields.find(each => each.name === remote)
      const about = { object: object.remote, field: remote, at }
      if (!field)
        drift.push({
          ...about,
          words: `The CRM has no field ${remote} any more; it rests.`,
          until: 'described',
        })
      else if (was && was.type !== field.type)
        drift.push({
          ...about,
          words: `${remote} was ${was.type} and is ${field.type} now; it rests until the mapping is published again.`,
          until: 'published',
        })
    }
  }
  return drift
}

/** Asks the CRM for its objects and fields anew, and notes what does not fit the mapping any more. */
export async function describe(run: Pick<Run, 'services' | 'connection' | 'crm'>): Promise<ConnectionRow> {
  const { services, connection } = run
  const schema = await run.crm('delta').describe()
  const now = services.clock.now()
  return inTransaction(services.db, async trx => {
    const row = await holdConnection(trx, connection.id)
    const drift = driftOf(row, schema, now.toISOString())
    const isNew = (old: Drift) => !drift.some(each => each.object === old.object && each.field === old.field)
    const kept = row.drift.filter(old => old.until === 'published' && isNew(old))
    await changeConnection(trx, row.id, { schema, describedAt: now, drift: [...drift, ...kept] })
    return getConnection(trx, row.id)
  })
}
