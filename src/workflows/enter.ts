import type { NewEvent } from '#engine/reactor.ts'
import type { Db } from '#platform/db/db.ts'
import { newId } from '#platform/ids.ts'
import type { Plan } from './definition.ts'
import { type Enrolment, entryKeys, type WhyLink } from './enrolments.sql.ts'
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
 * Lets contacts in as far as the workflow is live and its rule of re-entry allows, and tells of each entry. The rows
 * are not written yet: whoever calls this writes them as they are after the first steps. Of several entries of one
 * contact into one workflow the first counts; `taken` holds those of this run so far.
 */
export async function enter(
  db: Db,
  entries: Entry[],
  now: Date,
  taken: Set<string> = new Set(),
): Promise<{ entered: Entered[]; events: NewEvent[] }> {
  const firsts = entries.filter(entry => {
    const key = `${entry.contactId}:${entry.workflow.id}`
    if (entry.workflow.status !== 'live' || taken.has(key)) return false
    taken.add(key)
    return true
  })
  const asking = firsts.map(({ contactId, workflow, plan }) => {
    return { contactId, workflowId: workflow.id, reentry: plan.definition.reentry }
  })
  const keys = await entryKeys(db, asking, now)
  const entered: Entered[] = []
  const events: NewEvent[] = []
  for (const [place, entry] of firsts.entries()) {
    const entryKey = keys[place]
    if (!entryKey) continue
    const row = newcomer(entry, entryKey, now)
    entered.push({ entry, row })
    events.push(enteredEvent(entry, row, now))
  }
  return { entered, events }
}

function newcomer(entry: Entry, entryKey: string, now: Date): Enrolment {
  const { plan, workflow } = entry
  const id = newId()
  const link: WhyLink = {
    kind: 'workflow',
    id: workflow.id,
    name: workflow.name,
    version: plan.number,
    enrolmentId: id,
    at: now.toISOString(),
  }
  return {
    contactId: entry.contactId,
    id,
    workflowId: workflow.id,
    version: plan.number,
    entryKey,
    status: 'active',
    node: plan.definition.start,
    arrivedAt: now,
    steps: 0,
    wakeAt: null,
    listens: [],
    held: false,
    state: { sent: {}, heard: {}, because: [] },
    why: [...entry.why.slice(0, 1), ...entry.why.slice(1).slice(-whyLinks), link],
    // The event of the entry, which tells in turn what caused it.
    causeId: newId(),
    enteredAt: now,
    endedAt: null,
    endReason: null,
    rev: 0,
  }
}

function enteredEvent(entry: Entry, row: Enrolment, at: Date): NewEvent {
  return {
    contactId: entry.contactId,
    ...(row.causeId && { id: row.causeId }),
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
