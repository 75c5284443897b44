import { inTransaction } from '#platform/db/db.ts'
import { askedAt, type Push } from './apply.ts'
import type { CallLane } from './budget.ts'
import {
  type Connection,
  CrmError,
  type RemoteRecord,
  type Value,
  type Values,
  type WriteOp,
  type WriteOutcome,
} from './connector.ts'
import { type Failed, handleFailed } from './failures.ts'
import { clearItems } from './issues.ts'
import { holdLinks, type Link, markSent, saveLinks } from './links.sql.ts'
import { remoteFields } from './mapping.ts'
import { agree } from './merge.ts'
import { type OutboxRow, settle } from './outbox.sql.ts'
import { inPieces } from './pieces.ts'
import type { Run } from './run.ts'
import { sideOf } from './sides/all.ts'
import type { Work } from './sides/side.ts'
import { fieldsInUse, toArrivals, toTheirs } from './translate.ts'
import { toRemote } from './values.ts'

/** What was written: our values, and the record as the CRM has it now. */
export type Written = { row: OutboxRow; link: Link; values: Values; record: RemoteRecord }

/** Writes changed fields of linked records, and agrees on what the CRM has made of them. */
export async function writeUpdates(
  run: Run,
  work: Work,
  pushes: (Push & { row: OutboxRow })[],
  lane: CallLane,
): Promise<void> {
  if (pushes.length === 0) return
  const { services, connection, object } = work
  const fields = fieldsInUse(work, await sideOf(object.kind).fields(services.db))
  const theirs = await toTheirs(
    services.db,
    pushes.map(push => ({ values: push.values, isNew: false })),
    work,
    fields,
  )
  const ops = pushes.map((push, i): { push: typeof push; op: WriteOp; values: Values } => ({
    push,
    values: theirs[i] ?? {},
    op: { op: 'update', id: push.link.remoteId, version: push.link.remoteVersion, values: theirs[i] ?? {} },
  }))
  const sound = ops.filter(({ values }) => Object.keys(values).length > 0)
  // Nothing of it has a counterpart there: an owner who is no user of the CRM, a company that is not there.
  await inTransaction(services.db, async trx => {
    await settle(
      trx,
      connection.id,
      ops.filter(each => !sound.includes(each)).map(({ push }) => push.row),
    )
    await markSent(
      trx,
      connection.id,
      object.remote,
      sound.map(({ push }) => ({ remoteId: push.link.remoteId, sent: push.values })),
    )
  })
  const crm = run.crm(lane)
  const outcomes = await send(
    crm,
    object.remote,
    sound.map(each => each.op),
  )
  await conclude(
    work,
    crm,
    sound.map(({ push, op }, i) => ({
      row: push.row,
      link: push.link,
      values: push.values,
      op,
      outcome: outcomes[i],
    })),
  )
}

/**
 * Sends elements in as few calls as the CRM allows. One outcome for each, in order. Where a call fails and another
 * has written, its elements have the failure, so that what was written is known; where none has, the failure is thrown.
 */
export async function send(crm: Connection, type: string, ops: WriteOp[]): Promise<WriteOutcome[]> {
  if (ops.length === 0) return []
  const size = Math.min(...ops.map(({ op }) => crm.limits.write[op]))
  let written = false
  let thrown: unknown = null
  const outcomes = await inPieces(ops, size, async piece => {
    try {
      const given = await crm.write(type, piece)
      written = true
      return given
    } catch (error) {
      thrown ??= error
      if (!(error instanceof CrmError)) throw error
      return piece.map(() => ({ ok: false as const, failure: error.failure }))
    }
  })
  if (thrown !== null && !written) throw thrown
  return outcomes
}

type Sent = {
  row: OutboxRow
  link: Link
  values: Values
  op: WriteOp
  outcome: WriteOutcome | undefined
}

/** Settles what was written, and what failed by its kind. */
export async function conclude(work: Work, crm: Connection, sent: Sent[]): Promise<void> {
  const { services, connection, object } = work
  const failed: Failed[] = []
  const good: Omit<Written, 'record'>[] = []
  const records = new Map<string, RemoteRecord>()
  const readAt = askedAt()
  for (const { row, link, values, op, outcome } of sent) {
    if (!outcome) continue
    if (!outcome.ok) {
      failed.push({ row, op: op.op, link: op.op === 'create' ? null : link, failure: outcome.failure })
      continue
    }
    good.push({ row, link: { ...link, remoteId: outcome.id }, values })
    if (outcome.record) records.set(outcome.id, outcome.record)
  }
  const unread = good.map(({ link }) => link.remoteId).filter(id => !records.has(id))
  for (const one of await inPieces(unread, crm.limits.read, piece =>
    crm.get(object.remote, piece, remoteFields(object)),
  ))
    records.set(one.id, one)
  const written = good.flatMap(each => {
    const record = records.get(each.link.remoteId)
    return record ? [{ ...each, record }] : []
  })
  await inTransaction(services.db, async trx => {
    await confirm(trx, work, written, readAt)
    await settle(
      trx,
      connection.id,
      good.map(({ row }) => row),
    )
    await clearItems(
      trx,
      connection.id,
      object.kind,
      good.map(({ row }) => row.localId),
    )
  })
  await handleFailed(work, failed)
}

/** Both sides agree on what was sent and what the CRM keeps of it: if it cut or spelled it anew, that is how it stays. */
async function confirm(
  trx: Parameters<Parameters<typeof inTransaction>[1]>[0],
  work: Work,
  written: Written[],
  readAt: Date,
): Promise<void> {
  const { connection, object, now } = work
  const fields = fieldsInUse(work, await sideOf(object.kind).fields(trx))
  const arrivals = await toArrivals(
    trx,
    written.map(({ record }) => record),
    fields,
    connection.id,
  )
  const known = new Map(
    (
      await holdLinks(
        trx,
        connection.id,
        object.remote,
        written.map(({ record }) => record.id),
      )
    ).map(link => [link.remoteId, link]),
  )
  // What has no counterpart there did not go, so nothing was agreed on: it goes when the mapping knows it.
  const stayed = (name: string, ours: Value) =>
    fields.some(field => field.local === name && field.refers === null && toRemote(field, ours) === undefined)
  const rows = written.map(({ link: given, values, record }, i) => {
    const link = known.get(record.id) ?? given
    const base = { ...link.base }
    for (const [name, ours] of Object.entries(values)) {
      const theirs = arrivals[i]?.theirs[name]
      if (theirs !== undefined && !stayed(name, ours)) base[name] = agree(ours, theirs)
    }
    const isNewer = link.readAt <= readAt
    return {
      ...link,
      base,
      sent: null,
      readAt: isNewer ? readAt : link.readAt,
      remoteVersion: isNewer ? record.version : link.remoteVersion,
      remoteModified: isNewer ? record.modified : link.remoteModified,
      pushedAt: now,
    }
  })
  await saveLinks(trx, connection.id, rows)
}
