import { CrmError, type Failure, type WriteOp, type WriteOutcome } from '../../connector.ts'

/** Failures after which the other elements have no better chance now. */
const ends = (failure: Failure) => failure.kind === 'auth' || failure.kind === 'throttle'

/**
 * One call per element, for CRMs without batches. Where the CRM stops us on the way, the elements that are left get
 * the same failure without a call; where it stopped us before anything was written, the whole call fails.
 */
export async function oneByOne(
  ops: readonly WriteOp[],
  write: (op: WriteOp) => Promise<WriteOutcome>,
): Promise<WriteOutcome[]> {
  const outcomes: WriteOutcome[] = []
  for (const op of ops) {
    try {
      outcomes.push(await write(op))
    } catch (error) {
      if (!(error instanceof CrmError)) throw error
      if (ends(error.failure) && !outcomes.some(each => each.ok)) throw error
      outcomes.push({ ok: false, failure: error.failure })
      if (!ends(error.failure)) continue
      const { failure } = error
      return [...outcomes, ...ops.slice(outcomes.length).map(() => ({ ok: false as const, failure }))]
    }
  }
  return outcomes
}

/** Failures that one bad element brings upon all: it can be found by halving. */
const isolable = (failure: Failure) =>
  ['invalid', 'duplicate', 'denied', 'gone', 'conflict', 'lock'].includes(failure.kind)

/**
 * For CRMs that take all or nothing: writes all at once, and halves where that fails for the sake of an element, so
 * that the good ones arrive and each bad one has its own failure. A half that the CRM stops gets that failure where
 * something was written before.
 */
export async function bisect<T>(
  items: readonly T[],
  write: (items: readonly T[]) => Promise<WriteOutcome[]>,
): Promise<WriteOutcome[]> {
  let written = false
  const attempt = async (part: readonly T[]): Promise<WriteOutcome[]> => {
    if (part.length === 0) return []
    try {
      const outcomes = await write(part)
      written = true
      return outcomes
    } catch (error) {
      if (!(error instanceof CrmError)) throw error
      const { failure } = error
      if (part.length > 1 && isolable(failure)) {
        const half = Math.ceil(part.length / 2)
        const left = await attempt(part.slice(0, half))
        return [...left, ...(await attempt(part.slice(half)))]
      }
      if (!isolable(failure) && !written) throw error
      return part.map(() => ({ ok: false as const, failure }))
    }
  }
  return await attempt(items)
}

/** Runs the ops of each kind apart, and puts the outcomes back into the order of the ops. */
export async function byKind(
  ops: readonly WriteOp[],
  write: (kind: WriteOp['op'], ops: WriteOp[]) => Promise<WriteOutcome[]>,
): Promise<WriteOutcome[]> {
  const outcomes = new Array<WriteOutcome>(ops.length)
  let written = false
  for (const kind of ['create', 'update', 'delete'] as const) {
    const places = ops.flatMap((op, at) => (op.op === kind ? [at] : []))
    if (places.length === 0) continue
    const part = places.flatMap(at => ops[at] ?? [])
    const given = await write(kind, part).catch((error: unknown) => {
      if (!(error instanceof CrmError) || !written) throw error
      return part.map(() => ({ ok: false as const, failure: error.failure }))
    })
    written = true
    places.forEach((at, index) => {
      const outcome = given[index]
      if (outcome) outcomes[at] = outcome
    })
  }
  return outcomes
}

/** Names the type of the records that are there already, where the CRM said only their ids. */
export function ofType(type: string, outcomes: WriteOutcome[]): WriteOutcome[] {
  return outcomes.map(outcome => {
    if (outcome.ok || !outcome.failure.existing) return outcome
    const existing = outcome.failure.existing.map(ref => ({ ...ref, type: ref.type || type }))
    return { ok: false, failure: { ...outcome.failure, existing } }
  })
}
