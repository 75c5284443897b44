import { matchContacts } from '#decisions/match.ts'
import { inTransaction } from '#platform/db/db.ts'
import { askedAt, isNews } from './apply.ts'
import type { CallLane } from './budget.ts'
import { CrmError } from './connector.ts'
import { createMissing } from './create.ts'
import { handleFailed } from './failures.ts'
import { type Link, linksOf } from './links.sql.ts'
import { createdAs, isUsed, type Kind, kinds, type ObjectMap, optOut, remoteFields } from './mapping.ts'
import { laneOf, mergeAndWrite } from './merge-write.ts'
import { type OutboxRow, selectDue, settle } from './outbox.sql.ts'
import { inPieces } from './pieces.ts'
import { type Run, workOn } from './run.ts'
import { sideOf } from './sides/all.ts'
import type { LocalRow, Work } from './sides/side.ts'
import { describedFields } from './translate.ts'

/** What can be written there. */
const written: Kind[] = kinds.filter(kind => !['user', 'deal'].includes(kind))
const perTurn = 1_000

/**
 * Writes what is due in these lanes: reads the records anew, merges, writes what differs and agrees on what the CRM
 * has made of it. Returns how many were looked at. `inHand` keeps two turns at once from the same record.
 */
export async function pushDue(run: Run, lanes: CallLane[], inHand: Set<string>): Promise<number> {
  const { services, connection } = run
  const now = services.clock.now()
  const rows = await selectDue(services.db, {
    connectionId: connection.id,
    lanes,
    kinds: written,
    now,
    limit: perTurn,
    but: [...inHand],
  })
  const [kind] = rows.map(row => row.kind)
  const mine = rows.filter(row => row.kind === kind && !inHand.has(row.localId))
  if (kind === undefined || mine.length === 0) return 0
  for (const row of mine) inHand.add(row.localId)
  try {
    await pushCarefully(run, kind, mine)
  } finally {
    for (const row of mine) inHand.delete(row.localId)
  }
  return mine.length
}

/** A call that failed as a whole is one that will pass, or there is one in it that spoils it for all: halve. */
async function pushCarefully(run: Run, kind: Kind, rows: OutboxRow[]): Promise<void> {
  try {
    await pushKind(run, kind, rows)
  } catch (error) {
    if (!(error instanceof CrmError) || ['auth', 'throttle'].includes(error.failure.kind)) throw error
    const { failure } = error
    if (rows.length > 1 && spoiling.has(failure.kind)) {
      const middle = Math.ceil(rows.length / 2)
      await pushCarefully(run, kind, rows.slice(0, middle))
      return pushCarefully(run, kind, rows.slice(middle))
    }
    const object = run.mapping.objects.find(each => each.kind === kind)
    if (!object) throw error
    await handleFailed(
      workOn(run, object),
      rows.map(row => ({ row, op: 'find', link: null, failure })),
    )
  }
}
const spoiling = new Set(['invalid', 'duplicate', 'denied', 'gone', 'schema', 'conflict'])

async function pushKind(run: Run, kind: Kind, rows: OutboxRow[]): Promise<void> {
  const { services, connection, mapping } = run
  const { db } = services
  const objects = mapping.objects.filter(object => object.kind === kind)
  const [first] = objects
  if (!first) return settleAll(run, rows)
  const ids = rows.map(row => row.localId)
  const locals = await sideOf(kind).read(db, ids, workOn(run, first))
  const links = Map.groupBy(await linksOf(db, kind, ids, connection.id), link => link.localId)
  const done: OutboxRow[] = []
  const missing: OutboxRow[] = []
  const open = new Map<ObjectMap, { row: OutboxRow; link: Link }[]>()
  for (const row of rows) {
    const local = locals.get(row.localId)
    const own = links.get(row.localId) ?? []
    const living = own.filter(link => link.state === 'active')
    if (!local || (own.length > 0 && living.length === 0)) done.push(row)
    else if (own.length === 0) missing.push(row)
    else {
      const news = living.flatMap(link => {
        const object = objects.find(each => each.remote === link.remoteType)
        return object && (row.isUrged || hasNews(workOn(run, object), link, local)) ? [{ object, link }] : []
      })
      if (news.length === 0) done.push(row)
      for (const { object, link } of news) open.set(object, [...(open.get(object) ?? []), { row, link }])
    }
  }
  await settleAll(run, done)
  for (const [object, entries] of open) await pushLinked(workOn(run, object), run, entries)
  const target = createdAs(mapping, kind)
  if (!target) return settleAll(run, missing)
  const welcome = await included(
    workOn(run, target),
    missing.map(row => row.localId),
  )
  await settleAll(
    run,
    missing.filter(row => !welcome.has(row.localId)),
  )
  await createMissing(
    run,
    workOn(run, target),
    missing.filter(row => welcome.has(row.localId)),
    locals,
  )
}

function settleAll({ services, connection }: Run, rows: OutboxRow[]): Promise<void> {
  return inTransaction(services.db, trx => settle(trx, connection.id, rows))
}

/** Fields that can go there by any rule; of a second record of a person, the opt-out alone. */
function hasNews(work: Work, link: Link, local: LocalRow): boolean {
  const described = describedFields(work)
  const names = work.object.fields
    .filter(field => isUsed(field) && (field.rule !== 'crm' || field.local === optOut))
    .filter(field => described.get(field.remote)?.readOnly !== true)
    .map(field => field.local)
  return isNews(link, local.values, link.isPrimary ? names : names.filter(name => name === optOut))
}

/** Only contacts of the segment are made there; without one, all that are asked for. */
export async function included({ object, services, now }: Work, ids: string[]): Promise<Set<string>> {
  const segmentId = object.inclusionSegmentId
  if (object.kind !== 'person' || segmentId === null) return new Set(ids)
  const filter = { type: 'segment' as const, segmentId, in: true }
  const asking = { now, zone: services.config.zone }
  return (await matchContacts(services.db, [{ key: 'in', filter }], ids, asking)).get('in') ?? new Set()
}

async function pushLinked(work: Work, run: Run, entries: { row: OutboxRow; link: Link }[]): Promise<void> {
  const crm = run.crm(laneOf(entries.map(({ row }) => row)))
  const ids = entries.map(({ link }) => link.remoteId)
  const readAt = askedAt()
  const records = await inPieces(ids, crm.limits.read, piece =>
    crm.get(work.object.remote, piece, remoteFields(work.object)),
  )
  await mergeAndWrite(work, run, entries, { asked: ids, records, readAt })
}
