import { hostname } from 'node:os'
import { type Db, many, maybeOne, one, run, sql } from '#platform/db/db.ts'
import { laneCount, laneOf } from '#platform/ids.ts'

/** The channel on which workers hear that lanes are to be shared anew; the payload is the sender. */
export const lanesChannel = 'tend_lanes'

/** A worker's lanes. Machine time throughout: a lease is no business. */
export type Leases = {
  /** Lane -> epoch, as of the last beat. Only the fence in a tick's transaction proves it. */
  held(): ReadonlyMap<number, string>
  /** Says "I live", renews, and takes or gives lanes until the live workers have equal shares. */
  beat(): Promise<void>
  /** Gives everything back at once, for the others to take. */
  release(): Promise<void>
}

/** The worker that a loop lives beside: it acts for the contacts in that worker's lanes, behind the same fence. */
export type LaneHolder = { id: string; held(): ReadonlyMap<number, string> }

export function createLeases(db: Db, worker: { id: string; leaseMs: number }): Leases {
  let held: ReadonlyMap<number, string> = new Map()
  return {
    held: () => held,
    async beat() {
      const alive = await sayAlive(db, worker)
      const renewed = await renewLanes(db, worker)
      const share = Math.ceil(laneCount / alive)
      if (renewed.length > share) {
        const kept = renewed.slice(0, share)
        held = asMap(kept)
        await releaseLanes(
          db,
          worker.id,
          renewed.slice(share).map(row => row.lane),
        )
        return
      }
      const taken = renewed.length < share ? await takeLanes(db, worker, share - renewed.length) : []
      held = asMap([...renewed, ...taken])
    },
    async release() {
      held = new Map()
      await run(db, sql`delete from engine.worker where id = ${worker.id}`)
      await releaseLanes(
        db,
        worker.id,
        Array.from({ length: laneCount }, (_, lane) => lane),
      )
    },
  }
}

type Held = { lane: number; epoch: string }
const asMap = (rows: Held[]) => new Map(rows.map(row => [row.lane, row.epoch]))

/** Returns how many workers live, this one included; forgets those that have long been silent. */
async function sayAlive(db: Db, worker: { id: string; leaseMs: number }): Promise<number> {
  const fresh = await one<{ isNew: boolean }>(
    db,
    sql`
    insert into engine.worker (id, host, process_id, started_at, alive_until)
    select ${worker.id}, ${hostname()}, ${process.pid}::int, clock_timestamp(),
      clock_timestamp() + make_interval(secs => ${worker.leaseMs / 1000}::float8)
    on conflict (id) do update set alive_until = excluded.alive_until
    returning (xmax = 0) as "isNew"`,
  )
  // A newcomer finds everything taken: the others are to share now, not at their next beat.
  if (fresh.isNew) await announce(db, worker.id)
  await run(db, sql`delete from engine.worker where alive_until < clock_timestamp() - interval '1 minute'`)
  const { count } = await one<{ count: number }>(
    db,
    sql`
    select count(*)::int as count from engine.worker where alive_until >= clock_timestamp()`,
  )
  return Math.max(count, 1)
}

async function announce(db: Db, workerId: string): Promise<void> {
  await many(db, sql`select pg_notify(${lanesChannel}, ${workerId})`)
}

/** Prolongs what is still ours. A lease that ran out unnoticed by others is simply taken up again. */
async function renewLanes(db: Db, worker: { id: string; leaseMs: number }): Promise<Held[]> {
  const rows = await many<Held>(
    db,
    sql`
    update engine.lane set lease_until = clock_timestamp() + make_interval(secs => ${worker.leaseMs / 1000}::float8)
    where owner = ${worker.id}
    returning lane, epoch`,
  )
  return rows.sort((a, b) => a.lane - b.lane)
}

/**
 * Takes up to `count` lanes that nobody holds. FOR UPDATE is what a running tick's FOR KEY SHARE refuses: the
 * lanes of a worker that has lost its lease in the middle of a tick stay out of reach until that tick has ended.
 */
