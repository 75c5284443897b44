import { audit } from '#access/audit.ts'
import { requireSteward } from '#access/ownership.ts'
import { usedBy } from '#access/references.ts'
import { conditionsOf } from '#decisions/filter.ts'
import { registerMetrics } from '#decisions/metrics.ts'
import { watchScore } from '#decisions/scoring.ts'
import { type Db, inTransaction } from '#platform/db/db.ts'
import { AppError, conflict } from '#platform/errors.ts'
import type { Actor } from '#platform/http/route.ts'
import type { Jobs } from '#platform/jobs.ts'
import { type Definition, filtersOf, type Plan, planOf } from './definition.ts'
import { findProblems, type Problem } from './graph.ts'
import { filterReferences, findOverlaps, lookUp } from './look-up.ts'
import { wakeParticipants } from './wake.jobs.ts'
import {
  countStanding,
  type Inside,
  insertVersion,
  type Status,
  updateStatus,
  type WorkflowRow,
} from './workflows.sql.ts'
import { getWorkflow, stale } from './workflows.ts'

/** What a look before publishing tells: what stops it, what to think about, and who is inside. */
export type Report = {
  problems: Problem[]
  hints: string[]
  inside: { total: number; steps: { node: string; n: number; isKept: boolean }[] }
}

/** Looks at a draft as publishing would, without publishing. */
export async function checkWorkflow(db: Db, id: string): Promise<Report> {
  const row = await getWorkflow(db, id)
  const { problems, hints } = await review(db, row)
  const standing = row.liveVersion === null ? [] : await countStanding(db, id, null)
  const kept = row.definition.nodes ?? {}
  return {
    problems,
    hints,
    inside: {
      total: standing.reduce((sum, each) => sum + each.n, 0),
      steps: standing.map(each => ({ ...each, isKept: Object.hasOwn(kept, each.node) })),
    },
  }
}

type Reviewed = { problems: Problem[]; hints: string[]; definition: Definition | null }

async function review(db: Db, row: WorkflowRow): Promise<Reviewed> {
  const found = findProblems(row.definition)
  const around = filterReferences(row.definition)
  const known = await lookUp(db, [...found.references.map(each => each.reference), ...around])
  const problems = [...found.problems]
  for (const reference of around) {
    const message = known.whyNot(reference)
    if (message) problems.push({ path: 'trigger', node: null, message })
  }
  for (const { node, reference } of found.references) {
    // A workflow may lead back into itself, which is live as soon as this is published.
    if (reference.kind === 'workflow' && reference.id === row.id) continue
    const message = known.whyNot(reference)
    if (message) problems.push({ path: `nodes.${node}.settings`, node, message })
  }
  const hints = found.definition ? await findOverlaps(db, row.id, found.definition, found.writes) : []
  return { problems, hints, definition: found.definition }
}

export type Publication = { version: number; ownerId: string; reviewOn: string; inside: Inside }

/**
 * Makes the draft the next version, for good. Those inside an earlier version stay in it, move over to the same
 * step of the new one, or leave. Throws `invalid` with every problem, `stale`, or what `requireSteward` refuses.
 */
export async function publishWorkflow(
  db: Db,
  jobs: Jobs,
  actor: Actor,
  given: Publication & { id: string; now: Date },
): Promise<WorkflowRow> {
  const { id, now } = given
  return inTransaction(db, async trx => {
    const row = await getWorkflow(trx, id)
    if (row.version !== given.version) throw stale(row)
    await requireSteward(trx, given, now)
    const { problems, definition } = await review(trx, row)
    if (problems.length > 0 || !definition) {
      const fields = problems.map(({ path, message }) => ({ path: `definition.${path}`, message }))
      throw new AppError('not_publishable', 'Some steps are not finished yet.', { status: 422, fields })
    }
    const number = await insertVersion(trx, { ...given, definition, by: actor.name })
    if (number === undefined) throw stale(await getWorkflow(trx, id))
    await stateNeeds(trx, planOf(id, number, definition))
    if (number > 1 && given.inside !== 'stay') {
      const input = { workflowId: id, name: row.name, heldOnly: false, below: number }
      await jobs.start(trx, wakeParticipants, input, { key: `${id}:${number}` })
    }
    if (row.status === 'paused') await wakeHeld(trx, jobs, row)
    await audit(trx, actor, 'workflows.publish', { kind: 'workflow', id }, { number, inside: given.inside })
    return getWorkflow(trx, id)
  })
}

