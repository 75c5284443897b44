import { inTransaction } from '#platform/db/db.ts'
import { askedAt, freshLink } from './apply.ts'
import type { Connection, RemoteRecord, Value, Values, WriteOp, WriteOutcome } from './connector.ts'
import { type Failed, handleFailed } from './failures.ts'
import { type ObjectMap, optOut, remoteFields } from './mapping.ts'
import { laneOf, mergeAndWrite } from './merge-write.ts'
import type { OutboxRow } from './outbox.sql.ts'
import { settle } from './outbox.sql.ts'
import { inPieces } from './pieces.ts'
import { type Run, workOn } from './run.ts'
import { sideOf } from './sides/all.ts'
import type { LocalRow, Work } from './sides/side.ts'
import { describedFields, fieldsInUse, toTheirs } from './translate.ts'
import { conclude, send } from './write.ts'

type Wanted = { row: OutboxRow; local: LocalRow }
type Hit = { object: ObjectMap; record: RemoteRecord }

/**
 * Makes in the CRM what is not there: looks first, under our own id and the match keys, in every object of the kind;
 * what is found is linked and merged instead. Several that fit equally are nobody's business but a person's.
 */
export async function createMissing(
  run: Run,
  work: Work,
  rows: OutboxRow[],
  locals: Map<string, LocalRow>,
): Promise<void> {
  const wanted = rows.flatMap(row => {
    const local = locals.get(row.localId)
    return local ? [{ row, local }] : []
  })
  if (wanted.length === 0) return
  const crm = run.crm(laneOf(rows))
  const readAt = askedAt()
  const hits = await findAll(run, work, crm, wanted)
  const fresh: Wanted[] = []
  const found = new Map<ObjectMap, { row: OutboxRow; record: RemoteRecord }[]>()
  const unclear: Failed[] = []
  for (const each of wanted) {
    const best = pick(run, hits.get(each.row.localId) ?? [])
    if (best === null) fresh.push(each)
    else if (best === 'several') unclear.push(ambiguous(each.row))
    else found.set(best.object, [...(found.get(best.object) ?? []), { row: each.row, record: best.record }])
  }
  await handleFailed(work, unclear)
  for (const [object, entries] of found) {
    const records = entries.map(({ record }) => record)
    await mergeAndWrite(workOn(run, object), run, entries, {
      asked: records.map(record => record.id),
      records,
      readAt,
    })
  }
  await createFresh(work, crm, fresh)
}

const ambiguous = (row: OutboxRow): Failed => ({
  row,
  op: 'find',
  link: null,
  failure: { kind: 'ambiguous', words: 'Several records in the CRM fit this one: nothing was written.' },
})

/** A living contact goes before a lead; two of one rank are a question for people. */
function pick({ connection }: Run, hits: Hit[]): Hit | 'several' | null {
  const roleOf = ({ object }: Hit) =>
    connection.schema?.objects.find(each => each.type === object.remote)?.role
  const living = hits.filter(
    ({ record }) => !record.deleted && !record.mergedInto && !record.convertedTo?.length,
  )
  const contacts = living.filter(hit => roleOf(hit) !== 'lead')
  const best = contacts.length > 0 ? contacts : living
  const [first] = best
  if (!first) return null
  return best.length > 1 ? 'several' : first
}

/** Every record that could be one of these: by our own id where a field holds it, and by each match key. */
async function findAll(run: Run, work: Work, crm: Connection, wanted: Wanted[]): Promise<Map<string, Hit[]>> {
  const hits = new Map<string, Hit[]>()
  for (const object of run.mapping.objects.filter(each => each.kind === work.object.kind)) {
    const keys = ['id', ...object.matchKeys].flatMap(name => {
      const field = object.fields.find(each => each.local === name && each.rule !== 'none')
      return field ? [field] : []
    })
    for (const key of keys) {
      const open = wanted.filter(each => !hits.get(each.row.localId)?.some(hit => hit.object === object))
      const byValue = Map.groupBy(open, ({ local }) => keyOf(local.values[key.local] ?? null))
      byValue.delete('')
      const records = await inPieces([...byValue.keys()], crm.limits.read, values =>
        crm.find(object.remote, { field: key.remote, values }, remoteFields(object)),
      )
      for (const record of records)
        for (const { row } of byValue.get(keyOf(record.values[key.remote] ?? null)) ?? []) {
          const own = hits.get(row.localId) ?? []
          if (!own.some(hit => hit.object === object && hit.record.id === record.id))
            hits.set(row.localId, [...own, { object, record }])
        }
    }
  }
  return hits
}

const keyOf = (value: Value) => (value === null ? '' : String(value).trim().toLowerCase())

/** Kinds that stand for somebody: there must never be two of one. */
const named = new Set(['person', 'company'])

async function createFresh(work: Work, crm: Connection, wanted: Wanted[]): Promise<void> {
  if (wanted.length === 0) return
  const { services, connection, object } = work
  const fields = fieldsInUse(work, await sideOf(object.kind).fields(services.db))
  const described = describedFields(work)
  const external = fields.find(each => each.local === 'id' && described.get(each.remote)?.externalId)
  // Without an address or our id there, a create whose answer was lost could not be found again.
  const findable = wanted.filter(
    ({ local }) =>
      external ||
      !named.has(object.kind) ||
      object.matchKeys.some(key => (local.values[key] ?? null) !== null),
  )
  const left = wanted.filter(each => !findable.includes(each))
  await inTransaction(services.db, trx =>
    settle(
      trx,
      connection.id,
      left.map(({ row }) => row),
    ),
  )
  const given = findable.map(({ local }) => ({
    values: saidOf(
      local.values,
      fields.map(field => field.local),
    ),
    isNew: true,
  }))
  const theirs = await toTheirs(services.db, given, work, fields)
  const ops = findable.map(
    ({ row }, i): WriteOp => ({
      op: 'create',
      key: row.localId,
      externalId: external?.remote ?? null,
      values: theirs[i] ?? {},
    }),
  )
  const outcomes = await sendWhole(work, crm, ops)
  await conclude(
    work,
    crm,
    findable.map(({ row }, i) => ({
      row,
      link: freshLink(work, { id: '' }, row.localId, new Date(0)),
      values: given[i]?.values ?? {},
      op: ops[i] ?? { op: 'delete', id: '' },
      outcome: outcomes[i],
    })),
  )
}

/** A membership of somebody who is not there yet waits until he is. */
async function sendWhole(work: Work, crm: Connection, ops: WriteOp[]): Promise<WriteOutcome[]> {
  const { object } = work
  const needed =
    object.kind === 'member'
      ? object.fields.filter(field => ['person', 'campaign'].includes(field.local)).map(field => field.remote)
      : []
  const isWhole = (op: WriteOp) => op.op === 'create' && needed.every(name => op.values[name] !== undefined)
  const whole = ops.filter(isWhole)
  const answers = await send(crm, object.remote, whole)
  const early: WriteOutcome = {
    ok: false,
    failure: { kind: 'transient', words: 'The contact is not in the CRM yet.' },
  }
  return ops.map(op => answers[whole.indexOf(op)] ?? early)
}

/** What there is to say: a new record is not told what is empty. */
function saidOf(values: Values, names: string[]): Values {
  return Object.fromEntries(
    names.flatMap(name => {
      const value = values[name] ?? null
      return value === null || (name === optOut && value === false) ? [] : [[name, value] as const]
    }),
  )
}
