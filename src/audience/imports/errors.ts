import { Readable } from 'node:stream'
import { csvLine } from '#platform/csv.ts'
import type { Db } from '#platform/db/db.ts'
import { type Import, selectRejects } from './import.sql.ts'

/** The rows that did not go in, with their reasons; put right, the very file can be imported again. */
export function errorFile(db: Db, { id, columns }: Import): Readable {
  return Readable.from(lines(db, id, columns?.map(column => column.name) ?? []))
}

async function* lines(db: Db, id: string, names: string[]): AsyncGenerator<string> {
  // Spreadsheets take a file for UTF-8 only if it begins with the mark.
  yield `\uFEFF${csvLine(['row', 'reason', ...names])}`
  for (let after = 0; ; ) {
    const rows = await selectRejects(db, id, after, 1_000)
    if (rows.length === 0) return
    yield rows.map(({ row, reason, cells }) => csvLine([row, reason, ...cells])).join('')
    after = rows.at(-1)?.row ?? after
  }
}
