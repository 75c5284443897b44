import { realTime } from '#access/real-time.ts'
import { type Db, many, sql } from '#platform/db/db.ts'
import { callLanes, ceilings, selectCalls } from './budget.ts'
import type { ConnectionRow } from './connections.sql.ts'
import { inOrder } from './mapping.ts'
import { countWaiting } from './outbox.sql.ts'
import { selectStreams } from './streams.sql.ts'

type Count = { type: string; n: number }

const counted = (db: Db, table: 'link' | 'hint', id: string, extra = sql``) =>
  many<Count>(
    db,
    sql`
    select remote_type as type, count(*)::int as n from ${sql.table(`crm.${table}`)}
    where connection_id = ${id}::bigint ${extra} group by remote_type`,
  )

/** How a connection is doing, object by object: freshness, what waits, what is stuck, and the calls of the day. */
export async function healthOfConnection(db: Db, row: ConnectionRow, now: Date) {
  const today = realTime().toISOString().slice(0, 10)
  const [streams, waiting, links, hints, issues, days, pace] = await Promise.all([
    selectStreams(db, row.id),
    countWaiting(db, row.id),
    counted(db, 'link', row.id, sql`and state = 'active'`),
    counted(db, 'hint', row.id),
    many<Count>(
      db,
      sql`
      select coalesce(remote_type, '') as type, count(*)::int as n from crm.issue
      where connection_id = ${row.id}::bigint and state = 'open' group by 1`,
    ),
    selectCalls(db, row.id),
    many<{ n: number }>(
      db,
      sql`
      select count(*)::int as n from crm.link where connection_id = ${row.id}::bigint and pushed_at > ${new Date(now.getTime() - 3_600_000)}::timestamptz`,
    ),
  ])
  const numberOf = (counts: Count[], type: string) => counts.find(each => each.type === type)?.n ?? 0
  const objects = inOrder(row.mapping?.objects ?? []).map(object => {
    const delta = streams.find(each => each.type === object.remote && each.name === 'delta')
    const load = streams.find(each => each.type === object.remote && each.name === 'load')
    const mine = waiting.filter(each => each.kind === object.kind && object.createThere === true)
    const shown =
      mine.length > 0
        ? mine
        : waiting.filter(each => each.kind === object.kind && isFirst(row, object.remote))
    const sum = (state: string) =>
      shown.filter(each => each.state === state).reduce((all, each) => all + each.count, 0)
    const oldest = shown.flatMap(each =>
      each.oldest && each.state === 'waiting' ? [each.oldest.getTime()] : [],
    )
    return {
      remote: object.remote,
      kind: object.kind,
      linked: numberOf(links, object.remote),
      polledAt: delta?.polledAt ?? null,
      lagSeconds: delta?.polledAt ? Math.max((now.getTime() - delta.polledAt.getTime()) / 1000, 0) : null,
      brought: (delta?.count ?? 0) + (load?.count ?? 0),
      waiting: sum('waiting'),
      parked: sum('parked'),
      oldestWaitingAt: oldest.length > 0 ? new Date(Math.min(...oldest)) : null,
      hints: numberOf(hints, object.remote),
      issues: numberOf(issues, object.remote),
    }
  })
  const lanes = callLanes.map(lane => ({
    lane,
    used: days.find(each => each.day === today && each.lane === lane)?.calls ?? 0,
    ceiling: ceilings[lane],
  }))
  const backlog = objects.reduce((all, each) => all + each.waiting, 0)
  const perHour = pace[0]?.n ?? 0
  return {
    syncedAt: row.syncedAt,
    objects,
    calls: { perDay: row.callsPerDay, used: lanes.reduce((all, each) => all + each.used, 0), lanes, days },
    backlogDoneAt:
      backlog > 0 && perHour > 0 ? new Date(now.getTime() + (backlog / perHour) * 3_600_000) : null,
  }
}

/** Of several objects of a kind, what waits is counted at the one that is made, else at the first. */
function isFirst(row: ConnectionRow, remote: string): boolean {
  const object = row.mapping?.objects.find(each => each.remote === remote)
  const same = row.mapping?.objects.filter(each => each.kind === object?.kind) ?? []
  return !same.some(each => each.createThere) && same[0]?.remote === remote
}
