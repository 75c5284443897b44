import { setTimeout as pause } from 'node:timers/promises'
import type { Loop } from '#engine/module.ts'
import { sweepForms } from './forms/submissions.sql.ts'
import { dropUploads } from './forms/uploads.ts'
import { endFormTests } from './forms.comparison.ts'

/** Machine time. */
const everyMs = 60_000

/** Ends tests that have a winner, and forgets what forms need for hours or days only: tokens, counters, loose files, what was never sent. */
export const formLoop: Loop = {
  name: 'forms',
  role: 'worker',
  async run(services, signal) {
    while (!signal.aborted) {
      await pause(everyMs, undefined, { signal }).catch(() => undefined)
      if (signal.aborted) return
      try {
        await endFormTests(services)
        const { uploads } = await sweepForms(services.db, services.clock.now())
        await dropUploads(services, uploads)
      } catch (error) {
        services.log.error({ err: error }, 'forms could not be looked after')
      }
    }
  },
}
