import { setTimeout as pause } from 'node:timers/promises'
import type { Loop } from '#engine/module.ts'
import type { Services } from '#platform/services.ts'
import { isBuilt, rebuild, settle } from './rollup.ts'

const pauseMs = 2000
/** Counting a day costs at most this share of the time: what took a second waits twenty for its next turn. */
const restFor = 20

/** Keeps the numbers of the reports up with the ledgers, a few seconds behind at most while a day is small. */
export const rollupLoop: Loop = {
  name: 'insight rollup',
  role: 'worker',
  async run(services, signal) {
    const resting = new Map<string, number>()
    while (!signal.aborted) {
      await count(services, resting, signal).catch((error: unknown) => {
        services.log.error({ err: error }, 'the numbers of the reports could not be counted')
      })
      await pause(pauseMs, undefined, { signal }).catch(() => undefined)
    }
  },
}

async function count(
  { db, clock, config }: Services,
  resting: Map<string, number>,
  signal: AbortSignal,
): Promise<void> {
  const ask = { zone: config.zone, now: clock.now() }
  if (!(await isBuilt(db, ask.zone))) await rebuild(db, ask, () => signal.aborted)
  await settle(db, ask, {
    contactBatches: 50,
    mayCount(part, day, tookMs) {
      const key = `${part} ${day}`
      if ((resting.get(key) ?? 0) > performance.now()) return false
      if (tookMs > 50) resting.set(key, performance.now() + tookMs * restFor)
      else resting.delete(key)
      return true
    },
  })
}
