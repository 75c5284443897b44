import type { Db } from '#platform/db/db.ts'
import type { Services } from '#platform/services.ts'
import { compare, conclude, type VariantResult } from '../experiments.ts'
import { type CampaignRow, changeCampaign } from './campaigns.sql.ts'
import { type Test, variantLetter } from './definition.ts'
import { tallyTest } from './results.sql.ts'

/** The variants of a test as they stand, one entry each, whether or not anything was sent. */
export async function standing(db: Db, campaignId: string, test: Test): Promise<VariantResult[]> {
  const rows = await tallyTest(db, campaignId, test)
  const counted = test.variants.map((_, place) => rows.find(row => row.variant === place + 1))
  return compare(counted.map(row => ({ n: row?.n ?? 0, hits: row?.hits ?? 0 })))
}

/** The time of the test is over: a winner where the conditions hold, else what was configured for that case. */
export async function decideTest(
  trx: Db,
  services: Services,
  campaign: CampaignRow,
  test: Test,
): Promise<void> {
  const now = services.clock.now()
  const { winner, words } = conclude(await standing(trx, campaign.id, test), test)
  if (test.pick === 'automatic' && winner !== null)
    return setWinner(trx, campaign, { winner, by: 'Tend', words, now })
  if (test.pick === 'automatic' && test.otherwise === 'control')
    return setWinner(trx, campaign, {
      winner: 1,
      by: 'Tend',
      words: `${words} So the rest gets the control, ${variantLetter(1)}, as was asked for.`,
      now,
    })
  await changeCampaign(trx, campaign.id, {
    waits: true,
    dueAt: now,
    words: test.pick === 'manual' ? `The test is over: choose the winner. ${words}` : words,
  })
}

/** Ends the test: from now on the rest gets this variant, once. */
export async function setWinner(
  trx: Db,
  campaign: CampaignRow,
  given: { winner: number; by: string; words: string; now: Date },
): Promise<void> {
  await changeCampaign(trx, campaign.id, {
    winner: given.winner,
    wave: 2,
    waits: false,
    words: null,
    decision: { at: given.now.toISOString(), by: given.by, words: given.words },
    // A campaign that stands still goes on when a person lets it.
    ...(campaign.status === 'running' ? { dueAt: given.now } : {}),
  })
}
