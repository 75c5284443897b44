/** Numbers that look like chance and are the same at every start: the demo tells the same story to everybody. */
export type Chance = {
  /** In [0, 1). */
  next(): number
  /** A whole number from 0 to `below` - 1. */
  below(limit: number): number
  pick<T>(from: readonly T[]): T
  /** True in this share of cases. */
  holds(share: number): boolean
}

/** The generator known as mulberry32. */
export function chanceFrom(seed: number): Chance {
  let state = seed
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number) => Math.floor(next() * limit)
  return {
    next,
    below,
    holds: share => next() < share,
    pick(from) {
      const one = from[below(from.length)]
      if (one === undefined) throw new Error('nothing to pick from')
      return one
    },
  }
}
