import { audit } from '#access/audit.ts'
import { requireSteward } from '#access/ownership.ts'
import { setReferences, type Thing } from '#access/references.ts'
import { type Db, inTransaction } from '#platform/db/db.ts'
import { AppError, conflict, invalid, notFound } from '#platform/errors.ts'
import type { Actor } from '#platform/http/route.ts'
import { newId } from '#platform/ids.ts'
import type { Services } from '#platform/services.ts'
import {
  type CampaignRow,
  changeCampaign,
  insertCampaign,
  lockCampaign,
  selectCampaign,
  selectCampaignNames,
  selectCampaigns,
} from './campaigns/campaigns.sql.ts'
import { campaignProblems } from './campaigns/checks.ts'
import { compileParts, pinVersions } from './campaigns/content.ts'
import { type CampaignSettings, emptySettings, firstMoment, variantsOf } from './campaigns/definition.ts'
import { countAudience } from './campaigns/review.job.ts'

export type Campaign = CampaignRow
export { selectCampaignNames as campaignsByIds, selectCampaigns as listCampaigns }

/** Between the click and the first mail, for second thoughts. */
const undoMs = 60_000
/** A count that is older than this says nothing about now. */
const freshMs = 3_600_000

export async function getCampaign(db: Db, id: string): Promise<Campaign> {
  const found = await selectCampaign(db, id)
  if (!found) throw notFound('campaign')
  return found
}

/** Adds a campaign as a draft, finished or not. */
export async function createCampaign(
  db: Db,
  actor: Actor,
  given: { name: string; settings?: Partial<CampaignSettings> | undefined },
  now: Date,
): Promise<Campaign> {
  const id = newId()
  return inTransaction(db, async trx => {
    const settings = { ...emptySettings, ...given.settings }
    const ownerId = actor.kind === 'user' ? actor.id : null
    await insertCampaign(trx, { id, name: given.name, settings, ownerId, by: actor.name, now })
    await audit(trx, actor, 'campaigns.create', { kind: 'campaign', id }, { name: given.name })
    return getCampaign(trx, id)
  })
}

/** A draft that says the same. */
export async function duplicateCampaign(db: Db, actor: Actor, id: string, now: Date): Promise<Campaign> {
  const { name, settings } = await getCampaign(db, id)
  return createCampaign(db, actor, { name: `${name} (copy)`.slice(0, 200), settings }, now)
}

/** The campaign, kept from others until the transaction ends. 404 if there is none. */
export async function lockOne(trx: Db, id: string): Promise<Campaign> {
  const campaign = await lockCampaign(trx, id)
  if (!campaign) throw notFound('campaign')
  return campaign
}

/** Refuses a change made against an older state, and says who changed it since. */
async function lockDraft(trx: Db, id: string, version: number): Promise<Campaign> {
  const campaign = await lockOne(trx, id)
  if (campaign.status !== 'draft' || campaign.archivedAt)
    throw conflict('not_draft', 'Only a draft can be changed. Duplicate the campaign instead.')
  if (campaign.version !== version)
    throw conflict('stale', `${campaign.updatedBy} changed this campaign meanwhile.`, {
      version: campaign.version,
      updatedAt: campaign.updatedAt.toISOString(),
      updatedBy: campaign.updatedBy,
    })
  return campaign
}

export type CampaignChange = {
  version: number
  name?: string | undefined
  settings?: Partial<CampaignSettings> | undefined
  ownerId?: string | null | undefined
  reviewOn?: string | null | undefined
}

/** Saves a draft; a count of its audience holds no longer. Throws `stale`. */
export async function saveCampaign(
  db: Db,
  actor: Actor,
  id: string,
  change: CampaignChange,
  now: Date,
): Promise<Campaign> {
  return inTransaction(db, async trx => {
    const before = await lockDraft(trx, id, change.version)
    const { version: _, settings, ...rest } = change
    const parts = { ...rest, ...(settings ? { settings: { ...before.settings, ...settings } } : {}) }
    await changeCampaign(trx, id, parts, { name: actor.name, now })
    await audit(trx, actor, 'campaigns.edit', { kind: 'campaign', id }, { version: change.version + 1 })
    return getCampaign(trx, id)
  })
}

