import { setTimeout as pause } from 'node:timers/promises'
import { type Db, many } from '#platform/db/db.ts'
import { selectKeys } from '../sources.sql.ts'
import { hashKey, type Source } from '../sources.ts'
import { unwritten } from './faults.ts'

/** A key that was withdrawn stops working within a second: what is remembered is not believed for longer than this. */
const maxAgeMs = 800
/** A key not known is looked for again, so that a new one works at once; wrong keys cost at most 40 looks a second. */
const minAgeMs = 25

export type Keys = { find(writeKey: string): Promise<Source | null> }

/** The write keys in memory. Sources are few, so all are loaded in one statement. `nowMs` is monotonic time. */
export function createKeys(db: Db, nowMs: () => number = () => performance.now()): Keys {
  let byHash = new Map<string, Source>()
  let loadedAt = Number.NEGATIVE_INFINITY
  let loading: Promise<void> | null = null

  async function load(): Promise<void> {
    const startedAt = nowMs()
    const rows = await many(db, selectKeys()).catch((error: unknown) => {
      // Whose key it is cannot be known: neither a good nor a bad one, and not our mistake.
      throw unwritten(error)
    })
    byHash = new Map(rows.map(({ keyHash, ...source }) => [keyHash, source]))
    loadedAt = startedAt
  }

  function reload(): Promise<void> {
    loading ??= load().finally(() => {
      loading = null
    })
    return loading
  }

  return {
    async find(writeKey) {
      const hash = hashKey(writeKey).toString('hex')
      const askedAt = nowMs()
      if (askedAt - loadedAt > maxAgeMs) await reload()
      const found = byHash.get(hash)
      if (found) return found
      // A load that was under way may have begun before the key was made: one that began later must have ended.
      while (loadedAt < askedAt && !byHash.has(hash)) {
        await pause(Math.max(0, loadedAt + minAgeMs - nowMs()))
        await reload()
      }
      return byHash.get(hash) ?? null
    },
  }
}
