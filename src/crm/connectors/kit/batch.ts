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
