import type { Ending } from './reply.ts'

/** How the way out is doing, as one sender sees it. */
export type RouteState = {
  /** Until then nothing is tried over it; business time. */
  downUntil: Date | null
  /** What the last trouble was, or null while it works. */
  words: string | null
  heed(ending: Ending, now: Date): void
}

const firstWaitMs = 5_000
const longestWaitMs = 300_000

/** Waits 5 s, 10 s, 20 s ... up to 5 minutes while the server is away; 5 minutes at once where it refuses our password. */
export function createRoute(): RouteState {
  let failures = 0
  const route: RouteState = {
    downUntil: null,
    words: null,
    heed(ending, now) {
      if (ending.route === null) {
        // Any reply means that the server is there.
        if (ending.code === null) return
        failures = 0
        route.downUntil = null
        route.words = null
        return
      }
      route.words = ending.words
      // Of the many that break at the same moment, the first counts.
      if (route.downUntil !== null && route.downUntil > now) return
      const wait =
        ending.route === 'login' ? longestWaitMs : Math.min(longestWaitMs, firstWaitMs * 2 ** failures)
      failures++
      route.downUntil = new Date(now.getTime() + wait)
    },
  }
  return route
}
