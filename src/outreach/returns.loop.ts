import { setTimeout as pause } from 'node:timers/promises'
import type { Loop } from '#engine/module.ts'
import { sweepInbox } from './returns/inbox.sql.ts'
import { readInbox } from './returns/inbox.ts'

/** Machine times in milliseconds. */
const idleMs = 500
const troubleMs = 2_000
const sweepMs = 3_600_000

/** Reads what the bounce listener took, as long as the worker lives. */
export const returnsLoop: Loop = {
  name: 'returns',
  role: 'worker',
  async run(services, signal) {
    let swept = Number.NEGATIVE_INFINITY
    while (!signal.aborted) {
      const waitMs = await readInbox(services)
        .then(n => (n > 0 ? 0 : idleMs))
        .catch((error: unknown) => {
          services.log.error({ err: error }, 'reading what came back stumbled; it goes on')
          return troubleMs
        })
      if (performance.now() - swept > sweepMs) {
        swept = performance.now()
        await sweepInbox(services.db, services.clock.now()).catch(() => undefined)
      }
      if (waitMs > 0) await pause(waitMs, undefined, { signal }).catch(() => undefined)
    }
  },
}
