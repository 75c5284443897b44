import { type Applied, apply, askedAt } from './apply.ts'
import type { CallLane } from './budget.ts'
import type { ChangePage, Connection, Cursor, RemoteRecord } from './connector.ts'
import { markGone } from './fate.ts'
import { selectHints, settleHints } from './hints.sql.ts'
import { remoteFields } from './mapping.ts'
import { enqueue } from './outbox.sql.ts'
import type { Work } from './sides/side.ts'
import { getStream, moveStream, type StreamName } from './streams.sql.ts'

/** The CRM may still be writing what is younger than this. */
const marginMs = 5_000
/** Records per transaction: pages are gathered up to here. */
const chunk = 2_000
const pagesAhead = 12

export type Pulled = { read: number; done: boolean }
export type Progress = (
  trx: Parameters<Parameters<typeof apply>[3]>[0],
  applied: Applied,
  read: number,
) => Promise<void>

type Read = { page: ChangePage; readAt: Date }

/** Page after page; some more are on their way while the caller works. */
export async function* pages(
  work: Work,
  crm: Connection,
  from: { after: Cursor | null; upTo: Date },
): AsyncGenerator<Read> {
  const fields = remoteFields(work.object)
  const read = async (after: Cursor | null): Promise<Read> => {
    const readAt = askedAt()
    const page = await crm.changes(work.object.remote, {
      after,
      upTo: from.upTo,
      fields,
      limit: crm.limits.page,
    })
    return { page, readAt }
  }
  const ahead: Promise<Read | null>[] = []
  let isOver = false
  let last: Promise<Read | null> = read(from.after)
  ahead.push(last)
  const follow = (before: Promise<Read | null>): Promise<Read | null> => {
    const next = before.then(each =>
      each?.page.more && each.page.next && !isOver ? read(each.page.next) : null,
    )
    // A failure is told where the page is asked for.
    next.catch(() => undefined)
    return next
  }
  try {
    for (;;) {
      while (ahead.length < pagesAhead) {
        last = follow(last)
        ahead.push(last)
      }
      const current = await ahead.shift()
      if (!current) return
      yield current
    }
  } finally {
    isOver = true
  }
}

const laterOf = (a: Cursor | null, b: Cursor | null): Cursor | null => {
  if (!a || !b || b.token || a.token) return b ?? a
  return b.at > a.at || (b.at === a.at && b.id > a.id) ? b : a
}

const lookBack = (cursor: Cursor | null, ms: number): Cursor | null =>
  cursor === null || cursor.token || ms === 0
    ? cursor
    : { at: new Date(Date.parse(cursor.at) - ms).toISOString(), id: '' }

/**
 * Reads what changed in one object since last time, a little overlapping, and takes it in. Cursor and rows are
 * committed together.
 */
export async function pullChanges(
  work: Work,
  crm: Connection,
  how: {
    stream: StreamName
    lane: CallLane
    from?: Cursor | null
    progress?: Progress
    isOver?: () => boolean
  },
): Promise<Pulled> {
  const { db } = work.services
  const of = { connectionId: work.connection.id, type: work.object.remote, name: how.stream }
  const stream = await getStream(db, of.connectionId, of.type, of.name)
  const begin = stream.cursor ?? how.from ?? null
  const upTo = new Date((await crm.serverTime()).getTime() - marginMs)
  const after = how.stream === 'load' ? begin : lookBack(begin, crm.limits.lookBackMs)
  let cursor = begin
  let read = 0
  let held: Read[] = []
  const store = async (done: boolean) => {
    const records = held.flatMap(each => each.page.records)
    const readAt = held[0]?.readAt ?? askedAt()
    const last = held.at(-1)?.page.next ?? null
    if (records.length > 0) cursor = laterOf(cursor, last)
    // All up to here has been seen: looking back begins here, or the last large change would be read for ever.
    if (done && how.stream === 'delta' && !cursor?.token)
      cursor = laterOf(cursor, { at: upTo.toISOString(), id: '' })
    read += records.length
    held = []
    await apply(db, work, { records, readAt }, async (trx, applied) => {
      await moveStream(trx, of, { cursor, done, read: records.length, polledAt: work.now })
      await queuePushes(trx, work, applied, how.lane)
      await how.progress?.(trx, applied, records.length)
    })
  }
  for await (const each of pages(work, crm, { after, upTo })) {
    held.push(each)
    const size = held.reduce((sum, one) => sum + one.page.records.length, 0)
    if (size >= chunk && each.page.more) await store(false)
    if (how.isOver?.()) return { read, done: false }
  }
  await store(true)
  return { read, done: true }
}

type Trx = Parameters<Progress>[0]

export function queuePushes(trx: Trx, work: Work, { pushes }: Applied, lane: CallLane): Promise<void> {
  return enqueue(
    trx,
    pushes.map(({ link }) => ({
      connectionId: work.connection.id,
      kind: link.kind,
      localId: link.localId,
      lane,
      isUrged: true,
    })),
    work.now,
  )
}

/** Deletes and merges, where the CRM lists them apart. */
export async function pullRemovals(work: Work, crm: Connection): Promise<number> {
  if (!crm.removals) return 0
  const { db } = work.services
  const of = { connectionId: work.connection.id, type: work.object.remote, name: 'removals' as const }
  let { cursor } = await getStream(db, of.connectionId, of.type, of.name)
  let after = lookBack(cursor, crm.limits.lookBackMs)
  const seenTo = { at: (await crm.serverTime()).toISOString(), id: '' }
  for (let count = 0; ; ) {
    const readAt = askedAt()
    const page = await crm.removals(work.object.remote, { after, limit: crm.limits.page })
    const isLast = !page.more || page.removals.length === 0
    after = page.next
    cursor = laterOf(cursor, page.next)
    if (isLast && cursor && !cursor.token) cursor = laterOf(cursor, seenTo)
    const records = page.removals.map(({ id, at, mergedInto }) => ({
      id,
      modified: at ?? work.now,
      created: null,
      version: null,
      values: {},
      deleted: true,
      mergedInto: mergedInto ?? null,
    }))
    count += records.length
    await apply(db, work, { records, readAt }, trx =>
      moveStream(trx, of, { cursor, read: records.length, polledAt: work.now }),
    )
    if (isLast) return count
  }
}

/** Reads again what webhooks, people or comparisons named. */
export async function pullHints(work: Work, crm: Connection): Promise<number> {
  const { db } = work.services
  const { connection, object } = work
  const hints = await selectHints(db, connection.id, object.remote, crm.limits.read)
  if (hints.length === 0) return 0
  const ids = hints.map(hint => hint.id)
  const readAt = askedAt()
  const records = await crm.get(object.remote, ids, remoteFields(object))
  await takeIn(work, { asked: ids, records, readAt }, async (trx, applied) => {
    await queuePushes(trx, work, applied, 'delta')
    await settleHints(trx, connection.id, object.remote, hints)
  })
  return hints.length
}

/** Records that were asked for by id: those that did not come are gone. */
export async function takeIn(
  work: Work,
  { asked, records, readAt }: { asked: string[]; records: RemoteRecord[]; readAt: Date },
  alongside: (trx: Trx, applied: Applied) => Promise<void>,
): Promise<Applied> {
  const came = new Set(records.map(one => one.id))
  const gone = asked.filter(id => !came.has(id))
  return apply(work.services.db, work, { records, readAt }, async (trx, applied) => {
    if (gone.length > 0) await markGone(trx, work, gone)
    await alongside(trx, applied)
  })
}
