import { addDays, dayIn } from '#decisions/zone-days.ts'
import { run, sql } from '#platform/db/db.ts'
import { defineJob, noInput } from '#platform/jobs.ts'
import { daysBetween, setState } from './marks.ts'
import { parts } from './rollup.sql.ts'
import { checkDays, isBuilt, settle } from './rollup.ts'

const recentDays = 40
const keptFindings = 400

/** Every night: the last forty days of every report against the ledgers, number by number. */
export const recountReports = defineJob({
  name: 'insight.recount',
  schedule: '20 3 * * *',
  input: noInput,
  title: () => 'Nightly recount of the reports',
  async run(job, { db, clock, config, log }) {
    const ask = { zone: config.zone, now: clock.now() }
    if (!(await isBuilt(db, ask.zone))) return
    await settle(db, ask)
    const today = dayIn(ask.zone, ask.now)
    const days = daysBetween(addDays(today, -recentDays), today)
    let differences = 0
    for (const [index, day] of days.entries()) {
      for (const part of parts) {
        const found = await checkDays(db, part, { ...ask, days: [day] })
        for (const finding of found)
          log.error({ finding }, 'a number of the reports differed from the ledger')
        differences += found.reduce((sum, each) => sum + each.differences, 0)
      }
      await job.save({ done: index + 1, total: days.length, words: `${differences} differences` })
    }
    await setState(db, 'recount', { at: ask.now.toISOString(), days: days.length, differences })
    await run(
      db,
      sql`delete from insight.finding where id < (select min(id) from (select id from insight.finding order by id desc limit ${keptFindings}) kept)`,
    )
  },
})
