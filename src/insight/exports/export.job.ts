import { z } from 'zod'
import { csvLine, csvLines } from '#platform/csv.ts'
import { inTransaction, run, sql } from '#platform/db/db.ts'
import { notFound } from '#platform/errors.ts'
import { idSchema } from '#platform/http/route.ts'
import { defineJob, noInput } from '#platform/jobs.ts'
import { dropExpired, type Export, insertPiece, selectExport } from './export.sql.ts'
import { openSource } from './kinds.ts'
import type { ExportRow } from './source.ts'

const cursorSchema = z.object({ next: z.unknown(), position: z.number(), rows: z.number() })

/** Writes a file piece by piece; a killed worker goes on with the piece that was not yet there. */
export const exportRun = defineJob({
  name: 'export',
  input: z.object({ exportId: idSchema, name: z.string() }),
  title: ({ name }) => `Export of ${name}`,
  async run(job, services) {
    const { db, clock } = services
    const found = await selectExport(db, job.input.exportId)
    if (!found) throw notFound('export')
    const source = await openSource(services, found.ask)
    let at = cursorSchema.safeParse(job.cursor).data ?? { next: undefined, position: 0, rows: 0 }
    while (at.next !== null) {
      const page = await source.page(db, at.next)
      const text = textOf(found.format, source.columns, page.rows, at.position === 0)
      const ids = source.byContact ? page.rows.map(row => row.contactId) : []
      const piece = {
        bytes: Buffer.from(text),
        rows: page.rows.length,
        firstId: ids[0] ?? null,
        lastId: ids.at(-1) ?? null,
      }
      const then = { next: page.next, position: at.position + 1, rows: at.rows + page.rows.length }
      await inTransaction(db, async trx => {
        await insertPiece(trx, found.id, { ...piece, position: at.position })
        await job.save({ done: then.rows, cursor: then, db: trx })
      })
      at = then
    }
    await run(db, sql`update insight.export set finished_at = ${clock.now()} where id = ${found.id}::bigint`)
  },
})

/** Rows as the text of the file; the first piece of a CSV file begins with its header. */
export function textOf(
  format: Export['format'],
  columns: string[],
  rows: ExportRow[],
  isFirst: boolean,
): string {
  if (format === 'csv') {
    // Spreadsheets take a file for UTF-8 only if it begins with the mark.
    return (isFirst ? `\uFEFF${csvLine(columns)}` : '') + csvLines(rows.map(row => row.values))
  }
  const lines = rows.map(({ values }) =>
    JSON.stringify(Object.fromEntries(columns.map((column, i) => [column, values[i] ?? null]))),
  )
  return lines.map(line => `${line}\n`).join('')
}

export const exportUpkeep = defineJob({
  name: 'export-upkeep',
  schedule: '20 * * * *',
  input: noInput,
  title: () => 'Removing exports that are older than seven days',
  run: (_job, { db, clock }) => dropExpired(db, clock.now()),
})
