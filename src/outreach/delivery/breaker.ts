import type { Services } from '#platform/services.ts'
import { pauseSending, readSettings } from '../settings.ts'
import { readTally } from './receipts.sql.ts'

/** Fewer messages than this prove nothing. */
const enough = 500
const most = { hard: 0.05, complaint: 0.003, block: 0.05 }
const words = {
  hard: 'of the mails of the last day bounced because the address does not exist',
  complaint: 'of the mails of the last day were reported as spam',
  block: 'of the mails of the last day were refused by the receivers’ policy',
}

/** Why sending should stop, from the counts of a day, or null. The limits are those of the large mailbox providers. */
export function reasonToStop(tally: Record<string, number>): string | null {
  // What came back later had been counted as sent when it left.
  const isLater = (outcome: string) => outcome === 'complaint' || outcome.startsWith('late-')
  const total = Object.entries(tally).reduce((sum, [outcome, n]) => sum + (isLater(outcome) ? 0 : n), 0)
  if (total < enough) return null
  for (const kind of ['complaint', 'hard', 'block'] as const) {
    const rate = ((tally[kind] ?? 0) + (tally[`late-${kind}`] ?? 0)) / total
    if (rate >= most[kind]) return `${(rate * 100).toFixed(1)}% ${words[kind]}`
  }
  return null
}

/** Stops sending where the counts say so; a person lets it go on. */
export async function watchRates({ db, clock, config, log }: Services): Promise<void> {
  const now = clock.now()
  const why = reasonToStop(await readTally(db, now))
  if (why === null || (await readSettings(db, config.mode)).pause) return
  await pauseSending(db, 'Tend', why, now)
  log.error({ why }, 'sending was stopped')
}
