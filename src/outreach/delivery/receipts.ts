import { record } from '#activity/record.ts'
import { currentIds } from '#audience/identity.ts'
import type { NewEvent } from '#engine/reactor.ts'
import { type Db, inTransaction } from '#platform/db/db.ts'
import type { Services } from '#platform/services.ts'
import { type News, takeNews } from '../returns.ts'
import { sentEventId } from '../signals.ts'
import { type Claimed, campaignOf } from './claim.ts'
import {
  addTally,
  insertMailbox,
  type MailboxRow,
  type Receipt,
  type Written,
  writeReceipts,
} from './receipts.sql.ts'
import type { Ending } from './reply.ts'

/** The end of one message's way, with what is written besides. */
export type Result = {
  message: Claimed
  ending: Ending
  subject: string
  mailbox: Omit<MailboxRow, 'contactId' | 'id'> | null
}

/**
 * Writes results into the ledger, all in one transaction with what follows from them: events, the sandbox mailbox,
 * suppressed addresses, counts. Guarded by sender and state, so a late or repeated result changes nothing twice.
 */
export async function storeResults(services: Services, sender: string, results: Result[]): Promise<void> {
  if (results.length === 0) return
  const now = services.clock.now()
  await inTransaction(services.db, async trx => {
    const rows = results.map(({ message, ending }) => ({
      contactId: message.contactId,
      id: message.id,
      ending,
      notBefore: new Date(now.getTime() + ending.waitMs),
    }))
    const written = await writeFollowing(trx, rows, { sender, now })
    const valid = results.flatMap(result => {
      const contactId = written.get(result.message.id)
      return contactId === undefined ? [] : [{ ...result, contactId }]
    })
    const mails = valid.flatMap(({ message, contactId, ending, mailbox }) =>
      mailbox && isKept(ending)
        ? [{ ...mailbox, also: alsoOf(mailbox.also, ending), contactId, id: message.id }]
        : [],
    )
    await insertMailbox(trx, mails, now)
    await record(
      trx,
      valid.flatMap(result => eventOf(result, now)),
    )
    await takeNews(
      trx,
      valid.flatMap(result => newsOf(result, now)),
    )
    await addTally(trx, countOutcomes(valid), now)
  })
}

/** The sandbox shows what was written at once, also while the mail server is away that it goes to besides. */
function isKept({ state, code }: Ending): boolean {
  return state === 'sent' || (state !== 'failed' && code === null)
}

const alsoOf = (also: string | null, { state }: Ending) => (state === 'sent' ? also : null)

/** Messages of contacts that were joined meanwhile are found under the new id. */
async function writeFollowing(
  trx: Db,
  rows: Receipt[],
  by: { sender: string; now: Date },
): Promise<Map<string, string>> {
  const written = new Map((await writeReceipts(trx, rows, by)).map((row: Written) => [row.id, row.contactId]))
  const missing = rows.filter(row => !written.has(row.id))
  if (missing.length === 0) return written
  const current = await currentIds(trx, [...new Set(missing.map(row => row.contactId))])
  const moved = missing
    .map(row => ({ ...row, contactId: current.get(row.contactId) ?? row.contactId }))
    .filter((row, i) => row.contactId !== missing[i]?.contactId)
  if (moved.length > 0)
    for (const row of await writeReceipts(trx, moved, by)) written.set(row.id, row.contactId)
  return written
}

type Valid = Result & { contactId: string }

function eventOf({ message, contactId, ending, subject }: Valid, now: Date): NewEvent[] {
  if (message.class === 'test') return []
  const base = { contactId, at: now, causeId: message.causeId }
  if (message.class === 'alert') {
    if (ending.state !== 'sent') return []
    const to = message.channel === 'webhook' ? hostOf(message.recipient) : message.recipient
    return [
      {
        ...base,
        type: 'alert.sent',
        name: subject,
        data: { messageId: message.id, channel: message.channel, to },
      },
    ]
  }
  // A refusal at once is told like one that comes later.
  if (ending.bounce || (ending.state !== 'sent' && ending.state !== 'failed')) return []
  const data = {
    messageId: message.id,
    emailId: message.version?.emailId ?? null,
    emailVersionId: message.emailVersionId,
    emailName: message.version?.emailName ?? null,
    subject,
    ...campaignOf(message),
    ...(ending.state === 'failed' ? { reason: ending.words, code: ending.code, status: ending.status } : {}),
  }
  if (ending.state === 'failed') return [{ ...base, type: 'email.failed', data }]
  return [{ ...base, id: sentEventId(message.id), type: 'email.sent', data }]
}

/** Web addresses of webhooks are secrets: only the host is told. */
function hostOf(url: string | null): string | null {
  return url !== null && URL.canParse(url) ? new URL(url).host : null
}

function newsOf({ message, contactId, ending, subject }: Valid, at: Date): News[] {
  const { bounce, status, words, code } = ending
  if (bounce === null || message.channel !== 'email') return []
  const about = { contactId, messageId: message.id, subject }
  return [{ ...about, kind: bounce, status, words: words ?? '', source: 'smtp', at, late: false, code }]
}

/** Only mail to contacts: our own people's full mailboxes say nothing about our sending. */
function countOutcomes(results: Valid[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { message, ending } of results) {
    if (message.class !== 'marketing' && message.class !== 'service') continue
    if (ending.state !== 'sent' && ending.state !== 'failed') continue
    const outcome = ending.bounce ?? ending.state
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
  }
  return counts
}
