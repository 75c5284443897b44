import { realTime } from '#access/real-time.ts'
import { type Db, many, run, sql } from '#platform/db/db.ts'
import { CrmError } from './connector.ts'

export const callLanes = ['interactive', 'delta', 'backfill'] as const
export type CallLane = (typeof callLanes)[number]

/**
 * Up to which part of the day's calls a lane may go: the last fifth is for people who wait, and loading takes what
 * is left over.
 */
export const ceilings: Record<CallLane, number> = { interactive: 1, delta: 0.8, backfill: 0.6 }

const writeEvery = 20

/** The calls of one connection: counted for the day, and let out in the order of lanes, some at a time. */
export type Budget = {
  /** Waits for its turn, counts, runs. Throws CrmError `throttle` where the lane's share of the day is used up. */
  spend<T>(lane: CallLane, call: () => Promise<T>): Promise<T>
  /** What the CRM itself says of today. */
  told(state: { used: number; allowed: number }): void
  quota(): { used: number; allowed: number } | null
  widen(slots: number): void
  flush(): Promise<void>
  left(lane: CallLane): number
}

type Waiting = { lane: CallLane; go: () => void }

const dayOf = (at: Date) => at.toISOString().slice(0, 10)

/** Opens the day's account as the database knows it; several processes count into the same rows. */
export async function openBudget(db: Db, connectionId: string, perDay: number): Promise<Budget> {
  let day = dayOf(realTime())
  let used = await usedOn(db, connectionId, day)
  let unwritten: Record<CallLane, number> = { interactive: 0, delta: 0, backfill: 0 }
  let quota: { used: number; allowed: number } | null = null
  let slots = 2
  let running = 0
  const queue: Waiting[] = []
  const flush = async () => {
    const counts = unwritten
    unwritten = { interactive: 0, delta: 0, backfill: 0 }
    used = Math.max(used, await addCalls(db, connectionId, day, counts))
    const today = dayOf(realTime())
    if (today !== day) {
      day = today
      used = await usedOn(db, connectionId, day)
    }
  }
  const next = () => {
    queue.sort((a, b) => callLanes.indexOf(a.lane) - callLanes.indexOf(b.lane))
    const [first] = queue
    // One place stays free for people who wait.
    const room = first?.lane === 'interactive' || slots === 1 ? slots : slots - 1
    if (!first || running >= room) return
    queue.shift()
    running++
    first.go()
  }
  const left = (lane: CallLane) => {
    const ours = Math.floor(perDay * ceilings[lane]) - used
    return quota ? Math.min(ours, Math.floor(quota.allowed * ceilings[lane]) - quota.used) : ours
  }
  return {
    left,
    async spend(lane, call) {
      if (left(lane) <= 0)
        throw new CrmError({
          kind: 'throttle',
          code: 'budget',
          words: 'The calls that this connection may make today are used up for this kind of work.',
          retryAfterMs: msToTomorrow(),
        })
      await new Promise<void>(go => {
        queue.push({ lane, go })
        next()
      })
      used++
      unwritten[lane]++
      try {
        if (used % writeEvery === 0) await flush()
        return await call()
      } finally {
        running--
        next()
      }
    },
    told(state) {
      quota = state
    },
    quota: () => quota,
    widen(wanted) {
      slots = Math.max(wanted, 1)
    },
    flush,
  }
}

/** Milliseconds until calls are counted anew. */
export function msToTomorrow(): number {
  const now = realTime()
  return Date.parse(`${dayOf(new Date(now.getTime() + 86_400_000))}T00:00:00Z`) - now.getTime()
}

async function usedOn(db: Db, connectionId: string, day: string): Promise<number> {
  const rows = await many<{ calls: number }>(
    db,
    sql`select coalesce(sum(calls), 0)::int as calls from crm.call where connection_id = ${connectionId}::bigint and day = ${day}::date`,
  )
  return rows[0]?.calls ?? 0
}

async function addCalls(
  db: Db,
  connectionId: string,
  day: string,
  counts: Record<CallLane, number>,
): Promise<number> {
  const lanes = callLanes.filter(lane => counts[lane] > 0)
  if (lanes.length > 0)
    await run(
      db,
      sql`
      insert into crm.call as known (connection_id, day, lane, calls)
      select ${connectionId}::bigint, ${day}::date, lane, calls
      from unnest(${lanes}::text[], ${lanes.map(lane => counts[lane])}::int[]) as fresh (lane, calls)
      on conflict (connection_id, day, lane) do update set calls = known.calls + excluded.calls`,
    )
  return usedOn(db, connectionId, day)
}

/** Calls of the last thirty days by day and lane. */
export function selectCalls(
  db: Db,
  connectionId: string,
): Promise<{ day: string; lane: CallLane; calls: number }[]> {
  return many(
    db,
    sql`
    select day::text as day, lane, calls from crm.call where connection_id = ${connectionId}::bigint
    order by day desc, lane limit 90`,
  )
}
