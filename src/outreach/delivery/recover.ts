import { deadAmong } from '#engine/lanes.ts'
import type { Services } from '#platform/services.ts'
import { type Open, selectOpen, selectSenders } from './claim.sql.ts'
import { listJournals, readJournal, removeJournal, type Told } from './journal.ts'
import { type Receipt, writeReceipts } from './receipts.sql.ts'
import type { Ending } from './reply.ts'
import { unsureCode } from './send-batch.ts'

export type Recovery = {
  /** What others left behind when they died. */
  run(): Promise<number>
  /**
   * What stands under this sender's own name. To be called between two batches only: then nothing is under way,
   * and what it is said to be sending was claimed by a transaction whose answer was lost, or belongs to a batch
   * that broke off.
   */
  own(): Promise<number>
}

/** How long a dead sender whose journal is not here may still come back on its own machine, and know more. */
const patienceMs = 60_000

/**
 * Ends what dead senders have begun: what their journal says was not started goes back into the line, what was
 * answered gets its answer, and what is in doubt is `unknown` for news, and sent again under the same Message-ID
 * where somebody waits for it. Without the journal all of it is in doubt.
 */
export function createRecovery(services: Services, own: string): Recovery {
  const firstSeen = new Map<string, number>()
  return {
    own: () => recoverSender(services, own, readJournal(services.config.dataDir, own) ?? new Map()),
    async run() {
      const { db, config } = services
      const open = await selectSenders(db, own)
      const dead = await deadAmong(db, [
        ...new Set([...open.map(row => row.sender), ...listJournals(config.dataDir)]),
      ])
      let ended = 0
      for (const sender of dead) {
        if (sender === own) continue
        const told = readJournal(config.dataDir, sender)
        const seen = firstSeen.get(sender) ?? performance.now()
        firstSeen.set(sender, seen)
        if (told === null && performance.now() - seen < patienceMs) continue
        ended += await recoverSender(services, sender, told)
        removeJournal(config.dataDir, sender)
        firstSeen.delete(sender)
      }
      return ended
    },
  }
}

async function recoverSender(
  { db, clock, log }: Services,
  sender: string,
  told: Told | null,
): Promise<number> {
  let ended = 0
  for (;;) {
    const open = await selectOpen(db, sender)
    const now = clock.now()
    const receipts = open.map(message => receiptOf(message, { told, now }))
    const written = await writeReceipts(db, receipts, { sender, now })
    ended += written.length
    if (open.length === 0 || written.length === 0) break
  }
  const journal = told !== null
  if (ended > 0)
    log.warn(
      { sender, messages: ended, journal },
      'messages that a sender had begun and not ended were taken over',
    )
  return ended
}

const lost: Ending = {
  state: 'queued',
  waitMs: 0,
  counts: false,
  code: null,
  status: null,
  words: 'the sender ended before it was sent',
  bounce: null,
  route: null,
}

function receiptOf(message: Open, { told, now }: { told: Told | null; now: Date }): Receipt {
  const { contactId, id } = message
  const base = { contactId, id, notBefore: now }
  const word = told === null ? 'started' : told.get(id)
  if (word === undefined || word === 0) return { ...base, ending: lost }
  if (word === 'started' || word === unsureCode) {
    const words = 'the sender ended before it read the answer: it may or may not have arrived'
    return {
      ...base,
      ending: { ...lost, state: message.class === 'marketing' ? 'unknown' : 'queued', words },
    }
  }
  const words = 'taken from the journal of the sender'
  if (word < 300) return { ...base, ending: { ...lost, state: 'sent', code: word, counts: true, words } }
  // The text of the answer is gone with the sender; trying once more brings it back, and is no second mail.
  return { ...base, ending: { ...lost, words } }
}
