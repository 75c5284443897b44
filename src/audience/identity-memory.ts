import { type Db, one, run, sql } from '#platform/db/db.ts'

/**
 * Who known user ids and addresses belong to, remembered by a process that asks again and again. These never move
 * by themselves: only when people are merged or erased, which raises an epoch that is read in every transaction.
 * Devices and visitors do move, and are never remembered.
 */
export type IdentityMemory = {
  /** Forgets everything if somebody was merged or erased since the last time; returns the epoch that holds. */
  refresh(trx: Db): Promise<string>
  find(kind: string, value: string): string | undefined
  /** Only what was read and committed, after `refresh` gave this epoch. */
  keep(kind: string, value: string, contactId: string, epoch: string): void
}

/** Two generations of entries at most; the older one goes when the younger is full. About 30 MB. */
const generationSize = 100_000

type Generation = { user_id: Map<string, string>; email: Map<string, string> }
const emptyGeneration = (): Generation => ({ user_id: new Map(), email: new Map() })
const mapOf = (generation: Generation, kind: string) =>
  kind === 'user_id' || kind === 'email' ? generation[kind] : undefined

export function createIdentityMemory(): IdentityMemory {
  let young = emptyGeneration()
  let old = emptyGeneration()
  let current: string | null = null
  return {
    async refresh(trx) {
      const { epoch } = await one<{ epoch: string }>(trx, sql`select epoch from audience.identity_epoch`)
      // A transaction that began earlier may read an older epoch: it must not bring that back.
      if (current === null || BigInt(epoch) > BigInt(current)) {
        young = emptyGeneration()
        old = emptyGeneration()
        current = epoch
      }
      return epoch
    },
    find: (kind, value) => mapOf(young, kind)?.get(value) ?? mapOf(old, kind)?.get(value),
    keep(kind, value, contactId, epoch) {
      const map = mapOf(young, kind)
      if (epoch !== current || !map) return
      map.set(value, contactId)
      if (young.user_id.size + young.email.size < generationSize) return
      old = young
      young = emptyGeneration()
    },
  }
}

/** To be called in every transaction that takes a known identity from somebody. */
export async function raiseIdentityEpoch(trx: Db): Promise<void> {
  await run(trx, sql`update audience.identity_epoch set epoch = epoch + 1`)
}
