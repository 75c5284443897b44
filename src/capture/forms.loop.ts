import { setTimeout as pause } from 'node:timers/promises'
import type { Loop } from '#engine/module.ts'
import { sweepForms } from './forms/submissions.sql.ts'
import { dropUploads } from './forms/uploads.ts'

/** Machine time. */
const everyMs = 60_000

/** Forgets what forms need for hours or days only: tokens, counters, loose files, what was never sent. */
export const formLoop: Loop = {
  name: 'forms',
  role: 'worker',
  async run(services, signal) {
    while (!signal.aborted) {
      await pause(everyMs, undefined, { signal }).catch(() => undefined)
      if (signal.aborted) return
      try {
        const { uploads } = await sweepForms(services.db, services.clock.now())
        await dropUploads(services, uploads)
      } catch (error) {
        services.log.error({ err: error }, 'what forms no longer need could not be removed')
      }
    }
  },
}
