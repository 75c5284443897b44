import type { Metrics } from '#platform/metrics.ts'
import type { TickResult } from './worker.tick.ts'

/** Registers the engine's metrics and returns what to call after every tick that did something. */
export function observeTicks(metrics: Metrics): (result: TickResult, tookMs: number) => void {
  const existing = known.get(metrics)
  if (existing) return existing
  const seconds = metrics.histogram(
    'tend_tick_seconds',
    'How long a tick took',
    [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 20],
  )
  const contacts = metrics.histogram(
    'tend_tick_contacts',
    'Contacts in a tick',
    [1, 5, 20, 100, 500, 1000, 2000, 5000],
  )
  const age = metrics.histogram(
    'tend_work_age_seconds',
    'Age of the oldest work of a tick when the tick was done',
    [0.01, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 120, 600],
  )
  const observe = (result: TickResult, tookMs: number) => {
    seconds.observe(tookMs / 1000)
    contacts.observe(result.contacts)
    // Leases and queue times are the database's; on one machine, or with clocks in step, the difference is true.
    if (result.oldestMs !== null) age.observe(Math.max(0, (Date.now() - result.oldestMs) / 1000))
  }
  known.set(metrics, observe)
  return observe
}

/** A process may start several workers (tests do); a metric can be registered once. */
const known = new WeakMap<Metrics, (result: TickResult, tookMs: number) => void>()
