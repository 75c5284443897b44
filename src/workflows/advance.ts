import type { Event, NewEvent } from '#engine/reactor.ts'
import { liveVersions } from '#outreach/emails.ts'
import { newId } from '#platform/ids.ts'
import { answer, leaving } from './ask.ts'
import { carryToSales } from './crm-effects.ts'
import { changeContacts, sendAlerts, sendMessages, takeEffects, whyOf } from './effects.ts'
import type { Enrolment } from './enrolments.sql.ts'
import { type Entered, type Entry, enter } from './enter.ts'
import type { Run } from './run.ts'
import { save } from './save.ts'
import type { Published } from './shelf.ts'
import { end, hear, heardFrom, type Traveller, walk } from './travel.ts'

/** Somebody to look at: his stay, why now, and the tick's events of his that he may use. */
export type Waking = {
  row: Enrolment
  dueAt: Date | null
  events: Event[]
  from: Event | null
  fresh: boolean
}

/** Moves participants on as far as they get in this tick, and writes all of it with a few statements. */
export async function advance(run: Run, wakings: Waking[]): Promise<void> {
  const travellers = wakings.map(waking => board(run, waking))
  run.all.push(...travellers)
  let moving = await setOff(run, travellers)
  while (moving.length > 0) {
    for (const traveller of moving) walk(traveller, run.world)
    run.out.push(...(await changeContacts(run.tick.db, run.all, run.tick.now)))
    const asking = moving.filter(traveller => traveller.state === 'asking')
    const moved = await moveOver(run)
    if (asking.length > 0) await answer(run, asking)
    moving = [...asking, ...(await setOff(run, moved))]
  }
  await sendMessages(run.tick.db, run.all, run.world)
  const nameOf = (id: string) => run.published.get(id)?.name ?? 'A workflow'
  const told = { travellers: run.all, world: run.world, nameOf }
  run.out.push(...(await sendAlerts(run.tick.db, run.tick.services, told)))
  run.out.push(...(await carryToSales(run.tick.db, run.all, run.tick.now)))
  await save(run)
}

function board(run: Run, { row, dueAt, events, from, fresh }: Waking): Traveller {
  return {
    row,
    plan: run.planOf(row.workflowId, row.version),
    granted: null,
    state: 'resting',
    events,
    reachedAt: from?.at ?? null,
    dueAt,
    fresh,
    wakeBefore: row.wakeAt,
    spent: 0,
    zone: run.world.zone,
    depth: Math.max(0, from?.depth ?? 0, ...events.map(event => event.depth)),
    causeId: row.causeId,
    last: from && heardFrom(from),
    steps: [],
    effects: [],
    dirty: false,
  }
}

/** Lets participants hear, follows the policies of newer versions, and keeps back whom an exit or pause stops. */
async function setOff(run: Run, travellers: Traveller[]): Promise<Traveller[]> {
  const ready: Traveller[] = []
  for (const traveller of travellers) {
    reseat(run, traveller)
    if (traveller.state === 'ended') continue
    hear(traveller)
    const status = run.published.get(traveller.row.workflowId)?.status
    if (status === 'archived' || status === undefined) end(traveller, run.tick.now, 'left', 'archived')
    else if (status === 'paused') hold(traveller)
    else {
      if (traveller.row.held) {
        traveller.row.held = false
        traveller.dirty = true
      }
      ready.push(traveller)
    }
  }
  await loadEmails(run, ready)
  const left = await leaving(run, ready)
  for (const [traveller, reason] of left) end(traveller, run.tick.now, 'left', reason)
  return ready.filter(traveller => !left.has(traveller))
}

/** A pause keeps everybody in place. What woke him is remembered, so that resuming goes on from here. */
function hold(traveller: Traveller): void {
  if (traveller.dueAt === null && !traveller.dirty) return
  traveller.row.held = true
  traveller.dirty = true
}

function reseat(run: Run, traveller: Traveller): void {
  const { row } = traveller
  for (const { number, inside } of run.published.get(row.workflowId)?.reseats ?? []) {
    if (number <= row.version) continue
    if (inside === 'exit') {
      end(traveller, run.tick.now, 'left', 'a new version began')
      return
    }
    row.version = number
    traveller.plan = run.planOf(row.workflowId, number)
    traveller.dirty = true
    if (!traveller.plan.steps.has(row.node)) {
      end(traveller, run.tick.now, 'left', 'the step was removed')
      return
    }
  }
}

async function loadEmails(run: Run, travellers: Traveller[]): Promise<void> {
  const ids = new Set<string>()
  for (const plan of new Set(travellers.map(traveller => traveller.plan))) {
    for (const { step } of plan.steps.values()) {
      for (const use of step.uses) if (use.kind === 'email' && !run.world.emails.has(use.id)) ids.add(use.id)
    }
  }
  if (ids.size === 0) return
  const live = await liveVersions(run.tick.db, [...ids])
  run.world.emails = new Map([...run.world.emails, ...live])
}

/** Enters those whom a step moved to another workflow; their way goes on within this run. */
async function moveOver(run: Run): Promise<Traveller[]> {
  const moves = takeEffects(run.all, 'enrol')
  if (moves.length === 0) return []
  const sources = new Map<Entry, { from: Traveller; moved: NewEvent }>()
  for (const { effect, traveller, node } of moves) {
    const workflow = run.published.get(effect.workflowId)
    if (!workflow) continue
    const moved = movedEvent(run, traveller, workflow, newId())
    const entry = {
      contactId: traveller.row.contactId,
      workflow,
      plan: run.planOf(workflow.id, workflow.liveVersion),
      why: whyOf(traveller, node),
      causeId: moved.id ?? null,
      depth: traveller.depth + 1,
    }
    sources.set(entry, { from: traveller, moved })
  }
  return arrivals(
    run,
    sources,
    moves.map(({ traveller }) => traveller),
  )
}

/** Tells of those who were let in; who was not has left his workflow for nothing, and it says so. */
async function arrivals(
  run: Run,
  sources: Map<Entry, { from: Traveller; moved: NewEvent }>,
  leavers: Traveller[],
) {
  const { entered, events } = await enter(run.tick.db, [...sources.keys()], run.tick.now, run.entered)
  const refused = new Set(leavers)
  const travellers: Traveller[] = []
  for (const each of entered) {
    const source = sources.get(each.entry)
    if (!source) continue
    refused.delete(source.from)
    run.out.push(source.moved)
    travellers.push(follow(run, each, source.from))
  }
  for (const { row } of refused) row.endReason = 'not let into the other workflow'
  run.out.push(...events)
  return travellers
}

function follow(run: Run, { row }: Entered, from: Traveller): Traveller {
  const since = from.reachedAt
  const events = from.events.filter(event => since !== null && event.at >= since)
  const traveller = board(run, { row, dueAt: null, events, from: null, fresh: true })
  traveller.reachedAt = from.reachedAt
  traveller.spent = from.spent
  traveller.depth = from.depth + 1
  run.all.push(traveller)
  return traveller
}

function movedEvent(run: Run, traveller: Traveller, target: Published, id: string): NewEvent {
  const { row } = traveller
  const from = run.published.get(row.workflowId)
  return {
    contactId: row.contactId,
    id,
    type: 'workflow.moved',
    name: target.name,
    at: run.tick.now,
    data: {
      workflowId: row.workflowId,
      workflowName: from?.name ?? '',
      toWorkflowId: target.id,
      toWorkflowName: target.name,
      enrolmentId: row.id,
    },
    causeId: traveller.causeId,
    depth: traveller.depth + 1,
  }
}
