import { z } from 'zod'
import { run, sql } from '#platform/db/db.ts'
import { idSchema } from '#platform/http/route.ts'
import { defineJob } from '#platform/jobs.ts'
import { countNamed } from './audience.sql.ts'
import { type Counts, type Review, selectCampaign } from './campaigns.sql.ts'
import { loadParts } from './content.ts'
import { firstMoment } from './definition.ts'
import { noCounts, siftPage } from './sieve.ts'

type Cursor = { after: string; counts: Counts; plannedAt: string }

/**
 * Counts who would get a campaign, and who would not and why, contact by contact through the gate itself. The result
 * belongs to one version of the campaign: what is changed meanwhile is counted anew.
 */
export const countAudience = defineJob({
  name: 'outreach.count-audience',
  input: z.strictObject({ campaignId: idSchema, version: z.int(), name: z.string() }),
  title: ({ name }) => `Count the audience of “${name}”`,
  async run(job, services) {
    const { db, clock } = services
    const { campaignId, version } = job.input
    const campaign = await selectCampaign(db, campaignId)
    if (!campaign || campaign.version !== version) return
    const { settings } = campaign
    const [part] = await loadParts(db, settings)
    if (!part) return
    const total = await countNamed(db, settings)
    let cursor = (job.cursor ?? {
      after: '0',
      counts: noCounts(),
      plannedAt: firstMoment(settings.schedule, clock.now()).toISOString(),
    }) as Cursor
    for (;;) {
      const startsAt = new Date(cursor.plannedAt)
      const { counts, after } = await siftPage(db, services, {
        ...cursor,
        settings,
        version: part.base,
        startsAt,
      })
      cursor = { ...cursor, counts, after: after ?? cursor.after }
      await job.save({ done: counts.named, total, cursor, words: `${counts.recipients} so far` })
      if (after === null) break
    }
    const review: Review = {
      state: 'done',
      at: clock.now().toISOString(),
      plannedAt: cursor.plannedAt,
      counts: cursor.counts,
    }
    await run(
      db,
      sql`
      update outreach.campaign set review = ${JSON.stringify(review)}::jsonb, review_version = ${version}
      where id = ${campaignId}::bigint and version = ${version}`,
    )
  },
})
