import { audit } from '#access/audit.ts'
import { getList } from '#audience/lists.ts'
import { matchContacts } from '#decisions/match.ts'
import { previewFilter } from '#decisions/preview.ts'
import { getSegment } from '#decisions/segments.ts'
import { inTransaction } from '#platform/db/db.ts'
import { conflict } from '#platform/errors.ts'
import type { Actor } from '#platform/http/route.ts'
import type { Services } from '#platform/services.ts'
import { askedAt } from './apply.ts'
import { type ConnectionRow, getConnection, holdConnection } from './connections.sql.ts'
import { inOrder, remoteFields } from './mapping.ts'
import { queuePushes, takeIn } from './pull.ts'
import {
  addItems,
  changeResync,
  dropItems,
  getResyncState,
  insertResync,
  type LinkedRecord,
  nextItems,
  type Scope,
  selectLinked,
} from './resync.sql.ts'
import { openRun, type Run, workOn } from './run.ts'

const perPage = 5_000

/** What a resync would take: nothing is read for it. `people` are those of the scope, linked or not. */
export type Cost = { people: number | null; records: number; calls: number; callsLeft: number }

/** Who and how many calls it would be; 404 where the list or segment is not there. */
export async function costOfResync(services: Services, id: string, scope: Scope): Promise<Cost> {
  const row = await getConnection(services.db, id)
  const filter = await filterOf(services, scope)
  const run = await openRun(services, row, row.mapping ?? row.draft)
  const { limits } = run.crm('backfill')
  const counts = new Map<string, number>()
  for await (const some of linkedIn(services, row, scope))
    for (const { type } of some) counts.set(type, (counts.get(type) ?? 0) + 1)
  const sum = (numbers: number[]) => numbers.reduce((all, each) => all + each, 0)
  const asking = { now: services.clock.now(), zone: services.config.zone }
  return {
    people: filter ? (await previewFilter(services.db, filter, asking)).count : null,
    records: sum([...counts.values()]),
    calls: sum([...counts.values()].map(count => Math.ceil(count / limits.read))),
    callsLeft: Math.max(run.budget.left('backfill'), 0),
  }
}

/** Begins; what was stopped before is forgotten. 409 where one is under way or the connection does not run. */
export async function startResync(
  services: Services,
  actor: Actor,
  id: string,
  scope: Scope,
): Promise<{ records: number }> {
  await filterOf(services, scope)
  return inTransaction(services.db, async trx => {
    const row = await holdConnection(trx, id)
    if (row.status !== 'live' || row.loadState !== 'done')
      throw conflict('wrong_status', 'The connection does not run, or is not loaded yet.')
    if ((await getResyncState(trx, id)) === 'running')
      throw conflict('wrong_state', 'A resync is under way: stop it first, or let it end.')
    await dropItems(trx, id, null)
    let records = 0
    for await (const some of linkedIn({ ...services, db: trx }, row, scope)) {
      records += some.length
      await addItems(trx, id, some)
    }
    await insertResync(
      trx,
      { connectionId: id, ...scope, records, startedBy: actor.name },
      services.clock.now(),
    )
    await audit(trx, actor, 'crm.resync', { kind: 'crm', id }, { ...scope, records })
    return { records }
  })
}

/** Stops what is under way, or goes on with what was stopped. */
export function switchResync(
  services: Services,
  actor: Actor,
  id: string,
  to: 'running' | 'stopped',
): Promise<void> {
  return inTransaction(services.db, async trx => {
    await holdConnection(trx, id)
    const from = to === 'running' ? 'stopped' : 'running'
    if ((await getResyncState(trx, id)) !== from)
      throw conflict('wrong_state', from === 'running' ? 'No resync is under way.' : 'None was stopped.')
    await changeResync(trx, id, to, null)
    await audit(trx, actor, 'crm.resync', { kind: 'crm', id }, { state: to })
  })
}

async function filterOf({ db }: Services, { listId, segmentId }: Scope) {
  if (listId) return { type: 'list' as const, listId: (await getList(db, listId)).id, in: true }
  if (segmentId)
    return { type: 'segment' as const, segmentId: (await getSegment(db, segmentId)).id, in: true }
  return null
}

/** Linked records of the scope, some at a time. */
async function* linkedIn(
  services: Services,
  row: ConnectionRow,
  scope: Scope,
): AsyncGenerator<LinkedRecord[]> {
  const filter = await filterOf(services, scope)
  const types = (row.mapping?.objects ?? []).map(object => object.remote)
  const asking = { now: services.clock.now(), zone: services.config.zone }
  for (let after: LinkedRecord | null = null; ; ) {
    const ask = { connectionId: row.id, types, onlyPeople: filter !== null, after, limit: perPage }
    const page: LinkedRecord[] = await selectLinked(services.db, ask)
    if (filter === null) yield page
    else {
      const ids = [...new Set(page.map(each => each.localId))]
      const within = (await matchContacts(services.db, [{ key: 'in', filter }], ids, asking)).get('in')
      yield page.filter(each => within?.has(each.localId))
    }
    after = page.at(-1) ?? null
    if (page.length < perPage) return
  }
}

/** Reads the next records of a resync in the calls that are left over; how many. */
export async function continueResync(run: Run): Promise<number> {
  const { services, connection, mapping } = run
  const { db, clock } = services
  if (run.budget.left('backfill') <= 0 || (await getResyncState(db, connection.id)) !== 'running') return 0
  const crm = run.crm('backfill')
  for (const object of inOrder(mapping.objects)) {
    const ids = await nextItems(db, connection.id, object.remote, crm.limits.read)
    if (ids.length === 0) continue
    const readAt = askedAt()
    const records = await crm.get(object.remote, ids, remoteFields(object))
    const work = workOn(run, object)
    await takeIn(work, { asked: ids, records, readAt }, async (trx, applied) => {
      await queuePushes(trx, work, applied, 'backfill')
      await dropItems(trx, connection.id, { type: object.remote, ids })
    })
    return ids.length
  }
  await inTransaction(db, async trx => {
    // What is left is of objects that nobody maps any more.
    await dropItems(trx, connection.id, null)
    await changeResync(trx, connection.id, 'done', clock.now())
  })
  return 0
}
