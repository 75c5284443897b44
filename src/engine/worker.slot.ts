import { earliestTimer } from './timers.ts'
import { nextRetryMs } from './work.sql.ts'
import { type Bell, createBell } from './worker.bell.ts'
import { type IsolateDeps, isOutage, isolate } from './worker.isolate.ts'
import { runTick, TickFailure, type TickResult } from './worker.tick.ts'

/** One loop of ticks over some of the worker's lanes. */
export type Slot = {
  ring(): void
  /** Resolves after a look that began after this call and found nothing due. */
  idle(): Promise<void>
  /** Ends after the tick that is running. */
  stop(): Promise<void>
}

export type SlotDeps = IsolateDeps & {
  lanes(): ReadonlyMap<number, string>
  isHearing(): boolean
  onTick(result: TickResult, tookMs: number): void
}

/** Safety net for a notification that was lost; nothing relies on it while the listener hears. */
const longestSleepMs = 15_000
const deafSleepMs = 1_000
const longestOutageMs = 10_000

type State = {
  stopping: boolean
  looks: number
  failures: number
  held: boolean
  waiters: { after: number; resolve(): void }[]
}

export function startSlot(deps: SlotDeps): Slot {
  const bell = createBell()
  const state: State = { stopping: false, looks: 0, failures: 0, held: false, waiters: [] }
  const running = loop(deps, state, bell)
  return {
    ring: bell.ring,
    idle: () =>
      new Promise(resolve => {
        state.waiters.push({ after: state.looks, resolve })
        bell.ring()
      }),
    async stop() {
      state.stopping = true
      bell.ring()
      await running
      for (const waiter of state.waiters.splice(0)) waiter.resolve()
    },
  }
}

async function loop(deps: SlotDeps, state: State, bell: Bell): Promise<void> {
  while (!state.stopping) {
    const look = state.looks++
    const took = await lookOnce(deps, state)
    if (took === 'something' || state.stopping) continue
    if (took === 'nothing') {
      const ready = state.waiters.filter(waiter => waiter.after <= look)
      state.waiters = state.waiters.filter(waiter => waiter.after > look)
      for (const waiter of ready) waiter.resolve()
    }
    await bell.sleep(took === 'nothing' ? await sleepMs(deps, state.held) : outagePause(state))
  }
}

/** Doubles from 250 ms, so that a database that comes back is not met by a stampede. */
function outagePause(state: State): number {
  return Math.min(125 * 2 ** state.failures, longestOutageMs)
}

async function lookOnce(deps: SlotDeps, state: State): Promise<'something' | 'nothing' | 'outage'> {
  try {
    const fresh = await timedTick(deps, 'fresh')
    const again = fresh.retrying ? await timedTick(deps, 'retries') : null
    state.failures = 0
    state.held = fresh.held
    return fresh.took || again?.took ? 'something' : 'nothing'
  } catch (error) {
    state.failures++
    deps.services.log.error({ err: error }, 'a tick failed as a whole, trying again')
    return 'outage'
  }
}

async function timedTick(deps: SlotDeps, kind: 'fresh' | 'retries'): Promise<TickResult> {
  const lanes = deps.lanes()
  const began = performance.now()
  try {
    const result = await runTick(deps, lanes, { kind })
    if (result.took) deps.onTick(result, performance.now() - began)
    return result
  } catch (error) {
    if (!(error instanceof TickFailure) || error.taken.entries.length === 0 || isOutage(error.cause))
      throw error
    const { gaveUp } = await isolate(deps, lanes, error)
    if (gaveUp)
      throw new Error(`everything fails, not just one contact: ${error.message}`, { cause: error.cause })
    return { contacts: 0, took: true, retrying: kind === 'fresh', held: false, oldestMs: null }
  }
}

/** Until the next timer or attempt, at most the length of the safety net. */
async function sleepMs(deps: SlotDeps, held: boolean): Promise<number> {
  const lanes = [...deps.lanes().keys()]
  const longest = deps.isHearing() ? longestSleepMs : deafSleepMs
  try {
    const [dueAt, retryMs] = [
      held ? null : await earliestTimer(deps.services.db, lanes),
      await nextRetryMs(deps.services.db, lanes),
    ]
    const dueMs = dueAt ? dueAt.getTime() - deps.services.clock.now().getTime() : longest
    return Math.max(0, Math.min(dueMs, retryMs ?? longest, longest))
  } catch (error) {
    deps.services.log.warn({ err: error }, 'the engine cannot see what is due next')
    return deafSleepMs
  }
}
