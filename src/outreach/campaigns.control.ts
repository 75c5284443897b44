import { audit } from '#access/audit.ts'
import { setReferences } from '#access/references.ts'
import { type Db, inTransaction } from '#platform/db/db.ts'
import { conflict, invalid } from '#platform/errors.ts'
import type { Actor } from '#platform/http/route.ts'
import type { Services } from '#platform/services.ts'
import { type CampaignStatus, changeCampaign } from './campaigns/campaigns.sql.ts'
import { setWinner } from './campaigns/decide.ts'
import { variantLetter } from './campaigns/definition.ts'
import { countFailed, renewFailed } from './campaigns/recipients.sql.ts'
import { type Campaign, getCampaign, lockOne } from './campaigns.ts'

type Change = Parameters<typeof changeCampaign>[2]

/** One word of a person to a campaign: the row is locked, the state must fit, and it is noted who said it. */
async function say(
  { db, clock }: Services,
  actor: Actor,
  id: string,
  word: {
    action: string
    from: CampaignStatus[]
    refusal: string
    change(campaign: Campaign, trx: Db, now: Date): Change | Promise<Change>
  },
): Promise<Campaign> {
  const now = clock.now()
  return inTransaction(db, async trx => {
    const campaign = await lockOne(trx, id)
    if (!word.from.includes(campaign.status) || campaign.archivedAt)
      throw conflict('wrong_state', word.refusal, { status: campaign.status })
    await changeCampaign(trx, id, await word.change(campaign, trx, now), { name: actor.name, now })
    await audit(trx, actor, word.action, { kind: 'campaign', id }, { name: campaign.name })
    return getCampaign(trx, id)
  })
}

const release = (trx: Db, { id, name }: Campaign) => setReferences(trx, { kind: 'campaign', id, name }, [])

/** Takes a launch back before anything has begun: it is a draft again. */
export function withdrawCampaign(services: Services, actor: Actor, id: string): Promise<Campaign> {
  return say(services, actor, id, {
    action: 'campaigns.withdraw',
    from: ['scheduled'],
    refusal: 'It has begun already: pause or stop it instead.',
    async change(campaign, trx) {
      await release(trx, campaign)
      return {
        status: 'draft',
        startsAt: null,
        dueAt: null,
        launchedAt: null,
        launchedBy: null,
        versions: [],
      }
    },
  })
}

/** Lets nothing more leave, from the next claim of the senders on: within a second. */
export function pauseCampaign(services: Services, actor: Actor, id: string): Promise<Campaign> {
  return say(services, actor, id, {
    action: 'campaigns.pause',
    from: ['running'],
    refusal: 'Only a campaign that runs can be paused.',
    change: () => ({ status: 'paused', dueAt: null, words: `Paused by ${actor.name}` }),
  })
}

/** Goes on where it stood; what waited meanwhile did not grow stale. */
export function resumeCampaign(services: Services, actor: Actor, id: string): Promise<Campaign> {
  return say(services, actor, id, {
    action: 'campaigns.resume',
    from: ['paused'],
    refusal: 'Only a paused campaign can go on.',
    change: (_campaign, _trx, now) => ({ status: 'running', dueAt: now, resumedAt: now, words: null }),
  })
}

/** Ends it for good: what has not begun to leave never will. */
export function stopCampaign(services: Services, actor: Actor, id: string): Promise<Campaign> {
  return say(services, actor, id, {
    action: 'campaigns.stop',
    from: ['running', 'paused'],
    refusal: 'Only a campaign that runs or is paused can be stopped.',
    async change(campaign, trx, now) {
      await release(trx, campaign)
      return { status: 'stopped', dueAt: now, endedAt: now, waits: false, words: `stopped by ${actor.name}` }
    },
  })
}

/** Writes once more to those whose mail failed; the gate decides anew about each. */
export async function retryFailed(
  services: Services,
  actor: Actor,
  id: string,
): Promise<{ campaign: Campaign; renewed: number }> {
  const { db } = services
  if ((await countFailed(db, id)) === 0) throw conflict('none_failed', 'Nothing of this campaign failed.')
  let renewed = 0
  const campaign = await say(services, actor, id, {
    action: 'campaigns.retry',
    from: ['running', 'paused', 'finished'],
    refusal: 'Only a campaign that runs, is paused or has finished can try again.',
    async change(before, trx, now) {
      renewed = await renewFailed(trx, id, now)
      if (before.status === 'paused') return {}
      return { status: 'running', dueAt: now, endedAt: null, resumedAt: now }
    },
  })
  return { campaign, renewed }
}

/** Ends the test by the word of a person. */
export async function chooseWinner(
  services: Services,
  actor: Actor,
  id: string,
  winner: number,
): Promise<Campaign> {
  const now = services.clock.now()
  return inTransaction(services.db, async trx => {
    const campaign = await lockOne(trx, id)
    const { test } = campaign.settings
    if (!test || winner > test.variants.length)
      throw invalid('There is no such variant.', [{ path: 'variant', message: 'is no variant of this test' }])
    if (!['running', 'paused'].includes(campaign.status) || campaign.frozenAt === null)
      throw conflict('wrong_state', 'A winner can be chosen while the campaign runs.')
    if (campaign.winner !== null)
      throw conflict('decided', `The test was decided already: ${variantLetter(campaign.winner)} won.`)
    await setWinner(trx, campaign, {
      winner,
      by: actor.name,
      words: `${actor.name} chose ${variantLetter(winner)}.`,
      now,
    })
    await audit(trx, actor, 'campaigns.winner', { kind: 'campaign', id }, { variant: winner })
    return getCampaign(trx, id)
  })
}

/** Puts it out of sight, or back; its messages and numbers stay. */
export async function archiveCampaign(
  { db, clock }: Services,
  actor: Actor,
  id: string,
  archived: boolean,
): Promise<Campaign> {
  const now = clock.now()
  return inTransaction(db, async trx => {
    const campaign = await lockOne(trx, id)
    if (['scheduled', 'running', 'paused'].includes(campaign.status))
      throw conflict('in_use', 'It is not over yet: stop it first.')
    await changeCampaign(trx, id, { archivedAt: archived ? now : null }, { name: actor.name, now })
    await audit(trx, actor, archived ? 'campaigns.archive' : 'campaigns.restore', { kind: 'campaign', id })
    return getCampaign(trx, id)
  })
}