/** What a version needs counted in advance, and the scores at which somebody inside has to be looked at. */
async function stateNeeds(trx: Db, plan: Plan): Promise<void> {
  // Older versions keep what they need: participants may stand in them for long.
  const user = { kind: 'workflow', id: `${plan.workflowId}:${plan.number}` }
  await registerMetrics(trx, user, filtersOf(plan))
  const values = new Map<string, number[]>()
  for (const condition of plan.leave.flatMap(({ filter }) => conditionsOf(filter))) {
    if (condition.type !== 'score') continue
    values.set(condition.modelId, [...(values.get(condition.modelId) ?? []), condition.value])
  }
  for (const [modelId, watched] of values) await watchScore(trx, modelId, watched, user)
}

type Change = { id: string; now: Date }

/** Holds everybody where he stands and lets nobody in, until `resumeWorkflow`. */
export function pauseWorkflow(db: Db, actor: Actor, change: Change): Promise<WorkflowRow> {
  return changeStatus(db, actor, { ...change, from: ['live'], to: 'paused', action: 'workflows.pause' })
}

/** Goes on. Those whose time came during the pause, or who did what was waited for, move on now. */
export function resumeWorkflow(db: Db, jobs: Jobs, actor: Actor, change: Change): Promise<WorkflowRow> {
  return inTransaction(db, async trx => {
    const row = await changeStatus(trx, actor, {
      ...change,
      from: ['paused'],
      to: 'live',
      action: 'workflows.resume',
    })
    await wakeHeld(trx, jobs, row)
    return row
  })
}

async function wakeHeld(trx: Db, jobs: Jobs, row: WorkflowRow): Promise<void> {
  await jobs.start(trx, wakeParticipants, { workflowId: row.id, name: row.name, heldOnly: true, below: null })
}

/** Ends it: nobody enters any more, and those inside leave. Refused while another workflow moves contacts here. */
export function archiveWorkflow(db: Db, jobs: Jobs, actor: Actor, change: Change): Promise<WorkflowRow> {
  return inTransaction(db, async trx => {
    const users = (await usedBy(trx, { kind: 'workflow', id: change.id })).filter(
      user => user.id !== change.id,
    )
    if (users.length > 0) {
      const names = users.map(user => user.name).join(', ')
      throw conflict('in_use', `${names} moves contacts into this workflow. Change that first.`, {
        usedBy: users,
      })
    }
    const from: Status[] = ['draft', 'live', 'paused']
    const row = await changeStatus(trx, actor, {
      ...change,
      from,
      to: 'archived',
      action: 'workflows.archive',
    })
    const input = { workflowId: row.id, name: row.name, heldOnly: false, below: null }
    if (row.liveVersion !== null) await jobs.start(trx, wakeParticipants, input)
    return row
  })
}

async function changeStatus(
  db: Db,
  actor: Actor,
  change: Change & { from: Status[]; to: Status; action: string },
): Promise<WorkflowRow> {
  return inTransaction(db, async trx => {
    const before = await getWorkflow(trx, change.id)
    if (!(await updateStatus(trx, { ...change, by: actor.name }))) {
      throw conflict('wrong_status', `This workflow is ${before.status}.`, { status: before.status })
    }
    await audit(trx, actor, change.action, { kind: 'workflow', id: change.id }, { from: before.status })
    return getWorkflow(trx, change.id)
  })
}
