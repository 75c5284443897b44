import { pipeline, Readable } from 'node:stream'
import { parse } from 'csv-parse'
import { type Db, maybeOne, sql } from '#platform/db/db.ts'
import { AppError } from '#platform/errors.ts'
import { type Dialect, parseOptions } from './dialect.ts'

/** `row` is the number that a spreadsheet shows: the first line of the file is row 1, header or not. */
export type FileRow = { row: number; cells: string[] }

async function* textOf(db: Db, importId: string, encoding: string): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding)
  for (let position = 0; ; position++) {
    const chunk = await maybeOne<{ bytes: Buffer }>(
      db,
      sql`select bytes from audience.import_chunk where import_id = ${importId}::bigint and position = ${position}`,
    )
    if (!chunk) break
    yield decoder.decode(chunk.bytes, { stream: true })
  }
  yield decoder.decode()
}

/**
 * The rows of an uploaded file after row `after`, in batches of `size`. Reading again from the start and leaving out
 * what was done is exact, and a million rows are passed over in seconds.
 */
export async function* readRows(
  db: Db,
  importId: string,
  dialect: Dialect,
  { after, size }: { after: number; size: number },
): AsyncGenerator<FileRow[]> {
  const parser = parse(parseOptions(dialect.delimiter))
  // A failure of the source is told by the parser, which is destroyed with it.
  pipeline(Readable.from(textOf(db, importId, dialect.encoding)), parser, () => undefined)
  let row = 0
  let batch: FileRow[] = []
  try {
    for await (const cells of parser as AsyncIterable<string[]>) {
      row++
      if (row <= after || (row === 1 && dialect.header)) continue
      batch.push({ row, cells })
      if (batch.length < size) continue
      yield batch
      batch = []
    }
  } catch (error) {
    throw unreadable(error, row)
  } finally {
    parser.destroy()
  }
  if (batch.length > 0) yield batch
}

function unreadable(error: unknown, row: number): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  // The parser is ahead of who reads it, and knows the place better.
  const at = error instanceof Error && 'records' in error ? Number(error.records) : row
  if (code === 'CSV_QUOTE_NOT_CLOSED' || code === 'CSV_MAX_RECORD_SIZE')
    return new AppError('unreadable_file', `After row ${at} a quotation mark is opened and never closed.`, {
      status: 422,
    })
  return code.startsWith('CSV_')
    ? new AppError('unreadable_file', `The file cannot be read after row ${at}.`, { status: 422 })
    : error
}

/** The first rows, for a look at the file. */
export async function firstRows(
  db: Db,
  importId: string,
  dialect: Dialect,
  count: number,
): Promise<FileRow[]> {
  for await (const batch of readRows(db, importId, dialect, { after: 0, size: count })) return batch
  return []
}
