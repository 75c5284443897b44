import { audit } from '#access/audit.ts'
import { record } from '#activity/record.ts'
import { contactsForRender, upsertContacts } from '#audience/contacts.ts'
import type { NewEvent } from '#engine/reactor.ts'
import { type Db, inTransaction } from '#platform/db/db.ts'
import { conflict, notFound } from '#platform/errors.ts'
import type { Actor } from '#platform/http/route.ts'
import { newId } from '#platform/ids.ts'
import { acknowledgeAll } from './alerts/alerts.sql.ts'
import {
  decideHandoff,
  type Handoff,
  insertHandoffs,
  latestHandoffs,
  moveRows,
  type ReturnReason,
  selectHandoff,
  warmHandoffs,
} from './feed.sql.ts'

export { type Handoff, type ReturnReason, returnReasons } from './feed.sql.ts'

/** A lead that somebody of sales is asked to take. */
export type Request = {
  contactId: string
  person: { id: string; name: string }
  /** Why, in words. */
  words: string
  /** The rule, workflow or person that asks. */
  by: string
  alertId?: string | null
  causeId?: string | null
}

/** Whom sales has accepted stays theirs for so long: what happens then warms the lead and asks for nothing. */
const theirsMs = 90 * 86_400_000

/**
 * Hands contacts to sales, set-based. One that waits already, or was accepted, becomes hot again instead: nobody is
 * asked twice. Returns `handoff.requested` for the others, to be recorded.
 */
export async function requestHandoffs(db: Db, requests: Request[], now: Date): Promise<NewEvent[]> {
  const byContact = new Map(requests.map(request => [request.contactId, request]))
  if (byContact.size === 0) return []
  const latest = await latestHandoffs(db, [...byContact.keys()])
  const standing = latest.filter(
    ({ state, decidedAt }) =>
      state === 'open' || (state === 'accepted' && now.getTime() - (decidedAt?.getTime() ?? 0) < theirsMs),
  )
  await warmHandoffs(
    db,
    standing.map(row => ({ ...row, words: byContact.get(row.contactId)?.words ?? row.words })),
    now,
  )
  for (const { contactId } of standing) byContact.delete(contactId)
  const rows = [...byContact.values()].map(request => ({ ...request, id: newId() }))
  const made = await insertHandoffs(db, rows, now)
  return rows
    .filter(row => made.has(row.id))
    .map(({ contactId, id, person, words, causeId }) => ({
      contactId,
      type: 'handoff.requested',
      name: words.slice(0, 200),
      at: now,
      causeId: causeId ?? null,
      data: { handoffId: id, userId: person.id, userName: person.name, words },
    }))
}

/** Gives leads that nobody took to others. */
export function moveHandoffs(db: Db, rows: { contactId: string; userId: string }[]): Promise<void> {
  return rows.length === 0 ? Promise.resolve() : moveRows(db, rows)
}

type Key = { contactId: string; id: string }

/** The lead, or 404. */
export async function getHandoff(db: Db, key: Key): Promise<Handoff> {
  const found = await selectHandoff(db, key)
  if (!found) throw notFound('lead')
  return found
}

/**
 * Takes a lead. It becomes the actor's, its alerts count as answered, and a contact that had no owner has one now.
 */
export async function acceptLead(db: Db, actor: Actor, key: Key, now: Date): Promise<Handoff> {
  return inTransaction(db, async trx => {
    const lead = await getHandoff(trx, key)
    if (lead.state === 'accepted')
      throw conflict('already_taken', `${lead.decidedBy ?? 'Somebody'} has taken this lead.`)
    const userId = actor.kind === 'user' ? actor.id : lead.userId
    const decided = { ...key, state: 'accepted' as const, userId, by: actor.name, reason: null, note: null }
    if (!(await decideHandoff(trx, decided, now)))
      throw conflict('already_decided', 'Somebody has just decided on it.')
    await acknowledgeAll(trx, { contactId: key.contactId, by: actor.name, now })
    const [contact] = await contactsForRender(trx, [key.contactId])
    const events = contact?.ownerId
      ? []
      : await upsertContacts(trx, [{ contactId: key.contactId, traits: { owner_id: userId } }], {
          now,
          source: 'sales',
        })
    await record(trx, [...events, told('handoff.accepted', lead, { userId, userName: actor.name }, now)])
    await audit(trx, actor, 'leads.accept', { kind: 'contact', id: key.contactId }, { lead: key.id })
    return getHandoff(trx, key)
  })
}

/** Gives a lead back to marketing, with a reason that people can learn from. */
export async function returnLead(
  db: Db,
  actor: Actor,
  key: Key,
  given: { reason: ReturnReason; note: string | null },
  now: Date,
): Promise<Handoff> {
  return inTransaction(db, async trx => {
    const lead = await getHandoff(trx, key)
    if (lead.state === 'returned') throw conflict('already_decided', 'This lead was returned already.')
    const decided = { ...key, state: 'returned' as const, userId: lead.userId, by: actor.name, ...given }
    if (!(await decideHandoff(trx, decided, now)))
      throw conflict('already_decided', 'Somebody has just decided on it.')
    await acknowledgeAll(trx, { contactId: key.contactId, by: actor.name, now })
    const data = { userId: actor.id, userName: actor.name, ...given }
    await record(trx, [told('handoff.returned', lead, data, now)])
    await audit(
      trx,
      actor,
      'leads.return',
      { kind: 'contact', id: key.contactId },
      { lead: key.id, ...given },
    )
    return getHandoff(trx, key)
  })
}

/** Takes a decision back: the lead waits again, with whom it was. The contact's owner stays as he is. */
export async function reopenLead(db: Db, actor: Actor, key: Key, now: Date): Promise<Handoff> {
  return inTransaction(db, async trx => {
    const lead = await getHandoff(trx, key)
    if (lead.state === 'open') return lead
    const [latest] = await latestHandoffs(trx, [key.contactId])
    if (latest && latest.id !== key.id)
      throw conflict('already_decided', 'This contact was handed over anew since then.')
    const open = { ...key, state: 'open' as const, userId: lead.userId, by: null, reason: null, note: null }
    await decideHandoff(trx, open, now)
    await audit(trx, actor, 'leads.reopen', { kind: 'contact', id: key.contactId }, { lead: key.id })
    return getHandoff(trx, key)
  })
}

function told(type: string, lead: Handoff, data: Record<string, unknown>, now: Date): NewEvent {
  return { contactId: lead.contactId, type, at: now, data: { handoffId: lead.id, ...data } }
}
