import { record } from '#activity/record.ts'
import type { Contact } from '#audience/contacts.ts'
import { addressHash } from '#audience/suppression.ts'
import { fenceLanes, type LaneHolder, lifeLeftMs } from '#engine/lanes.ts'
import type { NewEvent } from '#engine/reactor.ts'
import { type Db, inTransaction } from '#platform/db/db.ts'
import type { Services } from '#platform/services.ts'
import type { VersionRow } from '../emails.sql.ts'
import { decide, reasonWords, type Verdict } from '../gate.ts'
import { type Pause, readSettings, type Settings } from '../settings.ts'
import type { Versions } from '../versions.ts'
import { type Decision, type Due, limitIdle, selectDue, writeDecisions } from './claim.sql.ts'
import { loadFacts } from './facts.ts'

/** A message that the gate let pass; it stands as `sending` in the ledger. */
export type Claimed = Due & { address: string | null; contact: Contact | null; version: VersionRow | null }

export type Claim = {
  messages: Claimed[]
  settings: Settings
  /** How many were looked at: 0 means that nothing is due. */
  looked: number
  /** No message of this claim may be begun after this (performance.now()): others may take it for dead then. */
  deadline: number
}

/** Time that is left over between the last message begun and the end of our life in the eyes of others. */
const marginMs = 1_000
const longestMs = 5_000
const idleMs = 10_000
const holdMs = 300_000

/**
 * Takes what is due in this worker's lanes through the gate: one transaction, behind the same fence as the
 * engine's ticks, so that one worker at a time decides about a contact. What may go out is `sending` when it
 * commits; everything else has its verdict and reason.
 */
export async function claimMessages(
  services: Services,
  worker: LaneHolder,
  given: { versions: Versions; limit: number; routeDownUntil: Date | null },
): Promise<Claim> {
  const { config, clock } = services
  return inTransaction(services.db, async trx => {
    const began = performance.now()
    const { settings, pause } = await readSettings(trx, config.mode)
    const nothing: Claim = { messages: [], settings, looked: 0, deadline: began }
    if (worker.held().size === 0) return nothing
    if (await limitIdle(trx, idleMs)) return nothing
    const lanes = (await fenceLanes(trx, worker.id, worker.held())).map(row => row.lane)
    const leftMs = Math.min(longestMs, (await lifeLeftMs(trx, worker.id)) - marginMs)
    if (lanes.length === 0 || leftMs <= 0) return nothing
    const now = clock.now()
    const due = await selectDue(trx, { lanes, now, limit: given.limit })
    if (due.length === 0) return nothing
    const messages = await passGate(trx, services, worker.id, { ...given, due, settings, pause, now })
    return { messages, settings, looked: due.length, deadline: began + leftMs }
  })
}

type Batch = {
  due: Due[]
  versions: Versions
  settings: Settings
  pause: Pause
  now: Date
  routeDownUntil: Date | null
}

/** Asks the gate about each, writes every verdict, and returns those that it let pass. */
async function passGate(trx: Db, services: Services, sender: string, batch: Batch): Promise<Claimed[]> {
  const { due, now } = batch
  const ids = due.flatMap(message => message.emailVersionId ?? [])
  const versions = await batch.versions.get(trx, ids)
  const facts = await loadFacts(trx, services, { ...batch, versions })
  const decided = due.map(message => {
    const known = facts.of(message)
    const verdict = decide(known, batch)
    if (verdict.is === 'send' && message.class === 'marketing') known.marketingSent.push(now)
    return { message, verdict, address: known.address }
  })
  const decisions = decided.map(each => ({
    ...decisionOf(each, now),
    addressHash: each.address === null ? null : addressHash(services.secrets, each.address),
  }))
  const changed = await writeDecisions(trx, decisions, { sender, now })
  const valid = decided.filter(each => changed.has(each.message.id))
  await record(
    trx,
    valid.flatMap(each => heldBack(each, versions, now)),
  )
  return valid
    .filter(each => each.verdict.is === 'send')
    .map(({ message, address }) => ({
      ...message,
      address,
      contact: facts.contacts.get(message.contactId) ?? null,
      version: versions.get(message.emailVersionId ?? '') ?? null,
    }))
}

type Decided = { message: Due; verdict: Verdict; address: string | null }

function decisionOf({ message, verdict, address }: Decided, now: Date): Omit<Decision, 'addressHash'> {
  const { contactId, id } = message
  const reason = verdict.is === 'send' ? null : verdict.reason
  const base = {
    contactId,
    id,
    verdict: verdict.is,
    reason,
    words: reasonWords(reason),
    notBefore: now,
    recipient: address,
  }
  if (verdict.is === 'send') return { ...base, state: 'sending' }
  if (verdict.is === 'no') return { ...base, state: 'suppressed' }
  return {
    ...base,
    state: 'queued',
    notBefore: verdict.is === 'later' ? verdict.until : new Date(now.getTime() + holdMs),
  }
}

/** By which campaign a message was sent, for the events that tell of it: filters and reports ask for it. */
export function campaignOf(message: { campaignId: string | null; variant: number | null }) {
  return message.campaignId === null ? {} : { campaignId: message.campaignId, variant: message.variant }
}

/** What will never be sent is told in the contact's story, once. */
function heldBack({ message, verdict }: Decided, versions: Map<string, VersionRow>, now: Date): NewEvent[] {
  // A contact that is gone gets no new story.
  if (
    verdict.is !== 'no' ||
    verdict.reason === 'contact_gone' ||
    message.class === 'test' ||
    message.class === 'alert'
  )
    return []
  const version = versions.get(message.emailVersionId ?? '')
  const data = {
    messageId: message.id,
    emailId: version?.emailId ?? null,
    emailName: version?.emailName ?? null,
    subject: null,
    reason: reasonWords(verdict.reason),
    code: verdict.reason,
    ...campaignOf(message),
  }
  return [{ contactId: message.contactId, type: 'email.suppressed', at: now, causeId: message.causeId, data }]
}