async function takeLanes(db: Db, worker: { id: string; leaseMs: number }, count: number): Promise<Held[]> {
  return await many<Held>(
    db,
    sql`
    with free as materialized (
      select lane from engine.lane
      where owner is null or lease_until < clock_timestamp()
      order by lane
      limit ${count}
      for update skip locked)
    update engine.lane as l
    set owner = ${worker.id}, epoch = l.epoch + 1,
      lease_until = clock_timestamp() + make_interval(secs => ${worker.leaseMs / 1000}::float8)
    from free where l.lane = free.lane
    returning l.lane, l.epoch`,
  )
}

/** Gives lanes up. A tick that still runs in one of them ends in peace: nobody can take the lane before. */
async function releaseLanes(db: Db, workerId: string, lanes: number[]): Promise<void> {
  const count = await run(
    db,
    sql`
    update engine.lane set owner = null, lease_until = '-infinity'
    where owner = ${workerId} and lane = any(${lanes}::smallint[])`,
  )
  if (count > 0) await announce(db, workerId)
}

/**
 * The fence of a tick, first statement of its transaction: which of these lanes are ours at this very moment.
 * They stay ours until the transaction ends. `retrying`: contacts of the lane wait for another attempt.
 */
export function fenceLanes(
  db: Db,
  owner: string,
  lanes: ReadonlyMap<number, string>,
): Promise<{ lane: number; retrying: boolean }[]> {
  return many(
    db,
    sql`
    select l.lane, exists (select from engine.work w where w.lane = l.lane and w.attempt > 0) as retrying
    from engine.lane l
    join unnest(${[...lanes.keys()]}::smallint[], ${[...lanes.values()]}::bigint[]) as mine (lane, epoch)
      on mine.lane = l.lane and mine.epoch = l.epoch
    where l.owner = ${owner}
    order by l.lane
    for key share of l`,
  )
}

/** For how many milliseconds this worker still counts as living if it never beats again; 0 if it is given up. */
export async function lifeLeftMs(db: Db, workerId: string): Promise<number> {
  const row = await maybeOne<{ ms: number }>(
    db,
    sql`
    select greatest(extract(epoch from alive_until - clock_timestamp()) * 1000, 0)::float8 as ms
    from engine.worker where id = ${workerId}`,
  )
  return row?.ms ?? 0
}

/** Which of these workers no longer live: silent past their time, or gone. What they began is for others to end. */
export async function deadAmong(db: Db, workerIds: string[]): Promise<string[]> {
  const rows = await many<{ id: string }>(
    db,
    sql`
    select asked.id from unnest(${workerIds}::text[]) as asked (id)
    where not exists (
      select from engine.worker w where w.id = asked.id and w.alive_until >= clock_timestamp())`,
  )
  return rows.map(row => row.id)
}

export type LaneRow = {
  lane: number
  owner: string | null
  epoch: string
  leaseUntil: Date | null
  rows: number
  timersDue: number
}

/** Every lane with its owner and what waits in it, for the health screen. */
export function listLanes(db: Db, now: Date): Promise<LaneRow[]> {
  return many(
    db,
    sql`
    select l.lane, case when l.lease_until >= clock_timestamp() then l.owner end as owner, l.epoch,
      nullif(l.lease_until, '-infinity') as "leaseUntil",
      (select count(*)::int from (select from engine.work w where w.lane = l.lane limit 10000) w) as rows,
      (select count(*)::int from (
        select from engine.timer t
        where t.lane = l.lane and t.due_at <= ${now.toISOString()}::timestamptz limit 10000) t) as "timersDue"
    from engine.lane l order by l.lane`,
  )
}

/**
 * Waits for the tick that is dealing with the contact's lane, and keeps the next one out until `trx` ends: what is
 * erased meanwhile is not written again by somebody who had read it before. To be held for moments only.
 */
export async function holdLane(trx: Db, contactId: string): Promise<void> {
  await run(trx, sql`select from engine.lane where lane = ${laneOf(contactId)}::smallint for update`)
}
