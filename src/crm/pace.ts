/** How often the CRM is asked for changes by itself where calls allow it; webhooks only make it sooner. */
export const pollMs = 60_000
const longestMs = 3_600_000
/** Part of the calls left that looking for changes may take; the rest is for what changed. */
const share = 0.6

/**
 * Milliseconds between two looks for changes, so that the calls last until they are counted anew: a round that finds
 * nothing costs `calls`, `left` may still be made in the next `restMs`. A minute where there are plenty, an hour at most.
 */
export function paceOf({ calls, left, restMs }: { calls: number; left: number; restMs: number }): number {
  if (left <= 0) return longestMs
  return Math.min(longestMs, Math.max(pollMs, (restMs * calls) / (left * share)))
}

export type Pace = { calls(): number; heed(spent: number, found: number): void }

/** Learns what a round costs from those that found nothing; before there was one, it is two calls for each object. */
export function createPace(objects: number): Pace {
  let calls = objects * 2
  return {
    calls: () => calls,
    heed(spent, found) {
      if (spent > 0 && found === 0) calls = spent
    },
  }
}
