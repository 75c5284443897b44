import { run } from '#platform/db/db.ts'
import { defineJob, noInput } from '#platform/jobs.ts'
import { deleteRejectsBefore } from './intake.sql.ts'

const keptDays = 7
const bite = 5_000

/** Rejected calls may hold anything, also personal data that no erasure finds: they go after a week. */
export const pruneRejects = defineJob({
  name: 'capture.prune-rejects',
  schedule: '40 3 * * *',
  input: noInput,
  title: () => 'Delete rejected calls older than a week',
  async run(job, { db, clock }) {
    const before = new Date(clock.now().getTime() - keptDays * 86_400_000)
    let done = 0
    for (let deleted = bite; deleted === bite; ) {
      deleted = await run(db, deleteRejectsBefore(before, bite))
      done += deleted
      await job.save({ done })
    }
  },
})
