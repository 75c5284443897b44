import type { Db } from '#platform/db/db.ts'
import type { Services } from '#platform/services.ts'
import { queueMessages } from '../messages.ts'
import { type CampaignRow, changeCampaign } from './campaigns.sql.ts'
import { variantLetter } from './definition.ts'
import { nextTurn, noteMessages, selectWaiting, type Waiting } from './recipients.sql.ts'
import { reasonOf } from './sieve.ts'

/** Messages queued in one transaction. */
const atOnce = 2000
const sliceMs = 60_000
const hourMs = 3_600_000
const slices = hourMs / sliceMs

export type Budget = {
  /** How many may be queued now. */
  left: number
  /** Start of the hour that is being counted, and how many were queued in it. */
  from: Date
  used: number
  /** When there is more; null without a throttle. */
  nextAt: Date | null
}

/**
 * What the throttle leaves: hours are counted from the start of the campaign, and an hour's mails are spread over its
 * minutes. What an hour did not use is not made up for in the next.
 */
export function budgetOf(
  campaign: Pick<CampaignRow, 'rateFrom' | 'rateUsed' | 'settings'>,
  now: Date,
): Budget {
  const { perHour } = campaign.settings
  const start = campaign.rateFrom ?? now
  if (perHour === null) return { left: atOnce, from: start, used: 0, nextAt: null }
  const passedMs = Math.max(0, now.getTime() - start.getTime())
  const from = new Date(start.getTime() + Math.floor(passedMs / hourMs) * hourMs)
  const used = from.getTime() === start.getTime() ? campaign.rateUsed : 0
  const slice = Math.floor((now.getTime() - from.getTime()) / sliceMs)
  const allowed = Math.ceil(((slice + 1) * perHour) / slices)
  return {
    left: Math.max(0, Math.min(atOnce, Math.min(perHour, allowed) - used)),
    from,
    used,
    nextAt: new Date(from.getTime() + (slice + 1) * sliceMs),
  }
}

/** Puts those whose turn has come into the line, as many as the throttle allows, and notes when to look again. */
export async function dispatch(trx: Db, services: Services, campaign: CampaignRow): Promise<void> {
  const now = services.clock.now()
  const budget = budgetOf(campaign, now)
  const rows =
    budget.left === 0
      ? []
      : await selectWaiting(trx, { campaignId: campaign.id, wave: campaign.wave, now, limit: budget.left })
  await queueMessages(
    trx,
    rows.map(row => letterOf(campaign, row, now)),
    now,
  )
  if (rows.length > 0) await noteMessages(trx, campaign.id, { reason: reasonOf(campaign), rows })
  await changeCampaign(trx, campaign.id, {
    rateFrom: budget.from,
    rateUsed: budget.used + rows.length,
    dueAt: await lookAgain(trx, campaign, { budget, full: rows.length === atOnce, now }),
  })
}

/** The next thing to do: somebody's turn (or the throttle that keeps him waiting), or the end of the test. */
async function lookAgain(
  trx: Db,
  campaign: CampaignRow,
  { budget, full, now }: { budget: Budget; full: boolean; now: Date },
): Promise<Date | null> {
  if (full) return now
  const turn = await nextTurn(trx, { campaignId: campaign.id, wave: campaign.wave })
  const throttled = turn && turn <= now && budget.nextAt ? budget.nextAt : turn
  const decision = campaign.winner === null && !campaign.waits ? campaign.decideAt : null
  const moments = [throttled, decision].filter(at => at !== null).map(at => at.getTime())
  return moments.length === 0 ? null : new Date(Math.min(...moments))
}

function letterOf(campaign: CampaignRow, row: Waiting, now: Date) {
  const variant = row.variant === 0 ? (campaign.winner ?? 1) : row.variant
  const emailVersionId = campaign.versions[variant - 1]
  const said = campaign.settings.test ? `, variant ${variantLetter(variant)}` : ''
  return {
    contactId: row.contactId,
    channel: 'email' as const,
    class: 'marketing' as const,
    reason: reasonOf(campaign),
    generation: row.generation,
    ...(emailVersionId ? { emailVersionId } : {}),
    causeId: null,
    why: [
      {
        kind: 'campaign',
        id: campaign.id,
        words: `was in the audience of the campaign “${campaign.name}”${said}`,
      },
    ],
    notBefore: now,
    ...(campaign.settings.topicId ? { topicId: campaign.settings.topicId } : {}),
    campaignId: campaign.id,
    variant,
  }
}
