import { audit } from '#access/audit.ts'
import { compare } from '#outreach/experiments.ts'
import { type Db, inTransaction } from '#platform/db/db.ts'
import { conflict, invalid } from '#platform/errors.ts'
import type { Actor } from '#platform/http/route.ts'
import { changePage, selectPageVersion, tellStreets } from './pages/pages.sql.ts'
import { countVariants } from './pages/visits.sql.ts'
import { isVariantKey, variantsOf } from './pages/walk.ts'
import { getPage, lockOne } from './pages.ts'

/** Of each variant so many visitors, and so sure in percent, before one may be called the winner. */
const minimum = 100
const confidence = 95

export type VariantResult = {
  key: string
  name: string
  weight: number
  visitors: number
  conversions: number
  rate: number
  /** 95 %, Wilson. */
  low: number
  high: number
  /** Probability to have the highest true rate. */
  best: number
}

export type Results = { variants: VariantResult[]; conclusion: { winner: string | null; words: string } }

/** How the variants of the live version do among humans since it was published, and what may be concluded. */
export async function resultsOf(db: Db, id: string): Promise<Results> {
  const page = await getPage(db, id)
  const live = page.liveVersion === null ? undefined : await selectPageVersion(db, id, page.liveVersion)
  if (!live) return { variants: [], conclusion: { winner: null, words: 'The page was not published yet.' } }
  const counts = await countVariants(db, id, live.publishedAt)
  const shown = variantsOf(live.document)
  const tried = shown.map(({ key }) => {
    const count = counts.find(each => each.variant === key)
    return { n: count?.visitors ?? 0, hits: count?.conversions ?? 0 }
  })
  const compared = compare(tried)
  const variants = shown.map(({ key, name, weight }, place) => {
    const { n = 0, hits = 0, rate = 0, low = 0, high = 1, best = 0 } = compared[place] ?? {}
    return { key, name, weight, visitors: n, conversions: hits, rate, low, high, best }
  })
  return { variants, conclusion: conclude(variants) }
}

/** A winner only where both the minimum of visitors and the probability are reached. */
function conclude(variants: VariantResult[]): Results['conclusion'] {
  const none = (words: string) => ({ winner: null, words })
  if (variants.length < 2) return none('There is one version: nothing is compared.')
  const letter = (key: string) => key.toUpperCase()
  const small = variants.filter(variant => variant.visitors < minimum && variant.weight > 0)
  if (small.length > 0) {
    const named = small.map(({ key, visitors }) => `${letter(key)} ${visitors}`).join(', ')
    return none(`Not enough data yet: ${minimum} visitors of each version are needed, so far: ${named}.`)
  }
  const [first] = [...variants].sort((a, b) => b.best - a.best)
  if (!first || first.conversions === 0) return none('Not enough data yet: nobody did what is counted.')
  const said = `${letter(first.key)} is the best with a probability of ${Math.floor(first.best * 1000) / 10} %`
  if (first.best * 100 < confidence)
    return none(`Not enough data yet: ${said}, ${confidence} % are asked for.`)
  return { winner: first.key, words: `${said}.` }
}

/** Ends the test of the live version: everybody gets this variant until another version is published. */
export async function decidePage(db: Db, actor: Actor, id: string, winner: string, now: Date): Promise<void> {
  await inTransaction(db, async trx => {
    const page = await lockOne(trx, id)
    if (page.liveVersion === null) throw conflict('wrong_status', 'The page was not published yet.')
    const live = await selectPageVersion(trx, id, page.liveVersion)
    if (!live || !isVariantKey(winner) || !variantsOf(live.document).some(variant => variant.key === winner))
      throw invalid('The live page has no such version.', [
        { path: 'variant', message: 'is none of its versions' },
      ])
    const decision = { winner, at: now.toISOString(), by: actor.name, version: page.liveVersion }
    await changePage(trx, id, { decision }, { name: actor.name, now })
    await tellStreets(trx)
    await audit(trx, actor, 'pages.decide', { kind: 'page', id }, { winner })
  })
}

/** Takes the decision back: all variants are shown again. */
export async function reopenTest(db: Db, actor: Actor, id: string, now: Date): Promise<void> {
  await inTransaction(db, async trx => {
    await lockOne(trx, id)
    await changePage(trx, id, { decision: null }, { name: actor.name, now })
    await tellStreets(trx)
    await audit(trx, actor, 'pages.reopen', { kind: 'page', id })
  })
}
