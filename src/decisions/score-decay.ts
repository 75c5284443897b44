/**
 * The arithmetic of a score that decays, exact at every millisecond and free of clocks and databases.
 *
 * Behaviour halves every half-life: S(t) = behaviour * 2^(-(t - asOf) / halfLife) + fit. Points given at
 * different moments add up, because each decays by the same law; so one number and one moment hold them all, and
 * no nightly job is needed: when a score falls below a value is computed, not looked for.
 */

/** A contact's score in one model. `held` are the values it has reached and not fallen below since. */
export type ScoreState = { behaviour: number; asOf: Date; fit: number; held: number[] }

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
export function scoreOf(state: Pick<ScoreState, 'behaviour' | 'asOf' | 'fit'>, halfLifeMs: number | null, at: Date): number {
  return state.behaviour * remaining(at.getTime() - state.asOf.getTime(), halfLifeMs) + state.fit
}

/** The state with points added. Late ones are counted with what is left of them, so the order does not matter. */
function add(state: ScoreState, gain: Gain, halfLifeMs: number | null): ScoreState {
  if (gain.fit) return { ...state, fit: state.fit + gain.points }
  const laterMs = gain.at.getTime() - state.asOf.getTime()
  if (laterMs <= 0) return { ...state, behaviour: state.behaviour + gain.points * remaining(-laterMs, halfLifeMs) }
  return { ...state, behaviour: state.behaviour * remaining(laterMs, halfLifeMs) + gain.points, asOf: gain.at }
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
  if (Math.sign(rest) !== Math.sign(state.behaviour) || Math.abs(rest) > Math.abs(state.behaviour)) return null
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

/**
 * The nearest crossing that time alone will bring, or null. While behaviour is positive only held values can be
 * lost, and the highest is lost first; while it is negative only values not held can be won, the lowest first.
 */
export function nextCrossing(state: ScoreState, decay: Decay): Crossing | null {
  const up = state.behaviour < 0
  const candidates = up ? decay.levels.filter(level => !state.held.includes(level)) : decay.levels.filter(level => state.held.includes(level))
  const level = up ? Math.min(...candidates) : Math.max(...candidates)
  if (!Number.isFinite(level)) return null
  const ms = crossingTime(state, level, decay.halfLifeMs)
  return ms === null ? null : { level, up, at: new Date(ms), byDecay: true }
}

function cross(state: ScoreState, crossing: Crossing): ScoreState {
  const held = state.held.filter(level => level !== crossing.level)
  return { ...state, held: crossing.up ? [...held, crossing.level] : held }
}

/** All crossings by which `held` differs from where the score stands at `at`. */
function settleAt(state: ScoreState, levels: number[], at: Date, halfLifeMs: number | null): Crossing[] {
  const score = scoreOf(state, halfLifeMs, at)
  const moved = levels.filter(level => score >= level !== state.held.includes(level))
  return moved
    .sort((a, b) => (score >= a ? a - b : b - a))
    .map(level => ({ level, up: score >= level, at, byDecay: false }))
}

/** Lets time pass up to and including `untilMs`, collecting what it crosses on the way. */
function pass(state: ScoreState, decay: Decay, untilMs: number, crossings: Crossing[]): ScoreState {
  let current = state
  for (let next = nextCrossing(current, decay); next && next.at.getTime() <= untilMs; next = nextCrossing(current, decay)) {
    crossings.push(next)
    current = cross(current, next)
  }
  return current
}

/**
 * Brings a score up to `now`: gains in the order of time, the decay between them, and every value that was
 * crossed, each at its own moment. Gains from the future count as of now.
 */
export function advance(
  state: ScoreState,
  gains: Gain[],
  decay: Decay,
  now: Date,
): { state: ScoreState; crossings: Crossing[] } {
  const crossings: Crossing[] = []
  let current = { ...state, held: state.held.filter(level => decay.levels.includes(level)) }
  const inTime = gains.map(gain => (gain.at > now ? { ...gain, at: now } : gain)).sort((a, b) => a.at.getTime() - b.at.getTime())
  for (const gain of inTime) {
    current = pass(current, decay, gain.at.getTime() - 1, crossings)
    current = add(current, gain, decay.halfLifeMs)
    const at = gain.at > current.asOf || gain.fit ? gain.at : current.asOf
    for (const crossing of settleAt(current, decay.levels, at, decay.halfLifeMs)) {
      crossings.push(crossing)
      current = cross(current, crossing)
    }
  }
  current = pass(current, decay, now.getTime(), crossings)
  return { state: { ...current, held: current.held.sort((a, b) => a - b) }, crossings }
}

/** The score nobody has yet. */
export function emptyScore(at: Date): ScoreState {
  return { behaviour: 0, asOf: at, fit: 0, held: [] }
}
