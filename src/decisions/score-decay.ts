/**
 * The arithmetic of a score that decays, exact at every millisecond and free of clocks and databases.
 *
 * Behaviour halves every half-life: S(t) = behaviour * 2^(-(t - asOf) / halfLife) + fit. Points given at
 * different moments add up, because each decays by the same law; so one number and one moment hold them all, and
 * no nightly job is needed: when a score falls below a value is computed, not looked for.
 */

/** A contact's score in one model. Every crossing up to and including `settledAt` has been told. */
export type ScoreState = { behaviour: number; asOf: Date; fit: number; settledAt: Date }

/** How a model decays, and the values at which somebody wants to be told. `halfLifeMs` null: no decay. */
export type Decay = { halfLifeMs: number | null; levels: number[] }

/** Points of behaviour (or of a workflow) at a moment, or a change of the fit, which is there from then on. */
export type Gain = { points: number; at: Date; fit?: boolean }

/** A value was reached (`up`) or fallen below at exactly `at`; `byDecay` when time alone did it. */
export type Crossing = { level: number; up: boolean; at: Date; byDecay: boolean }

/** Beyond this, JavaScript and PostgreSQL have no date worth waiting for. */
const endOfTimeMs = Date.UTC(9999, 0, 1)

export const dayMs = 86_400_000

/** What remains of 1 point after `elapsedMs`; time before the start does not make it more. */
export function remaining(elapsedMs: number, halfLifeMs: number | null): number {
  return halfLifeMs === null ? 1 : 2 ** (-Math.max(0, elapsedMs) / halfLifeMs)
}

/** The score at a moment not before `asOf`. */
export function scoreOf(
  state: Pick<ScoreState, 'behaviour' | 'asOf' | 'fit'>,
  halfLifeMs: number | null,
  at: Date,
): number {
  return state.behaviour * remaining(at.getTime() - state.asOf.getTime(), halfLifeMs) + state.fit
}

/** What is left of old points is dropped below this: it changes no score, and keeps products away from underflow. */
const nothing = 1e-12
const settle = (behaviour: number) => (Math.abs(behaviour) < nothing ? 0 : behaviour)

/** The state with points added. Late ones are counted with what is left of them, so the order does not matter. */
function add(state: ScoreState, gain: Gain, halfLifeMs: number | null): ScoreState {
  if (gain.fit) return { ...state, fit: state.fit + gain.points }
  const laterMs = gain.at.getTime() - state.asOf.getTime()
  if (laterMs <= 0)
    return { ...state, behaviour: settle(state.behaviour + gain.points * remaining(-laterMs, halfLifeMs)) }
  return {
    ...state,
    behaviour: settle(state.behaviour * remaining(laterMs, halfLifeMs) + gain.points),
    asOf: gain.at,
  }
}

/** The levels at or below which a score stands. */
export function heldAt(score: number, levels: number[]): number[] {
  return levels.filter(level => score >= level)
}

/**
 * The first whole millisecond at which time alone has taken the score across `level`: below it while behaviour
 * is positive, up to it while behaviour is negative. Null if it never does.
 */
function crossingTime(state: ScoreState, level: number, halfLifeMs: number | null): number | null {
  const rest = level - state.fit
  if (halfLifeMs === null || state.behaviour === 0 || rest === 0) return null
  if (Math.sign(rest) !== Math.sign(state.behaviour) || Math.abs(rest) > Math.abs(state.behaviour))
    return null
  const start = state.asOf.getTime()
  const estimate = start + halfLifeMs * Math.log2(state.behaviour / rest)
  if (!(estimate < endOfTimeMs)) return null
  const crossed = (ms: number) => {
    const score = scoreOf(state, halfLifeMs, new Date(ms))
    return state.behaviour > 0 ? score < level : score >= level
  }
  // The logarithm is good to a few units in the last place; the score itself decides which millisecond it is.
  let ms = Math.max(start, Math.floor(estimate) - 1)
  for (let tries = 0; !crossed(ms) && tries < 64; tries++) ms += 1 + (tries > 8 ? 2 ** (tries - 8) : 0)
  while (ms > start && crossed(ms - 1)) ms -= 1
  return ms
}

/** The nearest crossing that time alone brings to a score that holds these levels. */
function nextFrom(state: ScoreState, held: Set<number>, decay: Decay): Crossing | null {
  // While behaviour is positive the highest held value is lost first; while it is negative the lowest other is won.
  const up = state.behaviour < 0
  const candidates = decay.levels.filter(level => held.has(level) !== up)
  const level = up ? Math.min(...candidates) : Math.max(...candidates)
  if (!Number.isFinite(level)) return null
  const ms = crossingTime(state, level, decay.halfLifeMs)
  return ms === null
    ? null
    : { level, up, at: new Date(Math.max(ms, state.settledAt.getTime())), byDecay: true }
}

/** The nearest crossing after `settledAt` that time alone will bring, or null. */
export function nextCrossing(state: ScoreState, decay: Decay): Crossing | null {
  return nextFrom(
    state,
    new Set(heldAt(scoreOf(state, decay.halfLifeMs, state.settledAt), decay.levels)),
    decay,
  )
}

/** What a change of the score from one moment's `before` to `after` crosses, the nearest level first. */
export function crossingsBetween(before: number[], after: number[], at: Date): Crossing[] {
  const won = after.filter(level => !before.includes(level)).sort((a, b) => a - b)
  const lost = before.filter(level => !after.includes(level)).sort((a, b) => b - a)
  const tell = (up: boolean) => (level: number) => ({ level, up, at, byDecay: false })
  return [...lost.map(tell(false)), ...won.map(tell(true))]
}

/**
 * Brings a score up to `now`: gains in the order of time, the decay between them, and every value that was
 * crossed since it was last settled, each at its own moment. Gains from the future count as of now; gains from
 * before the last settling change the score, but not what has been told of the past.
 */
export function advance(
  state: ScoreState,
  gains: Gain[],
  decay: Decay,
  now: Date,
): { state: ScoreState; crossings: Crossing[] } {
  const { halfLifeMs, levels } = decay
  const crossings: Crossing[] = []
  const tell = (found: Crossing) => {
    crossings.push(found)
    if (found.up) held.add(found.level)
    else held.delete(found.level)
  }
  let current = state
  const held = new Set(heldAt(scoreOf(state, halfLifeMs, state.settledAt), levels))
  const pass = (until: Date) => {
    for (
      let next = nextFrom(current, held, decay);
      next && next.at <= until;
      next = nextFrom(current, held, decay)
    )
      tell(next)
    if (until > current.settledAt) current = { ...current, settledAt: until }
  }
  const inTime = gains
    .map(gain => (gain.at > now ? { ...gain, at: now } : gain))
    .sort((a, b) => a.at.getTime() - b.at.getTime())
  for (const gain of inTime) {
    pass(new Date(gain.at.getTime() - 1))
    current = add(current, gain, halfLifeMs)
    const at = new Date(Math.max(gain.at.getTime(), current.settledAt.getTime(), current.asOf.getTime()))
    for (const found of crossingsBetween([...held], heldAt(scoreOf(current, halfLifeMs, at), levels), at))
      tell(found)
    current = { ...current, settledAt: at }
  }
  pass(now)
  return { state: current, crossings }
}

/** The score nobody has yet. */
export function emptyScore(at: Date): ScoreState {
  return { behaviour: 0, asOf: at, fit: 0, settledAt: at }
}
