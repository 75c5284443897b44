/** Of `n` mails of a variant, `hits` did what is counted. */
export type Tried = { n: number; hits: number }

/** The 97.5th percentile of the standard normal distribution. */
const z = 1.959963984540054

/**
 * Wilson's score interval, 95 %: where the true rate probably lies. Unlike the textbook interval it never leaves
 * 0 to 1 and is sound for few and rare hits (E. B. Wilson, JASA 22 (1927) 209-212; recommended by Brown, Cai and
 * DasGupta, Statistical Science 16 (2001) 101-133).
 */
export function wilson({ n, hits }: Tried): { low: number; high: number } {
  if (n === 0) return { low: 0, high: 1 }
  const rate = hits / n
  const spread = z * z
  const centre = (rate + spread / (2 * n)) / (1 + spread / n)
  const half = (z / (1 + spread / n)) * Math.sqrt((rate * (1 - rate)) / n + spread / (4 * n * n))
  return { low: hits === 0 ? 0 : centre - half, high: hits === n ? 1 : centre + half }
}

const steps = 4000

/**
 * The probability of each variant to have the highest true rate, knowing nothing beforehand: rates are Beta(1 + hits,
 * 1 + misses) distributed (Gelman et al., Bayesian Data Analysis, 3rd ed., section 2.4), and
 * P(i is best) = integral of the density of i times the product of the distribution functions of the others.
 * Integrated on a grid (trapezoids), so that the same counts always give the same number.
 */
export function probabilitiesToBeBest(variants: Tried[]): number[] {
  if (variants.length === 0) return []
  const { from, width } = rangeOf(variants)
  const grids = variants.map(variant => gridOf(variant, from, width))
  const best = grids.map((grid, place) => {
    let sum = 0
    for (let i = 0; i < steps; i++) {
      let product = grid.density[i] ?? 0
      for (const [other, { below }] of grids.entries()) if (other !== place) product *= below[i] ?? 0
      sum += product
    }
    return sum
  })
  const total = best.reduce((sum, each) => sum + each, 0)
  return best.map(each => each / total)
}

/** Where the mass is: the grid is spent there, and not on rates that nobody believes in. */
function rangeOf(variants: Tried[]): { from: number; width: number } {
  const ends = variants.map(({ n, hits }) => {
    const mean = (hits + 1) / (n + 2)
    const deviation = Math.sqrt((mean * (1 - mean)) / (n + 3))
    return { low: mean - 12 * deviation, high: mean + 12 * deviation }
  })
  const from = Math.max(0, Math.min(...ends.map(end => end.low)))
  const to = Math.min(1, Math.max(...ends.map(end => end.high)))
  return { from, width: to - from }
}

/** Mass of each cell of the grid, and the mass below its middle; both sum up to 1. */
function gridOf({ n, hits }: Tried, from: number, width: number): { density: number[]; below: number[] } {
  const logs = Array.from({ length: steps }, (_, i) => {
    const x = from + ((i + 0.5) / steps) * width
    return hits * Math.log(x) + (n - hits) * Math.log1p(-x)
  })
  const highest = logs.reduce((most, log) => Math.max(most, log), Number.NEGATIVE_INFINITY)
  const weights = logs.map(log => Math.exp(log - highest))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const density = weights.map(weight => weight / total)
  const below: number[] = []
  let sum = 0
  for (const mass of density) {
    below.push(sum + mass / 2)
    sum += mass
  }
  return { density, below }
}
