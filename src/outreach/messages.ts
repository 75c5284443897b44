import type { Db } from '#platform/db/db.ts'
import { newId } from '#platform/ids.ts'
import { cancelRows, cancelRowsBefore, insertMessages } from './messages.sql.ts'

export type Channel = 'email' | 'webhook'
/** Marketing needs consent and keeps quiet hours; service mail needs none; alerts and tests go to our own people. */
export type MessageClass = 'marketing' | 'service' | 'alert' | 'test'

/**
 * The text of an alert or a test: an email's parts, or what a webhook is told: `body` as it is, or else Slack's
 * `{text}`.
 */
export type Payload = { subject?: string; text: string; html?: string; body?: Record<string, unknown> }

export type NewMessage = {
  contactId: string
  channel: Channel
  class: MessageClass
  /** The same contact, reason and generation make one message, however often it is queued. */
  reason: string
  generation?: number
  /** A published version; alerts and tests bring a payload instead. */
  emailVersionId?: string
  /** Alerts and tests: the user's address, or the web address. Emails to contacts find theirs when they are sent. */
  recipient?: string
  payload?: Payload
  /** The event that led to it. */
  causeId: string | null
  /** What led to it, link by link, for "why was it sent". */
  why: unknown[]
  notBefore: Date
  purpose?: string
  topicId?: string
  /** The campaign that sends it, and which of its variants. */
  campaignId?: string
  variant?: number
}

/**
 * Puts messages into the ledger, in the caller's transaction and with one statement for any number. Returns those
 * that were new; whether a message goes out is decided by the gate when its time has come.
 */
export function queueMessages(
  trx: Db,
  rows: NewMessage[],
  now: Date,
): Promise<{ contactId: string; id: string; reason: string }[]> {
  if (rows.length === 0) return Promise.resolve([])
  return insertMessages(
    trx,
    rows.map(row => ({ ...row, id: newId() })),
    now,
  )
}

/**
 * Takes messages back that have not begun to leave: the contact was taken out of what they were written for.
 * Returns how many; those that left or were decided on already stay as they are.
 */
export function cancelMessages(
  trx: Db,
  messages: { contactId: string; id: string }[],
  words: string,
  now: Date,
): Promise<number> {
  return messages.length === 0 ? Promise.resolve(0) : cancelRows(trx, messages, words, now)
}

/** Takes back everything that was queued before a moment: a restored copy must not send what its original has sent. */
export function cancelWaiting(trx: Db, ask: { before: Date; words: string; now: Date }): Promise<number> {
  return cancelRowsBefore(trx, ask)
}
