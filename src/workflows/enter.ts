import type { NewEvent } from '#engine/reactor.ts'
import type { Db } from '#platform/db/db.ts'
import { newId } from '#platform/ids.ts'
import type { Plan } from './definition.ts'
import { type Enrolment, insertEnrolments, type NewEnrolment, type WhyLink } from './enrolments.sql.ts'
import type { Published } from './shelf.ts'

/** A contact at the door of a workflow. */
export type Entry = {
  contactId: string
  workflow: Published
  plan: Plan
  why: WhyLink[]
  causeId: string | null
  depth: number
}

/** The chain is kept short: a contact moved on ten times is still explained, the first cause first. */
const whyLinks = 24

export type Entered = { entry: Entry; row: Enrolment }

/**
 * Lets contacts in as far as the workflow is live and its rule of re-entry allows, and tells of each entry.
 * Of several entries of one contact into one workflow the first counts.
 */
export async function enter(
  db: Db,
  entries: Entry[],
  now: Date,
): Promise<{ entered: Entered[]; events: NewEvent[] }> {
  const firsts = new Map<string, { entry: Entry; row: NewEnrolment; eventId: string }>()
  for (const entry of entries) {
    const key = `${entry.contactId}:${entry.workflow.id}`
    if (entry.workflow.status !== 'live' || firsts.has(key)) continue
    firsts.set(key, newcomer(entry, now))
  }
  const candidates = [...firsts.values()]
  const inside = await insertEnrolments(
    db,
    candidates.map(each => each.row),
    now,
  )
  const accepted = candidates.filter(each => inside.has(each.row.id))
  return {
    entered: accepted.map(({ entry, row }) => ({ entry, row: freshRow(row, now) })),
    events: accepted.map(({ entry, row, eventId }) => enteredEvent(entry, row, eventId, now)),
  }
}

function newcomer(entry: Entry, now: Date): { entry: Entry; row: NewEnrolment; eventId: string } {
  const { plan, workflow } = entry
  const [id, eventId] = [newId(), newId()]
  const link: WhyLink = {
    kind: 'workflow',
    id: workflow.id,
    name: workflow.name,
    version: plan.number,
    enrolmentId: id,
    at: now.toISOString(),
  }
  const row = {
    contactId: entry.contactId,
    id,
    workflowId: workflow.id,
    version: plan.number,
    node: plan.definition.start,
    reentry: plan.definition.reentry,
    why: [...entry.why.slice(0, 1), ...entry.why.slice(1).slice(-whyLinks), link],
    causeId: eventId,
  }
  return { entry, row, eventId }
}

function freshRow(row: NewEnrolment, now: Date): Enrolment {
  return {
    contactId: row.contactId,
    id: row.id,
    workflowId: row.workflowId,
    version: row.version,
    status: 'active',
    node: row.node,
    arrivedAt: now,
    steps: 0,
    wakeAt: null,
    listens: [],
    held: false,
    state: { sent: {}, heard: {}, because: [] },
    why: row.why,
    causeId: row.causeId,
    enteredAt: now,
    endedAt: null,
    endReason: null,
    rev: 0,
  }
}

function enteredEvent(entry: Entry, row: NewEnrolment, id: string, at: Date): NewEvent {
  return {
    contactId: entry.contactId,
    id,
    type: 'workflow.entered',
    name: entry.workflow.name,
    at,
    data: {
      workflowId: row.workflowId,
      workflowName: entry.workflow.name,
      version: row.version,
      enrolmentId: row.id,
    },
    causeId: entry.causeId,
    depth: entry.depth + 1,
  }
}
