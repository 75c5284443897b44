import { setTimeout as pause } from 'node:timers/promises'
import { dayIn } from '#decisions/zone-days.ts'
import type { Loop } from '#engine/module.ts'
import { tendOverdue } from './upkeep.ts'

const pauseMs = 5000

/** Once at the start and at the beginning of every day, also of those that a moved clock leaps over. */
export const upkeepLoop: Loop = {
  name: 'stewardship upkeep',
  role: 'worker',
  async run({ db, clock, config, log }, signal) {
    let tended = ''
    while (!signal.aborted) {
      const ask = { zone: config.zone, now: clock.now() }
      const today = dayIn(ask.zone, ask.now)
      if (today !== tended) {
        try {
          const paused = await tendOverdue(db, ask)
          if (paused.length > 0)
            log.warn({ workflows: paused }, 'workflows were paused because nobody tends them')
          tended = today
        } catch (error) {
          log.error({ err: error }, 'what is overdue could not be looked at')
        }
      }
      await pause(pauseMs, undefined, { signal }).catch(() => undefined)
    }
  },
}
