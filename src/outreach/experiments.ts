import { idFrom } from '#platform/ids.ts'
import { type Test, variantLetter } from './campaigns/definition.ts'
import { probabilitiesToBeBest, type Tried, wilson } from './experiments.statistics.ts'

/**
 * Which wave and variant a contact belongs to: decided by a hash of campaign and contact, so that it is the same
 * whenever it is asked and independent of every other test. Variant 0 gets what wins.
 */
export function assign(
  campaignId: string,
  contactId: string,
  test: Pick<Test, 'share' | 'variants'> | null,
): { wave: number; variant: number } {
  if (!test) return { wave: 1, variant: 1 }
  const hash = BigInt(idFrom('variant', campaignId, contactId))
  if (Number(hash % 10_000n) >= test.share * 100) return { wave: 2, variant: 0 }
  return { wave: 1, variant: Number((hash / 10_000n) % BigInt(test.variants.length)) + 1 }
}

export type VariantResult = Tried & {
  variant: number
  rate: number
  /** 95 %, Wilson. */
  low: number
  high: number
  /** To have the highest true rate. */
  best: number
}

/** Rates, intervals and probabilities of the variants, in their order. */
export function compare(tried: Tried[]): VariantResult[] {
  const best = probabilitiesToBeBest(tried)
  return tried.map((each, place) => ({
    ...each,
    variant: place + 1,
    rate: each.n === 0 ? 0 : each.hits / each.n,
    ...wilson(each),
    best: best[place] ?? 0,
  }))
}

export type Conclusion = {
  /** The one that wins, or null: not enough data yet. */
  winner: number | null
  words: string
}

/** What is counted, and how a variant is called, where it is not a mail of a campaign. */
export type Terms = { counted: string; nameOf(variant: number): string }
const ofMails: Terms = { counted: 'mails of each variant are needed, sent', nameOf: variantLetter }

/** What may be concluded from a test now: a winner only where both the minimum and the probability are reached. */
export function conclude(
  results: VariantResult[],
  test: Pick<Test, 'minimum' | 'confidence'>,
  { counted, nameOf }: Terms = ofMails,
): Conclusion {
  const small = results.filter(result => result.n < test.minimum)
  if (small.length > 0) {
    const named = small.map(({ variant, n }) => `${nameOf(variant)} ${n}`).join(', ')
    return {
      winner: null,
      words: `Not enough data yet: ${test.minimum} ${counted} so far: ${named}.`,
    }
  }
  const [first] = [...results].sort((a, b) => b.best - a.best)
  if (!first || first.hits === 0)
    return { winner: null, words: 'Not enough data yet: nobody did what is counted.' }
  const percent = Math.floor(first.best * 1000) / 10
  const said = `${nameOf(first.variant)} is the best with a probability of ${percent} %`
  if (first.best * 100 < test.confidence)
    return { winner: null, words: `Not enough data yet: ${said}, ${test.confidence} % are asked for.` }
  return { winner: first.variant, words: `${said}.` }
}
