import { setTimeout as pause } from 'node:timers/promises'
import { realTime } from '#access/real-time.ts'
import type { LaneHolder } from '#engine/lanes.ts'
import type { Loop } from '#engine/module.ts'
import { readHold } from '#platform/hold.ts'
import { laneOf } from '#platform/ids.ts'
import type { Services } from '#platform/services.ts'
import { type Budget, msToTomorrow, openBudget } from './budget.ts'
import { compareDue } from './compare.ts'
import { type ConnectionRow, changeConnection, selectLive } from './connections.sql.ts'
import { CrmError } from './connector.ts'
import { halt, pullDue, pullNamed, pushAll } from './cycle.ts'
import { continueLoad } from './load.ts'
import { createPace, type Pace, paceOf } from './pace.ts'
import { continueResync } from './resync.ts'
import { openRun, type Run } from './run.ts'

/** Machine times in milliseconds. */
const lookMs = 1_000
const idleMs = 250
const longestRestMs = 600_000

type Runner = { version: string; stop: AbortController; ended: Promise<unknown> }

/**
 * Runs every live connection whose lane this worker holds: what people wait for beside what is due beside what is
 * left over. Nothing is remembered outside the database; a worker that is killed is followed by another.
 */
export const crmLoop: Loop = {
  name: 'crm',
  role: 'worker',
  async run(services, signal, worker) {
    const runners = new Map<string, Runner>()
    while (!signal.aborted) {
      await lookAround(services, worker, runners).catch((error: unknown) => {
        services.log.error({ err: error }, 'CRM connections could not be looked after')
      })
      await pause(lookMs, undefined, { signal }).catch(() => undefined)
    }
    for (const runner of runners.values()) runner.stop.abort()
    await Promise.all([...runners.values()].map(runner => runner.ended))
  },
}

/** What a runner has to be opened anew for. */
const versionOf = (row: ConnectionRow) =>
  [row.version, row.liveMapping, row.describedAt?.getTime(), row.loadState, row.drift.length].join(':')

async function lookAround(
  services: Services,
  worker: LaneHolder,
  runners: Map<string, Runner>,
): Promise<void> {
  // After a restore nothing goes out by itself: the installation it came from may have written it.
  const held = (await readHold(services.db)) !== null
  const live = held ? [] : await selectLive(services.db)
  const mine = live.filter(row => worker.held().has(laneOf(row.id)))
  for (const [id, runner] of runners) {
    const row = mine.find(each => each.id === id)
    if (row && versionOf(row) === runner.version) continue
    runner.stop.abort()
    await runner.ended
    runners.delete(id)
  }
  for (const row of mine) {
    if (runners.has(row.id) || !['loading', 'done'].includes(row.loadState) || !row.mapping) continue
    const stop = new AbortController()
    runners.set(row.id, { version: versionOf(row), stop, ended: work(services, row, stop.signal) })
  }
}

/** One connection: three lanes side by side, each at its own pace. */
async function work(services: Services, row: ConnectionRow, signal: AbortSignal): Promise<void> {
  const budget = await openBudget(services.db, row.id, row.callsPerDay)
  const run = await openRun(services, row, row.mapping ?? row.draft, budget)
  const inHand = new Set<string>()
  const pace = createPace(run.mapping.objects.length)
  const lanes = [
    // What loading leaves to be written waits until all is read: it is known then who is not there.
    ...(['interactive', 'delta', ...(row.loadState === 'done' ? ['backfill' as const] : [])] as const).map(
      lane => keepOn(run, signal, () => pushAll(run, [lane], inHand, signal)),
    ),
    keepOn(run, signal, () => follow(run, budget, pace)),
  ]
  await Promise.all(lanes)
  await budget.flush().catch(() => undefined)
}

/** What the CRM has to tell; while it is being loaded, only what loading left over. */
async function follow(run: Run, budget: Budget, pace: Pace): Promise<number> {
  const { services, connection } = run
  await saveQuota(services, connection, budget)
  if (connection.loadState === 'loading') {
    if (budget.left('backfill') > 0) await continueLoad(services, connection)
    return 0
  }
  const named = await pullNamed(run)
  const left = budget.left('delta')
  const due = await pullDue(run, paceOf({ calls: pace.calls(), left, restMs: msToTomorrow() }))
  // Only what looked at everything tells what that costs; between two looks others spend calls, too.
  if (due.looked === run.mapping.objects.length) pace.heed(left - budget.left('delta'), due.read)
  return named + due.read + (await compareDue(run)) + (await continueResync(run))
}

async function saveQuota(services: Services, row: ConnectionRow, budget: Budget): Promise<void> {
  await budget.flush()
  const quota = budget.quota()
  if (!quota || quota.used === row.quota?.used) return
  row.quota = { ...quota, at: realTime().toISOString() }
  await changeConnection(services.db, row.id, { quota: row.quota })
}

/** Repeats a turn for as long as the connection runs; failures of the CRM make it rest, or pause the connection. */
async function keepOn(run: Run, signal: AbortSignal, turn: () => Promise<number>): Promise<void> {
  while (!signal.aborted) {
    const restMs = await turn().then(
      count => (count > 0 ? 0 : idleMs),
      error => restAfter(run, error),
    )
    if (restMs > 0) await pause(Math.min(restMs, longestRestMs), undefined, { signal }).catch(() => undefined)
  }
}

async function restAfter(run: Run, error: unknown): Promise<number> {
  try {
    if (error instanceof CrmError) return (await halt(run, error)).restMs
    run.services.log.error({ err: error, crm: run.connection.name }, 'a CRM connection stumbled; it goes on')
  } catch (second) {
    run.services.log.error({ err: second }, 'a CRM failure could not be written down')
  }
  return 5_000
}