/** Begins to count who would get it, and who would not and why. 422 where that cannot be asked yet. */
export async function startReview(services: Services, actor: Actor, id: string): Promise<Campaign> {
  const { db, clock, jobs } = services
  const now = clock.now()
  const campaign = await getCampaign(db, id)
  const problems = await campaignProblems(db, campaign.settings, now)
  const needed = problems.filter(({ path }) => /^(include|exclude|emailId)/.test(path))
  if (needed.length > 0) throw invalid('The audience cannot be counted yet.', needed)
  return inTransaction(db, async trx => {
    const { version, name, status } = await lockOne(trx, id)
    if (status !== 'draft') throw conflict('not_draft', 'This campaign was started already.')
    const review = {
      state: 'counting' as const,
      at: now.toISOString(),
      plannedAt: firstMoment(campaign.settings.schedule, now).toISOString(),
      counts: campaign.review?.counts ?? { ...emptyCounts },
    }
    await changeCampaign(trx, id, { review, reviewVersion: version })
    await jobs.start(trx, countAudience, { campaignId: id, version, name }, { key: `${id}:${version}` })
    await audit(trx, actor, 'campaigns.review', { kind: 'campaign', id }, { version })
    return getCampaign(trx, id)
  })
}

const emptyCounts = {
  named: 0,
  people: 0,
  recipients: 0,
  excluded: {},
  waiting: {},
  withoutZone: 0,
  examples: {},
}

export type Launch = {
  version: number
  ownerId: string
  reviewOn: string
  /** The number of recipients that the person has seen and confirmed. */
  recipients: number
  /** Without the minute in which it can be taken back. */
  immediately?: boolean | undefined
}

/**
 * Starts a campaign, or has it start at its time. What it sends is fixed now; who gets it is fixed when it starts.
 * Refused without a count of the audience that still holds, or where another number was confirmed.
 */
export async function launchCampaign(
  services: Services,
  actor: Actor,
  id: string,
  given: Launch,
): Promise<Campaign> {
  const { db, clock } = services
  const now = clock.now()
  const { settings } = await getCampaign(db, id)
  const problems = await campaignProblems(db, settings, now)
  if (problems.length > 0) throw invalid('This campaign cannot be sent yet.', problems)
  const ready = await compileParts(db, settings)
  return inTransaction(db, async trx => {
    const campaign = await lockDraft(trx, id, given.version)
    await requireSteward(trx, given, now)
    requireReview(campaign, given, now)
    const versions = await pinVersions(trx, ready, { name: actor.name, now })
    const moment = firstMoment(settings.schedule, now)
    const soon = new Date(now.getTime() + (given.immediately ? 0 : undoMs))
    const startsAt = moment > soon ? moment : soon
    await changeCampaign(
      trx,
      id,
      {
        status: 'scheduled',
        ownerId: given.ownerId,
        reviewOn: given.reviewOn,
        versions,
        launchedAt: now,
        launchedBy: actor.name,
        startsAt,
        dueAt: startsAt,
        words: null,
      },
      { name: actor.name, now },
    )
    await setReferences(trx, { kind: 'campaign', id, name: campaign.name }, usedBy(settings))
    const detail = { recipients: given.recipients, startsAt: startsAt.toISOString() }
    await audit(trx, actor, 'campaigns.publish', { kind: 'campaign', id }, detail)
    return getCampaign(trx, id)
  })
}

function requireReview({ review, reviewVersion, version }: Campaign, given: Launch, now: Date): void {
  if (review?.state !== 'done' || reviewVersion !== version)
    throw conflict('not_reviewed', 'Count the audience first: it was not counted as it is now.')
  if (now.getTime() - new Date(review.at).getTime() > freshMs)
    throw conflict('not_reviewed', 'The count of the audience is more than an hour old: count it again.')
  const { recipients } = review.counts
  if (recipients === 0)
    throw invalid('Nobody would get this campaign.', [{ path: 'include', message: 'leaves nobody' }])
  if (recipients !== given.recipients)
    throw new AppError(
      'not_confirmed',
      `It would go to ${recipients} contacts, not to ${given.recipients}.`,
      {
        status: 422,
        fields: [{ path: 'recipients', message: `must be ${recipients}` }],
        detail: { recipients },
      },
    )
}

/** Everything that a campaign relies on. */
function usedBy(settings: CampaignSettings): Thing[] {
  const { include, exclude, emailId } = settings
  const emails = variantsOf(settings).map(variant => variant.emailId ?? emailId ?? '')
  return [
    ...[...include.segments, ...exclude.segments].map(id => ({ kind: 'segment', id })),
    ...[...include.lists, ...exclude.lists].map(id => ({ kind: 'list', id })),
    ...emails.map(id => ({ kind: 'email', id })),
  ]
}
