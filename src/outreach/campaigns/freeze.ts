import type { Db } from '#platform/db/db.ts'
import type { Services } from '#platform/services.ts'
import { selectVersions, type VersionRow } from '../emails.sql.ts'
import { assign } from '../experiments.ts'
import { selectBuilding } from './audience.sql.ts'
import { type CampaignRow, type Counts, changeCampaign } from './campaigns.sql.ts'
import { insertRecipients } from './recipients.sql.ts'
import { noCounts, siftPage } from './sieve.ts'

const hourMs = 3_600_000
const lookAgainMs = 2_000
/** An audience that is twice what was reviewed is a mistake until a person says that it is none. */
const surprise = { factor: 2, least: 100 }

/**
 * Freezes the next page of the audience: recipients, counts and how far it has come are written in the caller's
 * transaction, so that whoever goes on after a kill goes on exactly there. Members of a segment that is just being
 * built are waited for.
 */
export async function freezePage(trx: Db, services: Services, campaign: CampaignRow): Promise<void> {
  const now = services.clock.now()
  const building = await selectBuilding(trx, [
    ...campaign.settings.include.segments,
    ...campaign.settings.exclude.segments,
  ])
  if (building.length > 0) {
    const words = `Waits until the members of “${building[0]}” are found`
    return changeCampaign(trx, campaign.id, { words, dueAt: new Date(now.getTime() + lookAgainMs) })
  }
  const version = await controlVersion(trx, campaign)
  const startsAt = campaign.startsAt ?? now
  const { counts, recipients, after } = await siftPage(trx, services, {
    settings: campaign.settings,
    version,
    startsAt: startsAt > now ? startsAt : now,
    after: campaign.frozenTo ?? '0',
    counts: campaign.frozen ?? noCounts(),
  })
  const rows = recipients.map(row => ({
    ...row,
    ...assign(campaign.id, row.contactId, campaign.settings.test),
  }))
  await insertRecipients(trx, campaign.id, rows)
  await changeCampaign(trx, campaign.id, {
    frozen: counts,
    startedAt: campaign.startedAt ?? now,
    dueAt: now,
    words: null,
    ...(after === null ? ending(campaign, counts, now) : { frozenTo: after }),
  })
}

/** The version by which the gate is asked, and which the control gets. */
export async function controlVersion(db: Db, campaign: Pick<CampaignRow, 'versions'>): Promise<VersionRow> {
  const [version] = await selectVersions(db, campaign.versions.slice(0, 1))
  if (!version) throw new Error('a campaign was started without a version of its email')
  return version
}

/** The audience stands. Should it be far from what was reviewed, it waits for a person. */
function ending(campaign: CampaignRow, counts: Counts, now: Date): Parameters<typeof changeCampaign>[2] {
  const { test } = campaign.settings
  const stands = { frozenAt: now, decideAt: test ? new Date(now.getTime() + test.hours * hourMs) : null }
  const expected = campaign.review?.counts.recipients ?? 0
  if (counts.recipients <= expected * surprise.factor || counts.recipients - expected < surprise.least)
    return { ...stands, rateFrom: now }
  return {
    ...stands,
    rateFrom: now,
    status: 'paused',
    dueAt: null,
    words: `${counts.recipients} contacts would get it, ${expected} were reviewed. Resume it if that is right.`,
  }
}
