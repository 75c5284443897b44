import { record } from '#activity/record.ts'
import { clearTimers, setTimers } from '#engine/timers.ts'
import { cancelMessages } from '#outreach/messages.ts'
import { type Db, inTransaction } from '#platform/db/db.ts'
import { conflict, notFound } from '#platform/errors.ts'
import type { Actor } from '#platform/http/route.ts'
import { insertEnrolments } from './enrolments.sql.ts'
import { enter } from './enter.ts'
import {
  type Participant,
  selectParticipant,
  selectStays,
  takeOutRow,
  unparkRow,
} from './participants.sql.ts'
import { timerKind } from './run.ts'
import { createShelf } from './shelf.ts'

export type { Participant } from './participants.sql.ts'

/** Every stay of a contact in any workflow, the newest first. */
export function staysOf(db: Db, contactId: string): Promise<Participant[]> {
  return selectStays(db, contactId, 200)
}

/**
 * Lets a contact in by hand. The same rule of re-entry holds as for the trigger; throws `not_let_in` when it, or
 * the workflow's status, does not allow it.
 */
export async function enterByHand(
  db: Db,
  actor: Actor,
  given: { workflowId: string; contactId: string; now: Date },
): Promise<string> {
  const { workflowId, contactId, now } = given
  return inTransaction(db, async trx => {
    const shelf = createShelf()
    const workflow = (await shelf.published(trx)).get(workflowId)
    if (!workflow) throw notFound('published workflow')
    const number = workflow.liveVersion
    const plan = (await shelf.plans(trx, [{ workflowId, number }]))(workflowId, number)
    const why = [{ kind: 'person' as const, id: actor.id, name: actor.name, at: now.toISOString() }]
    const { entered, events } = await enter(
      trx,
      [{ contactId, workflow, plan, why, causeId: null, depth: 0 }],
      now,
    )
    const [stay] = entered
    const written = await insertEnrolments(
      trx,
      entered.map(each => each.row),
    )
    if (!stay || written.size === 0) {
      const reason =
        workflow.status === 'live'
          ? 'The contact is inside, or may not come in again.'
          : 'This workflow is not live.'
      throw conflict('not_let_in', reason)
    }
    // The mark makes the engine take the first step; entries of its own it follows at once.
    await record(
      trx,
      events.map(event => ({ ...event, data: { ...event.data, start: true } })),
    )
    return stay.row.id
  })
}

type Stay = { workflowId: string; enrolmentId: string; now: Date }

/** Takes a participant out: what he waits for is cancelled at once. */
export async function takeOut(db: Db, actor: Actor, { workflowId, enrolmentId, now }: Stay): Promise<void> {
  await inTransaction(db, async trx => {
    const stay = await requireStay(trx, workflowId, enrolmentId)
    const { contactId } = stay
    const reason = `taken out by ${actor.name}`
    const sent = await takeOutRow(trx, { contactId, id: enrolmentId, reason, now })
    if (!sent) throw conflict('has_ended', 'This contact has left the workflow already.')
    const messages = sent.map(id => ({ contactId, id }))
    await cancelMessages(trx, messages, reason, now)
    await clearTimers(trx, [{ contactId, kind: timerKind, key: enrolmentId }])
    const data = {
      workflowId,
      workflowName: stay.workflowName,
      version: stay.version,
      enrolmentId,
      node: stay.node,
      status: 'left',
      reason,
    }
    await record(trx, [{ contactId, type: 'workflow.exited', name: stay.workflowName, at: now, data }])
  })
}

/** Lets a parked participant try again from where he stood. */
export async function unpark(db: Db, { workflowId, enrolmentId, now }: Stay): Promise<void> {
  await inTransaction(db, async trx => {
    const { contactId } = await requireStay(trx, workflowId, enrolmentId)
    if (!(await unparkRow(trx, { contactId, id: enrolmentId }))) {
      throw conflict('not_parked', 'This contact is not set aside, or has come in again meanwhile.')
    }
    await setTimers(trx, [{ contactId, kind: timerKind, key: enrolmentId, dueAt: now }])
  })
}

async function requireStay(db: Db, workflowId: string, enrolmentId: string): Promise<Participant> {
  const stay = await selectParticipant(db, workflowId, enrolmentId)
  if (!stay) throw notFound('participant')
  return stay
}
