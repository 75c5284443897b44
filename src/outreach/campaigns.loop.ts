import { setTimeout as pause } from 'node:timers/promises'
import { setReferences } from '#access/references.ts'
import type { Loop } from '#engine/module.ts'
import { type Db, inTransaction, one, sql } from '#platform/db/db.ts'
import { readHold } from '#platform/hold.ts'
import type { Services } from '#platform/services.ts'
import {
  type CampaignRow,
  changeCampaign,
  selectDueCampaigns,
  takeCampaign,
} from './campaigns/campaigns.sql.ts'
import { decideTest } from './campaigns/decide.ts'
import { dispatch } from './campaigns/dispatch.ts'
import { freezePage } from './campaigns/freeze.ts'
import { cancelQueued, isSending, selectEnded } from './campaigns/recipients.sql.ts'

/** Machine times in milliseconds. */
const idleMs = 200
const troubleMs = 1_000
const cancelAtOnce = 6_400
const lookAgainMs = 1_000

/**
 * Looks after campaigns: freezes audiences, puts recipients into the line as their turn comes, ends tests, cancels
 * what was stopped. Every step is one short transaction under the lock of the campaign's own row, and says when the
 * next is due: any worker may take it, and one that is killed leaves nothing half done.
 */
export const campaignLoop: Loop = {
  name: 'campaigns',
  role: 'worker',
  async run(services, signal) {
    while (!signal.aborted) {
      const wait = await turn(services).then(
        worked => (worked ? 0 : idleMs),
        error => {
          services.log.error({ err: error }, 'campaigns could not be looked after')
          return troubleMs
        },
      )
      if (wait > 0) await pause(wait, undefined, { signal }).catch(() => undefined)
    }
  },
}

/** One look at all that is due; whether there was anything. */
async function turn(services: Services): Promise<boolean> {
  const { db, clock } = services
  let worked = false
  // After a restore nothing begins by itself: the installation it came from may have sent it.
  const due = (await readHold(db)) ? [] : await selectDueCampaigns(db, clock.now())
  for (const id of due) worked = (await inTransaction(db, trx => step(trx, services, id))) || worked
  for (const id of await selectEnded(db))
    worked = (await inTransaction(db, trx => finish(trx, services, id))) || worked
  return worked
}

async function step(trx: Db, services: Services, id: string): Promise<boolean> {
  const now = services.clock.now()
  const campaign = await takeCampaign(trx, id)
  if (!campaign?.dueAt || campaign.dueAt > now) return false
  if (campaign.status === 'scheduled')
    await changeCampaign(trx, id, { status: 'running', rateFrom: now, dueAt: now })
  else if (campaign.status === 'stopped') await cancelSome(trx, campaign, now)
  else if (campaign.status !== 'running') await changeCampaign(trx, id, { dueAt: null })
  else if (campaign.frozenAt === null) await freezePage(trx, services, campaign)
  else if (isTestOver(campaign, now) && campaign.settings.test)
    await decideTest(trx, services, campaign, campaign.settings.test)
  else await dispatch(trx, services, campaign)
  return true
}

function isTestOver({ decideAt, winner, waits }: CampaignRow, now: Date): boolean {
  return decideAt !== null && decideAt <= now && winner === null && !waits
}

/** What was stopped is out of the line already; its rows learn it a few thousand at a time. */
async function cancelSome(trx: Db, campaign: CampaignRow, now: Date): Promise<void> {
  const words = campaign.words ?? 'the campaign was stopped'
  const cancelled = await cancelQueued(trx, campaign.id, { words, now, limit: cancelAtOnce })
  if (cancelled > 0) return
  // What is on its way just now may still come back into the line.
  const later = (await isSending(trx, campaign.id)) ? new Date(now.getTime() + lookAgainMs) : null
  await changeCampaign(trx, campaign.id, { dueAt: later })
}

/** Nothing is left to do: it uses nothing any more. */
async function finish(trx: Db, services: Services, id: string): Promise<boolean> {
  const campaign = await takeCampaign(trx, id)
  if (campaign?.status !== 'running' || campaign.dueAt !== null) return false
  await changeCampaign(trx, id, { status: 'finished', endedAt: services.clock.now() })
  await setReferences(trx, { kind: 'campaign', id, name: campaign.name }, [])
  return true
}

/** Campaigns that are to be looked after by now, or that have come to their end and are not marked so. */
export async function campaignsPending(db: Db, now: Date): Promise<number> {
  const { n } = await one<{ n: number }>(
    db,
    sql`
    select count(*)::int as n from outreach.campaign c where c.due_at <= ${now.toISOString()}::timestamptz`,
  )
  return n + (await selectEnded(db)).length
}

/** When the next campaign becomes due. */
export async function nextCampaign(db: Db, now: Date): Promise<Date | null> {
  const { at } = await one<{ at: Date | null }>(
    db,
    sql`
    select min(c.due_at) as at from outreach.campaign c where c.due_at > ${now.toISOString()}::timestamptz`,
  )
  return at
}
