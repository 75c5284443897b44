import type { Db } from '#platform/db/db.ts'
import { selectVersions, type VersionRow } from './emails.sql.ts'

/** Published versions never change, so what was read once is kept: one statement for those not seen lately. */
export type Versions = { get(db: Db, ids: string[]): Promise<Map<string, VersionRow>> }

const kept = 200

export function createVersions(): Versions {
  const shelf = new Map<string, VersionRow>()
  return {
    async get(db, ids) {
      const missing = [...new Set(ids)].filter(id => !shelf.has(id))
      if (missing.length > 0) for (const row of await selectVersions(db, missing)) shelf.set(row.id, row)
      const found = new Map([...shelf].filter(([id]) => ids.includes(id)))
      for (const id of [...shelf.keys()].slice(0, Math.max(0, shelf.size - kept))) shelf.delete(id)
      return found
    },
  }
}
