import { z } from 'zod'
import { setTimers } from '#engine/timers.ts'
import { inTransaction } from '#platform/db/db.ts'
import { idSchema } from '#platform/http/route.ts'
import { defineJob } from '#platform/jobs.ts'
import { selectInside } from './participants.sql.ts'
import { timerKind } from './run.ts'

const batch = 5000
const cursorSchema = z.object({ contactId: idSchema, id: idSchema, done: z.int() }).nullable()

/**
 * Makes every participant due now, in pages, after something was decided about all of them. The engine then looks
 * at each in his own lane, so that this never races with the steps he is just taking.
 */
export const wakeParticipants = defineJob({
  name: 'workflows.wake',
  input: z.object({
    workflowId: idSchema,
    name: z.string(),
    heldOnly: z.boolean(),
    below: z.int().nullable(),
  }),
  title: input => `Carry a change over to everybody inside “${input.name}”`,
  async run(job, { db, clock }) {
    let last = cursorSchema.parse(job.cursor ?? null)
    for (;;) {
      const page = await selectInside(db, { ...job.input, after: last, limit: batch })
      const end = page.at(-1)
      if (!end) return
      const done = (last?.done ?? 0) + page.length
      last = { ...end, done }
      await inTransaction(db, async trx => {
        const dueAt = clock.now()
        await setTimers(
          trx,
          page.map(each => ({ contactId: each.contactId, kind: timerKind, key: each.id, dueAt })),
        )
        await job.save({ done, cursor: { ...end, done }, db: trx })
      })
    }
  },
})
