import { wakesOn } from '#decisions/filter.ts'
import type { NewEvent, Tick } from '#engine/reactor.ts'
import { cancelMessages } from '#outreach/messages.ts'
import { laneOf } from '#platform/ids.ts'
import type { Plan } from './definition.ts'
import {
  addTally,
  type Enrolment,
  insertEnrolments,
  insertSteps,
  saveEnrolments,
  type Tally,
} from './enrolments.sql.ts'
import { type Run, timerKind } from './run.ts'
import { listensOf, type Traveller } from './travel.ts'

/** Writes where everybody stands after a run: stays, step log, counters and timers, each with one statement. */
export async function save(run: Run): Promise<void> {
  const { tick, all } = run
  const changed = all.filter(traveller => traveller.dirty || traveller.fresh)
  const wakes = new Map<Plan, string[]>()
  for (const traveller of changed) {
    const { plan, row } = traveller
    if (!wakes.has(plan)) wakes.set(plan, [...new Set(plan.leave.flatMap(({ filter }) => wakesOn(filter)))])
    row.listens = listensOf(traveller, wakes.get(plan) ?? [])
    row.causeId = traveller.causeId
  }
  await cancelUnsent(tick, changed)
  await write(
    tick,
    changed.map(traveller => traveller.row),
    new Set(changed.filter(traveller => traveller.fresh).map(traveller => traveller.row)),
  )
  await insertSteps(
    tick.db,
    changed.flatMap(traveller => traveller.steps),
  )
  const [first] = changed
  if (first) await addTally(tick.db, tallyOf(changed), laneOf(first.row.contactId))
  setTimers(tick, all)
  for (const traveller of changed) {
    const hasLeft = traveller.state === 'ended' && traveller.row.endReason !== 'moved'
    if (hasLeft) run.out.push(exitedEvent(run, traveller))
  }
}

/** Who is taken out gets nothing any more that was written for him here and has not begun to leave. */
async function cancelUnsent(tick: Tick, travellers: Traveller[]): Promise<void> {
  const gone = travellers.filter(({ row }) => row.status === 'left')
  const messages = gone.flatMap(({ row }) => {
    return Object.values(row.state.sent).map(id => ({ contactId: row.contactId, id }))
  })
  await cancelMessages(tick.db, messages, 'left the workflow', tick.now)
}

/** New stays are written once, as they are after their first steps. */
async function write(tick: Tick, rows: Enrolment[], fresh: Set<Enrolment>): Promise<void> {
  const inserted = await insertEnrolments(tick.db, [...fresh])
  // Somebody let the contact in by hand in this very moment: the tick is run again and finds him inside.
  if (inserted.size !== fresh.size) throw new Error('somebody else let a contact in meanwhile')
  await saveEnrolments(
    tick.db,
    rows.filter(row => !fresh.has(row)),
  )
}

function setTimers(tick: Tick, travellers: Traveller[]): void {
  const set: Parameters<Tick['setTimers']>[0] = []
  const clear: Parameters<Tick['clearTimers']>[0] = []
  for (const { row, dueAt, wakeBefore } of travellers) {
    const key = { contactId: row.contactId, kind: timerKind, key: row.id }
    const isKept = dueAt === null && wakeBefore !== null
    if (row.status === 'active' && row.wakeAt && !row.held) {
      if (!isKept || wakeBefore.getTime() !== row.wakeAt.getTime()) set.push({ ...key, dueAt: row.wakeAt })
    } else if (isKept) clear.push(key)
  }
  if (set.length > 0) tick.setTimers(set)
  if (clear.length > 0) tick.clearTimers(clear)
}

function tallyOf(travellers: Traveller[]): Tally[] {
  const counts = new Map<string, Tally>()
  for (const { row, steps } of travellers) {
    for (const { node, exit } of steps) {
      const key = JSON.stringify([row.workflowId, row.version, node, exit])
      const count = counts.get(key) ?? { workflowId: row.workflowId, version: row.version, node, exit, n: 0 }
      count.n += 1
      counts.set(key, count)
    }
  }
  return [...counts.values()]
}

function exitedEvent(run: Run, { row, causeId, depth }: Traveller): NewEvent {
  const name = run.published.get(row.workflowId)?.name ?? null
  return {
    contactId: row.contactId,
    type: 'workflow.exited',
    name,
    at: run.tick.now,
    data: {
      workflowId: row.workflowId,
      workflowName: name,
      version: row.version,
      enrolmentId: row.id,
      node: row.node,
      status: row.status,
      reason: row.endReason,
    },
    causeId,
    depth: depth + 1,
  }
}
