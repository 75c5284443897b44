import { audit } from '#access/audit.ts'
import { realTime } from '#access/real-time.ts'
import type { Module } from '#engine/module.ts'
import { nudge } from '#engine/work.ts'
import { cancelWaiting } from '#outreach/messages.ts'
import { inTransaction } from '#platform/db/db.ts'
import { conflict } from '#platform/errors.ts'
import { type Hold, liftHold, putHold, readHold } from '#platform/hold.ts'
import type { Actor } from '#platform/http/route.ts'
import type { Services } from '#platform/services.ts'

export type Waiting = { words: string; count: number }

/** The hold of a restored installation, and in numbers what ends with it. */
export async function lookAtHold(
  modules: Module[],
  { db, clock }: Services,
): Promise<{ hold: Hold | null; waiting: Waiting[] }> {
  const held = await readHold(db)
  if (!held) return { hold: null, waiting: [] }
  const now = clock.now()
  const counts = await Promise.all(modules.map(module => module.waiting?.(db, now) ?? []))
  return { hold: held, waiting: counts.flat().filter(each => each.count > 0) }
}

/** Holds all sending and all timers. */
export async function hold({ db }: Services, words: string, actor: Actor): Promise<void> {
  await inTransaction(db, async trx => {
    await putHold(trx, { since: realTime().toISOString(), words, backupAt: null })
    await audit(trx, actor, 'system.hold', { kind: 'system', id: 'hold' })
  })
}

/**
 * Ends the hold: what is due goes out from now on. With `dropQueued` the messages that were in the queue before are
 * cancelled, because the installation that was copied has most likely sent them.
 */
export async function arm(
  { db, clock }: Services,
  actor: Actor,
  dropQueued: boolean,
): Promise<{ cancelled: number }> {
  return inTransaction(db, async trx => {
    const held = await readHold(trx)
    if (!held || !(await liftHold(trx))) throw conflict('not_held', 'Nothing is held: it is armed already.')
    // The queue lives by business time, which in a sandbox is ahead of the machine's.
    const before = new Date(Date.parse(held.since) + clock.offsetMs())
    const words = 'it was in the queue of a backup; the installation it came from has most likely sent it'
    const cancelled = dropQueued ? await cancelWaiting(trx, { before, words, now: clock.now() }) : 0
    await audit(trx, actor, 'system.arm', { kind: 'system', id: 'hold' }, { dropQueued, cancelled })
    await nudge(trx)
    return { cancelled }
  })
}
